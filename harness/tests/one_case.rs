//! Single cases on the simulated rig, run by the library: what stands in their journals, and what is made of it.

use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::value::MemoryValue;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;

/// The verdict of a run, and its events.
fn run(text: &str) -> (Verdict, Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("case.yaml"), text).unwrap();
    let source = ScenarioFolder::open(folder.path()).unwrap();
    let cases = load(&source, "case.yaml", &catalog::shipped().unwrap()).unwrap();
    let settings = Settings::new(RigFile::sim().unwrap(), folder.path().join("out"));
    let mut events = Vec::new();
    let result = suite::run_case(&cases[0], &settings, &interrupt::pair().1, &mut |event| {
        events.push(event.clone());
    });
    (result.outcome.verdict, events)
}

#[test]
fn a_watched_place_is_noted_when_it_changed_with_its_time() {
    let (verdict, events) = run("\
scenario: watched
summary: The scratch word is written twice, with the same and with another value.
prescription: none
snapshot: none
watch: [scratch]
timeline:
  - at: 1 min
    probe: {write: scratch, value: 7}
  - at: 2 min
    probe: {write: scratch, value: 7}
  - at: 3 min
    probe: {write: scratch, value: 0x12}
");
    assert_eq!(verdict, Verdict::Passed);
    let watched = events.iter().filter_map(|event| match &event.body {
        Body::Watched { at, value, .. } => Some((event.t.0, at.as_str(), value.clone())),
        _ => None,
    });
    let expected =
        [(0, 0), (60_000, 7), (180_000, 0x12)].map(|(t, value)| (t, "scratch", MemoryValue::Unsigned(value)));
    assert_eq!(watched.collect::<Vec<_>>(), expected);
}

#[test]
fn a_place_that_changes_all_the_time_does_not_drown_the_journal() {
    // The word is where the pump's time is.
    let (verdict, events) = run("\
scenario: watched
summary: The pump's time is watched for six hours, a second at a time.
prescription: none
snapshot: none
watch: [PUMP_HIL_BLOCK+0x10]
timeline:
  - repeat: 21600
    steps:
      - wait: 1 s
");
    assert_eq!(verdict, Verdict::Passed);
    let count = |is: fn(&Body) -> bool| events.iter().filter(|event| is(&event.body)).count();
    assert_eq!(count(|body| matches!(body, Body::Watched { .. })), 20_000);
    assert_eq!(count(|body| matches!(body, Body::WatchFull { noted: 20_000 })), 1);
}

#[test]
fn a_fault_that_has_nothing_to_act_on_says_nothing_about_the_pump() {
    let (verdict, _) = run("\
scenario: unconfirmed
summary: A bit of a prescription flips where none is stored.
prescription: none
snapshot: none
timeline:
  - do: status
  - inject: memory-bit-flip
  - wait: 1 min
");
    let Verdict::Inconclusive { why } = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(
        why.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["fault `memory-bit-flip` could not be confirmed: not in effect 10 s after it was armed"]
    );
}

/// A bolus that is over, and expectations behind it; gives the verdict.
fn behind_a_bolus(expectations: &str) -> Verdict {
    let head = "\
scenario: windows
summary: What an expectation looks back to, as LANGUAGE.md says.
prescription:
  drug: morphine-10-mg-per-mL
  mode: continuous
  rate: 0.5 mL/day
  patient-bolus: {dose: 20 uL, over: 5 min, lockout: 4 h, count: 4, window: 24 h, max: 0.7 mL}
snapshot: none
timeline:
  - do: start
  - at: 1 min
    expect: {state: running}
  - do: patient-bolus
  - wait: 10 min
";
    run(&format!("{head}{expectations}")).0
}

#[test]
fn expectations_in_a_row_look_back_to_the_same_events() {
    let both =
        "  - expect: {event: bolus-start}\n  - for: 1 min\n    expect: {event: bolus-end, no-event: bolus-end}\n";
    assert_eq!(behind_a_bolus(both), Verdict::Passed);
    // What must not come counts from the expectation just before.
    let alone = "  - expect: {no-event: bolus-end}\n";
    assert!(matches!(behind_a_bolus(alone), Verdict::Failed { .. }));
    // Any other step uses up what came before.
    let parted = "  - expect: {event: bolus-start}\n  - wait: 1 s\n  - expect: {event: bolus-end}\n";
    assert!(matches!(behind_a_bolus(parted), Verdict::Failed { .. }));
}
