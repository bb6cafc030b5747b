//! What was not heard: lost records, silence, numbers that cannot be.

use super::judge_journal;
use super::kinds;
use pump_hil_model::case::{Case, Check, Request};
use pump_hil_model::event::{Body, Event, Said, Unread};
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_testing::situation::{HOUR, MINUTE, Run, SECOND, alarm, ask, case, expect};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run on a rig by the host's clock, `scale` times as fast; `None`: granted time.
pub(super) fn timed(scale: Option<u32>) -> Run {
    let mut run = Run::begun();
    let drift = Percent(1_000);
    run.events.insert(0, at(0, Body::Timing { scale, drift }));
    run
}

fn at(t: i64, body: Body) -> Event {
    Event {
        t: Span(t),
        host_us: 0,
        body,
    }
}

pub(super) fn told(n: u64, pump_t: i64, read_back: bool, said: Said) -> Body {
    Body::Pump {
        n: Some(n),
        pump_t: Some(Span(pump_t)),
        read_back,
        said,
    }
}

pub(super) fn rate(n: u64, pump_t: i64) -> Body {
    let kind = "muted".to_owned();
    let fields = BTreeMap::new();
    told(n, pump_t, false, Said::Other { kind, fields })
}

fn raised(n: u64, pump_t: i64, read_back: bool, id: &str) -> Body {
    let (id, priority) = (id.to_owned(), "critical".to_owned());
    told(n, pump_t, read_back, Said::Alarm { id, priority })
}

pub(super) fn reply(verb: &str, fields: &[(&str, &str)]) -> Body {
    let fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Body::Reply {
        verb: verb.to_owned(),
        refused: None,
        fields: Arc::new(fields.collect()),
        request: None,
    }
}

pub(super) fn sent() -> Body {
    Body::Sent {
        bytes: "#1 status".into(),
        request: None,
    }
}

fn read(of: &str, last: u64) -> Body {
    Body::LogRead { of: of.into(), last }
}

/// The codes of what came of it: reasons, else troubles.
pub(super) fn codes(case: &Case, run: Run) -> Vec<String> {
    match judge_journal(case, { run }.ended()).verdict {
        Verdict::Passed => vec![],
        Verdict::Failed { reasons } => reasons.iter().map(|reason| reason.code().to_owned()).collect(),
        Verdict::Inconclusive { why } => why.iter().map(|why| why.code().to_string()).collect(),
        Verdict::Skipped { why } => vec![why],
    }
}

#[test]
fn what_the_scenario_does_to_a_clock_is_no_drift() {
    let case = case(vec![]);
    let mut run = timed(Some(1));
    let civil = |run: &mut Run, t: i64, s: i64| {
        run.at(t)
            .push(sent())
            .push(reply("status", &[("rtc", &format!("{s}s"))]));
    };
    civil(&mut run, 0, 1_000);
    civil(&mut run, HOUR, 4_600);
    run.push(sent()).push(reply("set-clock", &[]));
    civil(&mut run, HOUR + MINUTE, 900_000);
    run.arm("clock-jump");
    civil(&mut run, HOUR + 2 * MINUTE, 5_000);
    assert_eq!(codes(&case, run.clone()), Vec::<String>::new());
    civil(&mut run, 3 * HOUR, 5_060);
    assert_eq!(codes(&case, run), ["clock-drift"]);
}

#[test]
fn a_gap_that_was_read_back_is_no_failure_one_that_the_log_lacks_is_and_an_unread_one_leaves_no_verdict() {
    let case = case(vec![ask(Request::Start)]);
    let gap = || Body::Gap {
        of: "event".into(),
        from: 7,
        count: 2,
    };
    let stay = |why: Unread| Body::StayMissing {
        of: "event".into(),
        from: 8,
        count: 1,
        why,
    };
    let run = |bodies: Vec<Body>| {
        let mut run = timed(None);
        run.start(480_000).push(gap());
        for body in bodies {
            run.push(body);
        }
        run
    };
    let seven = || rate(7, SECOND);
    assert_eq!(codes(&case, run(vec![seven(), rate(8, SECOND)])), Vec::<String>::new());
    assert_eq!(codes(&case, run(vec![seven()])), ["not-heard"]);
    assert_eq!(
        codes(&case, run(vec![seven(), stay(Unread::Unanswered)])),
        ["not-heard"]
    );
    assert_eq!(codes(&case, run(vec![seven(), stay(Unread::TooOld)])), ["not-heard"]);
    assert_eq!(codes(&case, run(vec![seven(), stay(Unread::Lacking)])), ["record-gap"]);
    let mut unwritten = timed(None);
    unwritten.start(480_000).arm("flash-write-failure").push(gap());
    unwritten.push(seven()).push(stay(Unread::Lacking));
    assert_eq!(codes(&case, unwritten), ["not-heard"], "a log that cannot be written");
    let late = vec![seven(), stay(Unread::Unanswered), rate(8, SECOND)];
    assert_eq!(codes(&case, run(late)), Vec::<String>::new(), "a later look found it");
    let again = Body::Repeated {
        of: "event".into(),
        n: 9,
    };
    let mut twice = timed(None);
    twice.start(480_000).push(again);
    assert_eq!(codes(&case, twice), Vec::<String>::new(), "told, and no more");
}

