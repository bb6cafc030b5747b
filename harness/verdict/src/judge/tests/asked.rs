//! A pump that is asked every so often: what it answers counts, what lies between two answers is not claimed, and silence is told.

use super::heard::{reply, sent};
use super::judge_journal;
use pump_hil_model::case::{Action, Case, Check, Invariant, Measure, Range, Request, Rule};
use pump_hil_model::event::{Body, Polled, Said};
use pump_hil_model::observing::{Asked, Observing, Promised};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_testing::situation::{Run, SECOND, alarm, ask, case, expect};

/// A pump of which the status is asked twice a second, and whose `beat` must come every 3 s while it runs.
fn observing() -> Observing {
    let asked = |resolution| {
        Some(Asked {
            ask: "status".to_owned(),
            every: Span(500),
            resolution: Volume(resolution),
        })
    };
    Observing {
        reported: asked(1_000),
        delivered: None,
        actuated: None,
        entry_per: None,
        alarms: asked(0),
        promised: vec![Promised {
            message: "beat".to_owned(),
            state: Some("running".to_owned()),
            after: Span(3 * SECOND),
        }],
    }
}

fn begun(observing: Option<Observing>) -> Run {
    let mut run = Run::default();
    run.push(Body::Identified {
        fields: std::sync::Arc::default(),
    });
    if let Some(how) = observing {
        run.push(Body::Observing { how });
    }
    run.push(reply("status", &[("reported", "0nl")])).push(Body::Begun);
    run
}

fn polled(fields: &[(&str, &str)]) -> Body {
    let Body::Reply { fields, .. } = reply("status", fields) else {
        unreachable!("it is a reply")
    };
    Body::Polled(Polled {
        verb: "status".to_owned(),
        refused: None,
        fields,
        request: None,
    })
}

fn lost() -> Body {
    Body::PollLost {
        verb: "status".to_owned(),
    }
}

fn kinds(case: &Case, mut run: Run) -> Vec<ReasonKind> {
    match judge_journal(case, run.ended()).verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Failed { reasons } => reasons.into_iter().map(|reason| reason.kind).collect(),
        other => panic!("{other:?}"),
    }
}

fn reported(low: i64) -> Check {
    Check::Measure {
        what: Measure::Reported,
        since: None,
        range: Range {
            low: Some(low),
            high: None,
            text: format!(">= {low}"),
        },
    }
}

#[test]
fn what_is_told_roughly_is_compared_so() {
    let told = |low: i64, how: Option<Observing>| {
        let mut run = begun(how);
        run.at(SECOND).step(|run| {
            run.push(polled(&[("reported", "50000nl")]));
        });
        kinds(&case(vec![expect(vec![reported(low)])]), run)
    };
    assert_eq!(told(51_000, Some(observing())), []);
    assert_eq!(told(51_001, Some(observing())), [ReasonKind::Expectation]);
    assert_eq!(
        told(50_001, None),
        [ReasonKind::Expectation],
        "nothing is wider elsewhere"
    );
}

#[test]
fn an_alarm_may_have_come_some_time_before_it_was_seen() {
    let waits = || {
        case(vec![Action::Expect {
            checks: vec![alarm("occlusion")],
            within: Some(Span(5 * SECOND)),
            throughout: None,
            poll: None,
        }])
    };
    let seen = |t: i64, how: Option<Observing>| {
        let mut run = begun(how);
        run.step(|run| {
            run.at(t).alarm("occlusion", "critical");
        });
        kinds(&waits(), run)
    };
    assert_eq!(seen(5_500, Some(observing())), []);
    assert_eq!(seen(5_501, Some(observing())), [ReasonKind::Expectation]);
    assert_eq!(seen(5_001, None), [ReasonKind::Expectation]);
}

#[test]
fn the_latency_of_an_alarm_counts_from_the_look_before_it() {
    let latency = |high: i64, how: Option<Observing>| {
        let check = Check::Measure {
            what: Measure::AlarmLatency,
            since: None,
            range: Range {
                low: None,
                high: Some(high),
                text: String::new(),
            },
        };
        let mut run = begun(how);
        let fault = pump_hil_model::fault::FaultName::find("catheter-occlusion").unwrap();
        run.at(SECOND).push(Body::FaultArmed { fault, param: 0 });
        run.push(Body::FaultConfirmed { fault });
        run.at(4 * SECOND).push(polled(&[("state", "running")]));
        run.at(4_700).alarm("occlusion", "critical").step(|_| {});
        let mut case = case(vec![expect(vec![check])]);
        case.allow_alarms.insert("occlusion".to_owned());
        kinds(&case, run)
    };
    assert_eq!(latency(3_000, Some(observing())), []);
    assert_eq!(latency(2_999, Some(observing())), [ReasonKind::Expectation]);
    assert_eq!(latency(3_000, None), [ReasonKind::Expectation]);
}

