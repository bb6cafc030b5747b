//! A pump without identity, log and dose: not one byte is sent to it that the scenario does not ask for.

use super::{Less, case_of, cases, play, play_all};
use pump_hil::report::terminal;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;

const NO_STOP: &[(&str, &str)] = &[("make-safe", "nothing on the line stops it")];

/// The verbs that were sent in a run, in their order.
fn sent(journal: &str) -> Vec<String> {
    let text = std::fs::read_to_string(journal).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let bytes = lines.filter_map(|line| Some(line.get("bytes")?.as_str()?.to_owned()));
    // `#7 mute *6A3F`
    let asked = bytes.filter(|bytes| bytes.starts_with('#'));
    asked.map(|bytes| bytes.split(' ').nth(1).unwrap().to_owned()).collect()
}

fn sent_on(rig: RigFile, scenario: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let result = play(&case_of(scenario, folder.path()), rig, folder.path());
    let text = terminal::result(&result);
    assert_eq!(result.outcome.verdict, Verdict::Passed, "{text}");
    let told = |note: &String| note.contains("the pump was not identified");
    assert!(result.outcome.notes.iter().any(told), "{text}");
    sent(result.journal.as_deref().unwrap())
}

/// The same on a rig with a test block, and on one without.
fn sent_of(less: &Less, scenario: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let with = sent_on(less.rig(folder.path(), "plain"), scenario);
    let without = sent_on(less.rig_without_block(folder.path(), "plain-line"), scenario);
    assert_eq!(with, without);
    without
}

#[test]
fn what_starts_nothing_sends_only_what_the_scenario_asks() {
    let scenario = "scenario: text\nsummary: It is asked five times.\nprescription: none\ntimeline:\n  \
                    - repeat: 5\n    every: 1 min\n    steps:\n      - do: mute\n        refused: no-such-alarm\nsnapshot: none\n";
    assert_eq!(sent_of(&Less::only(&["mute"]).because(NO_STOP), scenario), ["mute"; 5]);
    assert_eq!(sent_of(&Less::only(&["mute", "stop"]), scenario), ["mute"; 5]);
    // Also one that could be asked how it is.
    assert_eq!(sent_of(&Less::only(&["mute", "stop", "status"]), scenario), ["mute"; 5]);
}

#[test]
fn what_may_start_it_is_made_safe() {
    let scenario = "scenario: text\nsummary: It does not start.\nprescription: none\ntimeline:\n  \
                    - do: start\n    refused: no-prescription\nsnapshot: none\n";
    let sent = sent_of(&Less::only(&["start", "stop", "status"]), scenario);
    assert_eq!(sent[..2], ["start", "stop"], "{sent:?}");
    assert!(sent[2..].iter().all(|verb| verb == "status"), "{sent:?}");
    let sent = sent_of(&Less::only(&["start"]).because(NO_STOP), scenario);
    assert_eq!(sent, ["start"]);
}

#[test]
fn without_anything_each_scenario_is_skipped_with_a_reason() {
    let sums = play_all(&Less::only(&[]).because(NO_STOP), "nothing-at-all", &cases());
    assert!(sums.wrong.is_empty() && sums.skipped > 100, "{sums:?}");
    let some = Less::only(&["start", "stop", "patient-bolus", "single-bolus", "status"]);
    let sums = play_all(&some, "some", &cases());
    assert!(sums.wrong.is_empty() && sums.skipped > 100, "{sums:?}");
}

#[test]
fn a_skip_tells_the_reason_of_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let less = Less::nothing()
        .verb("patient-bolus")
        .because(&[("patient-bolus", "no button on the line")]);
    let case = cases().into_iter().find(|case| case.name() == "ptm-lockout").unwrap();
    let result = play(&case, less.rig(folder.path(), "no-button"), folder.path());
    let why = "this pump has no patient-bolus: no button on the line".to_owned();
    assert_eq!(result.outcome.verdict, Verdict::Skipped { why });
}

#[test]
fn what_it_says_of_its_start_is_heard_though_nothing_was_asked() {
    let less = Less::nothing()
        .section("dose-entry")
        .section("logs")
        .verb("identify")
        .verb("totals");
    let case = cases()
        .into_iter()
        .find(|case| case.name() == "no-prescription")
        .unwrap();
    let sums = play_all(&less, "starts", &[case]);
    assert_eq!(sums.passed, 1, "{sums:?}");
}