#[test]
fn an_entry_that_the_log_lacks_is_a_failure_and_one_that_was_lost_on_the_line_none() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = timed(None);
    run.start(480_000).basal_until(2 * HOUR);
    let mut lost = run.clone();
    lost.at(3 * HOUR + 2 * MINUTE)
        .give(0, 20_000)
        .entry("periodic")
        .push(read("dose", 9));
    assert_eq!(codes(&case, lost), Vec::<String>::new());
    run.at(3 * HOUR + 5 * MINUTE).push(read("dose", 9));
    assert_eq!(codes(&case, run), ["record-lacking"]);
    // The one who keeps the pump from it has it explained.
    let mut halted = timed(None);
    halted.start(480_000).basal_until(2 * HOUR);
    let did = "let the core run again".to_owned();
    halted.at(3 * HOUR).push(Body::Probe { did });
    halted.at(3 * HOUR + 5 * MINUTE).push(read("dose", 9));
    assert_eq!(codes(&case, halted), Vec::<String>::new());
}

#[test]
fn a_pump_that_only_answers_does_not_pass() {
    let case = case(vec![]);
    let run = |hours: i64, spoke: Option<i64>| {
        let mut run = timed(Some(600));
        for hour in 1..=hours {
            run.at(hour * HOUR).push(sent()).push(reply("status", &[]));
            run.entry("periodic");
            if spoke == Some(hour) {
                run.push(rate(1, hour * HOUR));
            }
        }
        // What its log tells is not said by itself.
        for event in &mut run.events {
            if let Body::Pump {
                said: Said::Dose(_),
                read_back,
                ..
            } = &mut event.body
            {
                *read_back = true;
            }
        }
        run
    };
    assert_eq!(codes(&case, run(7, None)), ["only-answers"]);
    assert_eq!(codes(&case, run(7, Some(3))), Vec::<String>::new());
    assert_eq!(codes(&case, run(5, None)), Vec::<String>::new());
    let mut silent = run(7, None);
    let is_reply = |event: &Event| matches!(event.body, Body::Reply { .. });
    let is_entry = |event: &Event| matches!(event.body, Body::Pump { .. });
    silent.events.retain(|event| !is_entry(event) && !is_reply(event));
    assert_eq!(
        codes(&case, silent),
        ["not-heard"],
        "a pump that says nothing, and that nobody asks"
    );
    let mut old = run(7, None);
    old.events.remove(0);
    assert_eq!(codes(&case, old), Vec::<String>::new(), "a journal from before");
}

/// A cut line from one hour to three, in which `step` is played at two; then the logs are read, with `logged` in them, where `read_back`.
fn cut(step: impl FnOnce(&mut Run), logged: Vec<Body>, read_back: bool) -> Run {
    let mut run = timed(None);
    run.start(480_000).push(rate(1, SECOND));
    run.at(HOUR).arm("serial-cut").at(2 * HOUR);
    step(&mut run);
    run.at(3 * HOUR).disarm("serial-cut");
    for body in logged {
        run.push(body);
    }
    if read_back {
        run.push(read("event", 9)).push(read("dose", 9));
    }
    run
}

#[test]
fn what_came_while_the_line_was_cut_is_judged_from_the_log_by_the_pumps_own_time() {
    let expected = |checks: Vec<Check>| {
        let mut case = case(vec![ask(Request::Start), expect(checks)]);
        case.allow_alarms.insert("occlusion".into());
        case
    };
    let step = |run: &mut Run| {
        run.step(|_| {});
    };
    let occlusion = |pump_t: i64| vec![raised(2, pump_t + SECOND, true, "occlusion")];
    let raised = expected(vec![alarm("occlusion")]);
    let none = expected(vec![Check::NoAlarm { id: None }]);
    // The pump's clock began a second before the scenario's.
    assert_eq!(
        codes(&raised, cut(step, occlusion(HOUR + MINUTE), true)),
        Vec::<String>::new()
    );
    assert_eq!(
        codes(&raised, cut(step, occlusion(2 * HOUR + MINUTE), true)),
        ["expect-alarm"]
    );
    assert_eq!(codes(&raised, cut(step, vec![], true)), ["expect-alarm"]);
    assert_eq!(
        codes(&none, cut(step, occlusion(HOUR + MINUTE), true)),
        ["expect-no-alarm"]
    );
    assert_eq!(
        codes(&none, cut(step, occlusion(2 * HOUR + MINUTE), true)),
        Vec::<String>::new()
    );
    assert_eq!(
        codes(&none, cut(step, vec![], false)),
        ["not-heard"],
        "nothing of it was seen"
    );
    let unnamed = case(vec![ask(Request::Start)]);
    let quiet = |_: &mut Run| {};
    assert_eq!(
        codes(&unnamed, cut(quiet, occlusion(2 * HOUR), true)),
        ["unexpected-alarm"]
    );
    assert_eq!(codes(&unnamed, cut(quiet, vec![], true)), Vec::<String>::new());
    assert_eq!(codes(&unnamed, cut(quiet, vec![], false)), ["not-heard"]);
}

