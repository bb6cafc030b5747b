//! Which logs wait, and what each is: whose it is, where it goes, and whether its scenario is still the same.

use super::accept::remove_pending;
use super::error::SnapshotError;
use super::file::{self, PENDING, snapshot_path};
use super::update::By;
use crate::files::write_whole;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_verdict::snapshot::{Kept, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A folder of dose logs, and the names of the cases whose logs are meant; `None`: all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The folder.
    pub folder: PathBuf,
    /// The cases.
    pub only: Option<BTreeSet<String>>,
    /// Where the logs wait, if not in the folder itself: in that of a run, which stays as it is.
    pub from: Option<PathBuf>,
    /// SHA-256 of the scenarios as they are now, by their names, where that is known.
    pub scenarios: BTreeMap<String, String>,
}

impl Meant {
    /// Everything in a folder of dose logs.
    #[must_use]
    pub fn all_in(folder: PathBuf) -> Self {
        Self {
            folder,
            only: None,
            from: None,
            scenarios: BTreeMap::new(),
        }
    }

    /// Where the logs wait.
    #[must_use]
    pub fn waits_in(&self) -> &Path {
        self.from.as_deref().unwrap_or(&self.folder)
    }

    /// The logs that wait.
    pub(super) fn waiting(&self) -> Result<Vec<PathBuf>, SnapshotError> {
        let lies = self.waits_in();
        let mut paths = file::pending(lies)?;
        if let Some(only) = &self.only {
            paths.retain(|path| only.iter().any(|name| *path == file::pending_path(lies, name)));
        }
        // In the folder of a run it stays when it was accepted.
        paths.retain(|path| self.from.is_none() || !is_accepted(&self.folder, path));
        Ok(paths)
    }
}

/// Whether the log that waits in this file is the accepted one already.
fn is_accepted(folder: &Path, path: &Path) -> bool {
    let Ok(Some(new)) = file::read(path) else {
        return false;
    };
    let old = file::read(&snapshot_path(folder, &new.log.name));
    old.is_ok_and(|old| old.is_some_and(|old| old.text == new.text))
}

/// What a rejection does.
const REJECTED: &str = "rejected: the new log is thrown away, and the accepted one stays\n";

/// The same of one in the folder of a run.
const REJECTED_OF_RUN: &str = "rejected: the accepted log stays; the run's folder is evidence, and keeps the new one";

/// One that waits.
pub(super) struct Waiting<'a> {
    /// Where it is kept when it is accepted.
    pub folder: &'a Path,
    /// Who accepted what is there.
    pub record: Option<&'a Record>,
    /// Its file.
    pub path: PathBuf,
    /// In the folder of a run.
    of_run: bool,
    /// SHA-256 of its scenario as it is now, where that is known.
    now: Option<&'a str>,
}

impl<'a> Waiting<'a> {
    pub fn of(meant: &'a Meant, record: Option<&'a Record>, path: PathBuf) -> Self {
        let name = file::name_of(&path, PENDING).unwrap_or_default();
        let scenario = name.split('[').next().unwrap_or_default();
        Self {
            folder: &meant.folder,
            record,
            of_run: meant.from.is_some(),
            now: meant.scenarios.get(scenario).map(String::as_str),
            path,
        }
    }

    /// Where the accepted log of this case is, whichever way its folder was named.
    pub fn place(&self, name: &str) -> PathBuf {
        let scenarios = self.folder.parent().unwrap_or(self.folder);
        let scenarios = match scenarios == Path::new("") {
            true => Path::new("."),
            false => scenarios,
        };
        let real = scenarios.canonicalize();
        let folder = real.map(|real| real.join(self.folder.file_name().unwrap_or_default()));
        snapshot_path(folder.as_deref().unwrap_or(self.folder), name)
    }

    /// Whether a log is of the scenario as it is now; `None` where that is not known.
    pub fn is_of_now(&self, log: &Kept) -> Option<bool> {
        Some(log.made.as_ref()?.scenario_sha256 == self.now?)
    }

    /// Whether its scenario changed since it was made.
    pub fn is_stale(&self) -> bool {
        let log = file::read(&self.path).ok().flatten();
        log.is_some_and(|log| self.is_of_now(&log) == Some(false))
    }

    /// Another log of the same case that waits, is of the scenario as it is now, and says something else.
    pub fn rival<'w>(&self, new: &Kept, all: &'w [Waiting<'_>]) -> Option<&'w Path> {
        let is_rival = |other: &&Waiting<'_>| {
            let (name, says) = (&new.log.name, || file::read(&other.path).ok().flatten());
            // What costs least first: there may be many.
            let is_another = other.path.file_name() == self.path.file_name() && other.path != self.path;
            is_another
                && other.place(name) == self.place(name)
                && !other.is_stale()
                && says().is_some_and(|log| log.text != new.text)
        };
        all.iter().find(is_rival).map(|other| &*other.path)
    }

    /// Throws it away; gives what that does. One of a run stays, with a note beside it, so that it does not wait any more.
    pub fn reject(&self, name: &str, by: &By) -> Result<String, SnapshotError> {
        if !self.of_run {
            remove_pending(self.folder, name)?;
            return Ok(REJECTED.to_owned());
        }
        let note = file::rejected_path(&self.path);
        let line = file::rejected(&self.path).unwrap_or_default();
        let reason = by.reason.iter().map(|reason| format!("reason {reason}\n"));
        let text = format!("{line}by {}\nat {}\n{}", by.who, by.when, reason.collect::<String>());
        let shown = from_here(&note);
        // From a medium that takes no note it can be rejected all the same.
        Ok(match write_whole(&note, text.as_bytes()) {
            Ok(()) => format!("{REJECTED_OF_RUN}; to see it again, delete `{shown}`\n"),
            Err(e) => format!("{REJECTED_OF_RUN}; it will be asked for again: cannot write `{shown}`: {e}\n"),
        })
    }

    /// Which of them it is, and where.
    pub fn title(&self, number: &str, name: &str) -> String {
        let place = match self.of_run {
            true => format!(", for {}", from_here(self.folder)),
            false => String::new(),
        };
        format!("{number}: {}, in {}{place}", safe(name), from_here(&self.path))
    }
}

/// A path as a person who stands here writes it.
pub(super) fn from_here(path: &Path) -> String {
    let here = std::env::current_dir()
        .and_then(|here| here.canonicalize())
        .unwrap_or_default();
    safe_path(path.strip_prefix(&here).unwrap_or(path))
}
