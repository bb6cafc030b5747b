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

/// The bytes that an escaped text stands for: what [`escape`] wrote, or what a person typed in the same way.
///
/// # Errors
/// Says which escape is none.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, len) = match escaped.as_bytes() {
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [b'0', ..] => (0, 1),
            [same @ (b'\\' | b'"' | b'\''), ..] => (*same, 1),
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                // Two digits of ASCII: the text is cut between characters.
                let digits = escaped.get(1..3).unwrap_or_default();
                (u8::from_str_radix(digits, 16).unwrap_or_default(), 3)
            }
            _ => {
                let wrong: String = escaped.chars().take(3).collect();
                return Err(format!(
                    "`\\{wrong}` stands for no byte; there are \\r, \\n, \\t, \\0, \\\\, \\\", \\' and \\xNN"
                ));
            }
        };
        bytes.push(byte);
        rest = escaped.get(len..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
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
    fn what_was_escaped_reads_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&escape(&all)).unwrap(), all);
        assert_eq!(unescape("a\\0\\'").unwrap(), b"a\0'");
        for wrong in ["\\", "\\x1", "\\xg0", "\\q", "\\x\u{e9}1"] {
            assert!(unescape(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_megabyte_is_cut_and_its_size_told() {
        let text = escape(&vec![b'z'; 1_000_000]);
        assert_eq!(text.len(), LINE_KEPT_MAX + "...(1000000 bytes)".len());
        assert!(text.ends_with("z...(1000000 bytes)"));
    }
}
