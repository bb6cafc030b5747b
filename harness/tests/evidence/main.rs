//! Evidence that is whole: a journal with a hole does not pass, journals of each format are judged still, and a run's folder is held to its manifest.

mod cuts;
mod folder;
mod kept;
mod lines;

use std::path::{Path, PathBuf};

/// A file of the repository.
fn shipped(path: &str) -> PathBuf {
    pump_hil_testing::repository::root().join(path)
}

/// A journal that is kept for good.
fn kept_journal(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals").join(name)
}
