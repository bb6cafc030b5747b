//! A run's folder: what was put there, taken away or changed since is told by `replay`, and nothing of an earlier run is taken for this one's.

use crate::{kept_journal, shipped};
use pump_hil::manifest;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCENARIO: &str = "\
scenario: first
summary: Basal runs an hour at the rate that is programmed.
prescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}
timeline:
  - do: start
  - at: 1 h
    expect: {state: running}
snapshot: none
";

/// Exit code and both streams of the program, in this folder.
fn pump_hil(at: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    let program = program
        .current_dir(at)
        .arg("--fixtures")
        .arg(shipped("fixtures"))
        .args(args);
    let output = program.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A folder with two scenarios, which were run into `out` there.
fn ran() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("first.yaml"), SCENARIO).unwrap();
    std::fs::write(folder.path().join("second.yaml"), SCENARIO.replace("first", "second")).unwrap();
    let told = run(folder.path(), &["first.yaml", "second.yaml"]);
    assert_eq!(told.0, Some(0), "{}", told.1);
    let out = folder.path().join("out");
    (folder, out)
}

fn run(at: &Path, files: &[&str]) -> (Option<i32>, String) {
    pump_hil(at, &[&["run", "--out", "out", "--progress", "none"], files].concat())
}

/// What is wrong with the folder by a replay of it, which must find something; all whole journals are judged all the same.
#[track_caller]
fn wrong(at: &Path, passed: usize, what: &str) {
    let (code, told) = pump_hil(at, &["replay", "out"]);
    assert!(
        code == Some(3) && told.contains(what),
        "{what:?} is not in {code:?}: {told}"
    );
    assert_eq!(
        told.lines().filter(|line| line.starts_with("passed")).count(),
        passed,
        "{told}"
    );
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

const FIRST: &str = "first@sim.jsonl";
const SECOND: &str = "second@sim.jsonl";

#[test]
fn a_folder_is_held_to_its_manifest() {
    let (folder, out) = ran();
    let at = folder.path();
    assert_eq!(pump_hil(at, &["replay", "out"]).0, Some(0));
    let moved = |from: &str, to: &str| std::fs::rename(out.join(from), out.join(to)).unwrap();

    moved(FIRST, "away");
    wrong(at, 1, "missing: `first@sim.jsonl`");
    std::fs::copy(out.join(SECOND), out.join(FIRST)).unwrap();
    wrong(at, 2, "swapped or changed: `first@sim.jsonl`");
    moved("away", FIRST);

    std::fs::copy(out.join(FIRST), out.join("third@sim.jsonl")).unwrap();
    wrong(at, 3, "added: `third@sim.jsonl`");
    std::fs::remove_file(out.join("third@sim.jsonl")).unwrap();

    let results = std::fs::read_to_string(out.join("results.json")).unwrap();
    std::fs::write(
        out.join("results.json"),
        results.replace("\"passed\": 2", "\"passed\": 3"),
    )
    .unwrap();
    wrong(at, 2, "swapped or changed: `results.json`");
    std::fs::write(out.join("results.json"), results).unwrap();
    assert_eq!(pump_hil(at, &["replay", "out"]).0, Some(0), "it is whole again");

    let manifest = std::fs::read_to_string(out.join(manifest::NAME)).unwrap();
    for (forged, what) in [
        (
            manifest.replace(FIRST, "../out/first@sim.jsonl"),
            "is no name of a file",
        ),
        (
            manifest.replace("\"pump_hil_manifest\": 1", "\"pump_hil_manifest\": 99"),
            "has format 99",
        ),
        (
            manifest.replace("\"case\": \"first\"", "\"case\": \"other\""),
            "swapped or changed: `first@sim.jsonl`",
        ),
        ("{".to_owned(), "cannot be read"),
    ] {
        std::fs::write(out.join(manifest::NAME), forged).unwrap();
        wrong(at, 2, what);
    }
    std::fs::remove_file(out.join(manifest::NAME)).unwrap();
    wrong(at, 2, "manifest.json` is missing");
    manifest::begin(&out).unwrap();
    wrong(at, 2, "did not come to its end");
}

#[test]
fn journals_from_before_there_were_manifests_need_none() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::copy(kept_journal("format-1-basal.jsonl"), out.join("basal@sim.jsonl")).unwrap();
    let (code, told) = pump_hil(folder.path(), &["replay", "out"]);
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn what_is_no_file_is_told_and_the_journals_beside_it_are_judged() {
    let (folder, out) = ran();
    let at = folder.path();
    let fifo = Command::new("mkfifo").arg(out.join("a.jsonl")).status().unwrap();
    assert!(fifo.success());
    let _socket = std::os::unix::net::UnixListener::bind(out.join("b.jsonl")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", out.join("c.jsonl")).unwrap();
    std::fs::create_dir(out.join("d.jsonl")).unwrap();
    for name in ["a", "b", "c", "d"] {
        wrong(at, 2, &format!("{name}.jsonl`: cannot open it: not a file"));
    }
    let (code, told) = pump_hil(at, &["replay", "out/a.jsonl", "out/b.jsonl", "out/c.jsonl"]);
    assert_eq!((code, told.matches("not a file").count()), (Some(3), 3), "{told}");
}

#[test]
fn nothing_of_an_earlier_run_stays_and_what_is_not_of_a_run_does() {
    let (folder, out) = ran();
    let at = folder.path();
    std::fs::write(out.join("notes.jsonl"), "{\"mine\":1}\n").unwrap();
    std::fs::write(out.join("old@sim.jsonl"), "").unwrap();
    let skipped = SCENARIO.replace("summary:", "needs: [symbols]\nsummary:");
    std::fs::write(at.join("first.yaml"), skipped).unwrap();
    let (_, told) = run(at, &["first.yaml"]);
    let results = json(&out.join("results.json"));
    assert_eq!(results["results"][0]["journal"], Value::Null, "{told}");
    let mut there: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(
        there,
        [".lock", "junit.xml", "manifest.json", "notes.jsonl", "results.json"]
    );
}

#[test]
fn the_last_hash_stands_in_the_journal_the_results_and_the_manifest() {
    let (_folder, out) = ran();
    let (results, manifest) = (json(&out.join("results.json")), json(&out.join(manifest::NAME)));
    for (at, name) in [FIRST, SECOND].into_iter().enumerate() {
        let journal = std::fs::read_to_string(out.join(name)).unwrap();
        let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
        assert!(last["chain"].is_string());
        assert_eq!(results["results"][at]["chain"], last["chain"]);
        assert_eq!(manifest["files"][at]["chain"], last["chain"]);
        assert_eq!(manifest["files"][at]["bytes"], journal.len());
    }
}
