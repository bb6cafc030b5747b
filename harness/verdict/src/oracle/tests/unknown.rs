//! What a slow or a bad line leaves open is not held against the pump, and what the pump did wrong all the same is.

use super::findings;
use pump_hil_model::case::{Case, PatientBolus, Request};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_testing::situation::{HOUR, MINUTE, Run, SECOND, ask, case};

/// A bolus of 50 uL that the clinician asks for, an hour after the start.
fn bolus_case() -> Case {
    case(vec![
        ask(Request::Start),
        ask(Request::SingleBolus {
            dose: Volume(50_000),
            over: Span(10 * MINUTE),
        }),
    ])
}

fn begins(run: &mut Run, dose_nl: i64) {
    run.said(Said::BolusStart {
        kind: "clinician".into(),
        dose_nl,
        over_ms: 10 * MINUTE,
    });
}

fn ends(run: &mut Run, given_nl: i64) {
    run.give(3, given_nl).said(Said::BolusEnd {
        kind: "clinician".into(),
        given_nl,
        cause: "complete".into(),
    });
}

/// Sent three times, `apart`; the pump begins it after the first. What it answers at last, if it does.
fn asked_thrice(apart: i64, dose: Option<i64>, body: impl FnOnce(&mut Run)) -> Vec<String> {
    asked_in(&bolus_case(), apart, dose, body)
}

fn asked_in(case: &Case, apart: i64, dose: Option<i64>, body: impl FnOnce(&mut Run)) -> Vec<String> {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    run.step(|run| {
        for sent in 0..3 {
            run.at(HOUR + sent * apart).push(Body::Sent {
                bytes: "#7 bolus".into(),
                request: None,
            });
            if let Some(dose) = dose.filter(|_| sent == 0) {
                begins(run, dose);
            }
        }
        run.at(HOUR + 3 * apart);
        body(run);
    });
    if let Some(dose) = dose {
        // Basal goes on meanwhile.
        run.at(HOUR + 10 * MINUTE).give(0, 480_000 * 10 / (24 * 60));
        ends(&mut run, dose);
    }
    run.basal_until(5 * HOUR);
    findings(case, &mut run)
}

fn unanswered(run: &mut Run) {
    run.push(Body::NoReply {
        verb: "single-bolus".into(),
        tries: 3,
    });
}

#[test]
fn a_bolus_whose_reply_comes_late_was_asked_for() {
    for apart in [2 * SECOND, MINUTE] {
        let found = asked_thrice(apart, Some(50_000), |run| {
            run.reply("single-bolus", None);
        });
        assert_eq!(found, [""; 0], "{apart}");
    }
}

#[test]
fn a_bolus_that_began_before_its_reply_came_fills_the_rolling_maximum_once() {
    let found = |max: i64| {
        let mut case = bolus_case();
        case.prescription.as_mut().unwrap().patient_bolus = Some(PatientBolus {
            dose: Volume(20_000),
            over: Span(5 * MINUTE),
            lockout: Span(4 * HOUR),
            count: 3,
            window: Span(24 * HOUR),
            max: Volume(max),
        });
        asked_in(&case, 2 * SECOND, Some(50_000), |run| {
            run.reply("single-bolus", None);
        })
    };
    // 20 uL of basal, and the bolus.
    assert_eq!(found(75_000), [""; 0]);
    assert!(found(60_000)[0].contains("`max-dose`"));
}

#[test]
fn a_bolus_that_was_never_answered_may_be_given_or_not() {
    assert_eq!(asked_thrice(2 * SECOND, Some(50_000), unanswered), [""; 0]);
    assert_eq!(asked_thrice(2 * SECOND, None, unanswered), [""; 0]);
}

#[test]
fn a_bolus_that_was_never_answered_is_still_the_one_that_was_asked_for() {
    let found = asked_thrice(2 * SECOND, Some(90_000), unanswered);
    assert!(
        found.iter().any(|f| f.contains("50 uL") && f.contains("90 uL")),
        "{found:?}"
    );
}

#[test]
fn a_bolus_long_after_its_request_was_given_up_was_not_asked_for() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    run.step(|run| {
        run.push(Body::Sent {
            bytes: "#7 bolus".into(),
            request: None,
        });
        run.at(HOUR + 6 * SECOND);
        unanswered(run);
    });
    run.basal_until(2 * HOUR);
    begins(&mut run, 50_000);
    run.basal_until(3 * HOUR);
    let found = findings(&bolus_case(), &mut run);
    assert!(found.iter().any(|f| f.contains("clinician")), "{found:?}");
}

#[test]
fn a_set_up_that_takes_long_shifts_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::default();
    run.state = "stopped".to_owned();
    run.reservoir = 20_000_000;
    run.mode = "continuous".to_owned();
    run.at(90 * SECOND).push(Body::Identified {
        fields: std::sync::Arc::default(),
    });
    // As a rig begins: the scenario's time starts there.
    run.t = 0;
    run.sample().push(Body::Begun);
    // A fast rate, and entries soon: of ninety seconds it gives more than the tolerance.
    run.start(24_000_000);
    for minute in 1..=3 {
        let due = 24_000_000 * minute * MINUTE / (24 * HOUR);
        let nl = due - run.reported[0];
        run.at(minute * MINUTE).give(0, nl).entry("periodic");
    }
    let mut case = case;
    if let Some(pump_hil_model::case::Mode::Continuous { rate }) = case.prescription.as_mut().map(|rx| &mut rx.mode) {
        rate.0 = 24_000_000;
    }
    assert_eq!(findings(&case, &mut run), [""; 0]);
}
