//! What was read back from the pump's log is judged at its own time.

use super::kinds;
use pump_hil_model::case::{Action, Check};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::verdict::ReasonKind;
use pump_hil_testing::situation::{HOUR, MINUTE, Run, SECOND, alarm, case, expect};

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

/// A step that waits a minute for an alarm, whose line came a second too late: the pump raised it so long after the step's begin.
fn late_alarm(after: i64) -> (Action, Run) {
    let waits = Action::Expect {
        checks: vec![alarm("magnet")],
        within: Some(Span(MINUTE)),
        throughout: None,
    };
    let mut run = Run::begun();
    run.push(Body::Timing {
        scale: None,
        drift: Percent(1_000),
    });
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
