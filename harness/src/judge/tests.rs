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
