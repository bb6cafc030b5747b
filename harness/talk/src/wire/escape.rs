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
    fn a_megabyte_is_cut_and_its_size_told() {
        let text = escape(&vec![b'z'; 1_000_000]);
        assert_eq!(text.len(), LINE_KEPT_MAX + "...(1000000 bytes)".len());
        assert!(text.ends_with("z...(1000000 bytes)"));
    }
}
