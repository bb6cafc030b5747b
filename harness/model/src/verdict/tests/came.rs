//! Each thing that can come: its words as reports show them.

use super::fields;
use crate::case::{Measure, Verb};
use crate::quantity::{Rate, Span, Volume};
use crate::value::MemoryValue;
use crate::verdict::{Account, Came, Did, Seen};

fn assert_came(all: &[(Came, &str)]) {
    for (came, words) in all {
        assert_eq!(came.to_string(), *words);
    }
}

#[test]
fn what_a_check_saw_is_told_beside_what_it_looked_for() {
    let seen = Came::Seen;
    let alarm = || "occlusion".to_owned();
    let level = |is: Option<&str>| {
        let is = is.map(str::to_owned);
        seen(Seen::Level { name: "state", is })
    };
    let kind = || "rx".to_owned();
    let measure = |what, value| seen(Seen::Measure { what, value });
    let memory = |at: &str, value| seen(Seen::Memory { at: at.into(), value });
    assert_came(&[
        (seen(Seen::Active(vec![])), "active: none"),
        (
            seen(Seen::Active(vec![alarm(), "eri".into()])),
            "active: occlusion, eri",
        ),
        (
            seen(Seen::Alarm {
                id: alarm(),
                priority: "critical".into(),
            }),
            "alarm `occlusion` with priority critical",
        ),
        (seen(Seen::NeverRaised), "it was never raised"),
        (seen(Seen::StillActive), "it is still active"),
        (seen(Seen::ClearedBefore), "it was cleared before the last expectation"),
        (level(None), "state not reported yet"),
        (level(Some("running")), "state running"),
        (seen(Seen::NoEvent { kind: kind() }), "no event `rx`"),
        (
            seen(Seen::Event {
                kind: kind(),
                fields: fields(&[]),
            }),
            "event `rx` with no fields",
        ),
        (seen(Seen::Told { kind: kind() }), "the pump reported `rx`"),
        (
            seen(Seen::Reply {
                fields: fields(&[("a", "1"), ("b", "2")]),
            }),
            "reply with a=1 b=2",
        ),
        (measure(Measure::Rate, None), "rate is not known"),
        (measure(Measure::Battery, Some(3_000)), "battery 3 V"),
        (measure(Measure::Lockout, Some(60_000)), "lockout 1 min"),
        (memory("PUMP.n", None), "it was not read"),
        (memory("PUMP.n", Some(MemoryValue::Unsigned(41))), "PUMP.n 41"),
        (memory("0x20000000", Some(MemoryValue::Unsigned(41))), "0x20000000 0x29"),
        (
            Came::Late {
                instead: Seen::NeverRaised,
                by: Span(125_400),
            },
            "it was never raised; it came 2 min 5 s too late",
        ),
        (Came::After(Span(60_000)), "true after 1 min"),
        (Came::NotReached, "it did not get there"),
    ]);
}

#[test]
fn what_a_pump_did_instead_is_told_with_units() {
    let dose = Volume(20_000);
    let over = Span(600_000);
    let cause = || "stopped".to_owned();
    let rate = Did::Rate {
        rate: Rate(480_000),
        mode: "flex".into(),
    };
    let all = [
        (Did::OtherPrescription, "another came into force"),
        (
            Did::Ran { cause: cause() },
            "the pump went to running by itself, cause stopped",
        ),
        (Did::ToldNoStart, "the pump reported no start, and its log has none"),
        (Did::Reported(dose), "20 uL reported"),
        (
            Did::Gave {
                given: dose,
                cause: cause(),
            },
            "20 uL given, stopped",
        ),
        (rate, "rate 480 uL/day by mode flex"),
        (Did::Reservoir(dose), "computed reservoir 20 uL"),
        (Did::Stroked(dose), "strokes for 20 uL"),
        (Did::Actuated(dose), "20 uL actuated"),
        (Did::OneOf(dose), "one of 20 uL"),
        (Did::Periodic { dose, over }, "20 uL over 10 min"),
        (Did::OneAfter(over), "one 10 min after the last"),
        (Did::NonePeriodic(None), "none since therapy started"),
        (Did::NonePeriodic(Some(over)), "none since 10 min ago"),
        (Did::Began(dose), "one of 20 uL began"),
        (Did::DidNotBegin, "it did not"),
        (Did::Granted, "it was granted"),
        (Did::Refused { code: "lockout".into() }, "it was refused with `lockout`"),
        (Did::RaisedAfter(over), "raised after 10 min"),
        (Did::RaisedWith(dose), "raised with 20 uL left"),
        (Did::NoneWithoutTherapy(over), "none, after 10 min without therapy"),
        (Did::NoneWith(dose), "none, with 20 uL left by the pump's own count"),
        (Did::NoneAfter(over), "none, 10 min after it"),
    ];
    for (did, words) in all {
        assert_came(&[(Came::Did(did), words)]);
    }
}

