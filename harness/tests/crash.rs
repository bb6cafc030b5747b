//! A case fails on the simulated rig: there is no image, and the record holds what there is.

use serde_json::Value;
use std::process::Command;

/// Runs a scenario that nobody starts the pump in; what is told, and its result.
fn failed(steps: &str, code: i32) -> (String, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fails.yaml");
    let head = "scenario: fails\nsummary: Nobody starts it.\nprescription: none\n";
    std::fs::write(&file, format!("{head}{steps}")).unwrap();
    let out = folder.path().join("out");
    let ran = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("CI", "1")
        .args(["run", "-v", "--out"])
        .args([&out, &file])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(code), "{told}");
    let results: Value = serde_json::from_str(&std::fs::read_to_string(out.join("results.json")).unwrap()).unwrap();
    (told, results["results"][0].clone())
}

#[test]
fn a_case_whose_dose_log_alone_is_not_the_accepted_one_has_a_record_too() {
    let (told, result) = failed("timeline:\n  - wait: 1 h\n", 5);
    let reasons = result["reasons"].as_array().unwrap();
    assert_eq!((reasons.len(), &reasons[0]["kind"]), (1, &"snapshot".into()));
    let crashes = result["crashes"].as_array().unwrap();
    assert_eq!((crashes.len(), &crashes[0]["why"]), (1, &"failed".into()), "{told}");
    assert!(
        told.contains("crash record at 01:00:00.000: the case did not pass"),
        "{told}"
    );
}

#[test]
fn without_an_image_a_record_holds_registers_test_block_and_last_lines() {
    let (told, result) = failed(
        "snapshot: none\ntimeline:\n  - at: 1 h\n    expect: {state: running}\n",
        1,
    );
    assert!(
        told.contains("crash record at 01:00:00.000: the case did not pass, last start: power-on"),
        "{told}"
    );
    assert!(told.contains("no image of the firmware is known"), "{told}");
    let crash = &result["crashes"][0];
    assert_eq!((&crash["why"], &crash["t_ms"]), (&"failed".into(), &3_600_000.into()));
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
