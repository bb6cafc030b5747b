//! What a person at the terminal sees.

use crate::bench::{Bench, SECOND};

#[test]
fn lines_are_echoed_answered_and_end_with_a_prompt() {
    let mut pump = Bench::new(&["console"]);
    assert_eq!(pump.say("STAT\r"), "STAT\r\nVOL 0.000 mL\r\nRATE 1.000 mL/h\r\n:");
    assert_eq!(pump.say("SET 500\r"), "SET 500\r\n:");
    // The prompt shows the state of before, and a prompt after an error shows none.
    assert_eq!(pump.say("RUN\r"), "RUN\r\n:");
    assert_eq!(pump.say("RUN\r"), "RUN\r\nERR BUSY\r\n?");
    assert_eq!(pump.say("\r"), "\r\n>");
    // Glued to the prompt that stands there.
    assert_eq!(pump.told_after(1_800 * SECOND), "END 0.500 mL\r\n:");
    assert_eq!(pump.delivered(), 500_000);
}

#[test]
fn silence_is_success_and_a_refusal_comes() {
    let mut pump = Bench::new(&["console"]);
    assert_eq!(pump.say("!RATE 900\r"), "");
    assert_eq!(pump.say("!RATE 0\r"), "ERR RANGE\r\n");
    assert!(pump.say("STAT\r").contains("RATE 0.900 mL/h"));
}

#[test]
fn a_bolus_is_answered_when_it_was_given_and_nothing_is_heard_meanwhile() {
    let mut pump = Bench::new(&["console"]);
    assert_eq!(pump.say("BOL 50\r"), "BOL 50\r\n");
    assert_eq!(pump.say("STP\r"), "");
    assert_eq!(pump.told_after(2_999_999), "");
    assert_eq!(pump.told_after(1), "DONE 0.050 mL\r\n:");
}

#[test]
fn a_line_without_an_end_counts_after_a_second() {
    let mut pump = Bench::new(&["console"]);
    assert_eq!(pump.say("STAT"), "STAT");
    assert_eq!(pump.told_after(999_999), "");
    assert_eq!(pump.told_after(1), "VOL 0.000 mL\r\nRATE 1.000 mL/h\r\n:");
}

#[test]
fn a_stall_is_an_alarm_or_a_refusal_by_the_same_words() {
    let mut pump = Bench::new(&["console", "--misbehave", "stalls-at:100"]);
    pump.say("RUN\r");
    assert_eq!(pump.told_after(3_600 * SECOND), "ERR STALL\r\n*");
    assert_eq!(pump.say("RUN\r"), "RUN\r\nERR STALL\r\n*");
    // The banner is glued to a row that was cut.
    assert_eq!(pump.say("RST\r"), "RST\r\nRESTARTIBOOT console-pump 2.1\r\n:");
    assert_eq!(pump.say("RUN\r"), "RUN\r\n:");
}

#[test]
fn a_dump_ends_by_silence_and_what_is_drawn_back_is_negative() {
    let mut pump = Bench::new(&["console"]);
    pump.say("BACK 2\r");
    pump.after(10 * SECOND);
    assert!(pump.say("STAT\r").contains("VOL -0.002 mL\r\n"));
    assert_eq!(pump.say("DUMP\r"), "DUMP\r\nLOG 1\r\n0001 7 -0.002\r\n");
    assert_eq!(pump.told_after(60 * SECOND), "");
}

#[test]
fn several_lines_in_one_write_are_answered_one_by_one() {
    let mut pump = Bench::new(&["console"]);
    assert_eq!(pump.say("SET 5\rWHAT\r"), "SET 5\r\n:WHAT\r\nERR WHAT\r\n?");
}
