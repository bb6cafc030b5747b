//! What went over a line, as a person noted it or a program recorded it.

use crate::wire::unescape;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Whoever asks.
    Host,
    /// The pump.
    Pump,
}

/// Bytes that were said in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// By whom.
    pub from: Side,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// How a transcript is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines with `>` and `<` before texts, with escapes such as `\r`.
    Lines,
    /// Lines with `>` and `<` before bytes in hexadecimal.
    Hex,
    /// Bytes of the pump, as they came.
    Capture,
    /// The journal of a run.
    Journal,
}

impl Form {
    /// What it is, for people.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Lines => "lines of text with > and <",
            Self::Hex => "lines of hexadecimal bytes with > and <",
            Self::Capture => "bytes of the pump as they came",
            Self::Journal => "the journal of a run",
        }
    }
}

/// What went over a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// How it was written.
    pub form: Form,
    /// In the order of the line; none is empty.
    pub pieces: Vec<Piece>,
    /// Lines without a direction, which were left out: how many, and the number of the first.
    pub left_out: Option<(usize, usize)>,
}

/// Why nothing can be learned of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untaught {
    /// There is nothing in it.
    #[error("the transcript is empty")]
    Empty,
    /// A line of it.
    #[error("line {line}: {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// It has another form than was said.
    #[error("it is not {}: {why}", .form.what())]
    Form {
        /// What was said.
        form: Form,
        /// Why it is not.
        why: String,
    },
    /// The pump says nothing in it.
    #[error("the pump says nothing in it: mark what the pump said with `<`, and what was sent to it with `>`")]
    Silent,
    /// There is too little.
    #[error("too short: {pieces} of the pump; at least {least} are needed to compare them")]
    Short {
        /// What is there, with its number.
        pieces: String,
        /// How many there must be.
        least: usize,
    },
    /// Nothing shows where frames end.
    #[error(
        "nothing in it shows where a frame ends: neither an end, a length nor an escape holds for nine of ten frames; \
         note each message on a line of its own, with `>` or `<` before it"
    )]
    NoFrames,
}

impl Transcript {
    /// Reads one; `form`: what it is, where that is known. A journal is not read here.
    ///
    /// # Errors
    /// It is empty, or a line cannot be read.
    pub fn read(bytes: &[u8], form: Option<Form>) -> Result<Self, Untaught> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Untaught::Empty);
        }
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| form != Some(Form::Capture) && is_text(text));
        let marked = text.map(lines).transpose()?.filter(|lines| !lines.said.is_empty());
        match (marked, form) {
            (Some(lines), form) => lines.read(form),
            (None, None | Some(Form::Capture)) => Ok(Self::capture(bytes)),
            (None, Some(form)) => Err(Untaught::Form {
                form,
                why: "no line of it begins with > or <".to_owned(),
            }),
        }
    }

    /// Bytes that the pump said.
    #[must_use]
    pub fn capture(bytes: &[u8]) -> Self {
        let from = Side::Pump;
        let bytes = bytes.to_vec();
        Self {
            form: Form::Capture,
            pieces: vec![Piece { from, bytes }],
            left_out: None,
        }
    }

    /// What one side said, piece by piece.
    pub fn of(&self, side: Side) -> impl Iterator<Item = &[u8]> {
        let mine = self.pieces.iter().filter(move |piece| piece.from == side);
        mine.map(|piece| &piece.bytes[..])
    }
}

/// Whether it may be a text of a person: control characters of a line are none.
fn is_text(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

/// Lines with marks, before their bytes are known.
struct Lines<'a> {
    /// Number of the line, who said it, and the text behind the mark.
    said: Vec<(usize, Side, &'a str)>,
    left_out: Option<(usize, usize)>,
}

fn lines(text: &str) -> Result<Lines<'_>, Untaught> {
    let mut lines = Lines {
        said: Vec::new(),
        left_out: None,
    };
    for (line, number) in text.lines().zip(1_usize..) {
        let before = lines.said.len();
        let mut rest = behind_time(line);
        while let Some((side, behind)) = mark(rest) {
            let (said, after) = behind.split_at(end_of(behind));
            if said.trim().is_empty() {
                let why = "nothing stands behind its mark".to_owned();
                return Err(Untaught::Line { line: number, why });
            }
            lines.said.push((number, side, said.trim_end()));
            rest = after.trim_start();
        }
        let comment = line.trim().is_empty() || line.trim_start().starts_with('#');
        if lines.said.len() == before && !comment {
            let (count, first) = lines.left_out.unwrap_or((0, number));
            lines.left_out = Some((count.saturating_add(1), first));
        }
    }
    Ok(lines)
}

/// A line without the time at its begin, where a mark follows that.
fn behind_time(line: &str) -> &str {
    let line = line.trim_start();
    let is_time = |word: &str| {
        let digits = word.bytes().any(|byte| byte.is_ascii_digit());
        digits
            && word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"[]()+-:.,TZs".contains(&byte))
    };
    match line.split_once(char::is_whitespace) {
        Some((word, rest)) if is_time(word) && mark(rest.trim_start()).is_some() => rest.trim_start(),
        _ => line,
    }
}

/// The mark at the begin of a text, and what stands behind it.
fn mark(text: &str) -> Option<(Side, &str)> {
    const MARKS: [(&str, Side); 4] = [
        ("->", Side::Host),
        ("<-", Side::Pump),
        (">", Side::Host),
        ("<", Side::Pump),
    ];
    MARKS.iter().find_map(|(mark, side)| {
        let rest = text.strip_prefix(mark)?;
        let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
        spaced.then(|| (*side, rest.trim_start()))
    })
}

