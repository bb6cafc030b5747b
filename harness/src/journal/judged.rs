//! Journals judged from their files: as they were left by a run, or years later.

use super::writer::{Written, trouble};
use crate::snapshot::SnapshotError;
use pump_hil_model::crash::{Crash, Why};
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::verdict::Verdict;
use pump_hil_verdict::journal::{End, Evidence, Header, JournalError, Reader, hex};
use pump_hil_verdict::judge::Outcome;
use pump_hil_verdict::snapshot::{against, not_compared};
use pump_hil_verdict::whole;
use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{BufReader, Read, Seek as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// A journal that was read to its end.
#[derive(Debug)]
pub struct Judged {
    /// Its header.
    pub header: Header,
    /// What came of it.
    pub outcome: Outcome,
    /// What its file was.
    pub evidence: Evidence,
}

/// Opens a journal and reads its header.
///
/// # Errors
/// [`JournalError::Io`], also of what is no file, such as a pipe; [`JournalError::NotAJournal`], [`JournalError::Version`], [`JournalError::Chain`].
pub fn open(path: &Path) -> Result<Reader<BufReader<File>>, JournalError> {
    Reader::new(buffered(file(path)?), path)
}

/// Whether a file is a journal, or the begin of one that was broken off, by its name and its first bytes.
#[must_use]
pub fn is_one(path: &Path) -> bool {
    // As each header begins (`Header` in `verdict/src/journal`).
    const BEGIN: &[u8] = b"{\"pump_hil_journal\":";
    if path.extension().is_none_or(|extension| extension != "jsonl") || path.is_symlink() {
        return false;
    }
    let mut begin = Vec::new();
    let read = file(path).map(|file| file.take(BEGIN.len() as u64).read_to_end(&mut begin));
    // One that is empty is a journal only by the form of its name, `CASE@RIG`.
    let named = path
        .file_stem()
        .is_some_and(|stem| stem.to_string_lossy().contains('@'));
    matches!(read, Ok(Ok(_))) && BEGIN.starts_with(&begin) && (named || begin.len() == BEGIN.len())
}

/// Judges a journal from disk.
///
/// # Errors
/// When the file cannot be read, is no journal, or was changed. A journal that was cut off by a crash, or in which something is missing, is judged as far as it
/// goes, which is never further than Inconclusive. A run in which everything else held is held to the dose log that was accepted when it ran.
pub fn judge_file(path: &Path) -> Result<Judged, JournalError> {
    judge(file(path)?, path)
}

/// Judges the journal that a run has just written, from the very file that it was written into, whatever stands at its path by now. `written` is what the writer
/// knows of it; `None` where it could not write it to its end. First all of it is forced to the disk.
///
/// # Errors
/// As [`judge_file`], and [`JournalError::NotAsWritten`]; [`JournalError::Io`] and [`JournalError::DiskFull`]: the disk does not take it.
pub fn judge_written(mut file: File, path: &Path, written: Option<&Written>) -> Result<Judged, JournalError> {
    // The length of the file goes to the disk with it; its times need not (fdatasync(2)).
    file.sync_data().map_err(|e| trouble(path, "flush", e))?;
    file.rewind().map_err(|e| trouble(path, "read", e))?;
    let there = is_at(&file, path);
    let mut judged = judge(file, path)?;
    let found = (judged.evidence.chain.as_ref(), judged.outcome.events);
    if written.is_some_and(|written| (Some(&written.chain), written.events) != found) {
        return Err(JournalError::NotAsWritten { path: path.to_owned() });
    }
    if !there {
        let what = "its file was deleted or replaced during the run; the file that is there now is not the one that was judged";
        let what = format!("journal `{}`: {what}", safe_path(path));
        tracing::error!("{what}");
        judged
            .outcome
            .add_trouble(Trouble::told(TroubleCode::JOURNAL_SWAPPED, what));
    }
    Ok(judged)
}

fn judge(file: File, path: &Path) -> Result<Judged, JournalError> {
    let mut hashed = Hashed {
        file,
        sha256: Sha256::new(),
        bytes: 0,
    };
    let (header, mut events) = Reader::new(buffered(&mut hashed), path)?.into_parts();
    let mut outcome = whole::judge(&header.case, &mut events);
    let chain = match events.finish()? {
        End::Whole { chain } => Some(chain),
        End::Torn { line, .. } => {
            outcome.add_trouble(Trouble::JournalTorn { line });
            None
        }
    };
    if let (Some(accepted), Verdict::Passed) = (&header.accepted, &outcome.verdict) {
        outcome.notes.extend(not_compared(accepted, &outcome.dose_log));
        match against(accepted, &header.case, &outcome.dose_log) {
            Ok(checked) => checked
                .reason(&header.case, outcome.end, &header.prescription_changed)
                .into_iter()
                .for_each(|reason| outcome.add_reason(reason)),
            // What was accepted is on our side: a pump fails by nothing that cannot be read.
            Err(error) => outcome.add_trouble(SnapshotError::of_journal(path, &error).trouble()),
        }
    }
    // Behind the comparison with the accepted log, which is one of the ways in which a case does not pass.
    let fell = |(_, crash): &(_, Crash)| crash.why == Why::Failed;
    if outcome.verdict == Verdict::Passed && outcome.records.iter().any(fell) {
        outcome.add_trouble(Trouble::JournalContradicts);
    }
    let evidence = Evidence {
        bytes: hashed.bytes,
        sha256: hex(&hashed.sha256.finalize().into()),
        chain,
    };
    Ok(Judged {
        header,
        outcome,
        evidence,
    })
}

/// Opens what must be a file: a pipe would be waited for, and a device may do anything.
fn file(path: &Path) -> Result<File, JournalError> {
    let open = || {
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("not a file"));
        }
        // Without waiting: a pipe may have taken the file's place just now.
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        let file = File::options()
            .read(true)
            .custom_flags(flags.cast_signed())
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::other("not a file"));
        }
        Ok(file)
    };
    open().map_err(|e| trouble(path, "open", e))
}

fn buffered<R: Read>(source: R) -> BufReader<R> {
    BufReader::with_capacity(64 << 10, source)
}

/// Whether `path` leads to this open file.
fn is_at(file: &File, path: &Path) -> bool {
    let id = |of: std::fs::Metadata| (of.dev(), of.ino());
    let there = std::fs::symlink_metadata(path).map(id);
    matches!((file.metadata().map(id), there), (Ok(file), Ok(there)) if file == there)
}

/// A file whose hash is taken as it is read.
struct Hashed {
    file: File,
    sha256: Sha256,
    bytes: u64,
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        self.sha256.update(&into[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
