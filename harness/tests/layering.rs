//! The layering rules, held by reading the sources: imports run one way, and harness and firmware share no code.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules of the pure core, each a folder or a file of `src`.
const PURE: &[&str] = &[
    "scenario",
    "plan",
    "wire",
    "session",
    "device",
    "firmware",
    "dose",
    "oracle",
    "reconcile",
    "verdict",
    "judge",
    "report",
    "event",
    "crash",
    "quantity",
    "fault",
    "capability",
    "yaml",
    "diagnostic",
    "catalog",
    "select",
];

/// What a pure module must not name.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "probe_rs",
    "crate::rig",
    "crate::runner",
    "crate::journal",
    "crate::cli",
    "Instant::now",
    "SystemTime",
];

/// The only harness sources that may name the simulator.
const SIM_ALLOWED: &[&str] = &["rig/sim.rs", "cli/sim.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source under `folder`, as its path relative to it and its text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() && path.file_name().is_some_and(|n| n != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(folder).expect("it is inside").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("it can be read")));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no source under {}", folder.display());
    found
}

/// Lines of code, with their numbers: comments and the tests at the end of a file are left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

/// Places where one of `words` is named in the code of `text`.
fn named(name: &str, text: &str, words: &[&str]) -> Vec<String> {
    code(text)
        .flat_map(|(line, code)| {
            words
                .iter()
                .filter(|w| code.contains(**w))
                .map(move |w| format!("{name}:{line}: {w}"))
        })
        .collect()
}

fn is_pure(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or_default();
    PURE.contains(&first.strip_suffix(".rs").unwrap_or(first))
}

#[test]
fn the_pure_core_knows_no_clock_no_file_and_no_port() {
    let sources = sources(&root().join("harness/src"));
    let pure: Vec<_> = sources.iter().filter(|(name, _)| is_pure(name)).collect();
    assert!(pure.len() >= 20, "only {} pure sources were found", pure.len());
    let wrong: Vec<String> = pure.iter().flat_map(|(name, text)| named(name, text, IMPURE)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_simulator_is_named_in_two_places_only() {
    let wrong: Vec<String> = sources(&root().join("harness/src"))
        .iter()
        .filter(|(name, _)| !SIM_ALLOWED.contains(&name.as_str()))
        .flat_map(|(name, text)| named(name, text, &["stub_sim", "stub_pump", "stub_plant"]))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn probe_rs_is_named_in_one_module_only() {
    let wrong: Vec<String> = sources(&root().join("harness/src"))
        .iter()
        .filter(|(name, _)| !name.starts_with("rig/probe/"))
        .flat_map(|(name, text)| named(name, text, &["probe_rs"]))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_firmware_does_not_know_the_harness() {
    let wrong: Vec<String> = sources(&root().join("firmware-stub"))
        .iter()
        .flat_map(|(name, text)| named(name, text, &["pump_hil::"]))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_session_has_no_word_of_a_firmware_s_protocol() {
    let words = [
        "\"session-begin\"",
        "\"staged\"",
        "\"clock-set\"",
        "\"dose-log\"",
        "\"ptm-",
        "\"crc32\"",
        "\"nl\"",
        "\"nl/d\"",
    ];
    let wrong: Vec<String> = sources(&root().join("harness/src/session"))
        .iter()
        .flat_map(|(name, text)| named(name, text, &words))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_of_sources_sees_what_it_must_not_miss() {
    let text = "use tokio::time; // fine\n// tokio in a comment\n#[cfg(test)]\nuse std::fs;\n";
    assert_eq!(named("x.rs", text, IMPURE), ["x.rs:1: tokio"]);
}
