//! A whole file read at once into a typed value: rig files and device profiles.

use super::parse::parse;
use super::problem::{FileText, Problem, diagnose};
use super::schema::structural;
use super::tree::{Content, Kind, Node};
use super::{check, raw};
use crate::diagnostic::WrongFile;
use crate::mistake::{Mistake, Subject};
use crate::serde_words::in_words;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// A file whose shape is right, for what else may be wrong with it.
#[derive(Debug)]
pub struct Document {
    node: Node,
    file: FileText,
}

impl Document {
    /// Reads a text by the schema of `T`; `subject` is what it is, and `name` names it in errors.
    ///
    /// # Errors
    /// Everything that is wrong with its shape.
    pub fn read<T: JsonSchema + DeserializeOwned>(
        subject: Subject,
        name: &str,
        text: &str,
    ) -> Result<(Self, T), WrongFile> {
        let file = FileText {
            subject,
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let (node, mut problems) = parse(text, 0);
        if let Some(node) = &node {
            check::check(node, &structural::<T>(&|_| None), &mut problems);
        }
        let files = [file];
        let Some(node) = node.filter(|_| problems.is_empty()) else {
            return Err(WrongFile(diagnose(problems, &files)));
        };
        let [file] = files;
        let document = Self { node, file };
        match serde_json::from_value(json(&document.node)) {
            Ok(value) => Ok((document, value)),
            Err(error) => Err(document.wrong(Mistake::WrongKind, &[], in_words(&error))),
        }
    }

    /// Something is wrong with what `path` leads to: key by key, or by a word that stands in an item of a list.
    #[must_use]
    pub fn wrong(&self, mistake: Mistake, path: &[&str], what: impl Into<String>) -> WrongFile {
        let mut at = &self.node;
        for segment in path {
            match inside(at, segment) {
                Some(next) => at = next,
                None => break,
            }
        }
        let problem = Problem::new(mistake, at.place, what);
        WrongFile(diagnose(vec![problem], std::slice::from_ref(&self.file)))
    }
}

/// The value of a key, else whatever directly inside is this word or holds it.
fn inside<'a>(node: &'a Node, segment: &str) -> Option<&'a Node> {
    node.get(segment)
        .or_else(|| children(node).find(|child| holds(child, segment)))
}

fn holds(node: &Node, word: &str) -> bool {
    node.text() == Some(word) || children(node).any(|child| holds(child, word))
}

fn children(node: &Node) -> Box<dyn Iterator<Item = &Node> + '_> {
    match &node.value {
        Content::List(items) => Box::new(items.iter()),
        _ => Box::new(node.entries().iter().map(|(_, value)| value)),
    }
}

/// As JSON, which serde reads from. What is no whole number stays a text.
fn json(node: &Node) -> Json {
    match &node.value {
        Content::Scalar { kind, text, .. } => match kind {
            Kind::Null => Json::Null,
            Kind::Bool => Json::Bool(text.eq_ignore_ascii_case("true")),
            // A number beyond 64 bits stays a text, which serde then refuses as one.
            Kind::Int => raw::integer(text).map_or_else(|| text.as_str().into(), Json::from),
            Kind::Number | Kind::Text => text.as_str().into(),
        },
        Content::List(items) => items.iter().map(json).collect(),
        Content::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text.clone(), json(value)))
            .collect(),
    }
}
