//! Texts of a file in messages.

/// A text that is short enough for a message, without control characters.
#[must_use]
pub fn short(text: &str) -> String {
    let unsafe_to_show = |c: char| {
        let turns =
            matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        c.is_control() || turns
    };
    let clean = text.chars().map(|c| if unsafe_to_show(c) { '\u{fffd}' } else { c });
    let mut cut: String = clean.take(60).collect();
    if text.chars().nth(60).is_some() {
        cut.push_str("...");
    }
    cut
}
