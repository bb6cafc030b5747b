//! Scenarios of the board's own, which name what its source names: memory by type, functions, peripherals.

use crate::{RIG, bench};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SCENARIOS: &str = "firmware-stub/board/scenarios";

/// The program, in the folder of the repository.
pub(crate) fn pump_hil(root: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    program.current_dir(root).env("CI", "1");
    program
}

pub(crate) fn run(root: &Path, what: &Path, rig: &str, out: &Path) -> Output {
    run_with(root, what, rig, out, &[])
}

/// With further arguments.
pub(crate) fn run_with(root: &Path, what: &Path, rig: &str, out: &Path, more: &[String]) -> Output {
    let mut program = pump_hil(root);
    program.args([
        "run",
        "-v",
        "--progress",
        "none",
        "--fixtures",
        "fixtures",
        "--rig",
        rig,
    ]);
    program.arg("--out").arg(out).arg(what).args(more).output().unwrap()
}

/// A run that is sent a signal once its log says so much; it ends as interrupted.
pub(crate) fn interrupt(root: &Path, what: &Path, rig: &str, out: &Path, once: &str, signal: Signal) {
    let mut child = pump_hil(root)
        .args(["run", "--log", "pump_hil=debug", "--rig", rig, "--out"])
        .args([out, what])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(log.any(|line| line.contains(once)));
    kill_process(Pid::from_child(&child), signal).unwrap();
    log.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

pub(crate) fn said(output: &Output) -> String {
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{out}{error}")
}

/// A scenario of these steps, in a file of its own.
pub(crate) fn scenario(folder: &Path, steps: &str) -> PathBuf {
    let file = folder.join("of-its-own.yaml");
    let head = "scenario: of-its-own\nsummary: It is made for a test.\nprescription: none\nsnapshot: none\ntimeline:\n";
    std::fs::write(&file, format!("{head}{steps}")).unwrap();
    file
}

#[test]
fn the_boards_own_scenarios_pass() {
    let Some(root) = bench() else { return };
    let out = tempfile::tempdir().unwrap();
    let ran = run(&root, Path::new(SCENARIOS), RIG, out.path());
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(said(&ran).contains(" 0 skipped"), "{}", said(&ran));
    let journal = std::fs::read_to_string(out.path().join("memory-by-name@qemu-microbit.jsonl")).unwrap();
    let watched = |value: &str| {
        let told = format!(r#""event":"watched","at":"PUMP.state.state","of":"State","pump_t":0,"value":"{value}""#);
        journal.matches(&told).count()
    };
    assert_eq!(
        (watched("Stopped"), watched("Running")),
        (1, 1),
        "each change stands there once"
    );
}

#[test]
fn a_rig_without_an_image_skips_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let out = tempfile::tempdir().unwrap();
    let ran = run(&root, Path::new(SCENARIOS), "fixtures/rigs/sim.yaml", out.path());
    let results = std::fs::read_to_string(out.path().join("results.json")).unwrap();
    assert!(results.contains("rig `sim` cannot do symbols"), "{results}");
    assert!(
        said(&ran).contains("0 passed, 0 failed, 0 inconclusive"),
        "{}",
        said(&ran)
    );
}

#[test]
fn a_wrong_name_is_told_with_its_line_before_anything_runs() {
    let Some(root) = bench() else { return };
    let out = tempfile::tempdir().unwrap();
    let file = scenario(
        out.path(),
        "  - probe: {read: PUMP.stat.state}\n  - probe: {break-at: Pump::end_bolas, within: 1 min}\n  - expect: {memory: {at: PUMP.state.state, value: Runing}}\n  - probe: {read: PUMP.prescription.rate}\n",
    );
    let ran = run(&root, &file, RIG, &out.path().join("out"));
    assert_eq!(ran.status.code(), Some(2), "{}", said(&ran));
    let mut check = pump_hil(&root);
    let checked = check
        .args(["check", "--fixtures", "fixtures", "--rig", RIG])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(
        (checked.status.code(), said(&checked)),
        (Some(2), said(&ran)),
        "a check tells the same"
    );
    for told in [
        "has no field `stat`",
        "of-its-own.yaml:6:19",
        "did you mean `state`?",
        "has no function `Pump::end_bolas`",
        "of-its-own.yaml:7:23",
        "did you mean `end_bolus`?",
        "is never `Runing`",
        "of-its-own.yaml:8:52",
        "did you mean `Running`?",
        "of-its-own.yaml:9:19",
        "known here: `settings`, ",
    ] {
        assert!(said(&ran).contains(told), "{told}:\n{}", said(&ran));
    }
    assert!(!out.path().join("out").exists(), "nothing was run");
}

#[test]
fn what_the_probe_cannot_do_or_does_not_find_does_not_pass() {
    let Some(root) = bench() else { return };
    for (step, code, told) in [
        // FICR.CODEPAGESIZE, which only the factory writes.
        ("{flip: 0x10000010, bit: 3}", 3, "does not hold it"),
        // Without a prescription there is none in force.
        (
            "{write: PUMP.in_force.seq, value: 3}",
            3,
            "there is nothing to write to",
        ),
        // No motor runs without a prescription.
        ("{break-at: motor_stroke, within: 2 h}", 1, "the core at `motor_stroke`"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let file = scenario(out.path(), &format!("  - probe: {step}\n"));
        let ran = run(&root, &file, RIG, &out.path().join("out"));
        assert_eq!(ran.status.code(), Some(code), "{}", said(&ran));
        assert!(said(&ran).contains(told), "{}", said(&ran));
    }
}
