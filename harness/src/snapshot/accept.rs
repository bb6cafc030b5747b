//! Writing snapshot files, and the record of who accepted them.

use super::error::SnapshotError;
use super::file::{self, RECORD, pending_path, snapshot_path, trouble};
use super::update::By;
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_verdict::dose::DoseLog;
use pump_hil_verdict::snapshot::{Acceptance, INFO, Made, sha256_of};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// A file as insta writes it; it names the scenario's file, which stands beside the folder of the snapshots, and what the log was made with.
pub(super) fn in_instas_form(folder: &Path, case: &Case, tolerance: Tolerance, log: &DoseLog) -> String {
    let scenarios = folder
        .parent()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy());
    let scenarios = scenarios.as_deref().unwrap_or("scenarios");
    let inside = format!("{scenarios}/");
    let file = case.file.strip_prefix(&inside).unwrap_or(&case.file);
    let input = serde_json::to_string(&format!("{inside}{file}")).unwrap_or_default();
    // JSON is YAML as well, and stands in one line.
    let made = serde_json::to_string(&Made::new(case, tolerance, log)).unwrap_or_default();
    let text = log.to_string();
    format!(
        "---\nsource: harness/src/snapshot/mod.rs\ninput_file: {input}\n{INFO}{made}\n---\n{}\n",
        text.trim_end()
    )
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

/// Accepts `text`, of which `file` is the whole file.
pub(super) fn accept_file(
    folder: &Path,
    name: &str,
    file: &[u8],
    text: &str,
    by: &By,
) -> Result<Acceptance, SnapshotError> {
    let path = snapshot_path(folder, name);
    // A damaged one is replaced only where a person saw that; its hash is that of nothing.
    let old = file::read(&path).ok().flatten();
    let acceptance = Acceptance {
        snapshot: name.to_owned(),
        who: by.who.clone(),
        when: by.when.to_string(),
        old_sha256: old.map(|old| old.sha256()),
        new_sha256: sha256_of(text),
        reason: by.reason.clone(),
    };
    // The record first: a text that was accepted without a record would be one that nobody answers for.
    let record = folder.join(RECORD);
    std::fs::create_dir_all(folder).map_err(|e| trouble(folder, "make", e))?;
    add_line(&record, &serde_json::to_string(&acceptance).unwrap_or_default())
        .map_err(|e| trouble(&record, "write", e))?;
    write(&path, file)?;
    remove_pending(folder, name)?;
    Ok(acceptance)
}

/// Adds a line, in one write. One before it whose line end is missing does not become one with it.
fn add_line(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let before = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{before}{line}\n").as_bytes())
}

pub(super) fn remove_pending(folder: &Path, name: &str) -> Result<(), SnapshotError> {
    let pending = pending_path(folder, name);
    match std::fs::remove_file(&pending) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(trouble(&pending, "remove", e)),
        _ => Ok(()),
    }
}
