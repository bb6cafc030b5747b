//! The examples of the Modbus application protocol (V1.1b3, 6.3, 6.4, 6.6 and 6.12), as RTU frames of device 17.

use crate::bench::{Bench, SECOND};
use pump_hil_emulators::checks;

/// With address and check.
fn rtu(pdu: &[u8]) -> Vec<u8> {
    let mut frame = [&[17], pdu].concat();
    frame.extend(checks::modbus(&frame).to_le_bytes());
    frame
}

fn ask(bench: &mut Bench, frame: &[u8]) -> Vec<u8> {
    assert_eq!(bench.ask(frame), b"");
    bench.after(4_010)
}

fn pump() -> Bench {
    Bench::new(&["modbus-rtu", "--address", "17"])
}

#[test]
fn the_frame_that_everybody_quotes_reads_three_registers() {
    let mut pump = pump();
    let values = [0xAE, 0x41, 0x56, 0x52, 0x43, 0x40];
    let written = rtu(&[&[16, 0, 0x6B, 0, 3, 6], &values[..]].concat());
    assert_eq!(ask(&mut pump, &written), rtu(&[16, 0, 0x6B, 0, 3]));
    // Request and reply with their checks, as they stand in many texts about RTU.
    let said = ask(&mut pump, &[0x11, 0x03, 0x00, 0x6B, 0x00, 0x03, 0x76, 0x87]);
    assert_eq!(said, [0x11, 0x03, 0x06, 0xAE, 0x41, 0x56, 0x52, 0x43, 0x40, 0x49, 0xAD]);
    // The values of the specification (6.3).
    let written = rtu(&[16, 0, 0x6B, 0, 3, 6, 0x02, 0x2B, 0, 0, 0, 0x64]);
    assert_eq!(ask(&mut pump, &written), rtu(&[16, 0, 0x6B, 0, 3]));
    let said = ask(&mut pump, &rtu(&[3, 0, 0x6B, 0, 3]));
    assert_eq!(said, rtu(&[3, 6, 0x02, 0x2B, 0, 0, 0, 0x64]));
}

#[test]
fn the_examples_of_the_specification_are_answered_as_it_says() {
    let mut pump = pump();
    for (asked, said) in [
        (&[4, 0, 8, 0, 1][..], &[4, 2, 0, 0x0A][..]),
        (&[6, 0, 1, 0, 3], &[6, 0, 1, 0, 3]),
        (&[16, 0, 1, 0, 2, 4, 0, 0x0A, 1, 2], &[16, 0, 1, 0, 2]),
        (&[3, 0, 1, 0, 2], &[3, 4, 0, 0x0A, 1, 2]),
        // 7: exceptions.
        (&[1, 0, 0, 0, 1], &[0x81, 1]),
        (&[3, 0x04, 0xA1, 0, 1], &[0x83, 2]),
        (&[3, 0, 0, 0, 126], &[0x83, 3]),
        (&[16, 0, 1, 0, 2, 4, 0, 0x0A], &[0x90, 3]),
    ] {
        assert_eq!(ask(&mut pump, &rtu(asked)), rtu(said), "{asked:02X?}");
    }
}

#[test]
fn only_silence_ends_a_frame() {
    let mut pump = pump();
    let frame = rtu(&[4, 0, 8, 0, 1]);
    assert_eq!(pump.ask(&frame[..3]), b"");
    assert_eq!(pump.after(4_009), b"");
    assert_eq!(ask(&mut pump, &frame[3..]).len(), 7);
    // A pause that is too long makes two frames, of which neither is one; and two requests together are none.
    assert_eq!(ask(&mut pump, &frame[..3]), b"");
    assert_eq!(ask(&mut pump, &frame[3..]), b"");
    assert_eq!(ask(&mut pump, &[frame.as_slice(), &frame].concat()), b"");
    // Another address, and a wrong check.
    assert_eq!(ask(&mut pump, &[0x12, 3, 0, 0, 0, 1, 0x86, 0xA9]), b"");
    assert_eq!(ask(&mut pump, &[17, 3, 0, 0, 0, 1, 0, 0]), b"");
}

#[test]
fn the_counter_begins_anew_at_each_start() {
    let mut pump = pump();
    // 36 mL/h, 100 uL: ten seconds.
    ask(&mut pump, &rtu(&[16, 0, 1, 0, 2, 4, 0x01, 0x68, 0, 100]));
    for _ in 0..2 {
        assert_eq!(ask(&mut pump, &rtu(&[6, 0, 0, 0, 1])), rtu(&[6, 0, 0, 0, 1]));
        assert_eq!(ask(&mut pump, &rtu(&[6, 0, 2, 0, 1])), rtu(&[0x86, 6]));
        pump.after(10 * SECOND);
        let told = ask(&mut pump, &rtu(&[4, 0, 0, 0, 4]));
        assert_eq!(told, rtu(&[4, 8, 0, 0, 0x00, 0x01, 0x86, 0xA0, 0, 0]));
    }
    assert_eq!(pump.delivered(), 200_000);
}

#[test]
fn what_is_for_all_is_carried_out_and_not_answered() {
    let mut pump = pump();
    let mut frame = vec![0, 6, 0, 2, 0, 7];
    frame.extend(checks::modbus(&frame).to_le_bytes());
    assert_eq!(ask(&mut pump, &frame), b"");
    assert_eq!(ask(&mut pump, &rtu(&[3, 0, 2, 0, 1])), rtu(&[3, 2, 0, 7]));
}
