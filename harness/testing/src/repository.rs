//! The folder of the repository, of which tests read fixtures and scenarios; and whether there is a QEMU here, and the image of the pump.

use std::io::Write as _;
use std::path::{Path, PathBuf};

const QEMU: &str = "qemu-system-arm";

/// The folder.
///
/// # Panics
/// The folder that this was built in is gone.
#[must_use]
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the repository is where it was built")
}

/// What is missing for a test that wants QEMU; with `image` the pump's own as well, as `firmware-stub/board/build` leaves it.
#[must_use]
pub fn missing(image: bool) -> Option<&'static str> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&folders).any(|folder| folder.join(QEMU).is_file()) {
        Some("no qemu-system-arm (Debian: apt install qemu-system-arm)")
    } else if image && !root().join("firmware-stub/board/target/microbit.elf").exists() {
        Some("no image of the pump (firmware-stub/board/build makes it)")
    } else {
        None
    }
}

/// The folder, where nothing is missing for a test that wants QEMU; else it is said that a test is skipped, and `None`.
#[must_use]
pub fn with_qemu(image: bool) -> Option<PathBuf> {
    match missing(image) {
        None => Some(root()),
        Some(missing) => {
            // Not by `eprintln!`, which the test runner keeps to itself where a test passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {missing}");
            None
        }
    }
}
