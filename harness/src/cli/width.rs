//! Lines that fit a terminal: it would break them in the middle of a word.

use rustix::termios::tcgetwinsize;
use std::os::fd::AsFd;

/// Columns of a line where there is no terminal.
pub(super) const OF_FILES: usize = 120;

/// How far the rest of a line is indented beyond its begin.
const INDENT: usize = 4;

/// Columns of the terminal that a stream is; `None`: it is none, or does not say.
pub(super) fn columns(stream: impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Breaks lines between words. A command that somebody copies stays as it is, and so does a line of a file with what marks a place in it. So does what is not
/// safe, which is searched for by its words.
pub(super) fn fit(text: &str, columns: usize) -> String {
    hang(text, columns, 0)
}

/// The same; what goes on below begins at least in the column `hang`.
pub(super) fn hang(text: &str, columns: usize, hang: usize) -> String {
    let lines = text.split_inclusive('\n');
    lines.map(|line| fitted(line, columns, hang)).collect()
}

fn fitted(line: &str, columns: usize, hang: usize) -> String {
    let body = line.trim_start_matches(' ');
    let lead = line.len() - body.len();
    let is_to_copy = lead > 0 && (body.contains("pump-hil ") || body.starts_with("journal:"));
    let is_of_file = lead > 0
        && body
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
            .starts_with("| ");
    if line.trim_end().chars().count() <= columns || is_to_copy || is_of_file || line.starts_with("NOT SAFE") {
        return line.to_owned();
    }
    // Where hardly anything has room beside it, what goes on stands at the left.
    let indent = (lead + INDENT).max(hang);
    let indent = if indent * 2 > columns {
        INDENT.min(columns / 4)
    } else {
        indent
    };
    let mut fitted = " ".repeat(lead);
    let (mut used, mut is_empty) = (lead, true);
    for word in body.trim_end().split(' ') {
        let length = word.chars().count();
        if !is_empty && used + 1 + length > columns {
            fitted.truncate(fitted.trim_end().len());
            fitted.push('\n');
            fitted.push_str(&" ".repeat(indent));
            used = indent;
        } else if !is_empty {
            fitted.push(' ');
            used += 1;
        }
        fitted.push_str(word);
        used += length;
        is_empty = false;
    }
    if line.ends_with('\n') {
        fitted.push('\n');
    }
    fitted
}

/// A line of at most so many columns.
pub(super) fn cut(line: &str, columns: usize) -> String {
    match line.chars().count() > columns {
        false => line.to_owned(),
        true => line.chars().take(columns.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words() {
        let text = "one two three four\nabcdefghijklmnop q\nshort\n";
        let fitted = "one two\n    three\n    four\nabcdefghijklmnop\n    q\nshort\n";
        assert_eq!(fit(text, 10), fitted);
        assert_eq!(fit("12345 789", 9), "12345 789");
        let text = "  one two three four five six seven\n";
        assert_eq!(fit(text, 20), "  one two three four\n      five six seven\n");
        assert_eq!(
            hang(text, 20, 8),
            "  one two three four\n        five six\n        seven\n"
        );
    }

    #[test]
    fn what_is_copied_and_a_line_of_a_file_stay_whole() {
        for text in [
            "  more: pump-hil show a-long-name\n",
            "  12 |   - expect: {state: running}\n",
            "     |             ^^^^^ expected\n",
            "NOT SAFE after a-long-name: it runs\n",
        ] {
            assert_eq!(fit(text, 12), text);
        }
        assert_eq!(cut("one two three", 7), "one tw…");
        assert_eq!(cut("one two", 7), "one two");
    }
}
