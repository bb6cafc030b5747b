mod asked;
mod clocks;
mod general;
mod heard;
mod less;
mod lies;
mod past;
mod set_up;

use super::{Judge, Outcome};
use pump_hil_model::case::{Action, Case, Check, ProbeAction, Request};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::quantity::Span;
use pump_hil_model::value::{MemoryValue, Wanted};
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_testing::situation::{HOUR, MINUTE, Run, alarm, ask, case, expect};

/// Judges a whole run.
fn judge_journal(case: &Case, events: impl IntoIterator<Item = Event>) -> Outcome {
    let mut judge = Judge::new(case);
    for event in events {
        judge.on_event(event);
    }
    judge.finish()
}

fn kinds(case: &Case, events: Vec<Event>) -> Vec<ReasonKind> {
    match judge_journal(case, events).verdict {
        Verdict::Passed => vec![],
        Verdict::Failed { reasons } => reasons.into_iter().map(|r| r.kind).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_day_of_basal_passes() {
    let case = case(vec![ask(Request::Start), expect(vec![Check::State("running".into())])]);
    let mut run = Run::begun();
    run.start(480_000).step(|_| {}).basal_until(24 * HOUR);
    assert_eq!(judge_journal(&case, run.ended()).verdict, Verdict::Passed);
}

#[test]
fn an_alarm_that_clears_before_the_step_ends_is_met_by_its_raising() {
    let case = case(vec![
        ask(Request::Start),
        Action::Expect {
            checks: vec![alarm("occlusion")],
            within: Some(Span(20 * MINUTE)),
            throughout: None,
            poll: None,
        },
    ]);
    let mut run = Run::begun();
    run.start(480_000);
    run.step(|run| {
        run.at(MINUTE).alarm("occlusion", "critical");
        run.said(pump_hil_model::event::Said::AlarmClear { id: "occlusion".into() });
    });
    assert_eq!(kinds(&case, run.ended()), []);
}

#[test]
fn what_memory_holds_is_compared_as_the_scenario_says() {
    let memory = |value: &str| {
        let value = Wanted::parse(value).unwrap();
        let at = "PUMP.state.strokes".to_owned();
        expect(vec![Check::Memory { at, value }])
    };
    for (wanted, passes) in [(">= 41", true), ("41", true), ("< 41", false), ("none", false)] {
        let case = case(vec![memory(wanted)]);
        let mut run = Run::begun();
        run.step(|run| {
            run.push(Body::MemoryRead {
                at: "PUMP.state.strokes".to_owned(),
                value: MemoryValue::Unsigned(41),
            });
        });
        assert_eq!(kinds(&case, run.ended()).is_empty(), passes, "{wanted}");
    }
}

#[test]
fn a_breakpoint_that_is_not_reached_is_a_failure() {
    for reached in [true, false] {
        let case = case(vec![Action::Probe(ProbeAction::BreakAt {
            at: "motor_stroke".to_owned(),
            within: Span(MINUTE),
        })]);
        let mut run = Run::begun();
        run.step(|run| {
            let at = "motor_stroke".to_owned();
            run.push(Body::Breakpoint { at, reached });
        });
        let failed: &[ReasonKind] = if reached { &[] } else { &[ReasonKind::Expectation] };
        assert_eq!(kinds(&case, run.ended()), failed);
    }
}

#[test]
fn an_alarm_that_comes_after_its_time_is_a_failure() {
    let case = case(vec![
        ask(Request::Start),
        Action::Expect {
            checks: vec![alarm("occlusion")],
            within: Some(Span(20 * MINUTE)),
            throughout: None,
            poll: None,
        },
    ]);
    let mut run = Run::begun();
    run.start(480_000);
    run.step(|run| {
        run.at(21 * MINUTE).alarm("occlusion", "critical");
    });
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Expectation]);
}

#[test]
fn a_refusal_that_should_not_have_been_is_a_failure_and_so_is_the_other_way_round() {
    let refused = Action::Do {
        request: Request::Start,
        refused: Some("alarm-active".into()),
        keep: std::collections::BTreeMap::new(),
    };
    let outcome = |action: Action, came: Option<&str>| {
        let mut run = Run::begun();
        run.step(|run| {
            run.reply("start", came);
        });
        kinds(&case(vec![action]), run.ended())
    };
    assert_eq!(
        outcome(ask(Request::Start), Some("alarm-active")),
        [ReasonKind::Refusal]
    );
    assert_eq!(outcome(refused.clone(), None), [ReasonKind::Refusal]);
    assert_eq!(outcome(refused.clone(), Some("no-prescription")), [ReasonKind::Refusal]);
    assert_eq!(outcome(refused, Some("alarm-active")), []);
    // One that may be refused is right either way, but for no reason that is none; that it is answered at all is still due.
    let allowed = Action::Do {
        request: Request::Start,
        refused: Some("allowed".into()),
        keep: std::collections::BTreeMap::new(),
    };
    assert_eq!(outcome(allowed.clone(), None), []);
    assert_eq!(outcome(allowed.clone(), Some("self-test")), []);
    assert_eq!(outcome(allowed.clone(), Some("alarm-active")), [ReasonKind::Oracle]);
    let mut silent = Run::begun();
    silent.step(|_| {});
    assert_eq!(kinds(&case(vec![allowed]), silent.ended()), [ReasonKind::NoReply]);
}

