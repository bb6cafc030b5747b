//! The structural check: a tree against a JSON Schema, all errors at once, each at its place.
//!
//! Only what [`super::raw`] and schemars generate is understood: `$ref`, `type`, `properties`, `additionalProperties`, `required`, `items`,
//! `enum`, `anyOf`. That the two agree is tested with a full JSON Schema validator over all shipped and all rejected files.

use super::problem::{GATHERED_MAX, Problem, gather};
use super::tree::{Content, Kind, Node};
use crate::diagnostic::{nearest, suggest};
use crate::mistake::Mistake;
use serde_json::Value as Json;

/// Checks a tree; the schema is one that has no placeholders and no nulls (see [`super::schema::structural`]).
pub fn check(node: &Node, schema: &Json, problems: &mut Vec<Problem>) {
    Checker { root: schema, problems }.node(node, schema, "the file");
}

struct Checker<'a> {
    root: &'a Json,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn node(&mut self, node: &Node, schema: &'a Json, what: &str) {
        if self.problems.len() >= GATHERED_MAX {
            return;
        }
        let schema = self.resolve(schema);
        if let Some(branches) = schema.get("anyOf").and_then(Json::as_array) {
            // By its kind alone: what is wrong inside is then told at its own place, and not as `neither this nor that`.
            let fits = branches.iter().find(|branch| accepts(self.resolve(branch), node));
            match fits {
                Some(branch) => self.node(node, branch, what),
                None => {
                    let kinds: Vec<String> = branches.iter().map(|b| describe(self.resolve(b))).collect();
                    self.wrong_kind(node, &kinds.join(" or "), what);
                }
            }
            return;
        }
        if !accepts(schema, node) {
            let wanted = describe(schema);
            self.wrong_kind(node, &wanted, what);
            return;
        }
        match &node.value {
            Content::Scalar { text, .. } => self.scalar(node, text, schema),
            Content::List(items) => {
                let inner = schema.get("items").unwrap_or(&Json::Null);
                let item_of = format!("an item of {what}");
                for item in items {
                    self.node(item, inner, &item_of);
                }
            }
            Content::Map(_) => self.map(node, schema),
        }
    }

    fn tell(&mut self, problem: Problem) {
        gather(self.problems, problem);
    }

    fn resolve(&self, schema: &'a Json) -> &'a Json {
        let Some(reference) = schema.get("$ref").and_then(Json::as_str) else {
            return schema;
        };
        self.root
            // A reference is a JSON Pointer behind `#` (RFC 6901, section 6).
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(&Json::Null)
    }

    fn wrong_kind(&mut self, node: &Node, wanted: &str, what: &str) {
        let found = match &node.value {
            Content::Scalar { kind, text, .. } => match kind {
                Kind::Null => "nothing",
                Kind::Bool => "true or false",
                Kind::Number if wanted == WHOLE => &short(text),
                Kind::Int | Kind::Number => "a bare number",
                Kind::Text => "a text",
            },
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        };
        let message = format!("{what} must be {wanted}, not {found}");
        self.tell(Problem::new(Mistake::WrongKind, node.place, message));
    }

    fn scalar(&mut self, node: &Node, text: &str, schema: &Json) {
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            let known = || words.iter().filter_map(Json::as_str);
            if !known().any(|word| word == text) {
                let kind = schema.get("x-word").and_then(Json::as_str).unwrap_or("value");
                // Some lists are named `alarm or any`: what was written is meant to be the first.
                let kind = kind.split(" or ").next().unwrap_or(kind);
                let problem = Problem::new(
                    Mistake::UnknownWord,
                    node.place,
                    format!("unknown {kind} `{}`", short(text)),
                );
                self.tell(problem.maybe_help(or_added(kind, text, suggest(text, known()))));
            }
        }
        if let Some(minimum) = schema.get("minimum").and_then(Json::as_i64) {
            // schemars writes the range of an unsigned number as its format.
            let maximum = match schema.get("format").and_then(Json::as_str) {
                Some("uint8") => i64::from(u8::MAX),
                Some("uint16") => i64::from(u16::MAX),
                Some("uint32") => i64::from(u32::MAX),
                _ => i64::MAX,
            };
            match super::raw::integer(text) {
                Some(value) if (minimum..=maximum).contains(&value) => {}
                Some(value) if value > maximum => self.tell(Problem::new(
                    Mistake::Range,
                    node.place,
                    format!("`{}` is more than {maximum}", short(text)),
                )),
                Some(_) => self.tell(Problem::new(
                    Mistake::Range,
                    node.place,
                    format!("`{}` is less than {minimum}", short(text)),
                )),
                None => self.tell(Problem::new(
                    Mistake::Range,
                    node.place,
                    format!("`{}` is too large", short(text)),
                )),
            }
        }
    }

    fn map(&mut self, node: &Node, schema: &'a Json) {
        let properties = schema.get("properties").and_then(Json::as_object);
        let name = schema.get("x-name").and_then(Json::as_str).unwrap_or("this map");
        // What an unknown key was probably meant to be is not told again as missing.
        let mut meant = Vec::new();
        for (key, value) in node.entries() {
            if self.problems.len() >= GATHERED_MAX {
                return;
            }
            let known = properties.and_then(|p| p.get(&key.text));
            match (known, schema.get("additionalProperties")) {
                (Some(inner), _) => self.node(value, inner, &format!("`{}`", short(&key.text))),
                (None, Some(Json::Bool(false))) => {
                    let names = || properties.into_iter().flat_map(|p| p.keys().map(String::as_str));
                    meant.extend(nearest(&key.text, names()));
                    let problem = Problem::new(
                        Mistake::UnknownKey,
                        key.place,
                        format!("unknown key `{}` in {name}", short(&key.text)),
                    );
                    self.tell(problem.maybe_help(suggest(&key.text, names())));
                }
                (None, Some(inner)) => self.node(value, inner, &format!("`{}`", short(&key.text))),
                // JSON Schema allows what it does not speak of.
                (None, None) => {}
            }
        }
        for required in schema.get("required").and_then(Json::as_array).into_iter().flatten() {
            let Some(key) = required.as_str() else { continue };
            if node.get(key).is_none() && !meant.contains(&key) {
                // A map's first key shows where it is: the map itself goes over many lines.
                let place = node.entries().first().map_or(node.place, |(first, _)| first.place);
                self.tell(Problem::new(
                    Mistake::MissingKey,
                    place,
                    format!("the key `{key}` is missing in {name}"),
                ));
            }
        }
    }
}

