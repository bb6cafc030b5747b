//! A whole file read at once into a typed value: rig files and device profiles.

use super::location::Location;
use super::parse::parse;
use super::problem::{FileText, Problem, diagnose};
use super::quantity::quantity_problem;
use super::schema::plain;
use super::tree::{Content, Kind, Node};
use super::{check, raw};
use crate::diagnostic::WrongFile;
use crate::mistake::{Mistake, Subject};
use crate::quantity::QuantityError;
use crate::serde_words::in_words;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// A file whose shape is right, for what else may be wrong with it.
#[derive(Debug)]
pub struct Document {
    node: Node,
    file: FileText,
    /// Where something is wrong with its shape.
    wrong: Vec<Location>,
}

impl Document {
    /// Reads a text by the schema of `T`; `subject` is what it is, and `name` names it in errors.
    ///
    /// # Errors
    /// Everything that is wrong with its shape.
    pub fn read<T: JsonSchema + DeserializeOwned + 'static>(
        subject: Subject,
        name: &str,
        text: &str,
    ) -> Result<(Self, T), WrongFile> {
        match Self::read_in_part(subject, name, text) {
            (Some(whole), wrong) if wrong.0.is_empty() => Ok(whole),
            (_, wrong) => Err(wrong),
        }
    }

    /// As [`Document::read`], without the keys that are wrong: so that what else is wrong can be told with them. Nothing where no value comes of the rest.
    pub fn read_in_part<T: JsonSchema + DeserializeOwned + 'static>(
        subject: Subject,
        name: &str,
        text: &str,
    ) -> (Option<(Self, T)>, WrongFile) {
        let (node, mut problems) = parse(text, 0);
        if let Some(node) = &node {
            check::check(node, &plain::<T>(), &mut problems);
        }
        let file = FileText {
            subject,
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let wrong: Vec<Location> = problems.iter().map(|problem| problem.place).collect();
        // A key that is missing is told at another.
        let told = problems.iter().filter(|problem| problem.mistake != Mistake::MissingKey);
        let left_out: Vec<Location> = told.map(|problem| problem.place).collect();
        let mut told = WrongFile(diagnose(problems, std::slice::from_ref(&file)));
        let Some(node) = node else { return (None, told) };
        let document = Self { node, file, wrong };
        match serde_json::from_value(json(&document.node, &left_out)) {
            Ok(value) => (Some((document, value)), told),
            Err(error) => {
                if told.0.is_empty() {
                    told = document.wrong(Mistake::WrongKind, &[], in_words(&error));
                }
                (None, told)
            }
        }
    }

    /// Whether something is wrong with the shape of this key's value.
    #[must_use]
    pub fn is_wrong_in(&self, key: &str) -> bool {
        let inside = |of: &Node| {
            let of = of.place;
            self.wrong
                .iter()
                .any(|wrong| (of.start..=of.end).contains(&wrong.start))
        };
        self.node.get(key).is_some_and(inside)
    }

    /// What `path` leads to is no quantity.
    #[must_use]
    pub fn no_quantity(&self, path: &[&str], text: &str, error: &QuantityError) -> WrongFile {
        let text = raw::Text {
            text: text.to_owned(),
            place: self.at(path).place,
        };
        let mut problem = quantity_problem(&text, error);
        if let Some(key) = path.last() {
            problem.message = format!("`{key}`: {}", problem.message);
        }
        WrongFile(diagnose(vec![problem], std::slice::from_ref(&self.file)))
    }

    /// Something is wrong with what `path` leads to: key by key, or by a word that stands in an item of a list.
    #[must_use]
    pub fn wrong(&self, mistake: Mistake, path: &[&str], what: impl Into<String>) -> WrongFile {
        let problem = Problem::new(mistake, self.at(path).place, what);
        WrongFile(diagnose(vec![problem], std::slice::from_ref(&self.file)))
    }

    fn at(&self, path: &[&str]) -> &Node {
        let mut at = &self.node;
        for segment in path {
            match inside(at, segment) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
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

/// As JSON, which serde reads from, without the entries whose key or value stands at one of these places. What is no whole number stays a text.
fn json(node: &Node, without: &[Location]) -> Json {
    match &node.value {
        Content::Scalar { kind, text, .. } => match kind {
            Kind::Null => Json::Null,
            Kind::Bool => Json::Bool(text.eq_ignore_ascii_case("true")),
            // A number beyond 64 bits stays a text, which serde then refuses as one.
            Kind::Int => raw::integer(text).map_or_else(|| text.as_str().into(), Json::from),
            Kind::Number | Kind::Text => text.as_str().into(),
        },
        Content::List(items) => items.iter().map(|item| json(item, without)).collect(),
        Content::Map(entries) => entries
            .iter()
            .filter(|(key, value)| ![key.place, value.place].iter().any(|place| without.contains(place)))
            .map(|(key, value)| (key.text.clone(), json(value, without)))
            .collect(),
    }
}
