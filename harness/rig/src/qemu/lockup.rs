//! A lockup: firmware that faults in its fault handler stops a real Cortex-M for good. QEMU ends over it, and says so with the registers.

use pump_hil_model::crash::{Crash, Why, exception};

/// How QEMU begins to say so (`target/arm/m_helper.c` and `hw/intc/armv7m_nvic.c`, `cpu_abort`).
const SAYS: &str = "qemu: fatal: Lockup";
/// The names of R13 to R15.
const LAST: [&str; 3] = ["sp", "lr", "pc"];

/// The record of a lockup from the last words of a QEMU that has ended; `None` where it ended for another reason.
pub(super) fn crash(words: &str) -> Option<Crash> {
    let dump = &words[words.find(SAYS)?..];
    let mut crash = Crash::new(Why::Lockup);
    // Words such as `R00=00000000` and `XPSR=41000003`; what else stands there is not numbers.
    for (name, value) in dump.split_whitespace().filter_map(|word| word.split_once('=')) {
        let (Some(name), Ok(value)) = (register(name), u32::from_str_radix(value, 16)) else {
            continue;
        };
        if name == "xpsr" {
            crash.exception = exception(value);
        }
        if crash.registers.iter().all(|(known, _)| *known != name) {
            crash.registers.push((name, format!("{value:#010x}")));
        }
    }
    let said = dump.lines().next().unwrap_or_default();
    crash.stack_end = format!("no stack: the processor is gone with QEMU, which said: {said}");
    Some(crash)
}

/// The name that records use.
fn register(name: &str) -> Option<String> {
    if name == "XPSR" {
        return Some("xpsr".to_owned());
    }
    let number: usize = name.strip_prefix('R')?.parse().ok()?;
    match number {
        0..=12 => Some(format!("r{number}")),
        _ => LAST.get(number - 13).map(|&name| name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registers_of_a_lockup_are_read_from_what_qemu_said() {
        let words = "qemu-system-arm: warning: nic\nqemu: fatal: Lockup: can't escalate 3 to HardFault (current priority -1)\n\n\
                     R00=20000000 R01=00000001 R02=00000000 R03=00000000\nR12=00000000 R13=20003fe0 R14=fffffff9 R15=00000134\n\
                     XPSR=41000003 -Z-- T handler\nFPSCR: 00000000\n";
        let crash = crash(words).unwrap();
        let value = |name: &str| crash.registers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(value("r0"), Some("0x20000000"));
        assert_eq!(value("sp"), Some("0x20003fe0"));
        assert_eq!(value("pc"), Some("0x00000134"));
        assert_eq!(value("xpsr"), Some("0x41000003"));
        assert_eq!(crash.registers.len(), 9);
        assert_eq!(
            (crash.why, crash.place().as_str()),
            (Why::Lockup, "HardFault in 0x00000134")
        );
    }

    #[test]
    fn other_ends_of_qemu_are_no_lockups() {
        for words in [
            "",
            "qemu-system-arm: -kernel x: No such file",
            "qemu: fatal: Trying to execute code outside RAM or ROM at 0x60000000",
        ] {
            assert_eq!(crash(words), None, "{words}");
        }
    }
}
