//! However a session ends, its pump is left safe.

use crate::bench::{Desk, Device, has_lines};
use std::path::Path;

/// Nanolitres that really left the device.
fn delivered(beaker: &Path) -> u64 {
    let text = std::fs::read_to_string(beaker).unwrap_or_default();
    text.lines().map(|line| line.parse::<u64>().unwrap()).sum()
}

/// A syringe pump that notes what leaves it.
fn pump(desk: &Desk) -> Device {
    let beaker = desk.path("beaker");
    Device::new(
        desk,
        "syringe",
        &[
            "syringe",
            "--density",
            "1000",
            "--delivers-to",
            beaker.to_str().unwrap(),
        ],
    )
}

const DOSE: &str = "single-bolus! dose=5mL over=10min\n";

#[test]
fn at_the_end_of_the_lines_and_after_a_signal() {
    for signal in [None, Some("INT"), Some("TERM"), Some("HUP")] {
        let desk = Desk::new();
        let pump = pump(&desk);
        let mut session = desk.open(&pump.arguments());
        session.types(DOSE);
        session.types("wait 500 ms\nstatus\n");
        session.waits_for("status was carried out");
        if let Some(signal) = signal {
            session.signal(signal);
            session.waits_for("the pump is made safe");
        }
        let (code, text) = session.ends();
        assert_eq!(code, Some(if signal.is_some() { 130 } else { 0 }), "{text}");
        has_lines(
            &text,
            &[
                &["Something with an effect was sent: the pump is made safe"],
                &["stopped therapy"],
            ],
        );
        // It stands: nothing more leaves it, and a next session finds it so.
        let before = delivered(&desk.path("beaker"));
        let (code, text) = desk.shell(&pump.arguments(), "status\nwait 300 ms\n");
        assert_eq!(code, Some(0), "{text}");
        has_lines(&text, &[&["says: ", "state paused"]]);
        assert!(
            before > 0 && before < 5_000_000 && delivered(&desk.path("beaker")) == before,
            "{text}"
        );
    }
}

#[test]
fn bytes_may_do_anything() {
    let desk = Desk::new();
    let pump = pump(&desk);
    let (code, text) = desk.shell(&pump.arguments(), "\"00VOL5\\r\"\n\"00RAT60MH\\r\"\n\"00RUN\\r\"\n");
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[&["-> 00RUN\\r"], &["the pump is made safe"], &["stopped therapy"]],
    );
}

#[test]
fn a_guard_stops_the_pump_of_a_session_that_was_killed() {
    let desk = Desk::new();
    let pump = pump(&desk);
    let mut session = desk.open(&pump.arguments());
    session.types(DOSE);
    session.waits_for("single-bolus was carried out");
    session.signal("KILL");
    drop(session);
    // The next session tells what the guard did. It is not let in as long as the guard has the line.
    let mut tries = (0..100).map(|_| desk.shell(&pump.arguments(), "status\n"));
    let (code, text) = tries
        .find(|(_, text)| !text.contains("pump-hil guard); end that first"))
        .unwrap();
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[
            &["warning: an earlier run", "case shell", "its guard made the pump safe"],
            &["says: ", "state paused"],
        ],
    );
}

#[test]
fn a_cable_that_was_pulled_is_told() {
    let desk = Desk::new();
    let pump = pump(&desk);
    let mut session = desk.open(&pump.arguments());
    session.types(DOSE);
    session.waits_for("single-bolus was carried out");
    drop(pump);
    session.waits_for("error: ");
    let (code, text) = session.ends();
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains("NOT SAFE: ") && text.contains("SWITCH THE PUMP OFF BY HAND"),
        "{text}"
    );
}

#[test]
fn one_session_at_a_time_has_a_pump() {
    let desk = Desk::new();
    let pump = pump(&desk);
    let mut session = desk.open(&pump.arguments());
    session.waits_for("Rig syringe");
    let (code, text) = desk.shell(&pump.arguments(), "");
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("uses the pump of rig"), "{text}");
    assert_eq!(session.ends().0, Some(0));
}
