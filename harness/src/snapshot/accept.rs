//! Reading and writing snapshot files, and the record of who accepted them.

use super::error::SnapshotError;
use super::update::By;
use pump_hil_model::case::Case;
use pump_hil_verdict::journal::sha256_hex;
use pump_hil_verdict::snapshot::Acceptance;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Name of the record of acceptances, beside the snapshots.
pub const RECORD: &str = "ACCEPTED.jsonl";

/// Where the accepted log of `name` is.
#[must_use]
pub fn snapshot_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.snap", file_name(name)))
}

/// Where a log of `name` waits for review.
#[must_use]
pub fn pending_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.snap.new", file_name(name)))
}

/// Names of cases are kebab case and a row in brackets; whatever else a file system could take for a path is replaced.
fn file_name(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '[' | ']') {
                c
            } else {
                '_'
            }
        })
        .collect()
}

pub(super) fn trouble(path: &Path, what: &'static str, source: std::io::Error) -> SnapshotError {
    SnapshotError::Io {
        path: path.to_owned(),
        what,
        source,
    }
}

/// The accepted text; `None` if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<String>, SnapshotError> {
    if !path.try_exists().map_err(|e| trouble(path, "read", e))? {
        return Ok(None);
    }
    let unreadable = |why: String| SnapshotError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let snapshot = insta::Snapshot::from_file(path).map_err(|e| unreadable(e.to_string()))?;
    let text = snapshot
        .as_text()
        .ok_or_else(|| unreadable("it is no text".to_owned()))?;
    Ok(Some(text.to_string()))
}

/// A file as insta writes it.
fn in_instas_form(case_file: &str, text: &str) -> String {
    let case_file = case_file.strip_prefix("scenarios/").unwrap_or(case_file);
    let input = serde_json::to_string(&format!("scenarios/{case_file}")).unwrap_or_default();
    format!(
        "---\nsource: harness/src/snapshot/mod.rs\ninput_file: {input}\n---\n{}\n",
        text.trim_end()
    )
}

pub(super) fn write_pending(folder: &Path, case: &Case, text: &str) -> Result<PathBuf, SnapshotError> {
    let path = pending_path(folder, &case.name());
    write(&path, in_instas_form(&case.file, text))?;
    Ok(path)
}

/// Whole or not at all: a reader never sees half a file.
pub(super) fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), SnapshotError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| trouble(folder, "make", e))?;
    }
    // In the same folder: `rename` replaces a file whole only within one file system (rename(2)). Two runs at a time must not share it.
    let beside = path.with_extension(format!("tmp{}", std::process::id()));
    std::fs::write(&beside, text).map_err(|e| trouble(&beside, "write", e))?;
    std::fs::rename(&beside, path).map_err(|e| trouble(path, "replace", e))
}

pub(super) fn accept(folder: &Path, case: &Case, text: &str, by: &By) -> Result<Acceptance, SnapshotError> {
    accept_file(folder, &case.name(), &in_instas_form(&case.file, text), text, by)
}

/// Accepts `text`, of which `file` is the whole file.
pub(super) fn accept_file(
    folder: &Path,
    name: &str,
    file: &str,
    text: &str,
    by: &By,
) -> Result<Acceptance, SnapshotError> {
    let path = snapshot_path(folder, name);
    // An unreadable one is replaced as well; its hash is that of nothing.
    let old = read(&path).ok().flatten();
    let acceptance = Acceptance {
        snapshot: name.to_owned(),
        who: by.who.clone(),
        when: by.when.to_string(),
        old_sha256: old.map(|old| sha256_hex(old.trim_end().as_bytes())),
        new_sha256: sha256_hex(text.trim_end().as_bytes()),
    };
    // The record first: a text that was accepted without a record would be one that nobody answers for.
    let record = folder.join(RECORD);
    std::fs::create_dir_all(folder).map_err(|e| trouble(folder, "make", e))?;
    let mut line = serde_json::to_string(&acceptance).unwrap_or_default();
    line.push('\n');
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&record)
        .and_then(|mut f| f.write_all(line.as_bytes()))
        .map_err(|e| trouble(&record, "write", e))?;
    write(&path, file)?;
    remove_pending(folder, name)?;
    Ok(acceptance)
}

pub(super) fn remove_pending(folder: &Path, name: &str) -> Result<(), SnapshotError> {
    let pending = pending_path(folder, name);
    match std::fs::remove_file(&pending) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(trouble(&pending, "remove", e)),
        _ => Ok(()),
    }
}