#[test]
fn expectations_in_a_row_look_at_the_same_events() {
    let event = |kind: &str| Check::Event {
        kind: kind.into(),
        fields: std::collections::BTreeMap::new(),
    };
    let case = case(vec![
        ask(Request::Start),
        expect(vec![alarm("occlusion")]),
        expect(vec![event("state")]),
        Action::Wait(Span(HOUR)),
        expect(vec![event("state")]),
    ]);
    let mut run = Run::begun();
    run.start(480_000)
        .alarm("occlusion", "critical")
        .step(|_| {})
        .step(|_| {})
        .step(|_| {})
        .step(|_| {});
    let outcome = judge_journal(&case, run.ended());
    let Verdict::Failed { reasons } = outcome.verdict else {
        panic!("{:?}", outcome.verdict)
    };
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert_eq!(reasons[0].line, Some(14), "only after another step is it used up");
}

#[test]
fn a_state_that_must_stay_is_broken_by_a_moment() {
    let case = case(vec![
        ask(Request::Start),
        Action::Expect {
            checks: vec![Check::State("running".into())],
            within: None,
            throughout: Some(Span(2 * HOUR)),
            poll: None,
        },
    ]);
    let mut run = Run::begun();
    run.start(480_000).step(|run| {
        run.at(HOUR)
            .state("stopped", "motor-stall")
            .state("running", "motor-stall");
        run.at(2 * HOUR);
    });
    let outcome = judge_journal(&case, run.ended());
    let Verdict::Failed { reasons } = outcome.verdict else {
        panic!("{:?}", outcome.verdict)
    };
    assert_eq!((reasons[0].kind, reasons[0].t), (ReasonKind::Expectation, Span(HOUR)));
}

#[test]
fn the_latency_counts_from_the_fault_to_its_first_alarm() {
    let mut case = case(vec![]);
    case.allow_alarms.insert("occlusion".into());
    let mut run = Run::begun();
    run.at(HOUR)
        .arm("catheter-occlusion")
        .at(HOUR + 7 * MINUTE)
        .alarm("occlusion", "critical");
    let outcome = judge_journal(&case, run.ended());
    assert_eq!(outcome.latencies[0].latency, Span(7 * MINUTE));
}

#[test]
fn an_invariant_compares_only_what_belongs_together() {
    use pump_hil_model::case::{Invariant, Measure, Op, Operand, Rule};
    use pump_hil_model::quantity::Percent;
    let mut case = case(vec![ask(Request::Start)]);
    case.always = vec![Invariant {
        line: 5,
        text: "reported == actuated".into(),
        rule: Rule::Compare {
            left: Measure::Reported,
            op: Op::Equal,
            right: Operand::Measure(Measure::Actuated),
            percent: Percent(0),
            absolute: 0,
        },
    }];
    let mut run = Run::begun();
    run.start(480_000).at(HOUR / 2).give(0, 10_000).sample(); // no entry since: nothing to compare
    run.give(0, 10_000).at(HOUR).entry("periodic");
    assert_eq!(kinds(&case, run.clone().ended()), []);
    run.actuated_extra = 2_000;
    run.give(0, 20_000).at(2 * HOUR).entry("periodic");
    let Verdict::Failed { reasons } = judge_journal(&case, run.ended()).verdict else {
        panic!("it passed");
    };
    let of: Vec<_> = reasons.iter().map(|reason| (reason.kind, reason.line)).collect();
    use ReasonKind::{Oracle, Reconciliation};
    let rule = ReasonKind::Invariant;
    assert_eq!(of, [(Oracle, None), (rule, Some(5)), (Reconciliation, None)]);
}

#[test]
fn a_measure_since_a_mark_counts_from_it() {
    use pump_hil_model::case::{Measure, Range};
    let since = |high: i64| Check::Measure {
        what: Measure::Delivered,
        since: Some("pressed".into()),
        range: Range {
            low: Some(40_000),
            high: Some(high),
            text: "40 uL".into(),
        },
    };
    let mut run = Run::begun();
    run.start(480_000)
        .basal_until(5 * HOUR)
        .step(|_| {})
        .basal_until(7 * HOUR)
        .step(|_| {});
    let case = |check| {
        case(vec![
            ask(Request::Start),
            Action::Mark("pressed".into()),
            expect(vec![check]),
        ])
    };
    assert_eq!(kinds(&case(since(40_000)), run.clone().ended()), []);
    assert_eq!(kinds(&case(since(39_000)), run.ended()), [ReasonKind::Expectation]);
}

