//! Writing a journal.

use pump_hil_model::event::Event;
use pump_hil_verdict::journal::{Encoder, FORMAT, Header, JournalError};
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Lines wait for [`Writer::write_out`] up to so many bytes.
const WAITING_MAX: usize = 64 << 10;

/// An open journal. Dropping it without [`Writer::finish`] loses nothing that was appended.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    encoder: Encoder,
    /// Lines that the file has not yet.
    waiting: Vec<u8>,
    events: u64,
    /// Bytes of all lines, and how many there may be.
    bytes: u64,
    limit: u64,
}

/// What was written: who keeps it can prove that nothing was cut off the end, and that nothing else was put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The last hash of the chain, hex.
    pub chain: String,
    /// Number of events.
    pub events: u64,
}

impl Writer {
    /// Creates the file, which replaces one of that name, and writes the header. Missing folders are made.
    ///
    /// # Errors
    /// [`JournalError::Io`], [`JournalError::DiskFull`], [`JournalError::Encode`].
    pub fn create(path: &Path, header: &Header) -> Result<Self, JournalError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| trouble(path, "make the folder of", e))?;
        }
        // Read as well: it is judged from this very file.
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(path).map_err(|e| trouble(path, "create", e))?;
        let mut writer = Self {
            file,
            path: path.to_owned(),
            encoder: Encoder::default(),
            waiting: Vec::new(),
            events: 0,
            bytes: 0,
            limit: u64::MAX,
        };
        debug_assert_eq!(header.pump_hil_journal, FORMAT);
        writer.encode(None, header)?;
        writer.write_out()?;
        Ok(writer)
    }

    /// Holds it to so many bytes in all.
    #[must_use]
    pub fn limited(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// It may have so many bytes more than it was held to.
    pub fn extend_limit(&mut self, bytes: u64) {
        self.limit = self.limit.saturating_add(bytes);
    }

    /// Appends one event. The file has it after the next [`Writer::write_out`].
    ///
    /// # Errors
    /// [`JournalError::Limit`], and nothing was appended; else as [`Writer::create`]. After an error the file may end in a torn line, which the reader recognises; append no more.
    pub fn append(&mut self, event: &Event) -> Result<(), JournalError> {
        self.append_line(None, event)
    }

    /// Appends an event together with the line of the pump that says it.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn append_line(&mut self, received: Option<&str>, event: &Event) -> Result<(), JournalError> {
        self.encode(received, event)?;
        self.events += 1 + u64::from(received.is_some());
        if self.waiting.len() > WAITING_MAX {
            self.write_out()?;
        }
        Ok(())
    }

    /// Writes all that was appended, with one `write` call.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn write_out(&mut self) -> Result<(), JournalError> {
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        written.map_err(|e| trouble(&self.path, "write", e))
    }

    /// Events written so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Where it is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, to be read when everything is written, whatever stands at its path by then.
    ///
    /// # Errors
    /// [`JournalError::Io`]: there are too many open files.
    pub fn file(&self) -> Result<File, JournalError> {
        self.file.try_clone().map_err(|e| trouble(&self.path, "keep open", e))
    }

    /// Writes the rest of it. Whoever judges it forces it to the disk before.
    ///
    /// # Errors
    /// [`JournalError::Io`], [`JournalError::DiskFull`].
    pub fn finish(mut self) -> Result<Written, JournalError> {
        self.write_out()?;
        Ok(Written {
            chain: self.encoder.chain(),
            events: self.events,
        })
    }

    fn encode<T: Serialize>(&mut self, received: Option<&str>, what: &T) -> Result<(), JournalError> {
        let path = &self.path;
        let encode = |source| JournalError::Encode {
            path: path.clone(),
            source,
        };
        let line = self.encoder.line_of(received, what).map_err(encode)?;
        let bytes = self.bytes.saturating_add(line.bytes().len() as u64);
        if bytes > self.limit {
            let (path, limit) = (path.clone(), self.limit);
            return Err(JournalError::Limit { path, limit });
        }
        self.waiting.extend_from_slice(line.bytes());
        line.written();
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Who did not finish it was told of an error already.
        let _ = self.write_out();
    }
}

pub(super) fn trouble(path: &Path, what: &'static str, source: std::io::Error) -> JournalError {
    let path = path.to_owned();
    if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        JournalError::DiskFull { path }
    } else {
        JournalError::Io { path, what, source }
    }
}
