//! Text from a pump, made harmless: what a terminal or a report gets to see.

use super::limits::LINE_KEPT_MAX;
use std::fmt::Write as _;

/// `bytes` as in a Rust byte string, cut at [`LINE_KEPT_MAX`] bytes with a mark that tells how many there were.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    escape_of(bytes, bytes.len())
}

/// The same for the first bytes of something that had `total`.
pub(crate) fn escape_of(bytes: &[u8], total: usize) -> String {
    let kept = &bytes[..bytes.len().min(LINE_KEPT_MAX)];
    let mut text = String::with_capacity(kept.len().saturating_add(8));
    let mut rest = kept;
    // Nearly all of it is plain: taken over in one piece.
    while let Some(at) = rest.iter().position(|b| !is_plain(*b)) {
        // Plain bytes are ASCII: nothing is lost, and nothing is copied twice.
        text.push_str(&String::from_utf8_lossy(&rest[..at]));
        match rest[at] {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b'"' => text.push_str("\\\""),
            other => {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "\\x{other:02x}");
            }
        }
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
    }
    text.push_str(&String::from_utf8_lossy(rest));
    if total > kept.len() {
        let _ = write!(text, "...({total} bytes)");
    }
    text
}

/// What an escaped text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unescaped {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many there were, where not all of them were kept.
    pub total: Option<usize>,
}

/// The bytes that [`escape`] made a text of; `None`: it did not make this one.
#[must_use]
pub fn unescape(text: &str) -> Option<Unescaped> {
    let whole = bytes_of(text).map(|bytes| Unescaped { bytes, total: None });
    // Only a text that was cut has a mark, and then it has just so many bytes before it.
    let cut = || {
        let (kept, mark) = text.rsplit_once("...(")?;
        let total: usize = mark.strip_suffix(" bytes)")?.parse().ok()?;
        let bytes = bytes_of(kept).filter(|bytes| bytes.len() == LINE_KEPT_MAX && total > LINE_KEPT_MAX)?;
        let total = Some(total);
        Some(Unescaped { bytes, total })
    };
    cut().or(whole)
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                same @ (b'\\' | b'"') => same,
                b'x' => {
                    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                    let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                    high.checked_mul(16)?.checked_add(low)?
                }
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(bytes)
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E) && byte != b'\\' && byte != b'"'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_cannot_reach_a_terminal() {
        assert_eq!(escape(b"a\x1b[2J\r\n\0\xff\\\""), "a\\x1b[2J\\r\\n\\x00\\xff\\\\\\\"");
    }

    #[test]
    fn what_is_escaped_can_be_read_again() {
        let all: Vec<u8> = (0..=255).collect();
        let of = |bytes: &[u8], total| {
            Some(Unescaped {
                bytes: bytes.to_vec(),
                total,
            })
        };
        assert_eq!(unescape(&escape(&all)), of(&all, None));
        let long = vec![b'\\'; 700];
        assert_eq!(unescape(&escape(&long)), of(&long[..LINE_KEPT_MAX], Some(700)));
        // What a pump says that looks like the mark is no mark.
        assert_eq!(unescape("a...(700 bytes)"), of(b"a...(700 bytes)", None));
        for wrong in ["\\", "\\q", "\\x1", "\\xg0"] {
            assert_eq!(unescape(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_megabyte_is_cut_and_its_size_told() {
        let text = escape(&vec![b'z'; 1_000_000]);
        assert_eq!(text.len(), LINE_KEPT_MAX + "...(1000000 bytes)".len());
        assert!(text.ends_with("z...(1000000 bytes)"));
    }
}
