//! New Era's frames: user manual of the NE-1000 (publication 1200-01), chapters 10.2 and 12.

use crate::bench::{Bench, SECOND};

/// Between begin and end, as a reply in basic mode.
fn basic(bench: &mut Bench, request: &str) -> String {
    let said = bench.say(&format!("{request}\r"));
    let body = said.strip_prefix('\x02').and_then(|said| said.strip_suffix('\x03'));
    body.unwrap_or_else(|| panic!("no frame: {said:?}")).to_owned()
}

#[test]
fn the_packet_of_the_manual_leads_back_to_basic_mode() {
    let mut pump = Bench::new(&["syringe"]);
    // Its reply is safe already: length, text, CRC.
    assert_eq!(pump.ask(b"0SAF60\r"), b"\x02\x0700S\xAA\xA6\x03");
    assert_eq!(pump.ask(b"\x02\x08SAF0\x55\x43\x03"), b"\x0200S\x03");
}

#[test]
fn a_packet_with_a_wrong_check_is_refused_and_changes_nothing() {
    let mut pump = Bench::new(&["syringe"]);
    assert_eq!(pump.ask(b"\x02\x08SAF9\x55\x43\x03"), b"\x0200S?COM\x03");
    assert_eq!(basic(&mut pump, "SAF"), "00S0");
    // Half a packet is dropped after half a second.
    assert_eq!(pump.ask(b"\x02\x08SA"), b"");
    pump.after(600_000);
    assert_eq!(basic(&mut pump, "00VER"), "00SNE1000V3.928");
}

#[test]
fn rates_end_where_the_table_of_syringes_says() {
    // Chapter 12: 60 cc of B-D, 26.59 mm: 1699 mL/hr; 1 cc, 4.699 mm: 53.07 mL/hr.
    let mut pump = Bench::new(&["syringe"]);
    for (diameter, most, more) in [("26.59", "1699", "1700"), ("4.699", "53.07", "53.08")] {
        assert_eq!(basic(&mut pump, &format!("DIA{diameter}")), "00S");
        assert_eq!(basic(&mut pump, &format!("RAT{most}MH")), "00S");
        assert_eq!(basic(&mut pump, &format!("RAT{more}MH")), "00S?OOR");
    }
}

#[test]
fn a_number_has_four_digits_at_most_three_behind_the_point() {
    let mut pump = Bench::new(&["syringe"]);
    for good in ["1234", "0.123", "12.34", "1234."] {
        assert_eq!(basic(&mut pump, &format!("VOL{good}")), "00S", "{good}");
    }
    for bad in ["12345", "1.2345", "12.345"] {
        assert_eq!(basic(&mut pump, &format!("VOL{bad}")), "00S?OOR", "{bad}");
    }
    assert_eq!(basic(&mut pump, "VOL1e-05"), "00S?");
    assert_eq!(basic(&mut pump, "VOLUL"), "00S");
    assert_eq!(basic(&mut pump, "VOL50.5"), "00S");
    assert_eq!(basic(&mut pump, "VOL"), "00S50.50UL");
    assert_eq!(basic(&mut pump, "RAT1.5UM"), "00S");
    assert_eq!(basic(&mut pump, "RAT"), "00S1.500UM");
}

/// 1 mL at 60 mL/h: a minute.
fn with_dose() -> Bench {
    let mut pump = Bench::new(&["syringe"]);
    for request in ["VOLML", "VOL1.000", "RAT60.00MH"] {
        assert_eq!(basic(&mut pump, request), "00S");
    }
    pump
}

#[test]
fn a_dose_takes_its_time_and_replies_tell_the_state_of_before() {
    let mut pump = with_dose();
    assert_eq!(basic(&mut pump, "RUN"), "00S");
    pump.after(30 * SECOND);
    assert_eq!(basic(&mut pump, ""), "00I");
    assert_eq!(basic(&mut pump, "RUN"), "00I?NA");
    assert_eq!(basic(&mut pump, "DIS"), "00II0.500W0.000ML");
    pump.after(30 * SECOND);
    assert_eq!(basic(&mut pump, "DIS"), "00SI1.000W0.000ML");
    assert_eq!(basic(&mut pump, "STP"), "00S?NA");
    assert_eq!(pump.delivered(), 1_000_000);
    assert_eq!(basic(&mut pump, "CLDINF"), "00S");
    assert_eq!(basic(&mut pump, "DIS"), "00SI0.000W0.000ML");
}

