//! The folder that a run writes into: its own as long as it lasts, because two runs in one would write over each other's journals.

use super::exit::CliError;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::host_time;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The file that is locked, with the number of the process that holds it; hidden, because it says nothing once the run is over.
const LOCK: &str = ".lock";

/// An output folder, which no other run gets before this is dropped, or its process ends in whatever way.
#[derive(Debug)]
pub(super) struct OutFolder {
    path: PathBuf,
    _locked: File,
}

impl OutFolder {
    /// Makes the folder where it is missing, a new one where none is named, and takes it for this run.
    ///
    /// # Errors
    /// It cannot be made or written into, or another run is using it.
    pub fn open(named: Option<&Path>) -> Result<Self, CliError> {
        let path = named.map_or_else(new_run_folder, Path::to_owned);
        let cannot = |what: &str, e: &dyn std::fmt::Display| {
            CliError::usage(format!("cannot {what} the output folder `{}`: {e}", safe_path(&path)))
        };
        std::fs::create_dir_all(&path).map_err(|e| cannot("make", &e))?;
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
        Ok(Self { path, _locked: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A folder that no run used before, in `pump-hil-runs`, with `latest` pointing at it.
fn new_run_folder() -> PathBuf {
    let runs = Path::new("pump-hil-runs");
    let name = format!("{}-{}", host_time::utc().strftime("%Y%m%dT%H%M%SZ"), std::process::id());
    let latest = runs.join("latest");
    // `open` makes the folder as well, and tells where it cannot.
    let _ = std::fs::create_dir_all(runs);
    let _ = std::fs::remove_file(&latest);
    // Only a convenience: where links are not to be had, the folder's name is in the summary.
    let _ = std::os::unix::fs::symlink(&name, &latest);
    runs.join(name)
}
