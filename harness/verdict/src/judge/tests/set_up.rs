//! What was before the begin, on a pump with a past.

use super::{judge_journal, kinds};
use pump_hil_model::case::Request;
use pump_hil_model::event::{Body, Event, ReplyFields, Said};
use pump_hil_model::verdict::ReasonKind;
use pump_hil_testing::situation::{Run, ask, case};

/// A run whose set-up finds a past, behind these.
fn behind(before: &[Body]) -> Vec<Event> {
    let mut run = Run::begun();
    let begun = run.events.pop().unwrap();
    for body in before {
        run.push(body.clone());
    }
    run.push(Body::Past {
        found: Vec::new(),
        did: Vec::new(),
    });
    run.sample().push(begun.body);
    run.start(480_000).ended()
}

fn said(said: Said) -> Body {
    Body::Pump {
        n: None,
        pump_t: None,
        read_back: false,
        said,
    }
}

#[test]
fn nothing_of_the_past_counts_but_that_the_pump_did_not_stop() {
    let start = case(vec![ask(Request::Start)]);
    let alarm = said(Said::Alarm {
        id: "magnet".to_owned(),
        priority: "non-critical".to_owned(),
    });
    assert_eq!(kinds(&start, behind(&[alarm])), []);
    let went_on = Body::WentOn {
        told: "the pump answered `stop`".to_owned(),
        saw: "says that its state is running".to_owned(),
    };
    assert_eq!(kinds(&start, behind(&[went_on])), [ReasonKind::NotStopped]);
}

#[test]
fn part_of_a_stroke_is_carried_unless_the_firmware_was_started() {
    let start = case(vec![ask(Request::Start)]);
    let carried = |events| judge_journal(&start, events).dose_log.carried;
    let boot = said(Said::Boot {
        reason: "debug".to_owned(),
    });
    assert!(carried(behind(&[])));
    assert!(!carried(behind(&[boot])));
    assert!(!carried(Run::begun().start(480_000).ended()), "a new pump has no past");
}

#[test]
fn who_the_pump_is_stays_known() {
    let fields: ReplyFields = std::sync::Arc::new([("serial".to_owned(), "SN1".to_owned())].into());
    let identified = Body::Identified {
        fields: ReplyFields::clone(&fields),
    };
    let outcome = judge_journal(&case(vec![ask(Request::Start)]), behind(&[identified]));
    assert_eq!(outcome.identity, fields);
}
