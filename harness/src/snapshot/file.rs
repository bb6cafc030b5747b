//! Reading what lies in the folder of snapshots: a person, a merge, a full disk or another tool may have left anything there.

use super::error::SnapshotError;
use pump_hil_model::case::Case;
use pump_hil_rig::files::read_at_most;
use pump_hil_verdict::snapshot::{BYTES_MAX, Kept, RECORD_BYTES_MAX, Record};
use sha2::{Digest as _, Sha256};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Name of the record of acceptances, beside the snapshots.
pub const RECORD: &str = "ACCEPTED.jsonl";
/// How the name of an accepted log ends.
pub(super) const ACCEPTED: &str = ".snap";
/// How the name of one that waits for review ends.
pub(super) const PENDING: &str = ".snap.new";

/// What stands behind the name of such a log in the folder of a run, in that of the note that a person rejected it.
const REJECTED: &str = ".rejected";

/// Where the accepted log of `name` is.
#[must_use]
pub fn snapshot_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(file_name(name) + ACCEPTED)
}

/// Where a log of `name` waits for review.
#[must_use]
pub fn pending_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(file_name(name) + PENDING)
}

/// Whether a file is a log that waits for review, by its name.
#[must_use]
pub fn waits(path: &Path) -> bool {
    name_of(path, PENDING).is_some() && !path.is_symlink()
}

/// Whether a file is a log that waits in the folder of a run, or the note that it was rejected, by its name.
#[must_use]
pub fn is_of_run(path: &Path) -> bool {
    let log = path.to_string_lossy().strip_suffix(REJECTED).map(PathBuf::from);
    waits(log.as_deref().unwrap_or(path)) && !path.is_symlink()
}

/// The logs that wait in `folder`, each with its name as it stands in the file's.
///
/// # Errors
/// The folder cannot be listed.
pub fn waiting(folder: &Path) -> Result<Vec<(String, PathBuf)>, SnapshotError> {
    let paths = pending(folder)?.into_iter();
    let named = |path: PathBuf| Some((name_of(&path, PENDING)?.to_owned(), path));
    Ok(paths.filter_map(named).collect())
}

/// The files of the logs that wait in `folder`. One in the folder of a run, which stays as it is, waits no more when it was rejected.
pub(super) fn pending(folder: &Path) -> Result<Vec<PathBuf>, SnapshotError> {
    let mut paths = listed(folder, PENDING)?;
    paths.retain(|path| !is_rejected(path));
    Ok(paths)
}

/// The note that a log which waits in the folder of a run was rejected.
pub(super) fn rejected_path(pending: &Path) -> PathBuf {
    let mut path = pending.as_os_str().to_owned();
    path.push(REJECTED);
    PathBuf::from(path)
}

/// The first line of such a note: which bytes were rejected.
pub(super) fn rejected(pending: &Path) -> Option<String> {
    let bytes = read_at_most(pending, BYTES_MAX).ok()?;
    Some(format!("sha256 {}\n", sha256_of_bytes(&bytes)))
}

fn is_rejected(pending: &Path) -> bool {
    let Ok(note) = read_at_most(&rejected_path(pending), BYTES_MAX) else {
        return false;
    };
    rejected(pending).is_some_and(|line| note.starts_with(line.as_bytes()))
}

fn sha256_of_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names of cases are kebab case and a row in brackets; whatever else a file system could take for a path is replaced.
fn file_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '[' | ']');
    name.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}

pub(super) fn trouble(path: &Path, what: &'static str, source: std::io::Error) -> SnapshotError {
    SnapshotError::Io {
        path: path.to_owned(),
        what,
        source,
    }
}

/// The log in this file, accepted or waiting; `None` if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Kept>, SnapshotError> {
    Ok(read_whole(path)?.map(|(_, kept)| kept))
}

/// As [`read`], with the file's bytes.
pub(super) fn read_whole(path: &Path) -> Result<Option<(Vec<u8>, Kept)>, SnapshotError> {
    let damaged = |why: String| match name_of(path, PENDING) {
        Some(_) => SnapshotError::PendingDamaged {
            path: path.to_owned(),
            why,
        },
        None => SnapshotError::Damaged {
            path: path.to_owned(),
            why,
        },
    };
    let Some(bytes) = bytes(path, BYTES_MAX, &damaged)? else {
        return Ok(None);
    };
    let kept = Kept::parse(&bytes).map_err(|damage| damaged(damage.to_string()))?;
    let named = name_of(path, ACCEPTED).or_else(|| name_of(path, PENDING));
    if named.is_some_and(|name| name != file_name(&kept.log.name)) {
        let why = format!(
            "it is the dose log of `{}`",
            pump_hil_model::safe_text::safe(&kept.log.name)
        );
        return Err(damaged(why));
    }
    Ok(Some((bytes, kept)))
}

/// The record in `folder`; `None` if there is none.
///
/// # Errors
/// [`SnapshotError::Record`]: it cannot be told any more who accepted what.
pub(super) fn record(folder: &Path) -> Result<Option<Record>, SnapshotError> {
    // Of a folder that is none, or cannot be looked into, each case would say that it has no snapshot yet.
    match std::fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            return Err(trouble(folder, "look into", ErrorKind::NotADirectory.into()));
        }
        Err(e) if e.kind() != ErrorKind::NotFound || folder.is_symlink() => {
            return Err(trouble(folder, "look into", e));
        }
        _ => {}
    }
    let path = folder.join(RECORD);
    let damaged = |why| SnapshotError::Record {
        path: path.clone(),
        why,
    };
    let bytes = bytes(&path, RECORD_BYTES_MAX, &damaged)?;
    bytes.map(|bytes| Record::parse(&bytes).map_err(damaged)).transpose()
}

/// A file's bytes; `None` if there is none.
fn bytes(
    path: &Path,
    most: usize,
    damaged: &dyn Fn(String) -> SnapshotError,
) -> Result<Option<Vec<u8>>, SnapshotError> {
    match read_at_most(path, most) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => match path.is_symlink() {
            true => Err(damaged("it is a link that leads nowhere".to_owned())),
            false => Ok(None),
        },
        // What is no file, or is too large.
        Err(e) if e.kind() == ErrorKind::Other => Err(damaged(format!("it is {e}"))),
        Err(e) => Err(trouble(path, "read", e)),
    }
}

/// The name before `ending`, of a file that has it.
pub(super) fn name_of<'a>(path: &'a Path, ending: &str) -> Option<&'a str> {
    let name = path.file_name()?.to_str()?.strip_suffix(ending)?;
    (!name.is_empty()).then_some(name)
}

/// What lies in `folder` with this ending, in the order of the names. There may be no such folder.
pub(super) fn listed(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, SnapshotError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(trouble(folder, "list", e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| trouble(folder, "list", e))?.path();
        // By bytes: a name that is no UTF-8 is not passed over.
        let name = path.file_name().map(|name| name.as_encoded_bytes());
        if name.is_some_and(|name| name.ends_with(ending.as_bytes())) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Accepted logs in `folder` that are compared with nothing: no case of `cases`, which are all that the folder of scenarios has, keeps one of that name.
///
/// # Errors
/// The folder cannot be listed.
pub fn orphans(folder: &Path, cases: &[Case]) -> Result<Vec<PathBuf>, SnapshotError> {
    let kept = cases.iter().filter(|case| case.snapshot.is_some());
    let kept: std::collections::BTreeSet<PathBuf> = kept.map(|case| snapshot_path(folder, &case.name())).collect();
    let mut found = listed(folder, ACCEPTED)?;
    found.retain(|path| !kept.contains(path));
    Ok(found)
}
