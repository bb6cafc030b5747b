//! Who may use whom, and who may name what.

use crate::manifest::Manifest;
use crate::order;
use crate::packages::Package;
use crate::sources::Sources;
use crate::survey::{Crate, Survey};
use crate::words;

fn package(name: &str, folder: &str, manifest: &str) -> Package {
    Package {
        name: name.to_owned(),
        folder: folder.to_owned(),
        manifest: Manifest::read(manifest),
        crates: Vec::new(),
    }
}

/// What is wrong with one package, besides all that are missing.
fn wrong(name: &str, folder: &str, manifest: &str) -> Vec<String> {
    let mut wrong = order::wrong(&[package(name, folder, manifest)]);
    wrong.retain(|why| !why.contains("is missing"));
    wrong
}

/// What a crate names that it must not, by its one file.
fn named(package: &str, file: &str, text: &str) -> Vec<String> {
    let sources = Sources::made_up(&[(file, text)]);
    let survey = Survey {
        packages: Vec::new(),
        crates: vec![Crate::of(package, package, file, &sources)],
        files: Vec::new(),
    };
    words::wrong(&survey)
}

#[test]
fn a_manifest_tells_its_keys() {
    let text = "[package]\nname = \"x\"\n# a = 1\n[dependencies]\na.workspace = true\nb = { version = \"1\" }\n\
                [dependencies.c]\nversion = \"1\"\n[target.'cfg(unix)'.dependencies]\nd = \"1\"\n[dev-dependencies]\ne = \"1\"";
    let manifest = Manifest::read(text);
    assert_eq!(manifest.get("package", "name"), Some("x"));
    assert_eq!(manifest.keys("dependencies").collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(manifest.keys("dev-dependencies").collect::<Vec<_>>(), ["e"]);
}

#[test]
fn a_crate_that_is_missing_is_told() {
    let all = order::wrong(&[]);
    assert!(
        all.contains(&"pump-hil-model: it is missing in harness/model".to_owned()),
        "{all:?}"
    );
    assert_eq!(
        wrong("pump-hil-new", "harness/new", ""),
        ["pump-hil-new: it has no place in the order of crates"]
    );
}

#[test]
fn a_crate_uses_only_what_is_below_it() {
    let down = "[dependencies]\npump-hil-model.workspace = true\nserde = \"1\"\n[dev-dependencies]\npump-hil-testing.workspace = true";
    assert!(wrong("pump-hil-talk", "harness/talk", down).is_empty());
    let up = "[dependencies]\npump-hil-rig.workspace = true\npump-hil-testing = { path = \"../testing\" }";
    let expected = [
        "pump-hil-talk: it may not use pump-hil-rig",
        "pump-hil-talk: it may not use pump-hil-testing",
    ];
    assert_eq!(wrong("pump-hil-talk", "harness/talk", up), expected);
    let io = "[dependencies]\ntokio.workspace = true\n[target.'cfg(unix)'.dependencies]\nrustix = \"1\"";
    let expected = [
        "pump-hil-model: it may not use tokio",
        "pump-hil-model: it may not use rustix",
    ];
    assert_eq!(wrong("pump-hil-model", "harness/model", io), expected);
    assert!(wrong("pump-hil-rig", "harness/rig", io).is_empty());
}

#[test]
fn harness_and_firmware_know_one_another_by_the_simulator_alone() {
    let simulator = "[dependencies]\nstub-sim = { workspace = true, optional = true }";
    assert!(wrong("pump-hil-rig", "harness/rig", simulator).is_empty());
    assert_eq!(
        wrong("pump-hil", "harness", simulator),
        ["pump-hil: it may not use stub-sim"]
    );
    let back = "[dev-dependencies]\npump-hil-model.workspace = true";
    assert_eq!(
        wrong("stub-pump", "firmware-stub/pump", back),
        ["stub-pump: firmware does not know pump-hil-model"]
    );
}

#[test]
fn a_name_stands_where_it_may() {
    let text = "use probe_rs::Probe; #[cfg(test)] use std::fs;";
    assert!(named("pump-hil-rig", "harness/rig/src/probe/usb.rs", text).is_empty());
    let expected = ["harness/rig/src/link.rs:1: probe_rs::Probe"];
    assert_eq!(named("pump-hil-rig", "harness/rig/src/link.rs", text), expected);
    let clock = "use std::time::{Duration, Instant};\nfn f() -> bool { std::fs::exists(p) }";
    let expected = [
        "harness/talk/src/lib.rs:1: std::time::Instant",
        "harness/talk/src/lib.rs:2: std::fs::exists",
    ];
    assert_eq!(named("pump-hil-talk", "harness/talk/src/lib.rs", clock), expected);
}

#[test]
fn reports_know_no_io() {
    let text = "mod journal { pub struct J; } mod report { use crate::journal::J; } mod runner { use std::fs::File; }";
    assert_eq!(
        named("pump-hil", "harness/src/lib.rs", text),
        ["harness/src/lib.rs:1: crate::journal::J"]
    );
}

#[test]
fn the_session_has_no_word_of_a_protocol() {
    let text =
        "mod session { const A: &str = \"ptm-bolus\"; #[cfg(test)] const B: &str = \"nl\"; } const C: &str = \"nl\";";
    let expected = ["harness/talk/src/lib.rs:1: \"ptm-bolus\" is a word of one firmware's protocol"];
    assert_eq!(named("pump-hil-talk", "harness/talk/src/lib.rs", text), expected);
}