#[test]
fn steps_inside_repeats_are_found_by_their_names() {
    use pump_hil_model::event::{Body, StepId};
    let inner = |place: u32, action| pump_hil_model::case::Step {
        line: 20 + place,
        when: pump_hil_model::case::When::After(Span(0)),
        action,
    };
    let case = case(vec![Action::Repeat {
        times: 2,
        every: None,
        steps: vec![inner(1, ask(Request::Mute)), inner(2, expect(vec![alarm("occlusion")]))],
    }]);
    let mut run = Run::begun();
    let step = |id: &str| StepId(id.into());
    run.push(Body::StepStarted {
        step: step("1"),
        line: 10,
    });
    for round in 1..=2 {
        let (mute, look) = (step(&format!("1#{round}.1")), step(&format!("1#{round}.2")));
        run.push(Body::StepStarted {
            step: mute.clone(),
            line: 21,
        })
        .reply("mute", None)
        .push(Body::StepEnded { step: mute });
        run.push(Body::StepStarted {
            step: look.clone(),
            line: 22,
        });
        if round == 1 {
            run.alarm("occlusion", "critical")
                .said(pump_hil_model::event::Said::AlarmClear { id: "occlusion".into() });
        }
        run.push(Body::StepEnded { step: look });
    }
    run.push(Body::StepEnded { step: step("1") });
    let outcome = judge_journal(&case, run.ended());
    let Verdict::Failed { reasons } = outcome.verdict else {
        panic!("{:?}", outcome.verdict)
    };
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert_eq!(
        reasons[0].step,
        Some(step("1#2.2")),
        "the alarm of the first round is used up"
    );
}

#[test]
fn what_came_too_late_is_told_with_by_how_much() {
    let within = |within| Action::Expect {
        checks: vec![alarm("occlusion")],
        within: Some(Span(within)),
        throughout: None,
        poll: None,
    };
    let steps = vec![ask(Request::Start), within(5 * MINUTE), expect(vec![])];
    let case = case(steps);
    let mut run = Run::begun();
    run.start(480_000);
    run.step(|run| {
        run.at(5 * MINUTE);
    });
    run.step(|run| {
        run.at(7 * MINUTE + 5_000).alarm("occlusion", "critical");
    });
    let Verdict::Failed { reasons } = judge_journal(&case, run.ended()).verdict else {
        panic!("it passed");
    };
    let got: Vec<String> = reasons.iter().map(|reason| reason.came.to_string()).collect();
    assert!(
        got.contains(&"active: none; it came 2 min 5 s too late".to_owned()),
        "{got:?}"
    );
    assert_eq!(
        reasons[0].t,
        Span(5 * MINUTE),
        "the finding stays where the time was over"
    );
}

#[test]
fn what_comes_of_a_later_request_was_not_late() {
    let running = || Check::State("running".into());
    let got = |asks: bool| {
        let then = if asks {
            ask(Request::Start)
        } else {
            Action::Wait(Span(HOUR))
        };
        let case = case(vec![expect(vec![running()]), { then }]);
        let mut run = Run::begun();
        run.state("stopped", "command").step(|_| {});
        let start = |run: &mut Run| {
            run.at(5 * HOUR);
            if asks {
                run.push(heard::sent()).push(heard::reply("start", &[]));
            }
            run.state("running", "command");
        };
        run.step(start);
        let Verdict::Failed { reasons } = judge_journal(&case, run.ended()).verdict else {
            panic!("it passed");
        };
        let of_expect = reasons.iter().find(|reason| reason.kind == ReasonKind::Expectation);
        of_expect.unwrap().came.to_string()
    };
    assert_eq!(got(true), "state stopped");
    assert_eq!(got(false), "state stopped; it came 5 h too late");
}

mod properties {
    use super::*;
    use proptest::prelude::*;
    use pump_hil_testing::situation::any_event;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// A journal may say anything: it is judged, told, and told again the same.
        #[test]
        fn any_journal_is_judged_and_told_alike_twice(
            mut events in proptest::collection::vec(any_event::event(), 0..60),
            begins_at in 0..8_usize,
        ) {
            events.insert(begins_at.min(events.len()), Event { t: Span(0), host_us: 0, body: Body::Begun });
            let case = case(vec![ask(Request::Start), expect(vec![alarm("occlusion")])]);
            let outcome = judge_journal(&case, events.clone());
            for event in &events {
                let line = pump_hil_model::event_text::event_line(event);
                prop_assert!(!line.chars().any(char::is_control), "{}", line);
            }
            prop_assert_eq!(judge_journal(&case, events), outcome);
        }
    }
}
