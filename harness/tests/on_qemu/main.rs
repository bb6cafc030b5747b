//! The stub pump's own image in QEMU: what runs on the simulated rig runs there, to the byte, and a cut of its power loses nothing.
//!
//! Needs `qemu-system-arm` and the image (`firmware-stub/board/build`); where one is missing a test says SKIPPED.

mod crash;
mod names;
mod suite;
mod ways_out;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const RIG: &str = "fixtures/rigs/qemu-microbit.yaml";

/// The folder of the repository; `None`, visibly, where QEMU or the image is missing.
fn bench() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let image = root.join("firmware-stub/board/target/microbit.elf");
    let missing = if Command::new("qemu-system-arm").arg("--version").output().is_err() {
        "no qemu-system-arm (Debian: apt install qemu-system-arm)"
    } else if !image.exists() {
        "no image of the pump (firmware-stub/board/build makes it)"
    } else {
        return Some(root.canonicalize().expect("the repository is there"));
    };
    // Not by `eprintln!`, which the test runner keeps to itself where a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {missing}");
    None
}
