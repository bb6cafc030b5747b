//! Lines that fit a terminal: it would break them in the middle of a word.

use rustix::termios::tcgetwinsize;
use std::os::fd::AsFd;

/// How far the rest of a line is indented.
const INDENT: &str = "    ";

/// Columns of the terminal that a stream is; `None`: it is none, or does not say.
pub(super) fn columns(stream: impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Breaks lines between words. What is indented stays as it is: it is a table, a line of a file, or a command that somebody copies. So does what is not safe,
/// which is searched for by its words.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let fits = |line: &str| {
        line.starts_with(' ') || line.starts_with("NOT SAFE") || line.trim_end().chars().count() <= columns
    };
    let lines = text.split_inclusive('\n').map(|line| {
        if fits(line) {
            return line.to_owned();
        }
        let mut fitted = String::new();
        let mut used = 0;
        for word in line.trim_end().split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > columns {
                fitted.push('\n');
                fitted.push_str(INDENT);
                used = INDENT.len();
            } else if used > 0 {
                fitted.push(' ');
                used += 1;
            }
            fitted.push_str(word);
            used += length;
        }
        if line.ends_with('\n') {
            fitted.push('\n');
        }
        fitted
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words() {
        let text = "one two three four\n  one two three four\nabcdefghijklmnop q\nshort\n";
        let fitted = "one two\n    three\n    four\n  one two three four\nabcdefghijklmnop\n    q\nshort\n";
        assert_eq!(fit(text, 10), fitted);
        assert_eq!(fit("12345 789", 9), "12345 789");
    }
}
