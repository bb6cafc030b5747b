//! Why a journal cannot be written or read.

use super::header::{FORMAT, OLDEST};
use pump_hil_model::safe_text::safe_path;
use std::path::PathBuf;

/// Longest line that is read, in bytes. The header holds a whole case, so it is generous.
pub const LINE_LIMIT: usize = 16 << 20;

/// Why a journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk has no room left.
    #[error("journal `{path}`: the disk is full; free some space, and run the scenario again", path = safe_path(.path))]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// It has as much as a case may have.
    #[error("journal `{path}`: it has {limit} bytes, the limit of a case; no more is written to it")]
    Limit {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// Some other trouble with the file.
    #[error("journal `{path}`: cannot {what} it: {source}", path = safe_path(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A part could not be turned into JSON.
    #[error("journal `{path}`: cannot write an event as JSON: {source}", path = safe_path(.path))]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The first line is none of a journal.
    #[error("`{path}` is not a journal of pump-hil: {why}", path = safe_path(.path))]
    NotAJournal {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A journal of another version.
    #[error(
        "journal `{path}` has format {found}, and this harness reads {OLDEST} to {FORMAT}; replay it with the harness that wrote it", path = safe_path(.path)
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
    },
    /// The file that was written into holds something else now.
    #[error(
        "journal `{path}` holds something else than the run wrote: somebody wrote into it meanwhile, and it is not evidence",
        path = safe_path(.path)
    )]
    NotAsWritten {
        /// The file.
        path: PathBuf,
    },
    /// A line does not fit the ones before it.
    #[error(
        "journal `{path}`, line {line}: the hash chain is broken; this line or one before it was changed, and the journal is not evidence", path = safe_path(.path)
    )]
    Chain {
        /// The file.
        path: PathBuf,
        /// From 1; the header is line 1.
        line: u64,
    },
    /// A line is intact, and yet no event that this harness knows.
    #[error("journal `{path}`, line {line}: not an event: {why}", path = safe_path(.path))]
    Event {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// A line is longer than any event can be.
    #[error("journal `{path}`, line {line}: longer than {LINE_LIMIT} bytes; this is not a journal, or a damaged one", path = safe_path(.path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
    },
}
