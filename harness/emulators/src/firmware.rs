//! The small pump in C (`fixtures/firmware/plain-c`), built when a test wants it.

use crate::peers::skipped;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The machine of QEMU that it is for.
pub const MACHINE: &str = "netduinoplus2";

/// Its ELF; with `defect` the one that does not tell every stroke of its motor. `None`: there is no compiler or no QEMU, which is told as SKIPPED.
///
/// # Panics
/// It does not build; or something is missing, and the environment has `CI=true`.
#[must_use]
pub fn plain_c(defect: bool) -> Option<PathBuf> {
    let qemu = Command::new("qemu-system-arm")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if qemu.is_err() {
        skipped("no qemu-system-arm (Debian: apt install qemu-system-arm)");
        return None;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/firmware/plain-c");
    let mut build = Command::new(folder.join("build"));
    if defect {
        build.arg("--defect");
    }
    let built = build.stdin(Stdio::null()).output();
    let (code, said) = built.map_or((None, String::new()), |built| {
        (built.status.code(), String::from_utf8_lossy(&built.stderr).into_owned())
    });
    if code == Some(2) {
        skipped(said.trim());
        return None;
    }
    assert_eq!(code, Some(0), "the pump in C does not build: {said}");
    let name = if defect {
        "target/plain-c-defect.elf"
    } else {
        "target/plain-c.elf"
    };
    Some(folder.join(name))
}
