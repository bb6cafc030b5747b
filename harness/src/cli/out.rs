//! The folder that a run writes into: its own as long as it lasts, because two runs in one would write over each other's journals.

use super::exit::CliError;
use super::print::eprint;
use crate::files::beside;
use crate::reporter::REPORTS;
use crate::runs::{KEEP, LOCK};
use crate::safety::is_report_of_guard;
use crate::snapshot;
use crate::{journal, manifest};
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::host_time;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// An output folder, which no other run gets before this is dropped, or its process ends in whatever way.
#[derive(Debug)]
pub(super) struct OutFolder {
    path: PathBuf,
    _locked: File,
}

impl OutFolder {
    /// Makes the folder where it is missing, takes it for this run, and takes away there what an earlier one left.
    ///
    /// # Errors
    /// It cannot be made or written into, a run in it is to be kept, another run is using it, or something of an earlier one cannot be taken away.
    pub fn open(path: PathBuf) -> Result<Self, CliError> {
        let cannot = |what: &str, e: &dyn std::fmt::Display| {
            CliError::usage(format!("cannot {what} the output folder `{}`: {e}", safe_path(&path)))
        };
        std::fs::create_dir_all(&path).map_err(|e| cannot("make", &e))?;
        if path.join(KEEP).symlink_metadata().is_ok() {
            let what = format!("the run in it is to be kept: it holds a file {KEEP}; name another folder");
            return Err(cannot("use", &what));
        }
        let mut options = File::options();
        // What another run wrote there is read before it is replaced.
        options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.open(path.join(LOCK)).map_err(|e| cannot("write into", &e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // A process's number is shorter; the file may hold anything.
                let _ = lock.take(20).read_to_string(&mut holder);
                let holder = holder
                    .parse::<u32>()
                    .map_or(String::new(), |pid| format!(" (process {pid})"));
                let what = format!("another run{holder} is writing there; wait for its end, or name another folder");
                return Err(cannot("use", &what));
            }
            Err(TryLockError::Error(e)) => return Err(cannot("lock", &e)),
        }
        // Only for people: on a full disk the lock holds without it, and the journals tell that it is full.
        let _ = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
        let folder = Self { path, _locked: lock };
        folder.clear()?;
        Ok(folder)
    }

    /// Takes away what an earlier run left there: its reports, its manifest, its journals, its dose logs, and what a guard did then. Whatever becomes of this run, they must not be taken for its own.
    ///
    /// # Errors
    /// Something of it cannot be taken away.
    pub fn clear(&self) -> Result<(), CliError> {
        let cannot = |path: &Path, e: std::io::Error| {
            CliError::usage(format!("cannot delete `{}` of an earlier run: {e}", safe_path(path)))
        };
        for name in REPORTS.into_iter().chain([manifest::NAME]) {
            let path = self.path.join(name);
            for path in [beside(&path), path] {
                // A folder of that name is nobody's report; that none can be written is told when it is tried.
                if path.symlink_metadata().is_ok_and(|of| !of.is_dir()) {
                    std::fs::remove_file(&path).map_err(|e| cannot(&path, e))?;
                }
            }
        }
        for entry in std::fs::read_dir(&self.path).map_err(|e| cannot(&self.path, e))? {
            let path = entry.map_err(|e| cannot(&self.path, e))?.path();
            if journal::is_one(&path) || is_report_of_guard(&path) || snapshot::is_of_run(&path) {
                std::fs::remove_file(&path).map_err(|e| cannot(&path, e))?;
            }
        }
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A folder that no run used before, in `runs`, with `latest` pointing at it.
pub(super) fn new_run_folder(runs: &Path) -> PathBuf {
    let name = format!("{}-{}", host_time::utc().strftime("%Y%m%dT%H%M%SZ"), std::process::id());
    let latest = runs.join("latest");
    // `open` makes the folder as well, and tells where it cannot.
    let _ = std::fs::create_dir_all(runs);
    let _ = std::fs::remove_file(&latest);
    // Only a convenience: where links are not to be had, the folder's name is in the summary.
    let _ = std::os::unix::fs::symlink(&name, &latest);
    if latest.symlink_metadata().is_ok_and(|of| of.is_dir()) {
        let latest = safe_path(&latest);
        eprint(&format!(
            "warning: `{latest}` is a folder and not a link, perhaps from an archive: it was not changed, and does not show this run; delete it\n"
        ));
    }
    runs.join(name)
}
