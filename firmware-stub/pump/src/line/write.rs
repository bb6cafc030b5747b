//! From answers to bytes: one line at a time in a fixed buffer, its crc at the end.

use core::fmt::{self, Write as _};

use super::crc16::crc16;
use super::limits::LINE_MAX;

/// Bytes of ` *XXXX`.
const CRC_BYTES: usize = 6;

/// A line that is being written.
#[derive(Clone, Debug)]
pub struct LineWriter {
    buffer: [u8; LINE_MAX + 2],
    len: usize,
    overflow: bool,
}

impl LineWriter {
    /// A line that starts with `head`: its mark and number, such as `=17` or `!3`.
    #[must_use]
    pub fn new(head: fmt::Arguments<'_>) -> Self {
        let mut line = Self {
            buffer: [0; LINE_MAX + 2],
            len: 0,
            overflow: false,
        };
        line.put(head);
        line
    }

    /// Adds a word.
    pub fn word(&mut self, word: &str) -> &mut Self {
        self.put(format_args!(" {word}"));
        self
    }

    /// Adds `key=value`.
    pub fn pair(&mut self, key: &str, value: impl fmt::Display) -> &mut Self {
        self.put(format_args!(" {key}={value}"));
        self
    }

    /// Adds `key=` and a number with its unit.
    pub fn number(&mut self, key: &str, number: u64, unit: &str) -> &mut Self {
        self.put(format_args!(" {key}={number}{unit}"));
        self
    }

    /// Adds text as it is.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.put(format_args!("{text}"));
        self
    }

    /// Adds a value's text.
    pub fn display(&mut self, value: impl fmt::Display) -> &mut Self {
        self.put(format_args!("{value}"));
        self
    }

    /// What is written so far.
    #[must_use]
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.buffer[..self.len]).unwrap_or("")
    }

    /// Bytes that still fit before the crc.
    #[must_use]
    pub const fn room(&self) -> usize {
        (LINE_MAX - CRC_BYTES).saturating_sub(self.len)
    }

    /// Ends the line with its crc and CR LF, and returns all of it; None if it did not fit [`LINE_MAX`].
    pub fn finish(&mut self) -> Option<&[u8]> {
        let crc = crc16(&self.buffer[..self.len]);
        self.put(format_args!(" *{crc:04X}"));
        if self.overflow {
            return None;
        }
        let end = self.len + 2;
        self.buffer[self.len..end].copy_from_slice(b"\r\n");
        Some(&self.buffer[..end])
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        if self.write_fmt(text).is_err() {
            self.overflow = true;
        }
    }
}

impl fmt::Write for LineWriter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        if end > LINE_MAX {
            return Err(fmt::Error);
        }
        self.buffer[self.len..end].copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
