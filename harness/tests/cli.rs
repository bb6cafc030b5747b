//! The texts that a person meets at the command line, and the exit codes: `cmd/*.trycmd`, played as they stand there by somebody in a folder with
//! `fixtures`, `scenarios` and `bench` (which is `cmd/bench`).
//!
//! A text that changed on purpose is accepted with `TRYCMD=overwrite cargo test -p pump-hil --test cli`, and read in `git diff`. `[..]` stands for what
//! differs from run to run, such as how long one took, and `...` for lines that are not compared: near a change trycmd may write out what they stood
//! for, and a person puts them back. A backslash stands there as `/`, by trycmd's doing.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pump-hil");

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Puts into the folder `to` a run's journal as it was written, changed in one place, torn in its last line, and torn in its first.
fn journals(folder: &Path, to: &Path) {
    let mut program = Command::new(PROGRAM);
    program.current_dir(folder);
    program.args(["run", "scenarios/occlusion-during-basal.yaml", "--out", "runs/journals"]);
    assert!(program.output().unwrap().status.success());
    let whole = std::fs::read_to_string(folder.join("runs/journals/occlusion-during-basal@sim.jsonl")).unwrap();
    let changed = whole.replacen("\"strokes\":41", "\"strokes\":40", 1);
    assert_ne!(whole, changed);
    let torn = &whole[..whole.len() - 20];
    std::fs::create_dir_all(to).unwrap();
    for (name, text) in [
        ("whole", &*whole),
        ("changed", &*changed),
        ("torn", torn),
        ("empty", &whole[..20]),
    ] {
        std::fs::write(to.join(name).with_extension("jsonl"), text).unwrap();
    }
}

#[test]
fn what_a_person_reads() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = harness.join("tests/cmd");
    let here = tempfile::tempdir().unwrap();
    for folder in ["fixtures", "scenarios"] {
        copy(&harness.join("..").join(folder), &here.path().join(folder));
    }
    copy(&cases.join("bench"), &here.path().join("bench"));
    journals(here.path(), &here.path().join("bench/journals"));
    std::env::set_current_dir(here.path()).unwrap();
    let tests = trycmd::TestCases::new();
    // The same on every machine, at a desk as in CI.
    tests.env("PUMP_HIL_STATE", here.path().join("state").display().to_string());
    for (name, value) in [
        ("COLUMNS", "100"),
        ("NO_COLOR", "1"),
        ("RUST_LOG", "off"),
        ("CI", "false"),
    ] {
        tests.env(name, value);
    }
    tests
        .register_bin("pump-hil", PathBuf::from(PROGRAM))
        .case(cases.join("*.trycmd"))
        .run();
}

fn list_faults_to(out: impl Into<Stdio>) -> Output {
    let mut program = Command::new(PROGRAM);
    program.args(["list", "--faults"]).stdout(out).stderr(Stdio::piped());
    program.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let output = list_faults_to(File::options().write(true).open("/dev/full").unwrap());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.starts_with("error: cannot write to standard output: "), "{told}");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = list_faults_to(writer);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn each_shell_completes_the_options_and_each_command_has_a_page() {
    let told = |args: &[&str]| {
        let output = Command::new(PROGRAM).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(told(&["completions", shell]).contains("rerun-failed"), "{shell}");
    }
    for command in ["run", "check", "list", "replay", "review", "schema"] {
        let page = told(&["man", command]);
        assert!(page.contains(&format!(".TH pump-hil-{command} ")), "{page}");
    }
    assert!(
        told(&["man"]).contains("pump\\-hil\\-run(1)"),
        "the page of the program names those of its commands"
    );
}
