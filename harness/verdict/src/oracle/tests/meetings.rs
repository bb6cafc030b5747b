//! Where two modes meet (docs/oracle.md, Meetings).

use super::*;
use pump_hil_model::event::Said;

fn bolus() -> Request {
    Request::SingleBolus {
        dose: Volume(50_000),
        over: Span(20 * MINUTE),
    }
}

fn allowed(request: Request) -> Action {
    Action::Do {
        request,
        refused: Some("allowed".into()),
        keep: std::collections::BTreeMap::new(),
    }
}

fn ends(given_nl: i64, cause: &str) -> Said {
    Said::BolusEnd {
        kind: "clinician".into(),
        given_nl,
        cause: cause.into(),
    }
}

/// Therapy for an hour at 480 uL a day, then a bolus that runs for ten minutes of its twenty.
fn in_a_bolus() -> Run {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).step(|run| {
        run.reply("single-bolus", None).said(Said::BolusStart {
            kind: "clinician".into(),
            dose_nl: 50_000,
            over_ms: 20 * MINUTE,
        });
    });
    run.at(HOUR + 10 * MINUTE).give(0, 3_333);
    run
}

#[test]
fn the_entry_of_a_bolus_that_minimum_rate_cuts_may_name_the_rate_before() {
    let case = case(vec![ask(Request::Start), ask(bolus()), ask(Request::MinimumRate)]);
    let mut run = in_a_bolus();
    run.step(|run| {
        run.reply("minimum-rate", None)
            .give(3, 25_000)
            .said(ends(25_000, "stopped"));
        run.entry("bolus-end");
        run.state("minimum-rate", "command");
        (run.rate, run.mode) = (6_000, "minimum".into());
        run.entry("state");
    });
    let mut later = run.clone();
    run.basal_until(5 * HOUR);
    assert_eq!(findings(&case, &mut run), [""; 0]);
    // And no later than two seconds.
    later.rate = 480_000;
    later.at(HOUR + 10 * MINUTE + 3 * SECOND).entry("periodic");
    assert!(findings(&case, &mut later)[0].starts_with("rate 6 uL/day by mode minimum"));
}

#[test]
fn a_bolus_that_ends_early_has_a_reason_and_gave_what_was_due() {
    let case = case(vec![ask(Request::Start), ask(bolus()), ask(Request::Stop)]);
    let stopped = |given: i64, cause: &str| {
        let mut run = in_a_bolus();
        run.give(3, given).said(ends(given, cause)).entry("bolus-end");
        run.at(HOUR + 11 * MINUTE).give(0, 333).entry("periodic");
        findings(&case, &mut run)
    };
    for cause in ["stopped", "alarm", "reset", "nonsense"] {
        let found = stopped(25_000, cause);
        assert!(found[0].contains("clinician bolus of 50 uL"), "{cause}: {found:?}");
    }
    let asked = |given: i64| {
        let mut run = in_a_bolus();
        run.step(|run| {
            run.reply("stop", None).give(3, given).said(ends(given, "stopped"));
            run.state("stopped", "command").entry("stop");
        });
        run.at(HOUR + 11 * MINUTE).entry("periodic");
        findings(&case, &mut run)
    };
    assert_eq!(asked(25_000), [""; 0]);
    assert!(
        asked(15_000)[0].contains("clinician bolus of 25 uL"),
        "{:?}",
        asked(15_000)
    );
}

#[test]
fn a_request_that_may_be_refused_is_held_to_what_is_in_force() {
    let answered = |request: Request, verb: &str, refused: Option<&str>| {
        let case = case(vec![ask(Request::Start), ask(bolus()), allowed(request)]);
        let mut run = in_a_bolus();
        run.step(|run| {
            run.reply(verb, refused);
        });
        findings(&case, &mut run)
    };
    assert_eq!(answered(Request::Start, "start", Some("not-stopped")), [""; 0]);
    assert!(answered(Request::Start, "start", None)[0].starts_with("`start` refused with `not-stopped`"));
    assert!(answered(Request::Start, "start", Some("stopped"))[0].starts_with("`start` carried out"));
    assert!(answered(Request::Stop, "stop", Some("alarm-active"))[0].starts_with("`stop` carried out"));
    assert_eq!(answered(bolus(), "single-bolus", Some("bolus-active")), [""; 0]);
    assert!(answered(bolus(), "single-bolus", None)[0].starts_with("`single-bolus` refused with `bolus-active`"));
    assert!(answered(Request::PrimeBolus, "prime-bolus", None)[0].starts_with("`prime-bolus` refused"));
}

#[test]
fn raw_bytes_excuse_what_the_pump_begins_for_a_while_and_not_for_ever() {
    let bytes = b"#1 patient-bolus *0000\r\n".to_vec();
    let case = case(vec![ask(Request::Start), Action::Send { bytes, pace: None }]);
    let boluses = |count: i64| {
        let mut run = Run::begun();
        run.start(0).step(|run| {
            let bytes = "#1 patient-bolus *0000".into();
            run.push(pump_hil_model::event::Body::Sent { bytes, request: None });
        });
        for place in 0..count {
            run.at((1 + 4 * place) * SECOND).said(Said::BolusStart {
                kind: "clinician".into(),
                dose_nl: 500,
                over_ms: SECOND,
            });
            run.at((2 + 4 * place) * SECOND)
                .give(3, 500)
                .said(ends(500, "complete"));
        }
        run.at(HOUR);
        findings(&case, &mut run)
            .into_iter()
            .filter(|found| found.contains("nobody"))
            .count()
    };
    assert_eq!(boluses(10), 0);
    assert!(boluses(40) > 0);
}
