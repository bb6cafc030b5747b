//! Registers in SLIP; `01 03 01 00 00 03` has the check `04 37`.

use crate::bench::{Bench, SECOND};
use pump_hil_emulators::{checks, slip};

const STATUS: &[u8] = b"\xC0\x01\x03\x01\x00\x00\x03\x04\x37\xC0";

fn frame(pdu: &[u8]) -> Vec<u8> {
    let mut frame = [&[1], pdu].concat();
    frame.extend(checks::modbus(&frame).to_le_bytes());
    slip::wrap(&frame)
}

fn write(bench: &mut Bench, at: u16, value: u16) {
    let pdu = [&[6], &at.to_be_bytes()[..], &value.to_be_bytes()].concat();
    assert_eq!(bench.ask(&frame(&pdu)), frame(&pdu));
}

#[test]
fn a_dose_is_written_started_and_read() {
    let mut pump = Bench::new(&["slip-registers"]);
    assert_eq!(pump.ask(STATUS), frame(&[3, 6, 0, 0, 0, 0, 0, 0]));
    // 49344 nL: 0xC0C0, which must be escaped; at 36 mL/h.
    let both = [16, 0, 0x11, 0, 2, 4, 0, 0, 0xC0, 0xC0];
    assert_eq!(pump.ask(&frame(&both)), frame(&[16, 0, 0x11, 0, 2]));
    write(&mut pump, 0x13, 36_000);
    write(&mut pump, 0x10, 1);
    assert_eq!(pump.ask(&frame(&[6, 0, 0x12, 0, 1])), frame(&[0x86, 6]));
    pump.after(10 * SECOND);
    let told = pump.ask(STATUS);
    assert_eq!(told, frame(&[3, 6, 0, 0, 0, 0, 0xC0, 0xC0]));
    assert!(
        told.windows(4).any(|bytes| bytes == [0xDB, 0xDC, 0xDB, 0xDC]),
        "{told:02X?}"
    );
}

#[test]
fn exceptions_are_told_and_damaged_frames_are_not_heard() {
    let mut pump = Bench::new(&["slip-registers"]);
    assert_eq!(pump.ask(&frame(&[3, 0x09, 0, 0, 1])), frame(&[0x83, 2]));
    assert_eq!(pump.ask(&frame(&[6, 0, 0x10, 0, 7])), frame(&[0x86, 3]));
    assert_eq!(pump.ask(&frame(&[0x2B])), frame(&[0xAB, 1]));
    assert_eq!(pump.ask(b"\xC0\x01\x03\x01\x00\x00\x03\x04\x38\xC0"), b"");
    assert_eq!(pump.ask(b"\x13\x37\xC0\xC0\xC0"), b"");
    assert_eq!(pump.ask(&[STATUS, STATUS].concat()).len(), 2 * 13);
}

#[test]
fn the_same_as_last_is_a_short_frame_where_it_is_switched_on() {
    let mut pump = Bench::new(&["slip-registers"]);
    assert_eq!(pump.ask(STATUS), pump.ask(STATUS));
    write(&mut pump, 0x20, 1);
    let whole = pump.ask(STATUS);
    assert_eq!(whole, frame(&[3, 6, 0, 0, 0, 0, 0, 0]));
    assert_eq!(pump.ask(STATUS), frame(&[0]));
    // Of another request nothing is the same.
    assert_eq!(pump.ask(&frame(&[3, 1, 3, 0, 1])), frame(&[3, 2, 0, 0]));
    assert_eq!(pump.ask(STATUS), whole);
}

#[test]
fn the_log_comes_in_parts_that_are_acknowledged() {
    let mut pump = Bench::new(&["slip-registers"]);
    assert_eq!(pump.ask(&frame(&[0x41])), frame(&[0x41, 1, 1]));
    for run in [1, 0, 1] {
        write(&mut pump, 0x10, run);
    }
    assert_eq!(pump.ask(&frame(&[0x41])), frame(b"\x41\x01\x020s start\n0s stop"));
    assert_eq!(pump.ask(&frame(&[0x42, 1])), frame(b"\x41\x02\x02\n0s start\n"));
    assert_eq!(pump.ask(&frame(&[0x42, 2])), frame(&[0x42, 2]));
}
