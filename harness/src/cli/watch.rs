//! `--watch`: looks at files until one is saved. By asking the file system four times a second: a folder of scenarios has some hundred files, and that works
//! wherever files are, in a container and over a network too.

use crate::interrupt::Interrupt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long to wait before files are looked at again.
const PAUSE: Duration = Duration::from_millis(250);

/// What is looked at: files, and all files under folders.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Folders of scenarios.
    pub scenarios: Vec<PathBuf>,
    /// What is part of every case: fixtures, rig files, firmware.
    pub others: Vec<PathBuf>,
}

/// When each file was written, and how long it was.
pub(super) type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl Watched {
    /// How the files are now.
    pub fn stamps(&self) -> Stamps {
        let mut stamps = Stamps::new();
        for path in self.scenarios.iter().chain(&self.others) {
            stamp(path, &mut stamps);
        }
        stamps
    }

    /// Waits until a file is other than it was, and none changes any more; gives those that did. `None`: somebody asked to stop.
    ///
    /// # Errors
    /// The system gives nothing to wait in.
    pub fn wait(&self, before: &Stamps, interrupt: &mut Interrupt) -> std::io::Result<Option<Vec<PathBuf>>> {
        let mut last = self.stamps();
        loop {
            if interrupt.wait_within(PAUSE)?.is_some() {
                return Ok(None);
            }
            let now = self.stamps();
            // An editor that saves writes more than once: what it left is read when it is done.
            if now == last && now != *before {
                let changed = now.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp));
                let gone = before.keys().filter(|path| !now.contains_key(*path));
                return Ok(Some(changed.map(|(path, _)| path).chain(gone).cloned().collect()));
            }
            last = now;
        }
    }
}

/// What a run writes itself is not looked at, nor what an editor hides.
fn stamp(path: &Path, stamps: &mut Stamps) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Ok(data) = std::fs::metadata(path) else { return };
    if !data.is_dir() {
        stamps.insert(path.to_owned(), (data.modified().ok(), data.len()));
        return;
    }
    if ["snapshots", "rejected"].contains(&name.as_str()) {
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link is not followed: it may lead in a circle.
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let read = [".yaml", ".yml", ".elf"]
            .iter()
            .any(|ending| name.to_lowercase().ends_with(ending));
        if !name.starts_with('.') && !is_link && (is_folder || read) {
            stamp(&entry.path(), stamps);
        }
    }
}
