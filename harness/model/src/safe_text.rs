//! Text from outside, made harmless.
//!
//! Invariant: what comes out holds no control character, no escape sequence, no bidirectional override, and has a known longest length. A
//! pump's text may otherwise recolour, overwrite or retitle a terminal, and break an XML or a table.

use std::fmt::Write;

/// Longest piece that is shown, in characters of the result.
pub const LIMIT: usize = 512;

/// `text` with everything escaped that is not plainly visible, cut at [`LIMIT`] with a mark that says how much is missing.
#[must_use]
pub fn safe(text: &str) -> String {
    safe_within(text, LIMIT)
}

/// As [`safe`], with another limit.
#[must_use]
pub fn safe_within(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut shown = 0;
    for (at, c) in text.char_indices() {
        let before = out.len();
        push(&mut out, c);
        shown += out[before..].chars().count();
        // The whole escape of a character goes: half of one could be read as something else.
        if shown > limit {
            out.truncate(before);
            // Writing to a `String` cannot fail.
            let _ = write!(out, "[+{} bytes]", text.len() - at);
            break;
        }
    }
    out
}

/// As [`safe`], for bytes that may be no UTF-8; what is not becomes `\xNN`.
#[must_use]
pub fn safe_bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    // A character of UTF-8 has at most 4 bytes (RFC 3629): LIMIT of them always fit, and a huge text is not gone through.
    let cut = bytes.len().min(4 * LIMIT);
    for chunk in bytes[..cut].utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    let total = out.chars().count();
    if total > LIMIT || cut < bytes.len() {
        let keep = out.char_indices().nth(LIMIT).map_or(out.len(), |(i, _)| i);
        out.truncate(keep);
        let _ = write!(out, "[of {} bytes]", bytes.len());
    }
    out
}

/// As [`safe`], but keeps line ends: for texts of several lines that the harness itself made out of safe and unsafe parts.
#[must_use]
pub fn safe_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' {
            out.push(c);
        } else {
            push(&mut out, c);
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if c.is_control() || hides(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Characters that print nothing, or turn the order of what follows, and noncharacters that XML forbids.
fn hides(c: char) -> bool {
    // In this order: soft hyphen, Arabic letter mark, Mongolian vowel separator, zero width and direction marks, separators and overrides,
    // invisible operators and isolates, variation selectors, byte order mark, annotation marks, noncharacters (XML 1.0, 2.2), tags.
    matches!(u32::from(c),
        0x00AD | 0x061C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
        | 0xFFF9..=0xFFFB | 0xFFFE | 0xFFFF | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_sequence_becomes_visible() {
        assert_eq!(safe("\u{1b}[2Jgone\u{7}"), "\\u{1b}[2Jgone\\u{7}");
        assert_eq!(safe("\u{9b}31m"), "\\u{9b}31m", "the one-byte form as well");
        assert_eq!(safe("a\r\nb\tc"), "a\\r\\nb\\tc");
        assert_eq!(safe("abc\u{202e}fed"), "abc\\u{202e}fed");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(safe("20 µL, `ok` <&>"), "20 µL, `ok` <&>");
    }

    #[test]
    fn a_megabyte_line_is_cut_with_its_length() {
        let text = safe(&"x".repeat(1 << 20));
        assert!(text.len() < 600);
        assert!(text.ends_with("[+1048064 bytes]"), "{text}");
        assert!(safe_bytes(&vec![0xFF; 1 << 20]).ends_with("[of 1048576 bytes]"));
    }

    #[test]
    fn what_is_no_utf8_is_shown_as_bytes() {
        assert_eq!(safe_bytes(b"ok\xff\xc3(\x1b"), "ok\\xff\\xc3(\\u{1b}");
    }

    proptest! {
        #[test]
        fn nothing_that_comes_out_can_steer_a_terminal(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            for text in [safe_bytes(&bytes), safe(&String::from_utf8_lossy(&bytes))] {
                prop_assert!(!text.chars().any(|c| c.is_control() || hides(c)));
                prop_assert!(text.chars().count() <= LIMIT + 40);
            }
        }
    }
}
