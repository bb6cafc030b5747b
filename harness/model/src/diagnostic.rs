//! What is wrong with a file, told the way a compiler does.
//!
//! Invariant: a diagnostic carries the line that it is about, cut to a bounded length, so that it can be shown without the file and no hostile
//! file can fill a terminal.

use crate::mistake::Code;
use crate::safe_text::{safe_lines, safe_path};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::fmt;

/// Longest excerpt of a source line, in characters.
const EXCERPT: usize = 160;
/// Texts are broken for at least so many characters.
const NARROW: usize = 12;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The line's text, or an excerpt of it.
    pub excerpt: String,
    /// Bytes of `excerpt` that are meant.
    pub span: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// What stands under the caret.
    pub label: String,
    /// What to do, such as `did you mean ...`.
    pub help: Option<String>,
    /// What kind of mistake it is.
    pub code: Code,
}

impl Diagnostic {
    /// About a whole file that has no text to show.
    #[must_use]
    pub fn about_file(code: Code, file: &str, message: String, help: Option<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 1,
            column: 1,
            excerpt: String::new(),
            span: (0, 0),
            message,
            label: String::new(),
            help,
            code,
        }
    }

    /// About the bytes `start..end` of `text`; only the first line of them is shown.
    #[must_use]
    pub fn at(
        code: Code,
        file: &str,
        text: &str,
        range: (usize, usize),
        message: String,
        label: String,
        help: Option<String>,
    ) -> Self {
        let start = floor_boundary(text, range.0);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        // A CR too: in a file with CR LF it would stand in the excerpt.
        let line_end = text[start..].find(['\n', '\r']).map_or(text.len(), |at| start + at);
        // What is meant may go over several lines, as a whole map does.
        let end = floor_boundary(text, range.1).clamp(start, line_end);
        let line = 1 + text[..line_start].bytes().filter(|b| *b == b'\n').count();
        let column = 1 + text[line_start..start].chars().count();
        let (excerpt, offset) = excerpt(&text[line_start..line_end], start - line_start);
        let excerpt: String = excerpt.chars().map(harmless).collect();
        let from = (start - line_start).saturating_sub(offset).min(excerpt.len());
        let to = (end - line_start).saturating_sub(offset).min(excerpt.len());
        Self {
            file: file.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            span: (from, floor_boundary(&excerpt, to).max(from)),
            excerpt,
            message,
            label,
            help,
            code,
        }
    }

    /// As a person reads it: `file:line:column`, the line, a caret, and help. Coloured where `styled`, in lines of at most `width` characters where that is
    /// given.
    #[must_use]
    pub fn render(&self, styled: bool, width: Option<usize>) -> String {
        let mut renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        if let Some(width) = width {
            renderer = renderer.term_width(width);
        }
        // Before each of them stand the frame and a word such as `error[scenario-unknown-key]: `.
        let gutter = self.line.to_string().len() + "   = help: ".len();
        let title = "error[]: ".len() + self.code.to_string().len();
        let within = |text: &str, before: usize| match width {
            Some(width) => broken(&safe_lines(text), width.saturating_sub(before).max(NARROW)),
            None => safe_lines(text),
        };
        let (file, message) = (safe_path(&self.file), within(&self.message, title));
        // Beside the caret a line is not broken.
        let beside = gutter + self.excerpt[..self.span.1].chars().count() + self.label.chars().count();
        let fits = self.label.is_empty() || width.is_none_or(|width| beside <= width);
        let label = if fits { safe_lines(&self.label) } else { String::new() };
        let note = (!fits).then(|| within(&self.label, gutter));
        let help = self.help.as_deref().map(|help| within(help, gutter));
        let title = Level::ERROR.primary_title(message.as_str());
        let mut group = Group::with_title(title.id(self.code.to_string()));
        let whole_line = self.column as usize == 1 + self.excerpt[..self.span.0].chars().count();
        if self.excerpt.is_empty() || !whole_line {
            // Said apart from the snippet, which would count the column inside the excerpt.
            let origin = Origin::path(file.as_str()).line(self.line as usize);
            group = group.element(origin.char_column(self.column as usize));
        }
        if !self.excerpt.is_empty() {
            let annotation = AnnotationKind::Primary.span(self.span.0..self.span.1);
            let annotation = if label.is_empty() {
                annotation
            } else {
                annotation.label(label.as_str())
            };
            let mut snippet = Snippet::source(self.excerpt.as_str()).line_start(self.line as usize);
            if whole_line {
                snippet = snippet.path(file.as_str());
            }
            group = group.element(snippet.annotation(annotation));
        }
        if let Some(note) = &note {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, message) = (safe_path(&self.file), safe_lines(&self.message));
        write!(f, "{file}:{}:{}: {message}", self.line, self.column)?;
        match &self.help {
            Some(help) => write!(f, " ({})", safe_lines(help)),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a file that was to be read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongFile(pub Vec<Diagnostic>);

impl WrongFile {
    /// The part that is right; what is wrong with another is kept.
    pub fn part<T>(&mut self, part: Result<T, Self>) -> Option<T> {
        part.map_err(|wrong| self.0.extend(wrong.0)).ok()
    }
}

impl std::error::Error for WrongFile {}

impl fmt::Display for WrongFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.0.iter().map(Diagnostic::to_string).collect();
        f.write_str(&told.join("\n"))
    }
}

