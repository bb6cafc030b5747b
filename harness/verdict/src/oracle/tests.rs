//! The oracle against runs that are told event by event.

mod announced;
mod history;
mod meetings;
mod unknown;

use super::{Oracle, OracleSettings};
use pump_hil_model::case::{Action, Case, Mode, PatientBolus, Request, Trial};
use pump_hil_model::event::Said;
use pump_hil_model::quantity::{Rate, Span, Volume};
use pump_hil_model::verdict::Finding;
use pump_hil_testing::situation::{DAY, HOUR, MINUTE, Run, SECOND, ask, case};

fn findings(case: &Case, run: &mut Run) -> Vec<String> {
    let mut oracle = Oracle::new(case, OracleSettings::default());
    let mut out: Vec<Finding> = Vec::new();
    let (mut place, mut open) = (0, None);
    for event in run.ended() {
        if matches!(event.body, pump_hil_model::event::Body::StepStarted { .. }) {
            open = case.steps.get(place);
            place += 1;
        }
        oracle.on_event(&event, open, &mut out);
        if matches!(event.body, pump_hil_model::event::Body::StepEnded { .. }) {
            open = None;
        }
    }
    oracle.finish(&mut out);
    out.into_iter()
        .map(|f| format!("{} | {}", f.expected, f.came))
        .collect()
}

fn patient_case(requests: usize) -> Case {
    let mut steps = vec![ask(Request::Start)];
    steps.extend((0..requests).map(|_| ask(Request::PatientBolus)));
    let mut case = case(steps);
    case.prescription.as_mut().unwrap().patient_bolus = Some(PatientBolus {
        dose: Volume(20_000),
        over: Span(5 * MINUTE),
        lockout: Span(4 * HOUR),
        count: 3,
        window: Span(DAY),
        max: Volume(600_000),
    });
    case
}

/// A request at `t`, answered so; granted it is given.
fn press(run: &mut Run, t: i64, refused: Option<&str>) {
    let rate = run.rate;
    let base = (run.t, run.reported[0]);
    let to = |run: &mut Run, t: i64| {
        let due = base.1 + rate * (t - base.0) / DAY;
        let nl = due - run.reported[0];
        run.at(t).give(0, nl);
    };
    to(run, t);
    run.step(|run| {
        run.reply("patient-bolus", refused);
    });
    if refused.is_none() {
        run.said(Said::BolusStart {
            kind: "patient".into(),
            dose_nl: 20_000,
            over_ms: 5 * MINUTE,
        });
        to(run, t + 5 * MINUTE);
        run.give(1, 20_000).said(Said::BolusEnd {
            kind: "patient".into(),
            given_nl: 20_000,
            cause: "complete".into(),
        });
    }
    run.entry("bolus-end");
}

#[test]
fn basal_at_the_programmed_rate_is_right() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(30 * DAY);
    assert_eq!(findings(&case, &mut run), [""; 0]);
}

#[test]
fn a_remainder_rounded_away_each_hour_is_seen() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(480_000);
    for hour in 1..=48 {
        run.at(hour * HOUR).give(0, 19_500).entry("periodic");
    }
    assert!(!findings(&case, &mut run).is_empty());
}

#[test]
fn a_drift_that_a_share_of_years_would_hide_is_seen_within_a_day() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.reservoir = 1_000_000_000;
    run.start(480_000).basal_until(400 * DAY);
    run.give(0, 10_000).basal_until(402 * DAY);
    let found = findings(&case, &mut run);
    assert!(found.iter().any(|f| f.contains("in the last day")), "{found:?}");
}

#[test]
fn another_rate_than_prescribed_is_named() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(960_000);
    let found = findings(&case, &mut run);
    assert_eq!(
        found,
        ["rate 480 uL/day by mode continuous | rate 960 uL/day by mode continuous"]
    );
}

#[test]
fn a_bolus_inside_the_lockout_must_be_refused() {
    let case = patient_case(2);
    let mut run = Run::begun();
    run.start(480_000);
    press(&mut run, HOUR, None);
    press(&mut run, 4 * HOUR, None);
    let found = findings(&case, &mut run);
    assert!(
        found[0].starts_with("patient bolus refused with `lockout`: 3 h after the last, lockout 4 h"),
        "{found:?}"
    );
}

#[test]
fn a_bolus_after_the_lockout_must_be_granted() {
    let case = patient_case(2);
    let mut run = Run::begun();
    run.start(480_000);
    press(&mut run, HOUR, None);
    press(&mut run, 5 * HOUR + MINUTE, Some("lockout"));
    let found = findings(&case, &mut run);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("it was refused with `lockout`"));
}

