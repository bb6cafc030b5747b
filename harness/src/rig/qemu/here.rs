//! For the repository's own tests and benches: whether there is a QEMU here, and the image of the pump.

use super::{QEMU, on_path};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is missing; with `image` the pump's own as well, as `firmware-stub/board/build` leaves it.
#[must_use]
pub fn missing(image: bool) -> Option<&'static str> {
    if !on_path(QEMU) {
        Some("no qemu-system-arm (Debian: apt install qemu-system-arm)")
    } else if image && !root().join("firmware-stub/board/target/microbit.elf").exists() {
        Some("no image of the pump (firmware-stub/board/build makes it)")
    } else {
        None
    }
}

/// The folder of the repository, where nothing is missing; else it is said that a test is skipped, and `None`.
#[must_use]
pub fn repository(image: bool) -> Option<PathBuf> {
    match missing(image) {
        None => root().canonicalize().ok(),
        Some(missing) => {
            // Not by `eprintln!`, which the test runner keeps to itself where a test passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {missing}");
            None
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
