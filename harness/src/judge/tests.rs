use super::judge_journal;
use crate::crash::{Crash, Frame, Why};
use crate::event::{Body, Event, Said};
use crate::firmware::{Value, Wanted};
use crate::quantity::Span;
use crate::scenario::case::{Action, Case, Check, ProbeAction, Request};
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
                value: Value::Unsigned(41),
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
fn firmware_that_faults_is_a_failure_unless_the_scenario_allows_it() {
    let mut case = case(vec![ask(Request::Start)]);
    let record = |why: Why| {
        let mut crash = Crash::new(why);
        crash.exception = Some("HardFault".into());
        let frame = |function: &str, interrupted_by: Option<&str>| Frame {
            function: function.into(),
            file: Some("pump.rs".into()),
            line: Some(7),
            interrupted_by: interrupted_by.map(str::to_owned),
            ..Frame::default()
        };
        crash.stack = vec![frame("HardFault", None), frame("Pump::step", Some("HardFault"))];
        Body::Crash(Box::new(crash))
    };
    let run = |why: Why| {
        let mut run = Run::begun();
        run.start(480_000).basal_until(HOUR).push(record(why));
        run.ended()
    };
    let Verdict::Failed { reasons } = judge_journal(&case, run(Why::Fault)).verdict else {
        panic!("it passed");
    };
    assert_eq!(
        (reasons.len(), reasons[0].kind, reasons[0].t, &*reasons[0].came),
        (
            1,
            ReasonKind::FirmwareFault,
            Span(HOUR),
            "the firmware faulted: HardFault in Pump::step (pump.rs:7)"
        )
    );
    assert_eq!(kinds(&case, run(Why::Reset)), [], "a record by itself is for people");
    let mut afterwards = Run::begun();
    afterwards.start(480_000).push(Body::Played).push(record(Why::Fault));
    assert_eq!(
        kinds(&case, afterwards.ended()),
        [],
        "what leaves the pump safe is not judged"
    );
    case.firmware_may_fault = true;
    assert_eq!(kinds(&case, run(Why::Fault)), []);
}

#[test]
fn starts_that_nobody_asked_for_are_counted() {
    let mut case = case(vec![ask(Request::Start)]);
    let boot = || Body::Pump {
        n: None,
        pump_t: None,
        said: Said::Boot { reason: "debug".into() },
    };
    let probe = || Body::Probe {
        did: "reset the core".into(),
    };
    let fault = || Body::Crash(Box::new(Crash::new(Why::Fault)));
    let unasked = |case: &Case, events: Vec<Body>| {
        let mut run = Run::begun();
        run.start(480_000);
        for event in events {
            run.push(event);
        }
        judge_journal(case, run.ended()).unasked_starts
    };
    assert_eq!(unasked(&case, vec![]), 0, "the one before the begin");
    assert_eq!(unasked(&case, vec![boot(), boot()]), 2);
    assert_eq!(unasked(&case, vec![probe(), boot()]), 0);
    assert_eq!(unasked(&case, vec![probe(), fault(), boot()]), 1);
    assert_eq!(unasked(&case, vec![boot(), Body::Played, boot()]), 1);
    let mut run = Run::begun();
    run.start(480_000).arm("brown-out").push(boot()).disarm("brown-out");
    assert_eq!(judge_journal(&case, run.ended()).unasked_starts, 0);
    case.firmware_may_fault = true;
    assert_eq!(unasked(&case, vec![fault(), boot()]), 0);
}

#[test]
fn firmware_that_hangs_fails_the_case_there_and_what_comes_after_it_says_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let hung = Body::Hung {
        place: "Pump::step (pump.rs:7)".into(),
        limit_ms: 60_000,
    };
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).push(hung);
    run.push(Body::RigTrouble { what: "later".into() });
    let Verdict::Failed { reasons } = judge_journal(&case, run.ended()).verdict else {
        panic!("it did not fail");
    };
    assert_eq!(
        (reasons.len(), reasons[0].kind, reasons[0].t),
        (1, ReasonKind::Hang, Span(HOUR))
    );
    assert_eq!(
        reasons[0].came,
        "the firmware hangs in Pump::step (pump.rs:7): no answer within 60000 ms of host time"
    );
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
fn a_pump_that_does_not_answer_the_set_up_has_not_failed_and_one_that_falls_silent_later_has() {
    let case = case(vec![]);
    let silence = || crate::event::Body::NoReply {
        verb: "identify".into(),
        tries: 3,
    };
    let why = vec!["set-up: no answer".to_owned()];
    let mut never = Run::default();
    never
        .push(silence())
        .push(crate::event::Body::RigTrouble { what: why[0].clone() });
    assert_eq!(
        judge_journal(&case, never.ended()).verdict,
        Verdict::Inconclusive { why }
    );
    let mut later = Run::begun();
    later.push(silence());
    assert_eq!(kinds(&case, later.ended()), [ReasonKind::NoReply]);
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

fn dose_at(run: &mut Run, n: u64, pump_t: i64) {
    run.entry("periodic");
    let place = run.events.len() - 2;
    if let Body::Pump {
        n: number,
        pump_t: time,
        ..
    } = &mut run.events[place].body
    {
        (*number, *time) = (Some(n), Some(Span(pump_t)));
    }
}

#[test]
fn an_entry_that_goes_back_in_time_is_a_failure_and_one_that_was_made_good_is_none() {
    let case = case(vec![]);
    let mut run = Run::begun();
    for (n, pump_t) in [(1, HOUR), (3, 3 * HOUR), (2, 2 * HOUR)] {
        dose_at(run.at(run.t.max(pump_t)), n, pump_t);
    }
    assert_eq!(kinds(&case, run.clone().ended()), []);
    dose_at(&mut run, 4, 2 * HOUR);
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Record]);
}

#[test]
fn a_pump_whose_time_falls_behind_is_not_passed() {
    let case = case(vec![]);
    let mut run = Run::begun();
    for hour in 1..=48_i64 {
        // Its entries come so late that none can be compared.
        let n = u64::try_from(hour).unwrap();
        dose_at(run.at(hour * HOUR), n, hour * HOUR * 9 / 10);
    }
    let verdict = judge_journal(&case, run.ended()).verdict;
    assert!(matches!(verdict, Verdict::Inconclusive { .. }), "{verdict:?}");
}

#[test]
fn a_record_that_cannot_be_is_a_failure() {
    let case = case(vec![]);
    let again = "dose 4 came again or late; its number was passed already".to_owned();
    let mut run = Run::begun();
    run.push(Body::Nonsense { why: again.clone() });
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Record]);
    let mut run = Run::begun();
    run.arm("serial-noise").push(Body::Nonsense { why: again });
    assert_eq!(kinds(&case, run.ended()), [], "on a noisy line anything comes");
}

#[test]
fn volumes_that_cannot_be_are_a_failure_and_nothing_is_computed_with_them() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    let entry = run.events.len() - 2;
    let Body::Pump {
        said: Said::Dose(entry),
        ..
    } = &mut run.events[entry].body
    else {
        panic!("the last entry");
    };
    (entry.basal_nl, entry.patient_nl) = (i64::MAX, i64::MAX);
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Record]);
}

mod properties {
    use super::*;
    use crate::testing::any_event;
    use proptest::prelude::*;

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
                let line = crate::report::event_line(event);
                prop_assert!(!line.chars().any(char::is_control), "{}", line);
            }
            prop_assert_eq!(judge_journal(&case, events), outcome);
        }
    }
}
