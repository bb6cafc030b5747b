//! Which cases are played: again, only until one fails, several times, and whenever a file is saved.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pump-hil");

/// A folder with scenarios: `a` and `b` pass, and `b` includes what is shared.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path(), "a", "", "running");
    scenario(folder.path(), "b", "include: [shared/calm.yaml]\n", "running");
    write(folder.path(), "scenarios/shared/calm.yaml", "allow-alarms: [eri]\n");
    folder
}

/// A scenario that passes where it expects `running`.
fn scenario(folder: &Path, name: &str, more: &str, state: &str) {
    let text = format!(
        "scenario: {name}\nsummary: It runs.\n{more}snapshot: none\n\
         prescription: {{drug: saline, mode: continuous, rate: 0.5 mL/day}}\n\
         timeline:\n  - do: start\n  - at: 1 h\n    expect: {{state: {state}}}\n"
    );
    write(folder, &format!("scenarios/{name}.yaml"), &text);
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).arg("run").args(args);
    command.arg("--fixtures").arg(fixtures());
    command.env("PUMP_HIL_STATE", folder.join("state")).env("CI", "false");
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

/// The names of the journals in a folder of results.
fn journals(out: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(out).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".jsonl")).collect();
    names.sort();
    names
}

#[test]
fn only_what_did_not_pass_is_played_again() {
    let folder = folder();
    scenario(folder.path(), "b", "", "stopped");
    assert_eq!(
        run(folder.path(), &["--rerun-failed"]).status.code(),
        Some(2),
        "there is no run before"
    );
    assert_eq!(run(folder.path(), &[]).status.code(), Some(1));
    let latest = folder.path().join("pump-hil-runs/latest");
    assert_eq!(journals(&latest), ["a@sim.jsonl", "b@sim.jsonl"]);
    assert_eq!(run(folder.path(), &["--rerun-failed"]).status.code(), Some(1));
    assert_eq!(journals(&latest), ["b@sim.jsonl"]);
    scenario(folder.path(), "b", "", "running");
    assert_eq!(run(folder.path(), &["--rerun-failed"]).status.code(), Some(0));
    let nothing = run(folder.path(), &["--rerun-failed"]);
    let told = String::from_utf8(nothing.stderr).unwrap();
    assert_eq!(nothing.status.code(), Some(4), "{told}");
    assert!(told.contains("every case of the run before passed"), "{told}");
}

#[test]
fn the_results_of_the_named_folder_are_those_that_are_played_again() {
    let folder = folder();
    scenario(folder.path(), "b", "", "stopped");
    let out = folder.path().join("out");
    assert_eq!(run(folder.path(), &["--out", "out"]).status.code(), Some(1));
    assert_eq!(
        run(folder.path(), &["--out", "out", "--rerun-failed"]).status.code(),
        Some(1)
    );
    assert_eq!(journals(&out), ["b@sim.jsonl"]);
    let other = run(folder.path(), &["a", "--out", "out", "--rerun-failed"]);
    let told = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{told}");
    assert!(told.contains("none is among what was named"), "{told}");
}

#[test]
fn the_first_failure_ends_the_run_where_that_is_asked_for() {
    let folder = folder();
    scenario(folder.path(), "a", "", "stopped");
    let ran = run(folder.path(), &["--fail-fast", "--jobs", "1", "--out", "out"]);
    let told = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert!(
        told.contains("Ended at the first case that did not pass: 1 case not run"),
        "{told}"
    );
    assert_eq!(journals(&folder.path().join("out")), ["a@sim.jsonl"]);
    let results = std::fs::read_to_string(folder.path().join("out/results.json")).unwrap();
    assert!(results.contains("a case before it did not pass"), "{results}");
    // Without it the other one is played.
    let ran = run(folder.path(), &["--jobs", "1", "--out", "out"]);
    assert_eq!(
        (ran.status.code(), journals(&folder.path().join("out")).len()),
        (Some(1), 2)
    );
}

#[test]
fn each_time_that_a_case_is_played_has_its_journal_and_the_folder_is_whole() {
    let folder = folder();
    let ran = run(folder.path(), &["a", "--repeat", "3", "--out", "out"]);
    assert_eq!(ran.status.code(), Some(0));
    let out = folder.path().join("out");
    assert_eq!(journals(&out), ["a@sim~1.jsonl", "a@sim~2.jsonl", "a@sim~3.jsonl"]);
    let junit = std::fs::read_to_string(out.join("junit.xml")).unwrap();
    assert!(junit.contains("a (time 3)"), "{junit}");
    let replayed = Command::new(PROGRAM).arg("replay").arg(&out).output().unwrap();
    let told = String::from_utf8_lossy(&replayed.stderr).into_owned();
    assert_eq!(replayed.status.code(), Some(0), "{told}");
}

/// A run that waits for saved files.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Path) -> Self {
        let mut command = command(folder, &["--watch", "-v", "--progress", "none"]);
        // What is wrong with a file is looked for among the lines as well.
        let (reader, writer) = std::io::pipe().unwrap();
        command
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .stdin(Stdio::null());
        let child = command.spawn().unwrap();
        drop(command);
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// What is told until it waits again.
    fn round(&self) -> String {
        let mut told = String::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(60)) {
            if line.starts_with("Waiting for a file") {
                return told;
            }
            told.push_str(&line);
            told.push('\n');
        }
        panic!("it waits for no file: {told}");
    }

    /// Ends it as Ctrl-C does; gives the exit code.
    fn end(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let (sender, ended) = channel();
        std::thread::spawn(move || sender.send(self.child.wait().unwrap().code()));
        ended
            .recv_timeout(Duration::from_secs(30))
            .expect("it ends after Ctrl-C")
    }
}

#[test]
fn a_saved_file_plays_what_it_is_part_of_again() {
    let folder = folder();
    let watch = Watch::start(folder.path());
    let first = watch.round();
    assert!(first.contains("2 cases on sim: 2 passed"), "{first}");
    scenario(folder.path(), "a", "seed: 2\n", "running");
    let saved = watch.round();
    assert!(
        saved.contains("1 case on sim: 1 passed") && saved.contains("passed        a "),
        "{saved}"
    );
    // What a scenario includes is part of it.
    write(
        folder.path(),
        "scenarios/shared/calm.yaml",
        "allow-alarms: [eri, magnet]\n",
    );
    let shared = watch.round();
    assert!(
        shared.contains("1 case on sim: 1 passed") && shared.contains("passed        b "),
        "{shared}"
    );
    write(folder.path(), "scenarios/b.yaml", "scenario: b\nsummary S.\n");
    let wrong = watch.round();
    assert!(wrong.contains("b.yaml:2:1") && !wrong.contains("on sim"), "{wrong}");
    scenario(folder.path(), "b", "", "stopped");
    let failed = watch.round();
    assert!(failed.contains("1 case on sim: 0 passed, 1 failed"), "{failed}");
    scenario(folder.path(), "c", "", "running");
    let new = watch.round();
    assert!(
        new.contains("1 case on sim: 1 passed") && new.contains("passed        c "),
        "{new}"
    );
    assert_eq!(watch.end(), Some(0), "as the last round came out");
}