/// A text with an end of line before each word that would stand beyond `width` characters.
fn broken(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut now = String::new();
        for word in line.split(' ') {
            let is_first = now.is_empty();
            if !is_first && now.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut now));
            } else if !is_first {
                now.push(' ');
            }
            now.push_str(word);
        }
        lines.push(now);
    }
    lines.join("\n")
}

/// All of them, in the files' order, with a last line that counts them.
#[must_use]
pub fn render_all(diagnostics: &[Diagnostic], styled: bool) -> String {
    render_within(diagnostics, styled, None)
}

/// The same in lines of at most `width` characters where that is given, as far as lines of a file and paths allow it.
#[must_use]
pub fn render_within(diagnostics: &[Diagnostic], styled: bool, width: Option<usize>) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&diagnostic.render(styled, width));
        text.push_str("\n\n");
    }
    let plural = if diagnostics.len() == 1 { "" } else { "s" };
    text.push_str(&format!("{} error{plural}\n", diagnostics.len()));
    text
}

/// The name of `known` that `word` was probably meant to be.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip in three letters: more would make any short word like any other.
    let limit = (word.chars().count() / 3).clamp(1, 4);
    // A long hostile word is compared with nothing, and an empty one is like every short one.
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit && *name != word && same_strength(name, word))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Whether a name may be what a word was meant to be, by their strengths: `morphine-10-mg-per-mL` is not a misspelling of `morphine-1-mg-per-mL`, nor of
/// `morphine-10-mcg-per-mL`, and whoever took it for one would give another dose.
fn same_strength(name: &str, word: &str) -> bool {
    let strength = |text: &str| {
        let from = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let letters = text[from..].chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_lowercase()
    };
    !name.contains("-per-") || strength(name) == strength(word)
}

/// How a list of known words begins.
pub const KNOWN: &str = "known here: ";

/// `did you mean ...`, else what is known if that is a short list.
#[must_use]
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let list = known
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    (!known.is_empty() && known.len() <= 30).then(|| format!("{KNOWN}{list}"))
}

/// The part of `line` around `at` that is short enough to show, with its offset.
fn excerpt(line: &str, at: usize) -> (String, usize) {
    if line.chars().count() <= EXCERPT {
        return (line.to_owned(), 0);
    }
    let before = line[..at].char_indices().rev().nth(EXCERPT / 3).map_or(0, |(i, _)| i);
    (line[before..].chars().take(EXCERPT).collect(), before)
}

/// A character of the same length in UTF-8 that a terminal does not obey: for C1 controls and for what turns the direction of writing. The
/// renderer replaces the C0 controls.
fn harmless(c: char) -> char {
    match c {
        '\u{80}'..='\u{9f}' => '\u{b7}',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        other => other,
    }
}

/// The largest character boundary that is not beyond `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::{Mistake, Subject};

    #[test]
    fn a_diagnostic_fits_the_columns_of_a_terminal() {
        let code = Code::new(Subject::Scenario, Mistake::UnknownKey);
        let text =
            "first: 1\n  - expect: {reported: 41.5 uL +- 1 uL, delivered: 41.5 uL +- 1 uL, state: stopped, motr: 3}\n";
        let at = text.find("motr").unwrap();
        let told = |label: &str| {
            let message = "unknown key `motr` in `expect`, which is a map of many other keys than this one".to_owned();
            let help = "whether the motor moves shows in `actuated`: write `mark: quiet` before it".to_owned();
            let range = (at, at + 4);
            Diagnostic::at(
                code,
                "scenarios/a.yaml",
                text,
                range,
                message,
                label.to_owned(),
                Some(help),
            )
        };
        for width in [40, 60, 80, 200] {
            for label in ["", "this key stands in no place of the language"] {
                let shown = told(label).render(false, Some(width));
                let fits = shown.lines().all(|line| line.chars().count() <= width);
                assert!(fits, "{width}:\n{shown}");
                assert!(shown.contains("motr: 3") && shown.contains("^^^^"), "{shown}");
                let words: Vec<&str> = shown.split_whitespace().filter(|word| *word != "|").collect();
                assert!(words.join(" ").contains(&format!("{label} ")[..label.len()]), "{shown}");
                assert!(!shown.contains("note:\n"), "{shown}");
            }
        }
        let wide = told("").render(false, None);
        assert!(wide.contains("help: whether the motor moves shows in `actuated`: write `mark: quiet` before it"));
    }
}
