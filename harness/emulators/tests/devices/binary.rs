//! Frames as the first lines of the device have them; the checks were computed by another program.

use crate::bench::{Bench, SECOND};

const STATUS: &[u8] = b"\xAA\x01\x00\x15";
/// 50 uL: 5000 times 10 nL.
const BOLUS: &[u8] = b"\xAA\x12\x04\x00\x00\x13\x88\x9A";

#[test]
fn a_heartbeat_comes_every_second_while_it_runs_and_not_otherwise() {
    let mut pump = Bench::new(&["binary"]);
    assert_eq!(pump.after(5 * SECOND), b"");
    pump.ask(BOLUS);
    // 50 uL at 60 mL/h: three seconds; the clock of the beats goes on.
    let beats = pump.after(10 * SECOND);
    let times: Vec<&[u8]> = beats.chunks(9).map(|beat| &beat[3..7]).collect();
    assert_eq!(times, [&[0, 0, 0x17, 0x70], &[0, 0, 0x1B, 0x58]]);
    assert!(
        beats
            .chunks(9)
            .all(|beat| beat.starts_with(b"\xAA\x7F\x05") && beat[7] == 0)
    );
    assert_eq!(pump.delivered(), 50_000);
}

#[test]
fn frames_are_those_of_the_description() {
    let mut pump = Bench::new(&["binary"]);
    assert_eq!(pump.ask(STATUS), b"\xAA\x81\x05\x00\x00\x00\x00\x00\xD8");
    assert_eq!(pump.ask(BOLUS), b"\xAA\x06\x01\x12\x16");
    assert_eq!(pump.ask(BOLUS), b"\xAA\x15\x02\x12\x01\x85");
    pump.after(10 * SECOND);
    assert_eq!(pump.ask(STATUS), b"\xAA\x81\x05\x00\x00\x00\x13\x88\x01");
}

#[test]
fn nonsense_and_a_wrong_check_are_passed_over() {
    let mut pump = Bench::new(&["binary"]);
    let bytes = [b"\x00\xAA\x01\x00\x16\xAA\xAA", STATUS, STATUS].concat();
    assert_eq!(pump.ask(&bytes).len(), 2 * 9);
    // Half a frame is forgotten.
    assert_eq!(pump.ask(&STATUS[..2]), b"");
    pump.after(200_000);
    assert_eq!(pump.ask(STATUS).len(), 9);
}

#[test]
fn an_occlusion_is_in_the_flags_until_it_is_cleared() {
    let mut pump = Bench::new(&["binary", "--misbehave", "stalls-at:20"]);
    pump.ask(BOLUS);
    let beats = pump.after(10 * SECOND);
    assert_eq!((beats.len(), beats[16]), (18, 1));
    assert_eq!(pump.ask(BOLUS)[1], 0x15);
    assert_eq!(pump.ask(b"\xAA\x14\x00\x03")[1], 0x06);
    assert_eq!(pump.ask(BOLUS)[1], 0x06);
}
