//! Where the program `emulator` is, for a rig file of another crate's test. Cargo builds it for the tests of this crate alone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// Its path; it is built where it is not, or where it is older than its source.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn path() -> &'static Path {
    static ONCE: OnceLock<PathBuf> = OnceLock::new();
    ONCE.get_or_init(|| {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| own.join("../../target"), PathBuf::from);
        let program = target.join("debug/emulator");
        let built = modified(&program);
        if built.is_none() || built < newest(&own.join("src")).max(modified(&own.join("Cargo.toml"))) {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut build = Command::new(cargo);
            build.current_dir(own).args(["build", "--quiet", "--bin", "emulator"]);
            let ended = build.arg("--target-dir").arg(&target).status();
            assert!(
                ended.is_ok_and(|status| status.success()),
                "the emulator does not build"
            );
        }
        program.canonicalize().unwrap_or(program)
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|data| data.modified()).ok()
}

/// When the newest file of a folder was written.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let times = entries.map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        path => modified(&path),
    });
    times.max().flatten()
}
