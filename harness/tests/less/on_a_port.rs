//! A pump on a serial port that shows less: `pump-hil sim`, which is never started anew, by the host's clock.

use super::{Less, case_of, play};
use pump_hil::report::{ScenarioResult, terminal};
use pump_hil_model::verdict::Verdict;
use pump_hil_testing::sim_port::SimPort;

const SCALE: u32 = 1_200;
const HOURS: &str = "scenario: text\nsummary: Basal for two hours.\n\
                     prescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}\n\
                     timeline:\n  - do: start\n  - at: 2 h\n    expect: {rate: 0.5 mL/day}\nsnapshot: none\n";

fn play_on_port(less: &Less) -> (ScenarioResult, String) {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("pump");
    let _pump = SimPort::start(env!("CARGO_BIN_EXE_pump-hil"), &port, SCALE);
    let text = format!(
        "rig: line\nsummary: A pump on a line.\ndevice: DEVICE\npump: {{kind: serial, port: {}, baud: 115200}}\n\
         clock: {{kind: real, scale: {SCALE}}}\nlimits: {{open: 10 s, write: 10 s, fence: 10 s, watch: 1 s}}\n",
        port.to_str().unwrap()
    );
    let rig = less.rig_of(folder.path(), "line", &text);
    let result = play(&case_of(HOURS, folder.path()), rig, folder.path());
    let journal = std::fs::read_to_string(result.journal.as_deref().unwrap()).unwrap();
    (result, journal)
}

/// What a case without some of it is on a port.
fn passes(less: &Less, told: &str) -> (ScenarioResult, String) {
    let (result, journal) = play_on_port(less);
    let text = terminal::result(&result);
    assert_eq!(result.outcome.verdict, Verdict::Passed, "{text}");
    assert!(
        result.outcome.notes.iter().any(|note| note.contains(told)),
        "{:?}",
        result.outcome.notes
    );
    (result, journal)
}

#[test]
fn one_that_tells_nothing_unasked() {
    let less = Less::nothing().section("events").section("dose-entry").section("logs");
    passes(&less, "alarms, and therapy that ends by itself, are not seen");
}

#[test]
fn one_whose_state_cannot_be_asked() {
    let (_, journal) = passes(&Less::nothing().verb("status"), "is not read back");
    assert!(!journal.contains(" status "), "{journal}");
}

#[test]
fn one_that_nothing_on_the_line_makes_safe() {
    let less = Less::nothing()
        .with("make-safe: [stop, minimum-rate]", "make-safe: []")
        .because(&[("make-safe", "it has a switch")]);
    let (result, journal) = passes(&less, "it has a switch");
    let told = journal.find("not-safe-by-line").expect("told in the journal");
    let started = journal.find("session-begin").expect("it was programmed");
    assert!(told < started, "before anything that may start it");
    let hand = |what: &String| what.contains("it has a switch") && what.contains("SWITCH THE PUMP OFF BY HAND");
    assert!(
        result.outcome.not_safe.iter().any(hand),
        "{:?}",
        result.outcome.not_safe
    );
}
