use super::judge_journal;
use crate::event::Event;
use crate::quantity::Span;
use crate::scenario::case::{Action, Case, Check, Request};
use crate::testing::{HOUR, MINUTE, Run, alarm, ask, case, expect};
use crate::verdict::{ReasonKind, Verdict};

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
        },
    ]);
    let mut run = Run::begun();
    run.start(480_000);
    run.step(|run| {
        run.at(MINUTE).alarm("occlusion", "critical");
        run.said(crate::event::Said::AlarmClear { id: "occlusion".into() });
    });
    assert_eq!(kinds(&case, run.ended()), []);
}

#[test]
fn an_alarm_that_comes_after_its_time_is_a_failure() {
    let case = case(vec![
        ask(Request::Start),
        Action::Expect {
            checks: vec![alarm("occlusion")],
            within: Some(Span(20 * MINUTE)),
            throughout: None,
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
fn an_alarm_that_the_scenario_does_not_name_is_a_failure() {
    let mut case = case(vec![ask(Request::Start)]);
    let run = || {
        let mut run = Run::begun();
        run.start(480_000).alarm("magnet", "non-critical").ended()
    };
    assert_eq!(kinds(&case, run()), [ReasonKind::UnexpectedAlarm]);
    case.allow_alarms.insert("magnet".into());
    assert_eq!(kinds(&case, run()), []);
}

#[test]
fn a_gap_is_a_failure_unless_the_line_was_disturbed() {
    let case = case(vec![ask(Request::Start)]);
    let gap = crate::event::Body::Gap {
        of: "event".into(),
        from: 7,
        count: 2,
    };
    let mut run = Run::begun();
    run.start(480_000).push(gap.clone());
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Gap]);
    let mut run = Run::begun();
    run.start(480_000).arm("serial-drop").disarm("serial-drop").push(gap);
    assert_eq!(kinds(&case, run.ended()), []);
}

#[test]
fn what_failed_before_the_rig_broke_stays_failed_and_what_came_after_says_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let trouble = || crate::event::Body::RigTrouble {
        what: "the probe is gone".into(),
    };
    let mut before = Run::begun();
    before.start(480_000).alarm("magnet", "non-critical").push(trouble());
    assert_eq!(kinds(&case, before.ended()), [ReasonKind::UnexpectedAlarm]);
    let mut after = Run::begun();
    after.start(480_000).push(trouble()).alarm("magnet", "non-critical");
    let why = vec!["the probe is gone".to_owned()];
    assert_eq!(
        judge_journal(&case, after.ended()).verdict,
        Verdict::Inconclusive { why }
    );
}

#[test]
fn a_journal_without_an_end_says_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let mut events = Run::begun().start(480_000).ended();
    events.pop();
    assert!(matches!(
        judge_journal(&case, events).verdict,
        Verdict::Inconclusive { .. }
    ));
}

#[test]
fn a_fault_that_could_not_be_confirmed_makes_the_run_inconclusive() {
    let case = case(vec![]);
    let mut run = Run::begun();
    run.push(crate::event::Body::FaultUnconfirmed {
        fault: crate::fault::FaultName::find("motor-stall").unwrap(),
        why: "the effect word stayed 0".into(),
    });
    assert!(matches!(
        judge_journal(&case, run.ended()).verdict,
        Verdict::Inconclusive { .. }
    ));
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
    use crate::quantity::Percent;
    use crate::scenario::case::{Invariant, Measure, Op, Operand, Rule};
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
    assert_eq!(
        kinds(&case, run.ended()),
        [ReasonKind::Oracle, ReasonKind::Invariant, ReasonKind::Reconciliation]
    );
}

#[test]
fn a_measure_since_a_mark_counts_from_it() {
    use crate::scenario::case::{Measure, Range};
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
    use crate::event::{Body, StepId};
    let inner = |place: u32, action| crate::scenario::case::Step {
        line: 20 + place,
        when: crate::scenario::case::When::After(Span(0)),
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
                .said(crate::event::Said::AlarmClear { id: "occlusion".into() });
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
