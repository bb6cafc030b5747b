//! Pumps that are broken as a whole: each run comes to an end, and says whose fault it was.

use pump_hil::interrupt;
use pump_hil::journal;
use pump_hil::report::{ScenarioResult, terminal};
use pump_hil::shipped;
use pump_hil::suite::{self, Settings};
use pump_hil_model::verdict::{Came, ReasonKind, Verdict};
use pump_hil_rig::RigFile;
use std::path::Path;

const DAY: &str = "scenario: day
summary: Basal runs a day at the rate that is programmed.
prescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}
timeline:
  - do: start
  - at: 1 d
    expect: {state: running}
snapshot: none
";
const PROBE: &str = "probe: {kind: sim, test-block: PUMP_HIL_BLOCK}\n";

/// A case that was played.
struct Played {
    result: ScenarioResult,
    journal_bytes: usize,
    /// The pump was told to stop, and did.
    stopped: bool,
}

/// Plays a day with a pump that is broken so.
fn day_of(broken: &str, probe: &str) -> ScenarioResult {
    play(broken, probe, DAY, "").result
}

/// Plays a scenario with a pump that is broken so, on the simulated rig with short limits, this probe, and further limits.
fn play(broken: &str, probe: &str, scenario: &str, limits: &str) -> Played {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let folder = tempfile::tempdir().unwrap();
    let rig = folder.path().join("rig.yaml");
    let text = format!(
        "rig: quick\nsummary: The stub pump, with short limits.\ndevice: {}\npump: {{kind: sim}}\nclock: {{kind: virtual}}\n\
         {probe}limits: {{open: 1 s, write: 2 s, fence: 2 s{limits}}}\n",
        fixtures.join("devices/stub.yaml").display()
    );
    std::fs::write(&rig, text).unwrap();
    let path = folder.path().join("day.yaml");
    std::fs::write(&path, scenario).unwrap();
    let settings = Settings {
        defect: Some(broken.to_owned()).filter(|name| !name.is_empty()),
        ..Settings::new(RigFile::load(&rig).unwrap(), folder.path().join("out"))
    };
    let cases = shipped::cases(&path, &fixtures);
    let result = suite::run_case(&cases[0], &settings, &interrupt::pair().1, &mut |_| {});
    // The same journal, judged again, says the same.
    let journal = result.journal.as_deref().expect("a journal");
    let replayed = journal::judge_file(Path::new(journal)).unwrap().outcome;
    assert_eq!(replayed.verdict, result.outcome.verdict, "{broken}");
    let text = std::fs::read_to_string(journal).unwrap();
    Played {
        stopped: text.contains("\"did\":[\"stopped therapy\""),
        journal_bytes: text.len(),
        result,
    }
}

/// The kinds of the reasons for which it failed, and the whole report.
fn failed(result: &ScenarioResult) -> (Vec<ReasonKind>, String) {
    let text = terminal::result(result);
    match &result.outcome.verdict {
        Verdict::Failed { reasons } => (reasons.iter().map(|reason| reason.kind).collect(), text),
        _ => panic!("{text}"),
    }
}

#[test]
fn a_pump_that_is_busy_for_ever_ends_its_case() {
    for broken in ["goes-round", "talks-on"] {
        for probe in [PROBE, ""] {
            let result = day_of(broken, probe);
            let (kinds, text) = failed(&result);
            assert_eq!(kinds, [ReasonKind::Hang], "{text}");
            assert_eq!(
                result.outcome.not_safe,
                Vec::<String>::new(),
                "it is simulated, and ends with the rig"
            );
        }
    }
}

#[test]
fn firmware_that_panics_fails_its_case_and_its_place_is_told() {
    for (broken, at) in [("panics", "0:30:00"), ("panics-at-power-on", "0:00:00")] {
        for probe in [PROBE, ""] {
            let (kinds, text) = failed(&day_of(broken, probe));
            assert_eq!(kinds, [ReasonKind::FirmwareFault], "{text}");
            assert!(
                text.contains("a panic, `this pump is made to panic` (firmware-stub/sim/src/broken.rs:"),
                "{text}"
            );
            assert!(text.contains(at), "{text}");
        }
    }
}

