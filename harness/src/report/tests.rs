use super::{Asked, RunInfo, ScenarioResult, json, junit, terminal};
use pump_hil_model::case::{Action, Request};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::event_text::event_line;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::value::MemoryValue;
use pump_hil_model::verdict::{Expected, ReasonKind, Verdict};
use pump_hil_testing::situation::{HOUR, Run, alarm, ask, case, expect};
use pump_hil_verdict::judge::Judge;
use std::time::Duration;

const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J<&>\u{202e}\0";

fn result(actions: Vec<Action>, run: &mut Run) -> ScenarioResult {
    let case = case(actions);
    let mut judge = Judge::new(&case);
    for event in run.ended() {
        judge.on_event(event);
    }
    let outcome = judge.finish();
    ScenarioResult::new(&case, "sim", Duration::from_millis(12), outcome)
}

fn failed() -> ScenarioResult {
    let mut run = Run::begun();
    run.start(480_000).alarm(EVIL, EVIL).step(|_| {});
    result(vec![ask(Request::Start), expect(vec![alarm("occlusion")])], &mut run)
}

fn passed() -> ScenarioResult {
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    result(vec![ask(Request::Start)], &mut run)
}

#[test]
fn a_failure_tells_what_was_expected_what_came_and_how_to_run_it_again() {
    let text = terminal::result(&failed().asked(&Asked::default()));
    for part in [
        "FAILED       situation",
        "expectation at 00:00:00.000, step 2 at situation.yaml:11",
        "expected  alarm `occlusion`",
        "the last events:",
        "again:   pump-hil run situation.yaml",
    ] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn no_text_of_the_pump_reaches_a_report_raw() {
    let results = [failed(), passed()];
    let texts = [
        terminal::result(&results[0]),
        terminal::table(&results, 80),
        junit::report(&results, &[], &RunInfo::default()).unwrap(),
        json::report(&results, &[], &RunInfo::default()).unwrap(),
    ];
    for text in texts {
        assert!(
            !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{text}"
        );
        assert!(!text.contains("\\u001b"), "JSON would give it back: {text}");
    }
}

#[test]
fn every_event_is_told_in_words() {
    let told = |body: Body| {
        event_line(&Event {
            t: Span(1_500),
            host_us: 0,
            body,
        })
    };
    let fields = [("serial", "SN1"), ("model", "it20")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let made_safe = Body::MadeSafe {
        did: vec!["stopped therapy".into()],
        failed: vec!["clear leak: no probe".into()],
    };
    let gap = Body::Gap {
        of: "dose".into(),
        from: 7,
        count: 2,
    };
    let expected = [
        (
            Body::Identified {
                fields: std::sync::Arc::new(fields.into()),
            },
            "the pump is model=it20 serial=SN1",
        ),
        (
            made_safe,
            "leaving the pump safe: stopped therapy; NOT SAFE: clear leak: no probe",
        ),
        (gap, "2 missing of the pump's dose numbers, from 7"),
        (
            Body::MemoryRead {
                at: "0x20000000".into(),
                value: MemoryValue::Unsigned(255),
            },
            "probe: 0x20000000 holds 0xff",
        ),
        (
            Body::Watched {
                at: "PUMP.state".into(),
                of: "State".into(),
                pump_t: Span(1_500),
                value: MemoryValue::Text("Running".into()),
            },
            "watch: PUMP.state is Running",
        ),
        (Body::Ended, "the run is over"),
    ];
    for (body, words) in expected {
        assert_eq!(told(body), format!("{:>17}  {words}", "00:00:01.500"));
    }
}

#[test]
fn junit_counts_a_pumps_failure_and_a_rigs_trouble_apart() {
    let mut broken = passed();
    broken.outcome.verdict = Verdict::Inconclusive {
        why: vec![Trouble::told(TroubleCode::RIG, "the line is dead")],
    };
    let xml = junit::report(&[failed(), passed(), broken], &[], &RunInfo::default()).unwrap();
    assert!(
        xml.contains("tests=\"3\"") && xml.contains("failures=\"1\"") && xml.contains("errors=\"1\""),
        "{xml}"
    );
    assert!(
        xml.contains("expected alarm `occlusion`") || xml.contains("no alarm that the scenario does not name"),
        "{xml}"
    );
}

#[test]
fn the_files_that_a_ci_keeps_say_when_where_and_with_which_pump() {
    let mut result = passed();
    let identity = [("firmware", "1.2.3"), ("serial", "SN1")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    result.outcome.identity = std::sync::Arc::new(identity.into());
    let info = RunInfo {
        started: "2026-11-28T12:00:00.5Z".parse().unwrap(),
        took: Duration::from_secs(3),
        host: "bench-7".to_owned(),
        harness: "pump-hil 1",
    };
    let xml = junit::report(&[result.clone()], &[], &info).unwrap();
    for part in [
        "timestamp=\"2026-11-28T12:00:00.000+00:00\"",
        "time=\"3.000\"",
        "name=\"host\" value=\"bench-7\"",
        "name=\"harness\" value=\"pump-hil 1\"",
        "name=\"pump.firmware\" value=\"1.2.3\"",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    let value: serde_json::Value = serde_json::from_str(&json::report(&[result], &[], &info).unwrap()).unwrap();
    assert_eq!(value["started"], "2026-11-28T12:00:00.5Z");
    assert_eq!(value["host"], "bench-7");
    assert_eq!(value["results"][0]["pump"]["serial"], "SN1");
}

#[test]
fn json_says_the_verdict_and_the_tally() {
    let value: serde_json::Value =
        serde_json::from_str(&json::report(&[failed(), passed()], &[], &RunInfo::default()).unwrap()).unwrap();
    assert_eq!(value["pump_hil_results"], 3);
    assert_eq!(value["tally"]["failed"], 1);
    assert_eq!(value["results"][1]["verdict"], "passed");
    assert!(value["results"][0]["reasons"].as_array().is_some_and(|r| !r.is_empty()));
}

#[test]
fn a_dose_log_that_nobody_accepted_comes_with_the_command_that_shows_it() {
    let mut result = passed().asked(&Asked {
        folder: "my scenarios".into(),
        ..Asked::default()
    });
    assert_eq!(result.review(), None, "of one that passed there is nothing to review");
    let Verdict::Failed { mut reasons } = failed().outcome.verdict else {
        panic!("it failed");
    };
    result.outcome.verdict = Verdict::Failed {
        reasons: reasons.clone(),
    };
    assert_eq!(result.review(), None, "what the pump did wrong nobody can accept");
    reasons[0].kind = ReasonKind::Snapshot;
    result.outcome.verdict = Verdict::Failed { reasons };
    assert_eq!(
        result.review().as_deref(),
        Some("pump-hil review 'my scenarios/snapshots'")
    );
}

#[test]
fn starts_that_nobody_asked_for_are_told_of_a_case_that_passes_as_well() {
    let mut results = [passed()];
    let texts = |results: &[ScenarioResult]| {
        let junit = junit::report(results, &[], &RunInfo::default()).unwrap();
        terminal::result(&results[0]) + &junit + &json::report(results, &[], &RunInfo::default()).unwrap()
    };
    assert!(!texts(&results).contains("started again"));
    results[0].outcome.unasked_starts = 2;
    let told = texts(&results);
    let line = "the pump started again 2 times, and nobody had asked for it";
    assert_eq!(told.matches(line).count(), 2, "{told}");
    assert!(told.contains("\"unasked_starts\": 2"), "{told}");
}

#[test]
fn a_name_with_brackets_is_quoted_for_the_shell() {
    let mut result = passed().asked(&Asked {
        folder: "my scenarios".into(),
        top: None,
        is_latest: false,
        rig_file: Some("bench.yaml".into()),
        flash: Some("pump.elf".into()),
        port: Some("tcp:bench-3:4000".into()),
        trusts_rig: true,
        fixtures: None,
    });
    result.name = "rates[slow]".into();
    assert_eq!(
        result.again().as_deref(),
        Some(
            "pump-hil run 'my scenarios/situation.yaml' --rig bench.yaml --flash pump.elf --port tcp:bench-3:4000 \
             --filter 'name:rates[slow]' --trust-rig"
        )
    );
    result.file = "a\u{1b}[31m \\ it's\u{202e}.yaml".into();
    let again = result.again().unwrap();
    let word = r"pump-hil run $'a\x1b[31m \\ it\'s\xe2\x80\xae.yaml' --rig";
    assert!(again.starts_with(word), "{again}");
    assert_eq!(passed().again(), None, "of a replay nobody knows how it was run");
}

#[test]
fn a_right_case_whose_dose_log_waits_is_new_everywhere() {
    let mut result = passed();
    let Verdict::Failed { mut reasons } = failed().outcome.verdict else {
        panic!("it failed");
    };
    reasons.truncate(1);
    (reasons[0].kind, reasons[0].expected) = (ReasonKind::Snapshot, Expected::AcceptedLog);
    result.outcome.verdict = Verdict::Failed { reasons };
    let info = RunInfo::default();
    let text = json::report(&[result.clone()], &[], &info).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["tally"]["new"], &value["tally"]["failed"]),
        (&1.into(), &0.into())
    );
    assert_eq!(
        (&value["results"][0]["verdict"], &value["results"][0]["says"]),
        (&"new".into(), &"new".into())
    );
    let xml = junit::report(&[result], &[], &info).unwrap();
    assert!(
        xml.contains("type=\"new\"") && xml.contains("waits for a review"),
        "{xml}"
    );
    assert!(xml.contains("failures=\"1\""), "no dashboard shows it as green: {xml}");
}
