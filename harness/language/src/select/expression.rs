//! The expression of `--filter`, read: `name(/flex/) or (tag(slow) and not fault(brown-out))`.
//!
//! Words of before go on working: `covers:SF04 !slow` is `covers(SF04)` and not a name that holds `slow`.

use super::matcher::Matcher;
use pump_hil_model::diagnostic::nearest;
use regex::Regex;

/// An expression.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Is(Predicate),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
}

/// One question about a case.
#[derive(Debug, Clone)]
pub(super) struct Predicate {
    pub of: Of,
    pub matcher: Matcher,
    /// As it was written.
    pub text: String,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    PartOfName,
    Name,
    File,
    Tag,
    Verifies,
    Covers,
    Fault,
    Needs,
}

const ASKED: &[(&str, Of)] = &[
    ("name", Of::Name),
    ("file", Of::File),
    ("tag", Of::Tag),
    ("verifies", Of::Verifies),
    ("covers", Of::Covers),
    ("fault", Of::Fault),
    ("needs", Of::Needs),
];

/// Deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 64;

/// Why a selection cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The expression is wrong at a place, counted in characters from 1.
    #[error("--filter '{text}', character {at}: {what}")]
    At {
        /// The expression.
        text: String,
        /// Where.
        at: usize,
        /// What is wrong there, and what to write.
        what: String,
    },
    /// Not K/N.
    #[error("`{0}` is not a shard; write K/N with 1 <= K <= N, such as 2/4")]
    Shard(String),
}

