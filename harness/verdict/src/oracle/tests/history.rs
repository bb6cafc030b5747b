//! What goes on over a new prescription and a reset (docs/oracle.md, Meetings).

use super::*;
use pump_hil_model::case::Prescription;
use pump_hil_testing::situation::continuous;

/// These requests, under this prescription, and then the other one.
fn case_of(before: Prescription, requests: Vec<Request>, then: Prescription, more: Vec<Request>) -> Case {
    let program = Request::Program {
        prescription: Box::new(then),
        cut_after: None,
    };
    let requests = requests.into_iter().chain([program]).chain(more);
    let mut case = case(requests.map(ask).collect());
    case.prescription = Some(before);
    case
}

fn patient(count: u32, window: i64) -> Prescription {
    let bolus = PatientBolus {
        dose: Volume(20_000),
        over: Span(5 * MINUTE),
        lockout: Span(5 * MINUTE),
        count,
        window: Span(window),
        max: Volume(2_000_000),
    };
    Prescription {
        patient_bolus: Some(bolus),
        ..continuous(480_000)
    }
}

#[test]
fn a_longer_window_of_a_new_prescription_looks_back_at_the_boluses_of_the_old_one() {
    let answered = |count: u32, refused: Option<&str>| {
        let asked = vec![Request::Start, Request::PatientBolus, Request::PatientBolus];
        let case = case_of(
            patient(9, HOUR),
            asked,
            patient(count, DAY),
            vec![Request::PatientBolus],
        );
        let mut run = Run::begun();
        run.start(480_000);
        // The second one is asked for when the first has left the old window.
        press(&mut run, HOUR, None);
        press(&mut run, 4 * HOUR, None);
        run.step(|run| {
            run.reply("program", None);
        });
        press(&mut run, 6 * HOUR, refused);
        findings(&case, &mut run)
    };
    assert_eq!(answered(2, Some("count")), [""; 0]);
    assert_eq!(answered(3, None), [""; 0]);
    assert!(answered(2, None)[0].contains("refused with `count`"));
    assert!(answered(3, Some("count"))[0].contains("granted"));
}

#[test]
fn minimum_rate_stays_over_a_reset_until_a_start() {
    let case = case(vec![ask(Request::Start), ask(Request::MinimumRate)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).step(|run| {
        run.reply("minimum-rate", None).state("minimum-rate", "command");
    });
    (run.rate, run.mode) = (6_000, "minimum".into());
    run.at(2 * HOUR).said(Said::Boot { reason: "debug".into() });
    run.state("minimum-rate", "boot");
    assert_eq!(findings(&case, &mut run.clone()), [""; 0]);
    run.state("running", "boot");
    assert!(findings(&case, &mut run)[0].contains("until somebody starts"));
}

#[test]
fn a_minimum_rate_that_a_reset_fell_back_to_waits_for_a_start_though_it_was_prescribed() {
    let mut case = case(vec![ask(Request::Start)]);
    case.prescription.as_mut().unwrap().mode = Mode::Minimum;
    let mut run = Run::begun();
    run.mode = "minimum".into();
    run.start(6_000).state("minimum-rate", "prescription");
    run.at(2 * HOUR).said(Said::Boot {
        reason: "brown-out".into(),
    });
    run.state("minimum-rate", "battery-reset");
    assert_eq!(findings(&case, &mut run.clone()), [""; 0]);
    run.state("running", "prescription");
    assert!(findings(&case, &mut run)[0].contains("until somebody starts"));
}

#[test]
fn a_low_reservoir_is_told_once_and_again_for_a_threshold_that_came_later() {
    let told = |first: bool, cleared: bool, again: bool| {
        let low = |nl| Prescription {
            low_reservoir: Some(Volume(nl)),
            ..continuous(480_000)
        };
        let case = case_of(low(2_000_000), vec![Request::Start], low(1_900_000), Vec::new());
        let mut run = Run::begun();
        run.reservoir = 2_010_000;
        run.start(480_000).basal_until(HOUR);
        if first {
            run.alarm("reservoir-low", "non-critical");
        }
        run.basal_until(5 * HOUR);
        run.step(|run| {
            run.reply("program", None);
        });
        if cleared {
            run.said(Said::AlarmClear {
                id: "reservoir-low".into(),
            });
        }
        run.basal_until(6 * HOUR);
        if again {
            run.alarm("reservoir-low", "non-critical");
        }
        run.basal_until(9 * HOUR);
        findings(&case, &mut run)
    };
    assert_eq!(told(true, false, false), [""; 0]);
    assert!(told(false, false, false)[0].contains("reservoir-low"));
    assert_eq!(told(true, true, true), [""; 0]);
    assert!(told(true, true, false)[0].contains("reservoir-low"));
}
