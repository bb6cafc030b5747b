//! Writing a journal.

use super::chain::{Hash, MARK, link, push_hex};
use super::error::JournalError;
use super::header::{FORMAT, Header};
use crate::event::Event;
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// An open journal. Dropping it without [`Writer::finish`] loses nothing that was appended.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    chain: Hash,
    line: Vec<u8>,
    hex: String,
    events: u64,
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
        let file = File::create(path).map_err(|e| trouble(path, "create", e))?;
        let mut writer = Self {
            file,
            path: path.to_owned(),
            chain: [0; 32],
            line: Vec::with_capacity(1024),
            hex: String::with_capacity(64),
            events: 0,
        };
        debug_assert_eq!(header.pump_hil_journal, FORMAT);
        writer.write(header)?;
        Ok(writer)
    }

    /// Appends one event with one `write` call.
    ///
    /// # Errors
    /// As [`Writer::create`]. After an error the file may end in a torn line, which the reader recognises; append no more.
    pub fn append(&mut self, event: &Event) -> Result<(), JournalError> {
        self.write(event)?;
        self.events += 1;
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

    /// Forces everything to the disk, and gives the last hash of the chain as hex: who keeps it can prove that nothing was cut off the end.
    ///
    /// # Errors
    /// [`JournalError::Io`], [`JournalError::DiskFull`].
    pub fn finish(self) -> Result<String, JournalError> {
        self.file.sync_data().map_err(|e| trouble(&self.path, "flush", e))?;
        Ok(self.chain_hex())
    }

    /// As [`Writer::finish`], without waiting for the disk: for runs that nobody signs off.
    #[must_use]
    pub fn finish_unsynced(self) -> String {
        self.chain_hex()
    }

    fn chain_hex(&self) -> String {
        let mut hex = String::with_capacity(64);
        push_hex(&mut hex, &self.chain);
        hex
    }

    fn write<T: Serialize>(&mut self, what: &T) -> Result<(), JournalError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, what).map_err(|source| JournalError::Encode {
            path: self.path.clone(),
            source,
        })?;
        let chain = link(&self.chain, &self.line);
        self.hex.clear();
        push_hex(&mut self.hex, &chain);
        self.line.pop(); // the closing brace goes behind the chain
        self.line.extend_from_slice(MARK.as_bytes());
        self.line.extend_from_slice(self.hex.as_bytes());
        self.line.extend_from_slice(b"\"}\n");
        self.file
            .write_all(&self.line)
            .map_err(|e| trouble(&self.path, "write", e))?;
        self.chain = chain;
        Ok(())
    }
}

fn trouble(path: &Path, what: &'static str, source: std::io::Error) -> JournalError {
    let path = path.to_owned();
    if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        JournalError::DiskFull { path }
    } else {
        JournalError::Io { path, what, source }
    }
}
