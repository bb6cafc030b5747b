//! Journals on disk; their form is [`pump_hil_verdict::journal`].
//!
//! Invariant: each event is one `write` call, so that a killed process loses at most the event it was writing, and the reader uses everything before a torn last line.

mod writer;

pub use writer::Writer;

use pump_hil_verdict::journal::{JournalError, Reader};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// How journals name the program that wrote them.
pub const HARNESS: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// Opens the file and reads its header.
///
/// # Errors
/// [`JournalError::Io`], [`JournalError::NotAJournal`], [`JournalError::Version`], [`JournalError::Chain`].
pub fn open(path: &Path) -> Result<Reader<BufReader<File>>, JournalError> {
    let file = File::open(path).map_err(|source| JournalError::Io {
        path: path.to_owned(),
        what: "open",
        source,
    })?;
    Reader::new(BufReader::with_capacity(64 << 10, file), path)
}

#[cfg(test)]
mod tests;
