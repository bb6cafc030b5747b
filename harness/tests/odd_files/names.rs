//! Names that somebody else gave: none of them can steer the terminal or the program that reads a report, whatever command shows them.

use crate::bench::{Bench, SMALL, said};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Recolours, retitles, takes back a line, turns the direction of writing, hides, and is no UTF-8.
const NASTY: &[u8] = b"n\x1b[31m\x1b]0;t\x07\r\x7f\xc2\x9b2J\xe2\x80\xae\xe2\x80\x8b\xff";

/// `before`, the nasty name, `behind`.
fn nasty(before: &str, behind: &str) -> std::ffi::OsString {
    let bytes = [before.as_bytes(), NASTY, behind.as_bytes()].concat();
    OsStr::from_bytes(&bytes).to_owned()
}

/// Nothing in a text but plain characters and ends of lines.
#[track_caller]
fn is_harmless(what: &str, text: &[u8]) {
    let text = std::str::from_utf8(text).unwrap_or_else(|e| panic!("{what}: {e}"));
    let steers =
        |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'));
    let first = text.lines().find(|line| line.contains(steers));
    assert_eq!(first, None, "{what}");
}

/// Plays the command and looks at both of its streams; it must name the thing, or be silent about it.
fn look(bench: &Bench, what: &str, args: &[&OsStr]) {
    let output = bench.command().args(args).output().unwrap();
    is_harmless(what, &output.stdout);
    is_harmless(what, &output.stderr);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(
        matches!(output.status.code(), Some(0..=5)),
        "{what}: {:?}: {text}",
        output.status
    );
    assert!(!text.contains("panicked"), "{what}: {text}");
    // In a command to paste it stands as a shell takes it.
    let shown = ["\\u{1b}[31m", "\\x1b[31m"].iter().any(|name| text.contains(name));
    assert!(shown, "{what} does not show the name: {text}");
}

fn words<'a>(words: &[&'a str]) -> Vec<&'a OsStr> {
    words.iter().map(|word| OsStr::new(*word)).collect()
}

#[test]
fn a_name_is_shown_harmlessly_by_each_command() {
    let bench = Bench::new();
    let (none, out) = (nasty("none", ""), nasty("out", ""));
    for command in ["check", "list", "run", "replay", "review"] {
        look(&bench, command, &[OsStr::new(command), &none]);
    }
    let (folder, wrong) = (nasty("folder", ""), nasty("folder", "/wrong.yaml"));
    bench.write(&wrong, "nonsense");
    for command in ["check", "list", "run"] {
        look(&bench, "a wrong file", &[OsStr::new(command), &wrong]);
        look(&bench, "a folder with a wrong file", &[OsStr::new(command), &folder]);
    }
    let run = words(&["run", "scenarios", "--progress", "plain"]);
    for option in ["--rig", "--fixtures"] {
        look(&bench, option, &[&run[..], &[OsStr::new(option), &none]].concat());
    }
    // What is no path has to be text.
    let valid = nasty("", "").to_string_lossy().into_owned();
    for option in ["--filter", "--shard", "--jobs", "--rig"] {
        look(&bench, option, &[&run[..], &words(&[option, &valid])].concat());
    }
    look(
        &bench,
        "--progress",
        &words(&["run", "scenarios", "--progress", &valid]),
    );
    for args in [
        vec![OsStr::new(&valid)],
        [&run[..], &[OsStr::new(&format!("--{valid}"))]].concat(),
    ] {
        look(&bench, "an argument that there is not", &args);
    }
    look(
        &bench,
        "--log",
        &words(&[
            "--log",
            &format!("a={valid}"),
            "list",
            "--faults",
            &format!("--x{valid}"),
        ]),
    );

    // A case that fails by its dose log, and names its file, its journal and how to go on; and what reads them again.
    let failing = [&run[..], &[OsStr::new("--out"), &out]].concat();
    look(&bench, "run --out", &failing);
    for report in ["results.json", "junit.xml"] {
        let text = std::fs::read(bench.path(&out).join(report)).unwrap();
        is_harmless(report, &text);
        if report == "results.json" {
            assert!(String::from_utf8_lossy(&text).contains("\\\\u{1b}[31m"));
        }
    }
    look(&bench, "replay", &[OsStr::new("replay"), &out]);
    // A folder takes the place of a report.
    std::fs::remove_file(bench.path(&out).join("junit.xml")).unwrap();
    std::fs::create_dir(bench.path(&out).join("junit.xml")).unwrap();
    look(&bench, "a report that cannot be written", &failing);

    bench.write(nasty("torn", ".jsonl"), "nonsense");
    look(&bench, "no journal", &[OsStr::new("replay"), &nasty("torn", ".jsonl")]);
}

