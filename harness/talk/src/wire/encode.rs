//! Writing requests.

use super::crc::crc16;
use super::frame::{is_key, is_value, is_word};
use super::limits::REQUEST_MAX;
use std::fmt::Write as _;

/// Why a request cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A verb that the protocol cannot carry.
    #[error("`{verb}` cannot be a verb: it must be lower-case letters, digits and `-`")]
    Verb {
        /// The verb.
        verb: String,
    },
    /// A key that the protocol cannot carry.
    #[error("`{key}` cannot be a key: it must be 1 to 32 lower-case letters, digits, `.` and `-`")]
    Key {
        /// The key.
        key: String,
    },
    /// A value that the protocol cannot carry.
    #[error(
        "`{value}` cannot be the value of `{key}`: it must be letters, digits and `.,:/+_@-`; send it as raw bytes if it is meant so"
    )]
    Value {
        /// Its key.
        key: String,
        /// The value.
        value: String,
    },
    /// A key that stands twice.
    #[error("`{key}` is given twice in one line")]
    Twice {
        /// The key.
        key: String,
    },
    /// The line is too long.
    #[error("a line of {len} bytes is beyond the limit of {REQUEST_MAX}")]
    TooLong {
        /// Bytes without the end.
        len: usize,
    },
}

/// Writes a request with its line end.
///
/// # Errors
/// What the protocol cannot carry.
pub fn encode_request(seq: u16, verb: &str, fields: &[(&str, &str)]) -> Result<Vec<u8>, EncodeError> {
    if !is_word(verb) {
        return Err(EncodeError::Verb { verb: verb.to_owned() });
    }
    let mut line = String::with_capacity(64);
    // Writing to a `String` cannot fail; so in each `let _` below.
    let _ = write!(line, "#{seq} {verb}");
    for (place, (key, value)) in fields.iter().enumerate() {
        if !is_key(key) {
            return Err(EncodeError::Key { key: (*key).to_owned() });
        }
        if !is_value(value) {
            return Err(EncodeError::Value {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
            });
        }
        if fields[..place].iter().any(|(known, _)| known == key) {
            return Err(EncodeError::Twice { key: (*key).to_owned() });
        }
        let _ = write!(line, " {key}={value}");
    }
    let crc = crc16(line.as_bytes());
    let _ = write!(line, " *{crc:04X}");
    // The limit is without the line end, but with the crc.
    if line.len() > REQUEST_MAX {
        return Err(EncodeError::TooLong { len: line.len() });
    }
    line.push('\n');
    Ok(line.into_bytes())
}

/// Bytes, without the end, of a request with the longest sequence number whose fields take `fields_len` bytes (each ` key=value`).
#[must_use]
pub fn request_len(verb: &str, fields_len: usize) -> usize {
    let around = "#65535 ".len().saturating_add(" *0000".len());
    around.saturating_add(verb.len()).saturating_add(fields_len)
}
