//! From bytes to requests: nothing here knows what a verb means.
//!
//! A line is checked in the order of `PROTOCOL.md`: length, form, crc, tokens. Nothing of a line that fails is used.

use super::crc16::crc16;
use super::limits::{KEY_MAX, REQUEST_MAX};
use super::value::number;

/// Why a line is thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// More than [`REQUEST_MAX`] bytes.
    TooLong,
    /// The receiver lost bytes of it.
    Overrun,
    /// It is not a line of the protocol.
    Syntax,
    /// It was changed on the way.
    Crc,
}

impl LineError {
    /// Its error code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Overrun => "overrun",
            Self::Syntax => "syntax",
            Self::Crc => "crc",
        }
    }
}

/// A line whose form and crc are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Its sequence number; None for a line typed by hand.
    pub seq: Option<u16>,
    /// Its crc; 0 for a line typed by hand.
    pub crc: u16,
    /// What is asked.
    pub verb: &'a str,
    /// All `key=value` tokens, each well formed and each key once.
    pairs: &'a str,
    /// Everything from the verb on, without the crc.
    text: &'a str,
}

impl<'a> Request<'a> {
    /// Reads one line without its line end.
    ///
    /// # Errors
    /// The first check that fails; see [`LineError`].
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        if line.len() > REQUEST_MAX {
            return Err(LineError::TooLong);
        }
        let printable = line.iter().all(|byte| (0x20..=0x7E).contains(byte));
        let text = core::str::from_utf8(line)
            .ok()
            .filter(|_| printable)
            .ok_or(LineError::Syntax)?;
        if let Some(typed) = text.strip_prefix('?') {
            return Self::tokens(None, 0, typed);
        }
        let (body, crc) = split_crc(text).ok_or(LineError::Syntax)?;
        if !body.starts_with('#') {
            return Err(LineError::Syntax);
        }
        if crc16(body.as_bytes()) != crc {
            return Err(LineError::Crc);
        }
        let (seq, rest) = body[1..].split_once(' ').ok_or(LineError::Syntax)?;
        let seq = number(seq, "")
            .ok()
            .and_then(|seq| u16::try_from(seq).ok())
            .filter(|&seq| seq > 0);
        Self::tokens(Some(seq.ok_or(LineError::Syntax)?), crc, rest)
    }

    fn tokens(seq: Option<u16>, crc: u16, text: &'a str) -> Result<Self, LineError> {
        let (verb, pairs) = text.split_once(' ').unwrap_or((text, ""));
        if text.ends_with(' ') || !is_word(verb) {
            return Err(LineError::Syntax);
        }
        let request = Self {
            seq,
            crc,
            verb,
            pairs,
            text,
        };
        for (at, token) in request.raw_tokens().enumerate() {
            let (key, value) = token.split_once('=').ok_or(LineError::Syntax)?;
            if !is_key(key) || !is_value(value) || request.pairs().take(at).any(|(before, _)| before == key) {
                return Err(LineError::Syntax);
            }
        }
        Ok(request)
    }

    /// Keys and values in the order of the line.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.raw_tokens().filter_map(|token| token.split_once('='))
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.pairs().find(|(has, _)| *has == key).map(|(_, value)| value)
    }

    /// Everything from the verb on, without the crc.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    fn raw_tokens(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let pairs = self.pairs;
        let tokens = if pairs.is_empty() { None } else { Some(pairs.split(' ')) };
        tokens.into_iter().flatten()
    }
}

/// Splits ` *XXXX` off a line.
fn split_crc(text: &str) -> Option<(&str, u16)> {
    let at = text.len().checked_sub(6)?;
    // Every byte is ASCII, so that any place is a boundary.
    let (body, tail) = text.split_at(at);
    let digits = tail.strip_prefix(" *")?;
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
        .map(|crc| (body, crc))
}

fn is_word(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_key(text: &str) -> bool {
    (1..=KEY_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

fn is_value(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".,:/+_@-".contains(&byte))
}

/// Collects bytes to lines in a fixed buffer.
#[derive(Clone, Debug)]
pub struct Receiver {
    // One byte more than a line: for its CR.
    buffer: [u8; REQUEST_MAX + 1],
    len: usize,
    too_long: bool,
    overrun: bool,
}

impl Receiver {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; REQUEST_MAX + 1],
            len: 0,
            too_long: false,
            overrun: false,
        }
    }

    /// Bytes were lost here: the line that they belong to must not be read.
    pub const fn overrun(&mut self) {
        self.overrun = true;
    }

    /// Takes one byte; true when it ended a line that [`Self::line`] holds until [`Self::clear`].
    pub fn push(&mut self, byte: u8) -> bool {
        if byte == b'\n' {
            if self.len > 0 && self.buffer[self.len - 1] == b'\r' {
                self.len -= 1;
            }
            self.too_long |= self.len > REQUEST_MAX;
            return self.too_long || self.overrun || self.len > 0;
        }
        match self.buffer.get_mut(self.len) {
            Some(place) => {
                *place = byte;
                self.len += 1;
            }
            None => self.too_long = true,
        }
        false
    }

    /// The line that ended.
    ///
    /// # Errors
    /// [`LineError::TooLong`] or [`LineError::Overrun`] for a line of which bytes were thrown away or lost.
    pub fn line(&self) -> Result<&[u8], LineError> {
        if self.overrun {
            Err(LineError::Overrun)
        } else if self.too_long {
            Err(LineError::TooLong)
        } else {
            Ok(&self.buffer[..self.len])
        }
    }

    /// Makes room for the next line.
    pub const fn clear(&mut self) {
        self.len = 0;
        self.too_long = false;
        self.overrun = false;
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}
