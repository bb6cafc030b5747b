//! What stands in the parentheses: a word, a word with `*`, or a pattern between slashes.

use regex::Regex;

/// How a text is compared.
#[derive(Debug, Clone)]
pub(super) enum Matcher {
    /// It is this text.
    Is(String),
    /// It holds this text.
    Holds(String),
    /// It is these texts, with anything between them.
    Stars(Vec<String>),
    /// The pattern is found in it.
    Pattern(Regex),
}

impl Matcher {
    /// A word; `*` in it stands for anything.
    pub fn word_or_stars(text: &str) -> Self {
        match text.contains('*') {
            true => Self::Stars(text.split('*').map(str::to_owned).collect()),
            false => Self::Is(text.to_owned()),
        }
    }

    /// The word that it asks for, where it asks for one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Is(word) | Self::Holds(word) => Some(word),
            Self::Stars(_) | Self::Pattern(_) => None,
        }
    }

    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Is(word) => text == word,
            Self::Holds(part) => text.contains(part.as_str()),
            Self::Stars(parts) => stars(parts, text),
            Self::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

/// The first part at the begin, the last at the end, the others between them in their order.
fn stars(parts: &[String], text: &str) -> bool {
    let [first, between @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in between {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}