#[test]
fn after_one_stop_it_resumes_and_after_two_it_begins_anew() {
    for (stops, all) in [(1, "1.000"), (2, "1.500")] {
        let mut pump = with_dose();
        basic(&mut pump, "RUN");
        pump.after(30 * SECOND);
        for _ in 0..stops {
            basic(&mut pump, "STP");
        }
        basic(&mut pump, "RUN");
        pump.after(90 * SECOND);
        assert_eq!(basic(&mut pump, "DIS"), format!("00SI{all}W0.000ML"));
    }
}

#[test]
fn an_alarm_takes_the_place_of_a_reply_in_basic_mode() {
    let mut pump = Bench::new(&["syringe", "--power-on-alarm", "--misbehave", "stalls-at:100"]);
    assert_eq!(basic(&mut pump, "VOL1.000"), "00A?R");
    assert_eq!(basic(&mut pump, "VOL1.000"), "00S");
    basic(&mut pump, "RUN");
    assert_eq!(pump.after(3_600 * SECOND), b"");
    assert_eq!(basic(&mut pump, "DIS"), "00A?S");
    assert_eq!(basic(&mut pump, "DIS"), "00SI0.100W0.000ML");
}

#[test]
fn an_alarm_comes_unasked_in_safe_mode_and_so_does_a_lost_line() {
    let mut pump = Bench::new(&["syringe"]);
    pump.ask(b"SAF10\r");
    pump.ask(b"RUN\r");
    assert_eq!(pump.after(9_999_999), b"");
    assert_eq!(pump.after(1), b"\x02\x0900A?T\x05\x40\x03");
    assert_eq!(pump.ask(b"\r")[2..5], *b"00S");
}

#[test]
fn several_requests_in_one_write_are_answered_one_by_one() {
    let mut pump = Bench::new(&["syringe"]);
    assert_eq!(
        pump.say("0DIA\rSAF\r00DIR\r"),
        "\x0200S26.59\x03\x0200S0\x03\x0200SINF\x03"
    );
}

#[test]
fn two_pumps_answer_by_their_addresses_and_one_frame_has_both() {
    let mut pumps = Bench::new(&["two-pumps"]);
    for request in ["1VOLML", "1VOL0.250", "1RAT60.00MH", "1RUN"] {
        assert_eq!(basic(&mut pumps, request), "01S");
    }
    pumps.after(60 * SECOND);
    assert_eq!(basic(&mut pumps, "DIS"), "00SI0.000W0.000ML");
    assert_eq!(basic(&mut pumps, "01DIS"), "01SI0.250W0.000ML");
    assert_eq!(basic(&mut pumps, "*DIS"), "00SI0.000W0.000ML/01SI0.250W0.000ML");
    assert_eq!(pumps.say("7DIS\r"), "");
}

#[test]
fn purging_goes_on_until_it_is_stopped_and_withdrawing_counts_apart() {
    let mut pump = with_dose();
    basic(&mut pump, "PUR");
    pump.after(SECOND);
    assert_eq!(basic(&mut pump, "STP"), "00X");
    assert_eq!(basic(&mut pump, "DIRWDR"), "00S");
    basic(&mut pump, "RUN");
    pump.after(SECOND);
    // 1699 mL/h for a second, and 60 mL/h back.
    assert_eq!(basic(&mut pump, "DIS"), "00WI0.472W0.016ML");
}

#[test]
fn an_address_is_set_for_whoever_is_there_and_only_that_one_answers() {
    let mut pump = Bench::new(&["syringe"]);
    assert_eq!(basic(&mut pump, "ADR"), "00S00");
    assert_eq!(basic(&mut pump, "*ADR12"), "00S");
    assert_eq!(pump.say("DIS\r"), "");
    assert_eq!(basic(&mut pump, "12ADR"), "12S12");
    assert_eq!(basic(&mut pump, "12ADR100"), "12S?OOR");
}
