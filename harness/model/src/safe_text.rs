//! Text from outside, made harmless.
//!
//! Invariant: what comes out holds no control character, no escape sequence, no bidirectional override, and has a known longest length. A
//! pump's text may otherwise recolour, overwrite or retitle a terminal, and break an XML or a table.

use std::fmt::Write;
use std::path::Path;

/// Longest piece that is shown, in characters of the result.
pub const LIMIT: usize = 512;

/// Most bytes of a path that are shown: a system takes none longer (PATH_MAX of Linux).
const PATH_LIMIT: usize = 4096;

/// `text` with everything escaped that is not plainly visible, cut at [`LIMIT`] with a mark that says how much is missing.
#[must_use]
pub fn safe(text: &str) -> String {
    safe_within(text, LIMIT)
}

/// As [`safe`], with another limit.
#[must_use]
pub fn safe_within(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut shown = 0_usize;
    for (at, c) in text.char_indices() {
        let before = out.len();
        push(&mut out, c);
        shown = shown.saturating_add(out[before..].chars().count());
        // The whole escape of a character goes: half of one could be read as something else.
        if shown > limit {
            out.truncate(before);
            // Writing to a `String` cannot fail.
            let _ = write!(out, "[+{} bytes]", text[at..].len());
            break;
        }
    }
    out
}

/// As [`safe`], for bytes that may be no UTF-8; what is not becomes `\xNN`.
#[must_use]
pub fn safe_bytes(bytes: &[u8]) -> String {
    bytes_within(bytes, LIMIT)
}

/// The name of a file or a folder as it is shown: somebody else may have given it. As [`safe_bytes`], with room for the longest path.
#[must_use]
pub fn safe_path(path: impl AsRef<Path>) -> String {
    bytes_within(path.as_ref().as_os_str().as_encoded_bytes(), PATH_LIMIT)
}

fn bytes_within(bytes: &[u8], limit: usize) -> String {
    let mut out = String::new();
    // A character of UTF-8 has at most 4 bytes (RFC 3629): `limit` of them always fit, and a huge text is not gone through.
    let cut = bytes.len().min(limit.saturating_mul(4));
    for chunk in bytes[..cut].utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    let total = out.chars().count();
    if total > limit || cut < bytes.len() {
        let keep = out.char_indices().nth(limit).map_or(out.len(), |(i, _)| i);
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

/// As [`safe_lines`], but keeps colours: for texts that the harness itself coloured, whose parts were made harmless before.
#[must_use]
pub fn safe_styled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, escape) = rest.split_at(at);
        out.push_str(&safe_lines(before));
        let length = colour(escape);
        if length == 0 {
            push(&mut out, '\u{1b}');
        }
        out.push_str(&escape[..length]);
        rest = &escape[length.max(1)..];
    }
    out + &safe_lines(rest)
}

/// Bytes of the sequence that sets a colour or another way to write (ECMA-48, SGR) with which `text` begins; 0 where it is none.
fn colour(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let digits = parameters
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b';')
        .count();
    match parameters.as_bytes().get(digits) {
        Some(b'm') => digits.saturating_add("\u{1b}[m".len()),
        _ => 0,
    }
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
    fn a_path_is_shown_whole_and_harmless() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\x1b[31m/\xff\xe2\x80\xae.snap"));
        assert_eq!(safe_path(path), "a\\u{1b}[31m/\\xff\\u{202e}.snap");
        let long = "x/".repeat(2_000);
        assert_eq!(safe_path(&long), long);
        assert!(safe_path("x".repeat(1 << 20)).ends_with("[of 1048576 bytes]"));
    }

    #[test]
    fn of_what_is_coloured_only_the_colours_stay() {
        let text = "\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m: a\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}";
        assert_eq!(
            safe_styled(text),
            "\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m: a\\u{1b}]0;title\\u{7}\\u{1b}[2J\\u{1b}"
        );
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