#[test]
fn what_came_of_records_and_firmware_is_told_with_its_numbers() {
    let place = || "spin (main.rs:7)".to_owned();
    let hang = Came::Hang {
        place: place(),
        limit_ms: 5_000,
    };
    let alarm = Came::Alarm {
        id: "eri".into(),
        priority: "low".into(),
    };
    let (number, time) = (8, Span(1_000));
    let (from, count) = (7, 2);
    let hangs = "the firmware hangs in spin (main.rs:7): no answer within 5000 ms of host time";
    let faulted = "the firmware faulted: spin (main.rs:7)";
    let verb = Verb::Start;
    let went_on = Came::WentOn {
        told: "it answered `stop`".to_owned(),
        saw: "moved 500 nL".to_owned(),
    };
    assert_came(&[
        (went_on, "NOT SAFE: it answered `stop`, and moved 500 nL"),
        (
            Came::NoAnswer { verb: verb.to_string() },
            "no reply to `start` in the journal",
        ),
        (Came::Silence { tries: 3 }, "none, after 3 tries"),
        (alarm, "alarm `eri`, low"),
        (Came::Missing { from, count }, "2 missing from number 7 on"),
        (Came::Nonsense("n=3 again".into()), "n=3 again"),
        (Came::RecordOf { number, time }, "record 8 is of 1 s"),
        (Came::FirmwareFault { place: place() }, faulted),
        (Came::Lockup { place: "f".into() }, "the firmware locked up: f"),
        (Came::Start, "the pump started again"),
        (hang, hangs),
    ]);
}

#[test]
fn what_a_rule_compares_is_told_with_both_sides() {
    let left = (Measure::Delivered, 120_000);
    let compared = |right| Came::Compared { left, right };
    let rate = compared(Some((Measure::Rate, 480_000)));
    let volume = compared(Some((Measure::Reported, 100_000)));
    assert_came(&[
        (Came::State("stopped".into()), "state stopped"),
        (Came::ActiveAlarm("eri".into()), "alarm `eri`"),
        (compared(None), "delivered 120 uL"),
        (rate, "delivered 120 uL, rate 480 uL/day"),
        (volume, "delivered 120 uL, reported 100 uL; 20 uL apart"),
    ]);
}

#[test]
fn accounts_that_are_apart_are_told_with_when_they_were() {
    for (what, came, words) in [
        (Account::Delivered, 120_000, "delivered 120 uL is 20 uL above"),
        (Account::Delivered, 80_000, "delivered 80 uL is 20 uL below"),
        (Account::Actuated, 80_000, "actuated 80 uL is 20 uL apart from"),
    ] {
        let apart = Came::Apart {
            what: (what, Volume(came)),
            than: (Account::Reported, Volume(100_000)),
            at: Span(7_200_000),
            first: Span(90_000_000),
        };
        let when = "at 02:00:00.000 (first beyond tolerance at 1+01:00:00.000)";
        assert_came(&[(apart, &format!("{words} reported 100 uL {when}"))]);
    }
}

#[test]
fn a_dose_log_that_differs_is_told_with_what_to_do() {
    let review = "outside CI, look at it with `pump-hil review`";
    let missing = Came::NoLog { case: "a".into() };
    let differs = |more| Came::LogDiffers {
        shown: vec!["row 1".into(), "row 2".into()],
        more,
        changed: Vec::new(),
    };
    let changed = Came::LogDiffers {
        shown: vec!["row 1".into()],
        more: 0,
        changed: vec![
            "rate: 1 mL/day when accepted, 2 mL/day now".into(),
            "drug: not given when accepted, saline now".into(),
        ],
    };
    assert_came(&[
        (missing, &format!("none yet at snapshots/a.snap\n{review}")),
        (differs(0), &format!("row 1\nrow 2\n{review}")),
        (differs(4), &format!("row 1\nrow 2\nand 4 more\n{review}")),
        (
            changed,
            &format!(
                "row 1\nthe prescription changed since this was accepted: \
                 rate: 1 mL/day when accepted, 2 mL/day now; drug: not given when accepted, saline now\n{review}"
            ),
        ),
    ]);
}