#[test]
fn what_it_answers_unasked_by_a_step_is_judged_and_answers_no_step() {
    let mut run = begun(Some(observing()));
    run.at(SECOND).alarm("occlusion", "critical");
    assert_eq!(kinds(&case(vec![]), run), [ReasonKind::UnexpectedAlarm]);
    let mut held = case(vec![]);
    held.allow_alarms.insert("occlusion".to_owned());
    held.always.push(Invariant {
        line: 3,
        text: "no-alarm".to_owned(),
        rule: Rule::NoAlarm { id: None },
    });
    let mut run = begun(Some(observing()));
    run.at(SECOND).alarm("occlusion", "critical");
    assert_eq!(kinds(&held, run), [ReasonKind::Invariant]);
    let mut run = begun(Some(observing()));
    run.at(SECOND).step(|run| {
        run.push(polled(&[("state", "running")]));
    });
    assert_eq!(kinds(&case(vec![ask(Request::Status)]), run), [ReasonKind::NoReply]);
}

#[test]
fn three_answers_in_a_row_may_not_be_lacking() {
    let silent = |lost_ones: usize, answers: bool| {
        let mut run = begun(Some(observing()));
        run.at(SECOND).push(polled(&[("state", "stopped")]));
        for _ in 0..lost_ones {
            run.push(sent()).push(lost());
        }
        if answers {
            run.push(polled(&[("state", "stopped")])).push(lost()).push(lost());
        }
        kinds(&case(vec![]), run)
    };
    assert_eq!(silent(2, true), []);
    assert_eq!(silent(3, false), [ReasonKind::NoReply]);
    assert_eq!(silent(30, true), [ReasonKind::NoReply], "told once");
}

/// What happens to a pump whose heartbeat is promised while it runs.
fn beats(what: impl Fn(&mut Run)) -> Vec<ReasonKind> {
    let mut run = begun(Some(observing()));
    what(&mut run);
    kinds(&case(vec![]), run)
}

fn beat() -> Body {
    let (kind, fields) = ("beat".to_owned(), std::collections::BTreeMap::new());
    Body::Pump {
        n: None,
        pump_t: None,
        read_back: false,
        said: Said::Other { kind, fields },
    }
}

fn awaited() -> Body {
    Body::Awaited {
        message: "beat".to_owned(),
    }
}

#[test]
fn a_message_that_is_promised_may_not_stay_away() {
    let runs = || polled(&[("state", "running")]);
    let lost = beats(|run| {
        run.at(SECOND).push(runs());
        run.at(2 * SECOND).push(beat());
        run.at(5_001).push(runs()).push(awaited());
        run.at(9_000).push(runs()).push(awaited());
    });
    assert_eq!(lost, [ReasonKind::Record], "told once");
    let in_time = beats(|run| {
        run.at(SECOND).push(runs());
        run.at(2 * SECOND).push(beat());
        run.at(5_000).push(runs()).push(awaited());
    });
    assert_eq!(in_time, []);
}

#[test]
fn only_in_its_state_and_only_when_that_is_known() {
    let runs = || polled(&[("state", "running")]);
    let stopped = beats(|run| {
        run.at(SECOND).push(runs());
        run.at(6 * SECOND).push(polled(&[("state", "stopped")])).push(awaited());
    });
    assert_eq!(stopped, []);
    // It was stopped, and started again a moment ago.
    let again = beats(|run| {
        run.at(SECOND).push(runs());
        run.at(4 * SECOND).push(sent()).push(reply("start", &[]));
        run.at(6 * SECOND).push(runs()).push(awaited());
    });
    assert_eq!(again, []);
    // Nobody answered whether it runs.
    let unknown = beats(|run| {
        run.at(SECOND).push(runs());
        run.at(6 * SECOND).push(sent()).push(self::lost()).push(awaited());
    });
    assert_eq!(unknown, []);
}

#[test]
fn how_much_wider_it_is_stands_in_the_verdict() {
    let outcome = judge_journal(&case(vec![]), begun(Some(observing())).ended());
    let told = |what: &str| outcome.notes.iter().any(|note| note.contains(what));
    assert!(
        told("+- 1 uL and +- 500 ms") && told("alarms are compared with + 500 ms"),
        "{:?}",
        outcome.notes
    );
}