pub(super) fn parse(text: &str) -> Result<Expr, SelectError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let expr = reader.any()?;
    reader.blanks();
    match reader.rest().chars().next() {
        None => Ok(expr),
        Some(c) => Err(reader.wrong(format!("`{c}` cannot be here"))),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn wrong(&self, what: impl Into<String>) -> SelectError {
        SelectError::At {
            text: self.text.to_owned(),
            at: self.text[..self.at].chars().count() + 1,
            what: what.into(),
        }
    }

    /// Takes one of these signs, or a word of its own, if it stands here.
    fn takes(&mut self, sign: char, word: &str) -> bool {
        self.blanks();
        let rest = self.rest();
        let len = if rest.starts_with(sign) {
            // `||` and `&&` as other languages have them.
            rest.len() - rest.trim_start_matches(sign).len()
        } else if rest
            .strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '(', '!']))
        {
            word.len()
        } else {
            return false;
        };
        self.at += len;
        true
    }

    fn any(&mut self) -> Result<Expr, SelectError> {
        let mut parts = vec![self.all()?];
        while self.takes('|', "or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, SelectError> {
        let mut parts = vec![self.not()?];
        loop {
            let joined = self.takes('&', "and");
            self.blanks();
            let begin = self.at;
            let ends = self.rest().is_empty() || self.rest().starts_with([')', '|']) || self.takes('|', "or");
            self.at = begin;
            if ends && !joined {
                return Ok(one_or(parts, Expr::All));
            }
            parts.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Expr, SelectError> {
        let mut negated = false;
        while self.takes_one_not() {
            negated = !negated;
        }
        let inner = self.one()?;
        Ok(if negated { Expr::Not(Box::new(inner)) } else { inner })
    }

    fn takes_one_not(&mut self) -> bool {
        self.blanks();
        if self.rest().starts_with('!') {
            self.at += 1;
            return true;
        }
        // No other sign: the word alone.
        self.takes('!', "not")
    }

    fn one(&mut self) -> Result<Expr, SelectError> {
        self.blanks();
        if !self.rest().starts_with('(') {
            return self.predicate().map(Expr::Is);
        }
        if self.depth >= DEPTH_MAX {
            return Err(self.wrong("too many parentheses inside each other"));
        }
        self.at += 1;
        self.depth += 1;
        let inner = self.any()?;
        self.depth -= 1;
        self.close()?;
        Ok(inner)
    }

    fn close(&mut self) -> Result<(), SelectError> {
        self.blanks();
        if !self.rest().starts_with(')') {
            return Err(self.wrong("a `)` is missing"));
        }
        self.at += 1;
        Ok(())
    }

    /// `tag(slow)`, `covers:SF04`, or a part of a name.
    fn predicate(&mut self) -> Result<Predicate, SelectError> {
        let begin = self.at;
        let word = self.word();
        if word.is_empty() {
            return Err(self.wrong("a word is missing, such as `flex` or `tag(slow)`"));
        }
        // The names of cases are in lower case, and have none of these as a whole.
        if let Some(joins) = ["or", "and", "not"]
            .iter()
            .find(|joins| word.eq_ignore_ascii_case(joins))
        {
            return Err(match word == *joins {
                true => self.wrong(format!("a word is missing before `{joins}`")),
                false => self.wrong(format!("`{word}` is written `{joins}`, in lower case")),
            });
        }
        if let Some((one, _)) = word.split_once(',').filter(|(one, _)| !one.contains('[')) {
            return Err(self.wrong(format!("words are joined by `or` and not by a comma: `{one} or ...`")));
        }
        let end = begin + word.len();
        let (of, matcher) = if self.text[end..].starts_with('(') {
            let of = self.asked(word)?;
            self.at = end + 1;
            let matcher = self.argument()?;
            self.close()?;
            (of, matcher)
        } else if let Some((asked, value)) = word.split_once(':') {
            let of = self.asked(asked)?;
            if value.is_empty() {
                return Err(self.wrong(format!("`{asked}:` asks for nothing; write `{asked}(...)`")));
            }
            self.at = end;
            (of, Matcher::word_or_stars(value))
        } else {
            self.at = end;
            let matcher = match word.contains('*') {
                true => Matcher::word_or_stars(word),
                false => Matcher::Holds(word.to_owned()),
            };
            (Of::PartOfName, matcher)
        };
        Ok(Predicate {
            of,
            matcher,
            text: self.text[begin..self.at].to_owned(),
        })
    }

    fn asked(&self, name: &str) -> Result<Of, SelectError> {
        if let Some((_, of)) = ASKED.iter().find(|(known, _)| *known == name) {
            return Ok(*of);
        }
        let known = || ASKED.iter().map(|(known, _)| *known);
        let plurals = name.trim_end_matches('s');
        let meant = nearest(name, known()).or_else(|| known().find(|known| *known == plurals));
        let meant = meant.map_or_else(String::new, |meant| format!(" (did you mean `{meant}(...)`?)"));
        Err(self.wrong(format!(
            "`{name}` is not known{meant}; use a part of a name, {}, each with `not` or `!` in front, joined by `and`, `or` and parentheses",
            known().map(|known| format!("{known}(...)")).collect::<Vec<_>>().join(", ")
        )))
    }

    /// Up to a blank or a sign; what stands in `[...]`, as the row of a table, is all of it.
    fn word(&self) -> &'t str {
        let mut in_brackets = false;
        let ends = |c: char| {
            in_brackets = (in_brackets || c == '[') && c != ']';
            !in_brackets && (c.is_whitespace() || "()|&".contains(c))
        };
        let len = self.rest().find(ends).unwrap_or(self.rest().len());
        &self.rest()[..len]
    }

    fn argument(&mut self) -> Result<Matcher, SelectError> {
        self.blanks();
        let rest = self.rest();
        for quote in ['/', '"', '\''] {
            let Some(inside) = rest.strip_prefix(quote) else {
                continue;
            };
            let Some(end) = inside.find(quote) else {
                return Err(self.wrong(format!("the second `{quote}` is missing")));
            };
            // A path from the root has no end of a pattern before its parenthesis.
            if quote == '/' && !inside[end + 1..].trim_start().starts_with(')') && inside[end + 1..].contains(')') {
                break;
            }
            let inside = &inside[..end];
            let matcher = match quote {
                '/' => Matcher::Pattern(Regex::new(inside).map_err(|error| {
                    let why = error.to_string();
                    let why = why
                        .lines()
                        .last()
                        .unwrap_or("")
                        .trim_start_matches("error: ")
                        .to_owned();
                    self.wrong(format!("`/{inside}/` is not a pattern: {why}"))
                })?),
                _ => Matcher::Is(inside.to_owned()),
            };
            self.at += end + 2;
            return Ok(matcher);
        }
        let end = rest.find(')').unwrap_or(rest.len());
        let word = rest[..end].trim_end();
        if word.is_empty() {
            return Err(self.wrong("a word is missing between the parentheses"));
        }
        self.at += word.len();
        Ok(Matcher::word_or_stars(word))
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}