#[test]
fn right_answers_to_many_requests_are_right() {
    let case = patient_case(6);
    let mut run = Run::begun();
    run.start(480_000);
    press(&mut run, HOUR, None);
    press(&mut run, 5 * HOUR - MINUTE, Some("lockout"));
    press(&mut run, 5 * HOUR + MINUTE, None);
    press(&mut run, 10 * HOUR, None);
    press(&mut run, 15 * HOUR, Some("count"));
    press(&mut run, 26 * HOUR, None);
    assert_eq!(findings(&case, &mut run), [""; 0]);
}

#[test]
fn the_rolling_maximum_counts_basal() {
    let mut case = patient_case(1);
    if let Some(bolus) = case.prescription.as_mut().unwrap().patient_bolus.as_mut() {
        bolus.max = Volume(490_000);
    }
    let mut run = Run::begun();
    run.start(480_000).basal_until(24 * HOUR);
    press(&mut run, 24 * HOUR + MINUTE, None);
    let found = findings(&case, &mut run);
    assert!(found[0].contains("`max-dose`"), "{found:?}");
}

#[test]
fn the_clinicians_boluses_are_held_to_the_rolling_maximum_as_well() {
    let dose = Volume(100_000);
    let (over, rate) = (Span(HOUR), Rate(500_000));
    for request in [
        Request::SingleBolus { dose, over },
        Request::BridgeBolus { volume: dose, rate },
    ] {
        let verb = match request {
            Request::BridgeBolus { .. } => "bridge-bolus",
            _ => "single-bolus",
        };
        let answered = |max: i64, refused: Option<&str>| {
            let mut case = case(vec![ask(Request::Start), ask(request.clone())]);
            case.prescription = patient_case(0).prescription;
            if let Some(bolus) = case.prescription.as_mut().unwrap().patient_bolus.as_mut() {
                bolus.max = Volume(max);
            }
            let mut run = Run::begun();
            run.start(480_000).basal_until(24 * HOUR);
            run.step(|run| {
                run.reply(verb, refused);
            });
            findings(&case, &mut run)
        };
        assert_eq!(answered(570_000, Some("max-dose")), [""; 0], "{verb}");
        assert!(
            answered(570_000, None)[0].starts_with("bolus refused with `max-dose`"),
            "{verb}"
        );
        assert!(
            answered(590_000, Some("max-dose"))[0].ends_with("it was refused with `max-dose`"),
            "{verb}"
        );
    }
}

#[test]
fn a_bolus_that_nobody_asked_for_is_a_reason() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(480_000).said(Said::BolusStart {
        kind: "clinician".into(),
        dose_nl: 50_000,
        over_ms: 10 * MINUTE,
    });
    run.basal_until(HOUR);
    assert!(findings(&case, &mut run)[0].contains("nobody asked for"));
}

