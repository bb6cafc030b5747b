//! A case that merely failed is no crash: no crash record is told. Where the core was stands in the journal, as evidence.

use serde_json::Value;
use std::process::Command;

/// What a run of a scenario left, in which nobody starts the pump.
struct Failed {
    /// What was told, by `run -v`, `replay` and `show`, and in junit.xml.
    told: String,
    /// Its result in results.json.
    result: Value,
    /// The record in its journal.
    record: Value,
}

fn pump_hil(arguments: &[&str], code: i32) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("CI", "1")
        .args(arguments)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(code), "{told}");
    told
}

fn failed(steps: &str, code: i32) -> Failed {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fails.yaml");
    let head = "scenario: fails\nsummary: Nobody starts it.\nprescription: none\n";
    std::fs::write(&file, format!("{head}{steps}")).unwrap();
    let out = folder.path().join("out");
    let journal = out.join("fails@sim.jsonl");
    let [file, to, journal] = [&file, &out, &journal].map(|path| path.to_str().unwrap());
    let mut told = pump_hil(&["run", "-v", "--out", to, file], code);
    told += &pump_hil(&["replay", journal], code);
    told += &pump_hil(&["show", journal], 0);
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    told += &read("junit.xml");
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    let lines = read("fails@sim.jsonl");
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let records: Vec<Value> = lines.filter(|line| line["event"] == "crash").collect();
    let [record] = &records[..] else { panic!("{records:#?}") };
    Failed {
        told,
        result: results["results"][0].clone(),
        record: record.clone(),
    }
}

#[test]
fn a_case_that_merely_failed_tells_of_no_crash() {
    let by_the_log = failed("timeline:\n  - wait: 1 h\n", 5);
    let by_a_check = failed(
        "snapshot: none\ntimeline:\n  - at: 1 h\n    expect: {state: running}\n",
        1,
    );
    for (failed, kind) in [(by_the_log, "snapshot"), (by_a_check, "expectation")] {
        let reasons = failed.result["reasons"].as_array().unwrap();
        assert_eq!((reasons.len(), &reasons[0]["kind"]), (1, &kind.into()));
        assert_eq!(failed.result["crashes"], Value::Array(Vec::new()));
        for word in ["crash record", "no image of the firmware", "registers"] {
            assert!(!failed.told.contains(word), "{word}: {}", failed.told);
        }
        // It has its place in the time line.
        assert!(failed.told.contains("  the case did not pass\n"), "{}", failed.told);
    }
}

#[test]
fn without_an_image_the_journal_has_registers_test_block_and_last_lines() {
    let failed = failed(
        "snapshot: none\ntimeline:\n  - at: 1 h\n    expect: {state: running}\n",
        1,
    );
    let crash = &failed.record;
    assert_eq!((&crash["why"], &crash["t"]), (&"failed".into(), &3_600_000.into()));
    let at = |list: &str, name: &str| {
        let pairs = crash[list].as_array().unwrap();
        let pair = pairs.iter().find(|pair| pair[0] == name);
        pair.unwrap_or_else(|| panic!("no `{name}` in {crash:#}"))[1].clone()
    };
    assert_eq!(at("registers", "pc"), "0x00000200", "its idle loop");
    assert_eq!(at("block", "now"), "1 h");
    assert_eq!(at("block", "strokes"), "0");
    assert!(
        crash["line"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line.as_str().unwrap().contains("status"))
    );
    assert!(crash["stack"].as_array().unwrap().is_empty() && crash["missing"].as_array().unwrap().is_empty());
}
