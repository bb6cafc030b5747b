//! A line of what a review shows: text whose parts may be coloured.

use pump_hil_model::safe_text::safe_lines;

/// How a part of a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// A title.
    Strong,
    /// Of the accepted log, where the new one differs.
    Old,
    /// Of the new log, where it differs.
    New,
    /// Beside the matter.
    Faint,
}

impl Tone {
    /// Parameters of the sequence that sets it (ECMA-48, SGR).
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Old => Some("31"),
            Self::New => Some("32"),
            Self::Faint => Some("2"),
        }
    }
}

/// A line; harmless, whatever it was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<(Tone, String)>);

impl Line {
    /// A line of one tone.
    #[must_use]
    pub fn of(tone: Tone, text: &str) -> Self {
        let mut line = Self::default();
        line.push(tone, text);
        line
    }

    /// Adds a part.
    pub fn push(&mut self, tone: Tone, text: &str) {
        if !text.is_empty() {
            self.0.push((tone, safe_lines(text).replace('\n', " ")));
        }
    }

    /// Without colours.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// As a terminal takes it; with colours where they are wanted.
    #[must_use]
    pub fn shown(&self, colour: bool) -> String {
        let part = |(tone, text): &(Tone, String)| match tone.code().filter(|_| colour) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.clone(),
        };
        self.0.iter().map(part).collect::<String>().trim_end().to_owned()
    }

    /// The line in pieces of at most `width` characters, broken between words where it can be; what goes on is set in as the line is, and a little more.
    #[must_use]
    pub fn wrapped(self, width: usize) -> Vec<Self> {
        let all: Vec<(Tone, char)> = self
            .0
            .iter()
            .flat_map(|(tone, text)| text.chars().map(|c| (*tone, c)))
            .collect();
        let start = all.iter().take_while(|(_, c)| *c == ' ').count();
        let indent = if start + 2 < width / 2 { start + 2 } else { 0 };
        let (mut pieces, mut rest) = (Vec::new(), all.as_slice());
        while !rest.is_empty() {
            let before = if pieces.is_empty() { 0 } else { indent };
            let room = width.saturating_sub(before).max(1);
            let mut cut = rest.len();
            if cut > room {
                let space = rest[..=room].iter().rposition(|(_, c)| *c == ' ');
                // A word that is longer than the room is broken where the room ends.
                cut = space.filter(|at| *at > start).unwrap_or(room);
            }
            let mut piece = Self::of(Tone::Plain, &" ".repeat(before));
            for (tone, c) in &rest[..cut] {
                match piece.0.last_mut() {
                    Some((last, text)) if last == tone => text.push(*c),
                    _ => piece.0.push((*tone, c.to_string())),
                }
            }
            pieces.push(piece);
            rest = &rest[cut..];
            let spaces = rest.iter().take_while(|(_, c)| *c == ' ').count();
            rest = &rest[spaces..];
        }
        if pieces.is_empty() {
            pieces.push(Self::default());
        }
        pieces
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::of(Tone::Plain, text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Tone};

    #[test]
    fn a_line_is_broken_between_words_and_nothing_of_it_is_lost() {
        let told = |line: Line, width| line.wrapped(width).iter().map(Line::text).collect::<Vec<_>>();
        let line = "  one two three four";
        assert_eq!(told(line.into(), 13), ["  one two", "    three", "    four"]);
        assert_eq!(told("abcdefgh ij".into(), 4), ["abcd", "efgh", "ij"]);
        assert_eq!(told("".into(), 4), [""]);
        let mut line = Line::of(Tone::Old, "a b");
        line.push(Tone::New, " c");
        let pieces = line.wrapped(3);
        assert_eq!(pieces[0].shown(true), "\u{1b}[31ma b\u{1b}[0m");
        assert_eq!(pieces[1].shown(false), "c");
    }

    #[test]
    fn what_steers_a_terminal_is_not_passed_on() {
        assert_eq!(Line::from("a\u{1b}[2Jb").shown(true), "a\\u{1b}[2Jb");
    }
}
