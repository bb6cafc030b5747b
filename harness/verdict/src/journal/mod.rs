//! The form of a journal: everything that happened in one run, one JSON object a line, append-only, chained by hashes.
//!
//! Invariants. Each line ends with `"chain"`: SHA-256 over the hash before it and the line's own JSON without that field, so that a changed,
//! dropped or swapped line is found. Each event is one `write` call, so that a killed process loses at most the event it was writing, and the
//! reader uses everything before a torn last line. Nothing read from a journal decides how much memory is taken: a line has a limit.

mod encoder;
mod reader;

pub use encoder::{Encoder, Line};
pub use reader::{End, Events, Reader};

use pump_hil_model::case::Case;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Version of the format that this harness writes. A reader refuses others.
pub const FORMAT: u32 = 1;

/// Longest line that is read, in bytes. The header holds a whole case, so it is generous.
pub const LINE_LIMIT: usize = 16 << 20;

/// First line of a journal: what ran, on what, and when. Together with the events it is all that a replay needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub pump_hil_journal: u32,
    /// Version and build of the harness.
    pub harness: String,
    /// Civil time of the start in UTC, RFC 3339. Only for people; nothing is decided by it.
    pub started: String,
    /// Name of the host.
    pub host: String,
    /// Name of the rig.
    pub rig: String,
    /// SHA-256 of the rig file's text, hex.
    pub rig_sha256: String,
    /// SHA-256 of the device profile's text, hex.
    pub device_sha256: String,
    /// The whole case, resolved.
    pub case: Case,
    /// The accepted dose log that the run is held to; empty: there is none yet. `None`: it is held to none, because the scenario keeps none,
    /// or because what comes is being accepted.
    #[serde(default)]
    pub accepted: Option<String>,
}

impl Header {
    /// A header for `case`, written by `harness` (name and version of the program), started at `started`, which the caller takes from its clock as RFC 3339; the
    /// caller fills in the rest.
    #[must_use]
    pub fn new(harness: &str, case: Case, started: &impl std::fmt::Display) -> Self {
        Self {
            pump_hil_journal: FORMAT,
            harness: harness.to_owned(),
            started: started.to_string(),
            host: String::new(),
            rig: String::new(),
            rig_sha256: String::new(),
            device_sha256: String::new(),
            case,
            accepted: None,
        }
    }
}

/// Why a journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk has no room left.
    #[error("journal `{path}`: the disk is full; free some space, and run the scenario again")]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// Some other trouble with the file.
    #[error("journal `{path}`: cannot {what} it: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A part could not be turned into JSON.
    #[error("journal `{path}`: cannot write an event as JSON: {source}")]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The first line is none of a journal.
    #[error("`{path}` is not a journal of pump-hil: {why}")]
    NotAJournal {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A journal of another version.
    #[error(
        "journal `{path}` has format {found}, and this harness reads {FORMAT}; replay it with the harness that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
    },
    /// A line does not fit the ones before it.
    #[error(
        "journal `{path}`, line {line}: the hash chain is broken; this line or one before it was changed, and the journal is no evidence"
    )]
    Chain {
        /// The file.
        path: PathBuf,
        /// From 1; the header is line 1.
        line: u64,
    },
    /// A line is intact, and yet no event that this harness knows.
    #[error("journal `{path}`, line {line}: not an event: {why}")]
    Event {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// A line is longer than any event can be.
    #[error("journal `{path}`, line {line}: longer than {LINE_LIMIT} bytes; this is no journal, or a damaged one")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
    },
}

/// SHA-256 of `bytes` as lower-case hex: how files are named in headers.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    push_hex(&mut out, &Sha256::digest(bytes).into());
    out
}

type Hash = [u8; 32];

const MARK: &str = ",\"chain\":\"";
/// Mark, 64 digits, quote and brace.
const SUFFIX: usize = MARK.len() + 64 + 2;

fn link(before: &Hash, body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(body);
    hasher.finalize().into()
}

fn push_hex(out: &mut String, hash: &Hash) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in hash {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}
