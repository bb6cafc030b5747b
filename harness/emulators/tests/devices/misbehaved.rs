//! What goes wrong where it is asked to, and nothing else.

use crate::bench::{Bench, SECOND};
use pump_hil_emulators::mischief::Word;

const STATUS: &[u8] = b"\xAA\x01\x00\x15";
const SAID: &[u8] = b"\xAA\x81\x05\x00\x00\x00\x00\x00\xD8";

/// Four answers of a binary pump that misbehaves so.
fn four(word: &str) -> [Vec<u8>; 4] {
    let mut pump = Bench::new(&["binary", "--misbehave", word]);
    [(); 4].map(|()| pump.ask(STATUS))
}

fn differ(said: &[u8]) -> usize {
    assert_eq!(said.len(), SAID.len());
    said.iter().zip(SAID).filter(|(a, b)| a != b).count()
}

#[test]
fn each_second_answer_is_spoilt_in_its_way() {
    for word in ["no-answer:2", "flip:2", "twice:2", "drop-byte:2", "wrong-check:2"] {
        let [first, second, third, fourth] = four(word);
        assert_eq!((first.as_slice(), third.as_slice()), (SAID, SAID), "{word}");
        for said in [second, fourth] {
            match word {
                "no-answer:2" => assert_eq!(said, b""),
                "flip:2" => assert_eq!(differ(&said), 1),
                "twice:2" => assert_eq!(said, [SAID, SAID].concat()),
                "drop-byte:2" => assert_eq!(said.len(), SAID.len() - 1),
                _ => assert_eq!((differ(&said), said[8]), (1, 0xD9)),
            }
        }
    }
}

#[test]
fn garbage_stands_before_each_frame_and_a_dead_one_says_no_more() {
    for said in four("garbage:3") {
        assert_eq!((said.len(), &said[3..]), (SAID.len() + 3, SAID));
    }
    assert_eq!(four("dies-after:3").map(|said| said.len()), [9, 9, 9, 0]);
    assert_eq!(four("lies-state").map(|said| said[3]), [1; 4]);
}

#[test]
fn a_pump_without_a_sign_of_life_gives_its_dose_all_the_same() {
    let mut pump = Bench::new(&["binary", "--misbehave", "no-heartbeat"]);
    pump.ask(b"\xAA\x12\x04\x00\x00\x13\x88\x9A");
    assert_eq!(pump.after(10 * SECOND), b"");
    assert_eq!(pump.delivered(), 50_000);
}

#[test]
fn a_wrong_check_in_slip_is_a_whole_frame_all_the_same() {
    let mut pump = Bench::new(&["slip-registers", "--misbehave", "wrong-check:1"]);
    let said = pump.ask(b"\xC0\x01\x03\x01\x00\x00\x03\x04\x37\xC0");
    let frame = pump_hil_emulators::slip::unwrap(&said[1..said.len() - 1]).unwrap();
    let (checked, check) = frame.split_at(frame.len() - 2);
    let right = pump_hil_emulators::checks::modbus(checked).to_le_bytes();
    assert_eq!((check[0], check[1]), (right[0], right[1] ^ 1));
}

#[test]
fn motors_are_too_fast_or_stand_and_the_pump_believes_something_else() {
    for (word, told, delivered) in [
        ("over-delivers:20", "0.500", 600_000),
        ("over-delivers:-100", "0.500", 0),
        ("runs-fast:20", "0.600", 600_000),
        ("stall-silent", "0.000", 0),
    ] {
        let mut pump = Bench::new(&["console", "--misbehave", word]);
        pump.say("RUN\r");
        pump.after(1_800 * SECOND);
        let said = pump.say("STAT\r");
        assert!(
            said.contains(&format!("VOL {told} mL")) && said.ends_with('>'),
            "{word}: {said}"
        );
        assert_eq!(pump.delivered(), delivered, "{word}");
    }
}

#[test]
fn a_word_that_is_none_is_refused() {
    for wrong in [
        "twice",
        "twice:0",
        "twice:-1",
        "late:soon",
        "no-heartbeat:1",
        "explodes",
    ] {
        assert!(wrong.parse::<Word>().is_err(), "{wrong}");
    }
}
