//! Blanks that look like a space and are none, as they come along when a text is pasted. YAML reads them as letters.

use super::location::Location;
use super::problem::{GATHERED_MAX, Problem};
use crate::mistake::Mistake;

/// Every such blank that changes what a file means: those in the indentation, and beside a key, a value, or the sign of a comment. In a text, as of a
/// summary, they do no harm.
pub(super) fn odd_spaces(text: &str, place: impl Fn(usize, usize) -> Location) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text.is_ascii() {
        return problems;
    }
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        for (at, c) in harmful(line.trim_end_matches(['\n', '\r'])) {
            if problems.len() >= GATHERED_MAX {
                return problems;
            }
            let message = format!("{} is where only a space can be", name(c));
            let problem = Problem::new(Mistake::Syntax, place(line_start + at, c.len_utf8()), message);
            problems
                .push(problem.help("delete it, and type a space; it looks like one, but YAML takes it for a letter"));
        }
        line_start += line.len();
    }
    problems
}

/// What a blank is called.
fn name(c: char) -> String {
    let name = match c {
        '\u{a0}' | '\u{202f}' | '\u{2007}' => "a no-break space",
        '\u{200b}' | '\u{2060}' | '\u{ad}' => "a character without width",
        _ => "a wide or narrow space",
    };
    format!("{name} (U+{:04X})", u32::from(c))
}

fn without_width(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}' | '\u{ad}')
}

/// Whether it is a blank, and not the space of YAML.
fn is_odd(c: char) -> bool {
    without_width(c) || (c.is_whitespace() && !c.is_ascii() && c != '\u{85}')
}

/// The harmful ones of a line, the first of each run of blanks. What stands in quotes on one line, and behind the sign of a comment, is text.
fn harmful(line: &str) -> Vec<(usize, char)> {
    let blank = |c: char| is_odd(c) || c == ' ';
    let mut found = Vec::new();
    // The sign before, and the last one that is no blank.
    let (mut quote, mut before, mut last) = (None, None, None);
    let mut in_lead = true;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if let Some(open) = quote {
            quote = (c != open).then_some(open);
            (before, last) = (Some(c), Some(c));
            continue;
        }
        let begins_word = before.is_none_or(|b| b == ' ' || "[{,:-".contains(b));
        match c {
            '"' | '\'' if begins_word => quote = Some(c),
            '#' if begins_word => break,
            _ if is_odd(c) => {
                let mut invisible = without_width(c);
                while let Some((_, more)) = chars.next_if(|(_, more)| blank(*more)) {
                    invisible |= without_width(more);
                }
                let next = chars.peek().map(|(_, next)| *next);
                let at_edge = last.is_none_or(|c| "[{,:".contains(c)) || next.is_none_or(|c| "#:,]}".contains(c));
                if in_lead || at_edge || invisible {
                    found.push((at, c));
                }
                // It is a blank to whoever wrote it.
                before = Some(' ');
                continue;
            }
            _ => {}
        }
        before = Some(c);
        if c != ' ' {
            last = Some(c);
            in_lead &= c == '-';
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::harmful;

    #[test]
    fn a_line_of_a_million_blanks_is_read_once() {
        let line = format!("summary: a{}b\u{a0}: c", "\u{a0}".repeat(500_000));
        assert_eq!(harmful(&line).len(), 1);
    }

    #[test]
    fn a_blank_that_changes_what_a_line_means_is_found_and_one_in_a_text_is_not() {
        for line in [
            "\u{a0}\u{a0}- do: start",
            "  -\u{a0}do: start",
            "  - do:\u{a0}start",
            "  - do: start\u{a0}",
            "  - do\u{a0}: start",
            "  - do: start\u{a0}# now",
            "  - expect: {alarm:\u{202f}occlusion}",
            "  - expect: {alarm: occlusion,\u{3000}priority: critical}",
            "  - do: st\u{200b}art",
            "  \u{a0} \u{a0}- do: start",
        ] {
            assert!(!harmful(line).is_empty(), "{line:?}");
        }
        for line in [
            "summary: A dose of 5\u{a0}mL is given.",
            "rate: 0.5\u{a0}mL/day",
            "summary: \"It says:\u{a0}no.\"",
            "  - do: start  # at\u{a0}once:\u{a0}now",
            "summary: L'alarme\u{202f}! Et apr\u{e8}s",
        ] {
            assert!(harmful(line).is_empty(), "{line:?}");
        }
    }
}
