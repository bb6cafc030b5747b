//! The pump's own firmware faults, and cases fail: what the results hold can be understood without the pump.

use crate::names::{pump_hil, run, said, scenario};
use crate::{RIG, bench};
use serde_json::Value;
use std::path::Path;

fn results(out: &Path) -> Value {
    let results = std::fs::read_to_string(out.join("results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    results["results"][0].clone()
}

fn crashes(out: &Path) -> Vec<Value> {
    results(out)["crashes"].as_array().unwrap().clone()
}

fn frame<'a>(crash: &'a Value, function: &str) -> &'a Value {
    let mut stack = crash["stack"].as_array().unwrap().iter();
    let found = stack.find(|frame| frame["function"].as_str().unwrap().contains(function));
    found.unwrap_or_else(|| panic!("no `{function}` in {crash:#}"))
}

/// The line of a source file that holds `text`.
pub(crate) fn line(root: &Path, file: &str, text: &str) -> usize {
    let source = std::fs::read_to_string(root.join(file)).unwrap();
    source.lines().position(|line| line.contains(text)).unwrap() + 1
}

/// The journal judged again, as it is told.
fn replayed(root: &Path, out: &Path) -> String {
    let journal = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let journal = journal.filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    said(&pump_hil(root).arg("replay").args(journal).output().unwrap())
}

/// From the record's first line to the last one of the last lines.
fn record(said: &str) -> Vec<&str> {
    let from = said.lines().skip_while(|line| !line.contains("crash record at"));
    let behind = ["  journal", "  judged"];
    from.take_while(|line| line.starts_with("  ") && !behind.iter().any(|begin| line.starts_with(begin)))
        .collect()
}

#[test]
fn firmware_that_faults_leaves_its_stack_and_starts_again() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    // An index beyond its array: the next look at the battery panics, and a panic of this firmware is a fault.
    let spoilt = "  - at: 1 h\n    probe: {write: PUMP.battery.next, value: 200}\n";
    let after = "  - at: 2 h\n    expect: {resets: 1, alarm: watchdog-reset}\n";
    let out = folder.path().join("out");
    let file = scenario(folder.path(), &format!("{spoilt}{after}"));
    let ran = run(&root, &file, RIG, &out);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    let results = results(&out);
    let reasons = results["reasons"].as_array().unwrap();
    assert_eq!(
        (reasons.len(), &reasons[0]["kind"]),
        (1, &"firmware-fault".into()),
        "{reasons:#?}"
    );
    let came = reasons[0]["came"].as_str().unwrap();
    assert!(
        came.starts_with("the firmware faulted: HardFault in ") && came.contains(".rs"),
        "{came}"
    );
    assert!(replayed(&root, &out).contains(came), "{}", replayed(&root, &out));
    assert!(
        said(&ran).contains("the pump started again 1 time, and nobody"),
        "{}",
        said(&ran)
    );

    let file = scenario(folder.path(), &format!("{spoilt}{after}firmware-faults: allowed\n"));
    let ran = run(&root, &file, RIG, &out);
    assert!(ran.status.success(), "{}", said(&ran));
    let crashes = crashes(&out);
    assert_eq!(crashes.len(), 1, "{crashes:#?}");
    let crash = &crashes[0];
    assert_eq!(
        (&crash["why"], &crash["exception"]),
        (&"fault".into(), &"HardFault".into())
    );
    assert_eq!(crash["reset_reason"], "power-on", "it is of the time before the reset");
    let step = frame(crash, "pump_step");
    assert_eq!(step["file"], "/pump/firmware-stub/board/src/hil/marks.rs");
    assert_eq!(
        step["line"],
        line(&root, "firmware-stub/board/src/hil/marks.rs", "pump.step(now, input)")
    );
    let run = frame(crash, "stub_board::hil::run");
    assert_eq!(
        run["line"],
        line(
            &root,
            "firmware-stub/board/src/hil/mod.rs",
            "bench.run_until(&mut firmware, block::get64"
        )
    );
    assert_eq!(frame(crash, "HardFault")["function"], "HardFault");
    assert!(crash["stack"][1]["interrupted_by"] == "HardFault");
    assert_eq!(crash["registers"].as_array().unwrap().len(), 17);
    let log = crash["log"].as_array().unwrap();
    assert!(
        log.len() == 1 && log[0].as_str().unwrap().contains("boot: power-on, build "),
        "{crash:#}"
    );
    assert!(!crash["line"].as_array().unwrap().is_empty() && !crash["block"].as_array().unwrap().is_empty());
    assert_eq!(record(&said(&ran)), record(&replayed(&root, &out)));
}

/// The journal of the only case in a folder.
fn journal(out: &Path) -> String {
    let mut all = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let journal = all.find(|path| path.extension().is_some_and(|e| e == "jsonl"));
    std::fs::read_to_string(journal.unwrap()).unwrap()
}

#[test]
fn a_case_that_merely_fails_has_where_the_core_was_in_its_journal_and_one_that_passes_has_not() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (state, status, records) in [("running", Some(1), 1), ("stopped", Some(0), 0)] {
        let file = scenario(folder.path(), &format!("  - at: 2 h\n    expect: {{state: {state}}}\n"));
        let out = folder.path().join(state);
        let ran = run(&root, &file, RIG, &out);
        assert_eq!(ran.status.code(), status, "{}", said(&ran));
        // Nothing crashed, and so nothing tells of a crash.
        assert!(crashes(&out).is_empty());
        let junit = std::fs::read_to_string(out.join("junit.xml")).unwrap();
        for told in [said(&ran), replayed(&root, &out), junit] {
            assert!(
                !told.contains("crash record") && !told.contains("register pc"),
                "{told}"
            );
        }
        let lines = journal(&out);
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let noted: Vec<Value> = lines.filter(|line| line["event"] == "crash").collect();
        assert_eq!(noted.len(), records);
        let Some(crash) = noted.first() else { continue };
        assert_eq!((&crash["why"], &crash["exception"]), (&"failed".into(), &Value::Null));
        // Asleep, or just behind that: where in this loop the core stands hangs on the emulator, and so does which file's line it is.
        let file = frame(crash, "stub_board::hil::run")["file"].as_str().unwrap();
        let files = ["time.rs", "hil/mod.rs"].map(|name| format!("/pump/firmware-stub/board/src/{name}"));
        assert!(files.iter().any(|known| known == file), "{file}");
        assert_eq!(crash["registers"].as_array().unwrap().len(), 17);
        assert!(crash["log"].to_string().contains("boot: "), "{crash:#}");
    }
}