/// What came, of the only reason.
fn came(result: &ScenarioResult, kind: ReasonKind) -> String {
    let Verdict::Failed { reasons } = &result.outcome.verdict else {
        panic!("{}", terminal::result(result));
    };
    let found: Vec<String> = reasons
        .iter()
        .filter(|reason| reason.kind == kind && matches!(reason.came, Came::Unfit(_)))
        .map(|reason| reason.came.to_string())
        .collect();
    assert_eq!(found.len(), 1, "{}", terminal::result(result));
    found[0].clone()
}

#[test]
fn a_pump_that_answers_no_more_is_silent_and_the_request_is_told() {
    for broken in ["deaf", "garbles"] {
        let came = came(&day_of(broken, PROBE), ReasonKind::NoReply);
        let silent = "pump silent; its cable is whole; nor did it answer 3 status requests in ";
        assert!(came.starts_with(silent), "{broken}: {came}");
        assert!(
            came.contains("; the request: #") && came.contains(" status *"),
            "{broken}: {came}"
        );
        let nothing = came.ends_with("; got: nothing");
        assert_eq!(nothing, broken == "deaf", "{broken}: {came}");
    }
}

#[test]
fn a_pump_that_never_says_who_it_is_is_silent_where_its_line_is_proven() {
    for broken in ["deaf-from-the-begin", "garbles-from-the-begin"] {
        let came = came(&day_of(broken, PROBE), ReasonKind::NoReply);
        assert!(
            came.contains("; the request: #") && came.contains(" identify *"),
            "{broken}: {came}"
        );
    }
}

#[test]
fn a_pump_that_refuses_what_the_case_begins_with_fails_and_its_words_are_told() {
    let came = came(&day_of("refuses-prescriptions", PROBE), ReasonKind::Refusal);
    assert!(
        came.starts_with("it refused with `out-of-range`; the request: #"),
        "{came}"
    );
    assert!(
        came.contains(" commit crc32=") && came.contains("err code=out-of-range *"),
        "{came}"
    );
}

#[test]
fn a_few_bytes_that_are_no_line_are_a_note() {
    let result = day_of("stutters", PROBE);
    assert_eq!(result.outcome.verdict, Verdict::Passed, "{}", terminal::result(&result));
    let [note] = &result.outcome.notes[..] else {
        panic!("{:?}", result.outcome.notes);
    };
    assert!(
        note.starts_with("1 of ") && note.contains("the first, at 30 min"),
        "{note}"
    );
    assert!(
        terminal::result(&result).contains(&format!("note: {note}").replace('\\', "\\")),
        "{note}"
    );
}

/// The inconclusive case of a pump, or of a scenario, that says too much; its journal can be read, and the pump was left safe.
fn babbles(result: &ScenarioResult, what: &str) {
    let Verdict::Inconclusive { why } = &result.outcome.verdict else {
        panic!("{}", terminal::result(result));
    };
    let codes: Vec<String> = why.iter().map(|why| why.code().to_string()).collect();
    // Lines that are none are told as well.
    assert_eq!(codes[0], "babble", "{why:?}");
    assert!(why[0].to_string().contains(what), "{why:?}");
    assert_eq!(result.outcome.not_safe, Vec::<String>::new());
}

#[test]
fn a_case_that_fills_its_journal_ends_and_leaves_the_pump_safe() {
    let storm = "  - repeat: 100000\n    every: 1 min\n    steps: [{do: status}]\nsnapshot: none\n";
    let (head, _) = DAY.split_once("  - at").unwrap();
    let played = play("", PROBE, &format!("{head}{storm}"), ", journal-mib: 1");
    babbles(&played.result, "the journal has 1 MiB");
    assert!(played.journal_bytes < 2 << 20, "{}", played.journal_bytes);
    assert!(played.stopped, "therapy was stopped");
}

#[test]
fn a_pump_that_babbles_ends_its_case() {
    let played = play("babbles", PROBE, DAY, ", line-mib: 1");
    babbles(&played.result, "said more than 1048576 bytes");
    assert!(played.stopped, "therapy was stopped");
    let played = play("babbles-lines", PROBE, DAY, ", journal-mib: 1");
    babbles(&played.result, "the journal has 1 MiB");
}