#[test]
fn therapy_that_starts_by_itself_is_a_reason() {
    let case = case(vec![ask(Request::Start), ask(Request::Stop)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    run.step(|run| {
        run.reply("stop", None).state("stopped", "command").entry("stop");
    });
    run.at(2 * HOUR).state("running", "self-test");
    assert!(findings(&case, &mut run)[0].contains("until somebody starts therapy"));
}

#[test]
fn a_pump_that_delivers_after_a_stop_is_over() {
    let case = case(vec![ask(Request::Start), ask(Request::Stop)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    run.step(|run| {
        run.reply("stop", None).state("stopped", "command").entry("stop");
    });
    run.basal_until(5 * HOUR);
    assert!(
        findings(&case, &mut run)
            .iter()
            .any(|f| f.starts_with("basal volume between"))
    );
}

#[test]
fn two_days_without_therapy_are_an_alarm() {
    let steps = vec![ask(Request::Start), ask(Request::Stop)];
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    run.step(|run| {
        run.reply("stop", None).state("stopped", "command").entry("stop");
    });
    let mut silent = run.clone();
    silent.at(HOUR + 51 * HOUR).sample();
    assert!(findings(&case(steps.clone()), &mut silent)[0].starts_with("alarm `stopped-48h`"));
    run.at(HOUR + 48 * HOUR).alarm("stopped-48h", "critical");
    run.at(HOUR + 51 * HOUR).sample();
    assert_eq!(findings(&case(steps), &mut run), [""; 0]);
}

#[test]
fn end_of_service_comes_ninety_days_after_the_indicator() {
    let run_with = |days: i64| {
        let mut run = Run::begun();
        run.start(480_000).alarm("eri", "non-critical");
        run.basal_until(days * DAY)
            .alarm("end-of-service", "critical")
            .state("stopped", "end-of-service");
        findings(&case(vec![ask(Request::Start)]), &mut run)
    };
    let of_service = |found: Vec<String>| found.into_iter().filter(|f| f.contains("end of service")).count();
    assert_eq!(of_service(run_with(90)), 0);
    assert_eq!(of_service(run_with(89)), 1);
    assert_eq!(of_service(run_with(91)), 1);
}

#[test]
fn a_low_reservoir_that_says_nothing_is_a_reason() {
    let mut run = Run::begun();
    run.reservoir = 2_100_000;
    run.start(480_000).basal_until(24 * HOUR);
    let found = findings(&case(vec![ask(Request::Start)]), &mut run);
    assert!(found[0].starts_with("alarm `reservoir-low` at 2 mL"), "{found:?}");
}

#[test]
fn a_reservoir_that_forgets_a_bolus_is_a_reason() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    run.reservoir += 20_000;
    run.basal_until(3 * HOUR);
    let found = findings(&case(vec![ask(Request::Start)]), &mut run);
    assert!(found[0].starts_with("computed reservoir"), "{found:?}");
}

fn periodic_case() -> Case {
    let mut case = case(vec![ask(Request::Start)]);
    case.prescription.as_mut().unwrap().mode = Mode::Periodic {
        rate: Rate(0),
        dose: Volume(50_000),
        over: Span(10 * MINUTE),
        interval: Span(6 * HOUR),
    };
    case
}

fn periodic_run(every: i64) -> Run {
    let mut run = Run::begun();
    run.mode = "periodic".into();
    run.start(0);
    for k in 0..4 {
        run.at(k * every + SECOND).said(Said::BolusStart {
            kind: "periodic".into(),
            dose_nl: 50_000,
            over_ms: 10 * MINUTE,
        });
        run.at(k * every + SECOND + 10 * MINUTE)
            .give(2, 50_000)
            .said(Said::BolusEnd {
                kind: "periodic".into(),
                given_nl: 50_000,
                cause: "complete".into(),
            });
        run.entry("bolus-end");
    }
    run
}

#[test]
fn periodic_boluses_keep_their_interval() {
    assert_eq!(findings(&periodic_case(), &mut periodic_run(6 * HOUR)), [""; 0]);
    assert!(findings(&periodic_case(), &mut periodic_run(HOUR))[0].contains("apart"));
    assert!(findings(&periodic_case(), &mut periodic_run(7 * HOUR))[0].contains("every 6 h"));
}

#[test]
fn a_trial_ends_at_its_time() {
    let mut case = case(vec![ask(Request::Start)]);
    case.prescription.as_mut().unwrap().trial = Some(Trial {
        time: Some(Span(DAY)),
        dose: None,
    });
    let mut run = Run::begun();
    run.start(480_000)
        .basal_until(DAY)
        .alarm("trial-ended", "critical")
        .state("stopped", "trial")
        .entry("stop");
    run.at(30 * HOUR).sample();
    assert_eq!(findings(&case, &mut run), [""; 0]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(2 * DAY);
    assert!(findings(&case, &mut run).iter().any(|f| f.contains("trial-ended")));
}

#[test]
fn a_stall_excuses_what_is_missing_and_nothing_more() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(5 * HOUR).arm("motor-stall");
    run.at(10 * HOUR)
        .entry("periodic")
        .disarm("motor-stall")
        .basal_until(40 * HOUR);
    assert_eq!(findings(&case, &mut run), [""; 0]);
    run.give(0, 150_000).entry("periodic");
    assert!(!findings(&case, &mut run).is_empty());
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is delivered right, at any rate and for any time, is right.
        #[test]
        fn what_conserves_volume_is_never_a_reason(rate in 48_000_i64..24_000_000, hours in 1_i64..200) {
            let mut case = case(vec![ask(Request::Start)]);
            case.prescription = Some(pump_hil_testing::situation::continuous(rate));
            let mut run = Run::begun();
            run.reservoir = 1_000_000_000;
            run.start(rate).basal_until(hours * HOUR);
            prop_assert_eq!(findings(&case, &mut run), Vec::<String>::new());
        }

        /// One percent too much is found within two days, at any rate that makes it more than the strokes' quantum.
        #[test]
        fn a_percent_too_much_is_always_a_reason(rate in 400_000_i64..24_000_000) {
            let mut case = case(vec![ask(Request::Start)]);
            case.prescription = Some(pump_hil_testing::situation::continuous(rate));
            let mut run = Run::begun();
            run.reservoir = 1_000_000_000;
            run.start(rate);
            for hour in 1..=48 {
                let due = rate * hour / 24 * 102 / 100;
                let nl = due - run.reported[0];
                run.at(hour * HOUR).give(0, nl).entry("periodic");
            }
            prop_assert!(!findings(&case, &mut run).is_empty());
        }
    }
}
