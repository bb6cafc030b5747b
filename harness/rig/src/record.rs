//! The crash record of a rig: looked up by the probe while the core stands, and afterwards the core goes on as if nothing had been.
//!
//! **Invariant:** a look is bounded in reads and in host time, and what cannot be had is told in the record: it never keeps anybody from making the pump safe.

use super::probe::Debug;
use super::test_block::TestBlock;
use pump_hil_firmware::Image;
use pump_hil_firmware::stack::{self, Registers};
use pump_hil_model::crash::{Crash, Why, exception};

const NAMES: [&str; 17] = [
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc", "xpsr",
];
/// The process stack's pointer, as a probe numbers it.
const PSP: u16 = 18;
/// What an ARMv7-M core says of its fault (Armv7-M Architecture Reference Manual, B3.2.2); told where it says anything. An ARMv6-M core has none of these
/// registers, and reads as 0 or not at all.
const FAULT_STATUS: [(&str, u64); 4] = [
    ("cfsr", 0xE000_ED28),
    ("hfsr", 0xE000_ED2C),
    ("mmfar", 0xE000_ED34),
    ("bfar", 0xE000_ED38),
];
/// Words of memory that a stack may take.
const READS_MAX: u32 = 4_096;

/// What the pump is doing at this instant. A core that runs is halted for it, and goes on afterwards.
pub(super) fn look(debug: &mut Debug, block: Option<&TestBlock>, image: Option<&Image>, why: Why) -> Crash {
    let mut crash = Crash::new(why);
    let stood = debug.is_halted();
    let runs = matches!(stood, Ok(false));
    match stood.and_then(|stood| if stood { Ok(()) } else { debug.halt() }) {
        Ok(()) => core(&mut crash, debug, image),
        Err(error) => crash.missing.push(error.to_string()),
    }
    if let Some(block) = block {
        match block.words(debug) {
            Ok((reason, words)) => {
                crash.reset_reason = Some(reason);
                crash.block = words;
            }
            Err(error) => crash.missing.push(error.to_string()),
        }
    }
    if runs && let Err(error) = debug.run() {
        crash.missing.push(error.to_string());
    }
    crash
}

/// Registers and stack of a core that stands.
fn core(crash: &mut Crash, debug: &mut Debug, image: Option<&Image>) {
    let mut registers: Registers = [0; 17];
    for (number, value) in registers.iter_mut().enumerate() {
        match debug.register(number as u16) {
            Ok(read) => *value = read as u32,
            Err(error) => return crash.missing.push(error.to_string()),
        }
    }
    let named = NAMES.iter().zip(registers);
    crash.registers = named.map(|(name, value)| pair(name, value)).collect();
    for (name, addr) in FAULT_STATUS {
        if let Ok(value @ 1..) = debug.read_word(addr) {
            crash.registers.push(pair(name, value));
        }
    }
    crash.exception = exception(registers[16]);
    let Some(image) = image else {
        crash.stack_end = "no image of the firmware is known: no stack".to_owned();
        return;
    };
    let psp = debug.register(PSP).unwrap_or(0) as u32;
    let mut reads = 0;
    let mut read = |addr: u32| {
        reads += 1;
        (reads <= READS_MAX)
            .then(|| debug.read_word(addr.into()).ok())
            .flatten()
    };
    let stack = stack::unwind(image, &registers, psp, &mut read);
    crash.stack = stack.frames;
    crash.stack_end = stack.end;
}

fn pair(name: &str, value: u32) -> (String, String) {
    (name.to_owned(), format!("{value:#010x}"))
}

#[cfg(test)]
mod tests;