/// Where what is said ends: at its closing quote, at two blanks or a tab, or with the line.
fn end_of(said: &str) -> usize {
    if let Some(quoted) = said.strip_prefix('"') {
        let mut escaped = false;
        for (at, c) in quoted.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                // Behind both quotes.
                '"' => return at.saturating_add(2),
                _ => {}
            }
        }
        return said.len();
    }
    // Bytes in hexadecimal are often parted in groups.
    let mut end = 0_usize;
    for (at, blanks) in said.match_indices(|c: char| c.is_whitespace()) {
        let next = said.get(at.saturating_add(blanks.len())..).unwrap_or_default();
        let wide = blanks == "\t" || next.starts_with(char::is_whitespace);
        let group = next.split_whitespace().next().is_some_and(is_hex);
        if wide && !(group && is_hex(said.get(..at).unwrap_or_default())) {
            end = at;
            break;
        }
    }
    if end == 0 { said.len() } else { end }
}

impl Lines<'_> {
    fn read(self, form: Option<Form>) -> Result<Transcript, Untaught> {
        let hex = match form {
            Some(Form::Hex) => true,
            Some(_) => false,
            None => self.said.iter().all(|(_, _, said)| is_hex(said)),
        };
        let mut pieces = Vec::with_capacity(self.said.len());
        for (line, from, said) in self.said {
            let bytes = if hex { hex_bytes(said) } else { text_bytes(said) };
            let bytes = bytes.map_err(|why| Untaught::Line { line, why })?;
            pieces.push(Piece { from, bytes });
        }
        Ok(Transcript {
            form: if hex { Form::Hex } else { Form::Lines },
            pieces,
            left_out: self.left_out,
        })
    }
}

fn text_bytes(said: &str) -> Result<Vec<u8>, String> {
    let Some(quoted) = said.strip_prefix('"') else {
        return unescape(said);
    };
    let inside = quoted.strip_suffix('"').ok_or("a quote has no end")?;
    let bytes = unescape(inside)?;
    if bytes.is_empty() {
        return Err("nothing stands between the quotes".to_owned());
    }
    Ok(bytes)
}

/// Bytes in hexadecimal: `02 41`, `0x02 0x41`, `02,41`.
///
/// # Errors
/// Says what is no byte.
pub fn hex_bytes(said: &str) -> Result<Vec<u8>, String> {
    let words = said.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let byte = |word| hex_byte(word).ok_or_else(|| format!("`{word}` is no byte of two hexadecimal digits"));
    words.map(byte).collect()
}

fn hex_byte(word: &str) -> Option<u8> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}

fn is_hex(said: &str) -> bool {
    !said.trim().is_empty() && hex_bytes(said).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Transcript, Untaught> {
        Transcript::read(text.as_bytes(), None)
    }

    fn said(text: &str) -> Vec<(Side, Vec<u8>)> {
        let pieces = read(text).unwrap().pieces;
        pieces.into_iter().map(|piece| (piece.from, piece.bytes)).collect()
    }

    #[test]
    fn lines_have_marks_texts_and_words_behind_them() {
        let text = "# a note\n> 00DIS\\r            < \\x0200S\\x03        stopped, 0 mL\n\n\
                    12:00:01.5 -> VOL 0.5 mL\\r\n<- \"A  \\\"B\\\"  \\n\"  quoted\n";
        let due: [(Side, &[u8]); 4] = [
            (Side::Host, b"00DIS\r"),
            (Side::Pump, b"\x0200S\x03"),
            (Side::Host, b"VOL 0.5 mL\r"),
            (Side::Pump, b"A  \"B\"  \n"),
        ];
        assert_eq!(said(text), due.map(|(side, bytes)| (side, bytes.to_vec())));
        assert_eq!(read(text).unwrap().form, Form::Lines);
    }

    #[test]
    fn bytes_in_hexadecimal_may_stand_in_groups() {
        let text = "> AA 01 00 07   status\n< aa 81  05,0x00 00\t|..|\n";
        let due: [(Side, &[u8]); 2] = [(Side::Host, &[0xAA, 1, 0, 7]), (Side::Pump, &[0xAA, 0x81, 5, 0, 0])];
        assert_eq!(said(text), due.map(|(side, bytes)| (side, bytes.to_vec())));
        assert_eq!(read(text).unwrap().form, Form::Hex);
        // One text among them, and all are texts.
        assert_eq!(said("> 01\n< OK\\r\n")[0].1, b"01");
    }

    #[test]
    fn what_has_no_marks_is_a_capture_and_what_cannot_be_read_is_told() {
        assert_eq!(read("A\r\nB\r\n").unwrap(), Transcript::capture(b"A\r\nB\r\n"));
        assert_eq!(Transcript::read(b"\x02\xff", None).unwrap().form, Form::Capture);
        assert_eq!(read(" \n\n").unwrap_err(), Untaught::Empty);
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert!(told("> A\\q\n").starts_with("line 1: `\\q` stands for no byte"));
        assert_eq!(told("> A\n<\n"), "line 2: nothing stands behind its mark");
        assert_eq!(told("> \"A\n"), "line 1: a quote has no end");
        assert_eq!(read("A\n> B\nC\n< D\n").unwrap().left_out, Some((2, 1)));
        let hex = Transcript::read(b"> zz\n", Some(Form::Hex)).unwrap_err();
        assert!(hex.to_string().contains("`zz` is no byte"), "{hex}");
        let none = Transcript::read(b"AB\n", Some(Form::Lines)).unwrap_err();
        assert!(none.to_string().contains("no line of it begins with > or <"), "{none}");
    }
}
