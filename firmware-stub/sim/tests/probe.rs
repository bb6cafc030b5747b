//! The machine as a debug probe sees it: memory, halt, step, breakpoints, reset.

mod common;

use common::{DAY, HOUR, Host, MINUTE, SECOND, request};
use stub_pump::units::Millis;
use stub_sim::{BLOCK_ADDR, BLOCK_SIZE, Register, Stop, symbol};

fn running() -> Host {
    let mut host = Host::new();
    host.start(500_000);
    host.run(10 * MINUTE);
    let _ = host.lines();
    host
}

#[test]
fn the_test_block_says_what_it_is() {
    let host = Host::new();
    let mut magic = [0; 8];
    host.machine.read(BLOCK_ADDR, &mut magic).expect("mapped");
    assert_eq!(&magic, b"PUMPHIL1");
    assert_eq!((host.word(8), host.word(12), host.word(0x34)), (1, BLOCK_SIZE, 32));
    assert_eq!(BLOCK_SIZE, 0x80 + 32 * 16);
}

#[test]
fn addresses_that_are_not_mapped_are_errors_and_flash_cannot_be_written() {
    let mut host = Host::new();
    let mut word = [0; 4];
    for addr in [
        0x0004_0000,
        0x1FFF_FFFE,
        0x2000_FFFE,
        0x2001_0000,
        0x4000_0000,
        0xFFFF_FFFE,
    ] {
        let error = host.machine.read(addr, &mut word).expect_err("not mapped");
        assert_eq!((error.addr, error.len, error.write), (addr, 4, false));
    }
    assert!(host.machine.write(0x0000_1000, &word).is_err());
    host.machine.read(0, &mut word).expect("the vector table");
    assert_eq!(u32::from_le_bytes(word), 0x2001_0000);
    host.machine.read(0x1000, &mut word).expect("flash");
    assert_eq!(word, [0xFF; 4]);
}

#[test]
fn a_read_across_regions_is_one_read_of_one_instant() {
    let host = running();
    let mut wide = vec![0; 0x2000];
    host.machine.read(0x2000_0000, &mut wide).expect("all of it is RAM");
    assert_eq!(&wide[0x400..0x408], b"PUMPHIL1");
    assert!(wide[0x1000] > 0, "the prescription's length");
}

#[test]
fn scratch_ram_keeps_what_is_written() {
    let mut host = Host::new();
    host.machine.write(0x2000_2001, b"odd place").expect("scratch");
    let mut back = [0; 9];
    host.machine.read(0x2000_2001, &mut back).expect("scratch");
    assert_eq!(&back, b"odd place");
}

#[test]
fn what_the_plant_owns_cannot_be_written() {
    let mut host = running();
    let delivered = host.long(0x48);
    host.machine
        .write(BLOCK_ADDR + 0x48, &0u64.to_le_bytes())
        .expect("mapped");
    assert_eq!(host.long(0x48), delivered);
}

#[test]
fn a_prescription_byte_written_by_the_probe_is_what_the_pump_trusts() {
    let mut host = running();
    let mut byte = [0];
    host.machine.read(0x2000_1000 + 4 + 6, &mut byte).expect("copy A");
    host.machine
        .write(0x2000_1000 + 4 + 6, &[byte[0] ^ 0x10])
        .expect("copy A");
    assert!(host.until(" memory ", HOUR).0.contains("copy=a is=repaired"));
}

#[test]
fn a_halted_core_does_nothing_and_goes_on_where_it_was() {
    let mut host = running();
    let mut twin = running();
    host.machine.halt();
    let now = host.machine.now();
    assert_eq!(
        host.machine.run_until(Millis(now.0 + DAY)),
        Stop::Halted { pc: symbol::IDLE }
    );
    assert_eq!(host.machine.now(), now);
    host.send(request(500, "status").as_bytes());
    assert!(host.lines().is_empty());
    host.machine.resume();
    host.run(DAY);
    twin.run(DAY);
    assert!(host.said == twin.said);
    assert_eq!(host.long(0x48), twin.long(0x48));
}