#[test]
fn a_state_that_nobody_could_ask_for_is_not_taken_from_before() {
    let running = case(vec![ask(Request::Start), expect(vec![Check::State("running".into())])]);
    let silent = |run: &mut Run| {
        run.step(|run| {
            let verb = "status".to_owned();
            run.push(Body::NoReply { verb, tries: 3 });
        });
    };
    let stopped = |pump_t: i64| {
        let (from, to, cause) = ("running".into(), "stopped".into(), "occlusion".into());
        vec![told(2, pump_t + SECOND, true, Said::State { from, to, cause })]
    };
    assert_eq!(
        codes(&running, cut(silent, vec![], true)),
        Vec::<String>::new(),
        "it did not change"
    );
    assert!(codes(&running, cut(silent, stopped(HOUR + MINUTE), true)).contains(&"expect-state".to_owned()));
    assert!(!codes(&running, cut(silent, stopped(2 * HOUR + MINUTE), true)).contains(&"expect-state".to_owned()));
}

#[test]
fn a_number_that_no_pump_can_have_is_a_failure_with_its_line() {
    let case = case(vec![ask(Request::Start)]);
    let line = "!9 t=5ms bolus-start kind=clinician dose=50000nl over=-5s *0000";
    let run = |body: Body| {
        let mut run = timed(None);
        run.start(480_000)
            .push(Body::Received {
                bytes: line.into(),
                says: None,
            })
            .push(body);
        run
    };
    let bolus = |dose_nl: i64, over_ms: i64| {
        let kind = "clinician".to_owned();
        told(9, 5, false, Said::BolusStart { kind, dose_nl, over_ms })
    };
    let other = |key: &str, value: &str| {
        let fields = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let kind = "stall".to_owned();
        told(9, 5, false, Said::Other { kind, fields })
    };
    let wrong = [
        bolus(50_000, -5_000),
        bolus(-50_000, 5_000),
        bolus(i64::MAX, i64::MAX),
        told(9, -5, false, Said::Boot { reason: "x".into() }),
        told(
            9,
            5,
            false,
            Said::BolusEnd {
                kind: "patient".into(),
                given_nl: -1,
                cause: "complete".into(),
            },
        ),
        other("strokes", "-3"),
        other("strokes", "99999999999999999999"),
        reply("status", &[("reservoir", "-20000000nl")]),
        reply("status", &[("lockout", "-5s")]),
        reply("totals", &[("basal", "9223372036854775807nl")]),
        reply("status", &[("rate", "99999999999999nl/d")]),
    ];
    for body in wrong {
        let Verdict::Failed { reasons } = judge_journal(&case, run(body.clone()).ended()).verdict else {
            panic!("{body:?} passed");
        };
        assert_eq!(reasons[0].code(), "record-number", "{body:?}");
        assert!(reasons[0].came.to_string().contains(line), "{}", reasons[0].came);
    }
    for right in [
        other("strokes", "3"),
        other("by", "-3600000ms"),
        reply(
            "status",
            &[("eos", "none"), ("lockout", "0s"), ("reservoir", "20000000nl")],
        ),
    ] {
        assert_eq!(kinds(&case, run(right).ended()), []);
    }
}

#[test]
fn what_cannot_be_moves_no_window_of_a_later_step() {
    let case = case(vec![
        ask(Request::Start),
        expect(vec![Check::NoEvent { kind: "muted".into() }]),
    ]);
    let mut run = timed(None);
    run.start(480_000);
    for _ in 0..3 {
        run.push(Body::Crash(Box::new(pump_hil_model::crash::Crash::new(
            pump_hil_model::crash::Why::Reset,
        ))));
    }
    run.push(rate(2, SECOND)).step(|_| {});
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Expectation]);
}