/// Advice about an unknown word; where words of this kind stand in files of the user's own, with where to add it.
fn or_added(kind: &str, word: &str, help: Option<String>) -> Option<String> {
    let (folder, what) = match kind {
        "requirement" => ("requirements", "a file of `kind: requirement`"),
        "row of the inventory" => ("requirements", "a file of `kind: row`"),
        "drug" => ("drugs", "a file"),
        _ => return help,
    };
    let add = format!(
        "add `{}` to {what} in `fixtures/{folder}`, such as `fixtures/{folder}/own.yaml`",
        short(word)
    );
    Some(match help {
        Some(help) if help.starts_with("did you mean") => format!("{help} Else {add}"),
        _ => add,
    })
}

/// Whether a value has the kind that a schema wants; an empty schema wants any.
fn accepts(schema: &Json, node: &Node) -> bool {
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        _ => return true,
    };
    let fits: &[&str] = match &node.value {
        Content::Scalar { kind, .. } => match kind {
            Kind::Null => &["null"],
            Kind::Bool => &["boolean"],
            // In JSON Schema an integer is a number too.
            Kind::Int => &["integer", "number"],
            Kind::Number => &["number"],
            Kind::Text => &["string"],
        },
        Content::List(_) => &["array"],
        Content::Map(_) => &["object"],
    };
    kinds.iter().any(|kind| fits.contains(kind))
}

/// What an integer is called.
const WHOLE: &str = "a whole number";

/// What a schema wants, for people.
fn describe(schema: &Json) -> String {
    if let (Some(dimension), Some(example)) = (
        schema.get("x-quantity").and_then(Json::as_str),
        schema.pointer("/examples/0").and_then(Json::as_str),
    ) {
        return match schema.pointer("/x-also/0").and_then(Json::as_str) {
            Some(word) => format!("a {dimension} such as `{example}`, or `{word}`"),
            None => format!("a {dimension} with its unit, such as `{example}`"),
        };
    }
    if let Some(word) = schema.get("x-word").and_then(Json::as_str) {
        return format!("the name of a {word}");
    }
    if let Some(Json::Array(words)) = schema.get("enum") {
        let words: Vec<String> = words
            .iter()
            .filter_map(Json::as_str)
            .map(|w| format!("`{w}`"))
            .collect();
        return words.join(" or ");
    }
    match schema.get("type").and_then(Json::as_str) {
        Some("string") => "a text".to_owned(),
        Some("integer") => WHOLE.to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("object") => "a map".to_owned(),
        _ => "a plain value".to_owned(),
    }
}

/// A text that is short enough for a message, without control characters.
#[must_use]
pub fn short(text: &str) -> String {
    let unsafe_to_show = |c: char| {
        let turns =
            matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        c.is_control() || turns
    };
    let clean = text.chars().map(|c| if unsafe_to_show(c) { '\u{fffd}' } else { c });
    let mut cut: String = clean.take(60).collect();
    if text.chars().nth(60).is_some() {
        cut.push_str("...");
    }
    cut
}
