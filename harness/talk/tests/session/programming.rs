//! Programming a prescription: staged, read back, compared, and committed, or not at all.

use crate::world::{World, continuous, program};
use pump_hil_model::case::{FlexStep, Mode, Prescription, Request};
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Rate;
use pump_hil_talk::session::RequestEnd;

#[test]
fn a_prescription_is_staged_read_back_and_committed() {
    let mut world = World::new();
    let outcome = world.ask(&program(continuous()));
    assert!(matches!(outcome, RequestEnd::Ok { .. }), "{outcome:?}");
    let keys: Vec<&str> = world.pump.in_force.iter().map(|(k, _)| k.as_str()).collect();
    assert_eq!(
        keys,
        [
            "drug",
            "conc",
            "mode",
            "rate",
            "ptm-dose",
            "ptm-over",
            "ptm-lockout",
            "ptm-count",
            "ptm-window",
            "ptm-max",
            "low",
            "catheter",
            "tubing",
            "soft"
        ]
    );
    assert!(
        world
            .pump
            .in_force
            .contains(&("ptm-lockout".to_owned(), "14400s".to_owned()))
    );
    assert!(world.sent().iter().all(|line| line.len() <= 242), "{:?}", world.sent());
    assert_eq!(world.carried_out("stage"), 2);
}

#[test]
fn a_daily_schedule_is_staged_once_and_read_back_seven_times() {
    let mut world = World::new();
    let step = |day, minute, rate| FlexStep {
        day,
        minute,
        rate: Rate(rate),
    };
    let steps = (0..7)
        .flat_map(|day| [step(day, 0, 480_000), step(day, 360, 960_000)])
        .collect();
    let rx = Prescription {
        mode: Mode::Flex { steps },
        ..continuous()
    };
    let outcome = world.ask(&program(rx));
    assert!(matches!(outcome, RequestEnd::Ok { .. }), "{outcome:?}");
    let flex: Vec<&str> = world
        .pump
        .in_force
        .iter()
        .filter(|(k, _)| k == "flex")
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(flex, ["daily,1,0min,480000nl/d", "daily,2,360min,960000nl/d"]);
}

#[test]
fn a_read_back_that_differs_is_never_committed() {
    let mut world = World::new();
    world.pump.misreads = true;
    let RequestEnd::Refused { reason, fields } = world.ask(&program(continuous())) else {
        panic!("it must not pass");
    };
    assert_eq!(
        (reason.as_str(), fields["field"].as_str()),
        ("read-back-differs", "rate")
    );
    assert_eq!(
        (fields["intended"].as_str(), fields["read"].as_str()),
        ("500000nl/d", "1nl/d")
    );
    assert_eq!((world.carried_out("commit"), world.carried_out("abort")), (0, 1));
}

#[test]
fn a_field_that_is_refused_aborts_the_session_and_keeps_the_first_reason() {
    let mut world = World::new();
    world.pump.refuse = Some(("stage", "hard-limit"));
    let RequestEnd::Refused { reason, fields } = world.ask(&program(continuous())) else {
        panic!("it must not pass");
    };
    assert_eq!(
        (reason.as_str(), fields["at"].as_str(), fields["field"].as_str()),
        ("hard-limit", "stage", "rate")
    );
    assert_eq!((world.carried_out("commit"), world.carried_out("abort")), (0, 1));
}

#[test]
fn a_session_cut_off_at_any_byte_sends_not_one_more_and_the_next_request_is_understood() {
    let mut whole = World::new();
    whole.ask(&program(continuous()));
    let total: usize = whole.sent().iter().map(|line| line.len() - 1).sum();
    for cut in 0..=u32::try_from(total).unwrap() {
        let mut world = World::new();
        let request = Request::Program {
            prescription: Box::new(continuous()),
            cut_after: Some(cut),
        };
        let outcome = world.ask(&request);
        assert_eq!(outcome, RequestEnd::CutOff { sent: cut });
        let sent: usize = world.sent().iter().map(|line| line.replace("\\n", "\n").len()).sum();
        assert_eq!(sent, cut as usize);
        assert!(
            !world
                .bodies
                .iter()
                .any(|b| matches!(b, Body::Reply { .. } | Body::NoReply { .. }))
        );
        assert!(
            matches!(world.ask(&Request::Status), RequestEnd::Ok { .. }),
            "after a cut at {cut}"
        );
        let complete = cut as usize == total;
        assert_eq!(world.pump.in_force.is_empty(), !complete, "after a cut at {cut}");
    }
}

#[test]
fn a_prescription_is_programmed_through_noise_or_not_at_all() {
    let mut programmed = 0;
    for spoilt in 0..400 {
        let mut world = World::new();
        world.pieces = spoilt;
        // Every fifth piece has a byte spoilt, at a place that wanders.
        world.from_pump = |piece, mut bytes| {
            if piece % 5 == 0 && !bytes.is_empty() {
                let at = piece * 31 % bytes.len();
                bytes[at] ^= 1 << (piece % 7);
            }
            bytes
        };
        match world.ask(&program(continuous())) {
            RequestEnd::Ok { .. } => {
                programmed += 1;
                assert!(!world.pump.in_force.is_empty());
            }
            RequestEnd::NoReply { .. } => {}
            RequestEnd::Refused { reason, .. } => assert!(reason.starts_with("read-back"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert!(world.carried_out("commit") <= 1);
    }
    assert!(programmed >= 380, "{programmed} of 400");
}

#[test]
fn a_raw_value_is_sent_as_it_stands_in_place_of_the_right_one() {
    let mut world = World::new();
    let rx = Prescription {
        raw: vec![("ptm-lockout".to_owned(), "5min".to_owned())],
        ..continuous()
    };
    world.ask(&program(rx));
    let sent = world.sent().concat();
    assert!(sent.contains("ptm-lockout=5min") && !sent.contains("14400s"), "{sent}");
}
