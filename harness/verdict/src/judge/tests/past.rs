//! What was read back from the pump's log is judged at its own time.

use super::kinds;
use pump_hil_model::case::{Action, Check, Measure, ProbeAction, Range, Request};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::verdict::ReasonKind;
use pump_hil_testing::situation::{HOUR, MINUTE, Run, SECOND, alarm, ask, case, expect};

fn record(n: u64, pump_t: i64, read_back: bool, said: Said) -> Body {
    Body::Pump {
        n: Some(n),
        pump_t: Some(Span(pump_t)),
        read_back,
        said,
    }
}

/// An alarm of ten minutes after the begin, whose line is lost and which the log tells an hour later.
fn read_later() -> Run {
    let wake = |n, at| {
        let said = Said::Other {
            kind: "wake".to_owned(),
            fields: Default::default(),
        };
        record(n, at, false, said)
    };
    let mut run = Run::begun();
    run.push(Body::Timing {
        scale: Some(1),
        drift: Percent(1_000),
    });
    run.push(wake(1, 0)).at(30 * MINUTE).step(|_| {});
    let said = Said::Alarm {
        id: "magnet".to_owned(),
        priority: "non-critical".to_owned(),
    };
    run.at(HOUR).push(Body::Gap {
        of: "event".to_owned(),
        from: 2,
        count: 1,
    });
    run.push(record(2, 10 * MINUTE, true, said)).push(wake(3, HOUR));
    run
}

#[test]
fn an_alarm_that_the_log_tells_later_came_in_time() {
    let raised = case(vec![expect(vec![alarm("magnet")])]);
    assert_eq!(kinds(&raised, read_later().ended()), []);
}

#[test]
fn an_alarm_that_must_not_have_come_did_though_its_line_was_lost() {
    let mut quiet = case(vec![expect(vec![Check::NoAlarm { id: None }])]);
    quiet.allow_alarms.insert("magnet".into());
    assert_eq!(kinds(&quiet, read_later().ended()), [ReasonKind::Expectation]);
}

/// A run on granted time.
fn granted() -> Run {
    let mut run = Run::begun();
    run.push(Body::Timing {
        scale: None,
        drift: Percent(1_000),
    });
    run
}

/// A step that waits a minute for an alarm, whose line came a second too late: the pump raised it so long after the step's begin.
fn late_alarm(after: i64) -> (Action, Run) {
    let waits = Action::Expect {
        checks: vec![alarm("magnet")],
        within: Some(Span(MINUTE)),
        throughout: None,
        poll: None,
    };
    let mut run = granted();
    let wake = Said::Other {
        kind: "wake".to_owned(),
        fields: Default::default(),
    };
    run.push(record(1, 0, false, wake)).at(HOUR);
    let raised = Said::Alarm {
        id: "magnet".to_owned(),
        priority: "non-critical".to_owned(),
    };
    run.step(|run| {
        run.at(HOUR + MINUTE + SECOND)
            .push(record(2, HOUR + after, false, raised));
    });
    (waits, run)
}

#[test]
fn what_the_pump_did_in_time_is_in_time_though_its_line_was_late() {
    let (waits, mut run) = late_alarm(55 * SECOND);
    assert_eq!(kinds(&case(vec![waits]), run.ended()), []);
    let (waits, mut run) = late_alarm(MINUTE + SECOND);
    assert_eq!(kinds(&case(vec![waits]), run.ended()), [ReasonKind::Expectation]);
}

#[test]
fn what_the_log_did_not_have_yet_came_when_it_was_heard() {
    let (waits, mut run) = late_alarm(55 * SECOND);
    assert_eq!(kinds(&case(vec![waits.clone()]), run.ended()), []);
    let (_, whole) = late_alarm(55 * SECOND);
    let mut denied = Run::begun();
    denied.events = whole.events[..whole.events.len() - 2].to_vec();
    let end = whole.events[whole.events.len() - 2..].to_vec();
    denied.at(HOUR + 58 * SECOND).push(Body::Sent {
        bytes: "#9 event-log".into(),
        request: None,
    });
    denied.push(Body::LogRead {
        of: "event".into(),
        last: 1,
    });
    for event in end {
        denied.at(event.t.0).push(event.body);
    }
    assert_eq!(kinds(&case(vec![waits]), denied.ended()), [ReasonKind::Expectation]);
}

#[test]
fn a_clock_that_stood_while_the_pump_was_down_makes_nothing_late() {
    let mut run = granted();
    let boot = Said::Boot {
        reason: "debug".to_owned(),
    };
    let wake = || Said::Other {
        kind: "wake".to_owned(),
        fields: Default::default(),
    };
    run.push(record(1, 0, false, wake())).at(HOUR);
    run.step(|run| {
        run.push(Body::Probe {
            did: "reset the core".into(),
        });
        run.push(record(2, HOUR - 2 * SECOND, false, boot));
    });
    let reset = Action::Probe(ProbeAction::Reset);
    assert_eq!(kinds(&case(vec![reset]), run.ended()), []);
}

#[test]
fn a_volume_may_be_a_stroke_apart_where_an_answer_was_late_and_a_bolus_may_not() {
    let exact = |what| {
        let range = Range {
            low: Some(20_000),
            high: Some(20_000),
            text: "20 uL".into(),
        };
        let since = None;
        expect(vec![Check::Measure { what, since, range }])
    };
    let found = |what, class, late: i64| {
        let mut run = granted();
        run.start(480_000).at(HOUR).give(class, 20_500).entry("periodic");
        run.step(|run| {
            run.push(Body::Sent {
                bytes: "#5 totals".into(),
                request: None,
            });
            run.at(HOUR + late).reply("totals", None);
        });
        let found = kinds(&case(vec![ask(Request::Start), exact(what)]), run.ended());
        found.contains(&ReasonKind::Expectation)
    };
    assert!(found(Measure::Basal, 0, 0));
    assert!(!found(Measure::Basal, 0, 1));
    assert!(found(Measure::PatientBoluses, 1, 0));
    assert!(found(Measure::PatientBoluses, 1, 1));
}