#[test]
fn so_are_names_among_scenarios_dose_logs_and_rigs() {
    let bench = Bench::with_a_log();
    // A scenario of its own folder: its file, its folder of dose logs, and the commands to paste.
    let folder = nasty("folder", "");
    bench.write(
        std::path::Path::new(&folder).join("good.yaml"),
        SMALL.replace("small", "good"),
    );
    let run = words(&["run", "--out", "out", "--progress", "plain"]);
    look(&bench, "a case that fails", &[&run[..], &[&folder]].concat());
    for (name, text) in [(nasty("s", ".snap"), &b""[..]), (nasty("t", ".snap.new"), b"")] {
        let path = std::path::Path::new("scenarios/snapshots").join(name);
        bench.write(&path, text);
        look(&bench, "review", &words(&["review", "scenarios/snapshots"]));
        look(
            &bench,
            "review --all",
            &words(&["review", "--all", "scenarios/snapshots"]),
        );
        std::fs::remove_file(bench.path(&path)).unwrap();
    }
    std::fs::copy(bench.log(), bench.path("scenarios/snapshots").join(nasty("s", ".snap"))).unwrap();
    look(&bench, "a log of no case", &words(&["check", "scenarios"]));
    look(
        &bench,
        "a log of no case",
        &[&run[..], &[OsStr::new("scenarios")]].concat(),
    );

    let rig = nasty("rig", ".yaml");
    bench.write(&rig, "nonsense");
    look(
        &bench,
        "a wrong rig",
        &[&run[..], &words(&["scenarios", "--rig"]), &[&rig]].concat(),
    );
    // No name, but as much somebody else's text: a port in a rig file.
    bench.write(
        "port.yaml",
        "rig: port\nsummary: No such port.\ndevice: stub\npump: {kind: serial, port: \"/dev/n\\e[31m\", baud: 115200}\n\
         clock: {kind: real, scale: 1}\nlimits: {open: 1 s, write: 1 s, fence: 1 s}\n",
    );
    std::fs::create_dir_all(bench.path("devices")).unwrap();
    let stub = pump_hil_testing::repository::root().join("fixtures/devices/stub.yaml");
    bench.write(
        "port.yaml",
        std::fs::read_to_string(bench.path("port.yaml"))
            .unwrap()
            .replace("device: stub", &format!("device: {}", stub.display())),
    );
    bench.write(
        "scenarios/plain.yaml",
        "scenario: plain\nsummary: One question.\nprescription: none\nsnapshot: none\ntimeline: [{do: status}]\n",
    );
    look(
        &bench,
        "a port",
        &[&run[..], &words(&["scenarios/plain.yaml", "--rig", "port.yaml"])].concat(),
    );
}

/// Sources below a folder that show a path as it is, but for tests.
fn shows_a_path(folder: &std::path::Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name == "tests" || name.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            shows_a_path(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests stand at a file's end.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(text.contains(".display()").then(|| path.to_string_lossy().into_owned()));
        }
    }
}

#[test]
fn no_source_shows_a_path_without_making_it_harmless() {
    let harness = pump_hil_testing::repository::root().join("harness");
    let mut found = Vec::new();
    for folder in [
        "src",
        "model/src",
        "firmware/src",
        "talk/src",
        "verdict/src",
        "language/src",
        "rig/src",
    ] {
        shows_a_path(&harness.join(folder), &mut found);
    }
    assert_eq!(
        found,
        Vec::<String>::new(),
        "`safe_text::safe_path` shows the name of a file"
    );
}

#[test]
fn the_name_that_the_program_was_called_by_is_not_shown() {
    let bench = Bench::new();
    let name = bench.path(nasty("", ""));
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pump-hil"), &name).unwrap();
    let output = std::process::Command::new(name).arg("run").output().unwrap();
    is_harmless("usage", &output.stderr);
    let said = said(&mut bench.command());
    assert_eq!(said.code, Some(2), "{}", said.text);
}
