//! Bytes as they come, cut into lines.

use super::escape::escape_of;
use super::frame::{Frame, Garbled, parse_line};
use super::limits::LINE_KEPT_MAX;

/// One line that came, with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its bytes with its end, escaped as in a Rust byte string, cut at [`LINE_KEPT_MAX`].
    pub text: String,
    /// What it says, or why it says nothing.
    pub frame: Result<Frame, Garbled>,
}

/// Cuts bytes into lines, however they are split.
///
/// **Invariant:** holds at most [`LINE_KEPT_MAX`] bytes of an unfinished line; of a longer one it counts.
#[derive(Debug, Default)]
pub struct Decoder {
    kept: Vec<u8>,
    total: usize,
}

impl Decoder {
    /// Takes bytes and gives each line that they finish to `each`. Empty lines are ignored.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Line)) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let (line, after) = rest.split_at(end.saturating_add(1));
            rest = after;
            // The line is whole in what came: it is read where it stands, without a copy.
            if self.total == 0 && line.len() <= LINE_KEPT_MAX {
                finish(line, line.len()).into_iter().for_each(&mut each);
            } else {
                self.keep(line);
                finish(&self.kept, self.total).into_iter().for_each(&mut each);
                self.kept.clear();
                self.total = 0;
            }
        }
        self.keep(rest);
    }

    /// Whether what is there of an unfinished line may be the begin of one.
    #[must_use]
    pub fn is_within_a_line(&self) -> bool {
        self.total == self.kept.len() && self.kept.first().is_some_and(|mark| b"=+!$".contains(mark))
    }

    /// The unfinished line, where there is one: what is left when nothing more will come.
    pub fn take_rest(&mut self) -> Option<String> {
        if self.total == 0 {
            return None;
        }
        let text = escape_of(&self.kept, self.total);
        self.kept.clear();
        self.total = 0;
        Some(text)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_KEPT_MAX.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        // Of a line without end nothing is lost but its exact length.
        self.total = self.total.saturating_add(bytes.len());
    }
}

/// `kept` are the first bytes of a line of `total` bytes, its LF counted.
fn finish(kept: &[u8], total: usize) -> Option<Line> {
    let text = || escape_of(kept, total);
    if total > kept.len() {
        return Some(Line {
            text: text(),
            // The LF is counted in `total`, and limits are without the end.
            frame: Err(Garbled::TooLong {
                len: total.saturating_sub(1),
            }),
        });
    }
    let line = kept.strip_suffix(b"\n").unwrap_or(kept);
    // PROTOCOL.md, Lines: a CR before the LF is ignored.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return None;
    }
    Some(Line {
        text: text(),
        frame: parse_line(line),
    })
}
