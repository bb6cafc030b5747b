//! Writing a journal.

use pump_hil_model::event::Event;
use pump_hil_verdict::journal::{Encoder, FORMAT, Header, JournalError};
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// An open journal. Dropping it without [`Writer::finish`] loses nothing that was appended.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    encoder: Encoder,
    events: u64,
    /// Bytes written, and how many there may be.
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
            events: 0,
            bytes: 0,
            limit: u64::MAX,
        };
        debug_assert_eq!(header.pump_hil_journal, FORMAT);
        writer.write(None, header)?;
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

    /// Appends one event with one `write` call.
    ///
    /// # Errors
    /// [`JournalError::Limit`], and nothing was written; else as [`Writer::create`]. After an error the file may end in a torn line, which the reader recognises; append no more.
    pub fn append(&mut self, event: &Event) -> Result<(), JournalError> {
        self.append_line(None, event)
    }

    /// Appends an event together with the line of the pump that says it, with one `write` call.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn append_line(&mut self, received: Option<&str>, event: &Event) -> Result<(), JournalError> {
        self.write(received, event)?;
        self.events += 1 + u64::from(received.is_some());
        Ok(())
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

    /// Forces everything to the disk.
    ///
    /// # Errors
    /// [`JournalError::Io`], [`JournalError::DiskFull`].
    pub fn finish(self) -> Result<Written, JournalError> {
        // The length of the file goes to the disk with it; its times need not (fdatasync(2)).
        self.file.sync_data().map_err(|e| trouble(&self.path, "flush", e))?;
        Ok(Written {
            chain: self.encoder.chain(),
            events: self.events,
        })
    }

    fn write<T: Serialize>(&mut self, received: Option<&str>, what: &T) -> Result<(), JournalError> {
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
        self.file
            .write_all(line.bytes())
            .map_err(|e| trouble(path, "write", e))?;
        line.written();
        self.bytes = bytes;
        Ok(())
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
