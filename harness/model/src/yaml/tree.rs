//! A YAML document as a tree of values with places.
//!
//! Invariant: at most [`BYTES_MAX`] bytes, [`DEPTH_MAX`] levels and [`NODES_MAX`] values; anchors, aliases and tags are refused, so a small file
//! cannot grow large.

use super::location::Location;

/// Most bytes of a file.
pub const BYTES_MAX: usize = 1 << 20;
/// Most levels of nesting.
pub const DEPTH_MAX: usize = 64;
/// Most values and keys of a file.
pub const NODES_MAX: usize = 100_000;

/// What a scalar looks like by YAML's core schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Null,
    Bool,
    Int,
    Number,
    Text,
}

/// A value.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub place: Location,
    /// What it is.
    pub value: Content,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Content {
    /// A scalar; the text is kept as it was written.
    Scalar {
        /// What it looks like.
        kind: Kind,
        /// Its text.
        text: String,
        /// Whether it was written without quotes.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub place: Location,
}

impl Node {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Content::Map(entries) => entries.iter().find(|(k, _)| k.text == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The entries of a map.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// What an unquoted scalar is by YAML 1.2's core schema.
#[must_use]
pub fn kind_of(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return Kind::Bool,
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let hex = digits
        .strip_prefix("0x")
        .is_some_and(|h| !h.is_empty() && h.bytes().all(|b| b.is_ascii_hexdigit()));
    if hex || (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())) {
        return Kind::Int;
    }
    // `parse::<f64>` alone would take `inf`, `nan` and `infinity`, which are words here.
    let numeric = digits
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'-' | b'+'));
    if numeric && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok() {
        return Kind::Number;
    }
    Kind::Text
}