#[test]
fn a_breakpoint_holds_each_step_once() {
    let mut host = running();
    host.machine.set_breakpoint(symbol::PUMP_STEP);
    let end = Millis(host.machine.now().0 + HOUR);
    let mut last = None;
    for _ in 0..5 {
        assert_eq!(host.machine.run_until(end), Stop::Halted { pc: symbol::PUMP_STEP });
        assert_eq!(host.machine.register(Register::R(15)), Some(symbol::PUMP_STEP));
        assert_ne!(last, Some((host.machine.now(), host.long(0x38), host.long(0x40))));
        last = Some((host.machine.now(), host.long(0x38), host.long(0x40)));
        host.machine.resume();
    }
    host.machine.clear_breakpoint(symbol::PUMP_STEP);
    host.run_to(end.0);
}

#[test]
fn a_step_goes_over_the_breakpoint_as_a_probe_does_before_it_runs() {
    let mut host = running();
    host.machine.set_breakpoint(symbol::PUMP_STEP);
    let end = Millis(host.machine.now().0 + HOUR);
    assert!(matches!(host.machine.run_until(end), Stop::Halted { .. }));
    let held = host.machine.now();
    host.machine.step_instruction();
    assert_eq!(host.machine.register(Register::R(15)), Some(symbol::PUMP_STEP + 2));
    host.machine.resume();
    assert!(matches!(host.machine.run_until(end), Stop::Halted { .. }));
    assert!(host.machine.now() > held);
}

#[test]
fn breakpoints_stand_where_the_therapy_comes_by() {
    let mut host = running();
    for (addr, act) in [
        (symbol::MOTOR_STROKE, None),
        (symbol::BOLUS_START, Some("bolus dose=10000nl over=600s")),
        (symbol::ALARM_RAISE, Some("")),
    ] {
        host.machine.set_breakpoint(addr);
        match act {
            Some("") => host.fault(6, 0),
            Some(request_text) => host.send(request(600, request_text).as_bytes()),
            None => {}
        }
        let end = host.machine.now().0 + DAY;
        let stop = loop {
            match host.machine.run_until(Millis(end)) {
                Stop::Output => host.machine.take_output(&mut host.said),
                stop => break stop,
            }
        };
        assert_eq!(stop, Stop::Halted { pc: addr });
        host.machine.clear_breakpoint(addr);
        host.machine.resume();
    }
}

#[test]
fn a_commit_can_be_caught() {
    let mut host = Host::new();
    host.run(5 * SECOND);
    host.machine.set_breakpoint(symbol::PRESCRIPTION_COMMIT | 1);
    host.program("drug=morphine-10-mg-per-mL conc=10000000ng/ml mode=continuous rate=500000nl/d");
    assert!(host.machine.is_halted());
    assert_eq!(
        host.machine.register(Register::R(15)),
        Some(symbol::PRESCRIPTION_COMMIT)
    );
}

#[test]
fn a_reset_boots_again_keeps_the_prescription_and_tells_its_reason() {
    let mut host = running();
    let now = host.machine.now();
    host.machine.reset(false);
    let (boot, took_ms) = host.until("boot reason=debug", SECOND);
    assert!(took_ms == 0 && boot.contains(&format!("t={}ms", now.0)), "{boot}");
    assert_eq!((host.word(0x74), host.word(0x78)), (1, 4));
    host.run(MINUTE);
    assert!(host.ok("prescription").contains("fields=4"));
}

#[test]
fn a_reset_that_halts_boots_when_it_is_resumed() {
    let mut host = running();
    host.machine.reset(true);
    assert_eq!(host.machine.register(Register::R(15)), Some(symbol::RESET));
    assert_eq!(host.machine.register(Register::R(13)), Some(0x2001_0000));
    assert_eq!(
        host.machine.run_until(Millis(u64::MAX / 2)),
        Stop::Halted { pc: symbol::RESET }
    );
    assert!(host.lines().is_empty());
    host.machine.resume();
    host.until("boot reason=debug", SECOND);
}

#[test]
fn registers_can_be_written_and_there_are_seventeen() {
    let mut host = Host::new();
    host.machine.halt();
    for number in 0..16 {
        assert!(
            host.machine
                .set_register(Register::R(number), 0x100 + u32::from(number))
        );
        assert_eq!(
            host.machine.register(Register::R(number)),
            Some(0x100 + u32::from(number))
        );
    }
    assert_eq!(host.machine.register(Register::Xpsr), Some(0x0100_0000));
    assert_eq!(host.machine.register(Register::R(16)), None);
    assert!(!host.machine.set_register(Register::R(16), 0));
}
