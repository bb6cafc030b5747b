//! The structural check: a tree against a JSON Schema, all errors at once, each at its place.
//!
//! Only what [`super::raw`] and schemars generate is understood: `$ref`, `type`, `properties`, `additionalProperties`, `required`, `items`,
//! `enum`, `anyOf`. That the two agree is tested with a full JSON Schema validator over all shipped and all rejected files.

pub use super::short::short;

use super::advice::{kind_advice, word_advice};
use super::belongs::{Around, Here, resolve};
use super::location::Location;
use super::problem::{GATHERED_MAX, Problem, TORN, gather};
use super::tree::{Content, Key, Kind, Node};
use crate::mistake::Mistake;
use serde_json::Value as Json;

/// Checks a tree; the schema is one that has no placeholders and no nulls (see [`super::schema::structural`]).
pub fn check(node: &Node, schema: &Json, problems: &mut Vec<Problem>) {
    let (around, displaced) = (Vec::new(), Vec::new());
    let mut checker = Checker {
        root: schema,
        problems,
        around,
        displaced,
    };
    checker.node(node, schema, "the file");
}

struct Checker<'a> {
    root: &'a Json,
    problems: &'a mut Vec<Problem>,
    /// The maps around what is looked at, outermost first.
    around: Vec<Around<'a>>,
    /// Keys that stand at another depth than the kind of map that they belong in: there they are not missing as well.
    displaced: Vec<(String, String)>,
}

impl<'a> Checker<'a> {
    fn node(&mut self, node: &Node, schema: &'a Json, what: &str) {
        if self.problems.len() >= GATHERED_MAX {
            return;
        }
        let schema = resolve(self.root, schema);
        if let Some(branches) = schema.get("anyOf").and_then(Json::as_array) {
            // By its kind alone: what is wrong inside is then told at its own place, and not as `neither this nor that`.
            let fits = branches.iter().find(|branch| accepts(resolve(self.root, branch), node));
            match fits {
                Some(branch) => self.node(node, branch, what),
                None => {
                    let kinds: Vec<String> = branches.iter().map(|b| describe(resolve(self.root, b))).collect();
                    self.wrong_kind(node, &kinds.join(" or "), what, branches.last().unwrap_or(schema));
                }
            }
            return;
        }
        if !accepts(schema, node) {
            let wanted = describe(schema);
            self.wrong_kind(node, &wanted, what, schema);
            return;
        }
        match &node.value {
            Content::Scalar { text, .. } => self.scalar(node, text, schema),
            Content::List(items) => {
                let inner = schema.get("items").unwrap_or(&Json::Null);
                let item_of = format!("an item of {what}");
                let mut items = items.iter().peekable();
                while let Some(item) = items.next() {
                    if let Some(rest) = items.next_if(|next| is_torn(item, next)) {
                        self.comma(item, rest.place);
                    } else {
                        self.node(item, inner, &item_of);
                    }
                }
            }
            Content::Map(_) => self.map(node, schema),
        }
    }

    fn tell(&mut self, problem: Problem) {
        gather(self.problems, problem);
    }

    fn wrong_kind(&mut self, node: &Node, wanted: &str, what: &str, schema: &Json) {
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
        let help = kind_advice(node, resolve(self.root, schema), self.root);
        self.tell(Problem::new(Mistake::WrongKind, node.place, message).maybe_help(help));
    }

    fn scalar(&mut self, node: &Node, text: &str, schema: &Json) {
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            let known = || words.iter().filter_map(Json::as_str);
            if !known().any(|word| word == text) {
                let kind = schema.get("x-word").and_then(Json::as_str).unwrap_or("value");
                // Some lists are named `alarm or any`: what was written is meant to be the first.
                let kind = kind.split(" or ").next().unwrap_or(kind);
                let message = format!("unknown {kind} `{}`", short(text));
                let problem = Problem::new(Mistake::UnknownWord, node.place, message);
                self.tell(problem.maybe_help(word_advice(text, schema, known)));
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
        let known = |key: &Key| properties.and_then(|p| p.get(&key.text));
        let others = schema.get("additionalProperties");
        // Before the maps inside are looked at: what stands outside of one of them is not missing there.
        let mut meant = self.unknown_keys(node, schema);
        let mut entries = node.entries().iter().peekable();
        while let Some((key, value)) = entries.next() {
            if self.problems.len() >= GATHERED_MAX {
                return;
            }
            if let Some((rest, _)) = entries.next_if(|next| is_rest(value, next)) {
                let mut rest = rest;
                while let Some((more, _)) = entries.next_if(|next| is_more(rest, next)) {
                    rest = more;
                }
                self.comma(value, rest.place);
                continue;
            }
            let Some(inner) = known(key).or(others.filter(|others| others.is_object())) else {
                continue;
            };
            let key = key.text.clone();
            let what = format!("`{}`", short(&key));
            self.around.push(Around { schema, key });
            self.node(value, inner, &what);
            self.around.pop();
        }
        let name = name_of(schema);
        let displaced = self.displaced.iter().filter(|(map, _)| map == name);
        meant.extend(displaced.map(|(_, key)| key.clone()));
        for required in schema.get("required").and_then(Json::as_array).into_iter().flatten() {
            let Some(key) = required.as_str() else { continue };
            if node.get(key).is_none() && !meant.iter().any(|meant| meant == key) {
                // A map's first key shows where it is: the map itself goes over many lines.
                let place = node.entries().first().map_or(node.place, |(first, _)| first.place);
                let message = format!("the key `{key}` is missing in {name}");
                self.tell(Problem::new(Mistake::MissingKey, place, message));
            }
        }
    }

    /// Tells the keys that are not known here; gives those of this map that they were probably meant to be, which are not told again as missing.
    fn unknown_keys(&mut self, node: &Node, schema: &'a Json) -> Vec<String> {
        let mut meant = Vec::new();
        if schema.get("additionalProperties") != Some(&Json::Bool(false)) {
            // JSON Schema allows what it does not speak of.
            return meant;
        }
        let properties = schema.get("properties");
        let (mut before, mut was_rest): (Option<&(Key, Node)>, bool) = (None, false);
        for entry in node.entries() {
            let (key, value) = entry;
            was_rest = before
                .replace(entry)
                .is_some_and(|(key, number)| is_rest(number, entry) || (was_rest && is_more(key, entry)));
            if was_rest || properties.is_some_and(|known| known.get(&key.text).is_some()) {
                continue;
            }
            if self.problems.len() >= GATHERED_MAX {
                break;
            }
            let here = Here {
                root: self.root,
                schema,
                node,
                around: &self.around,
            };
            let advice = here.advice(key, value);
            meant.extend(advice.meant);
            if let Some(map) = advice.belongs_in {
                self.displaced.push((map, key.text.clone()));
            }
            let message = format!("unknown key `{}` in {}", short(&key.text), name_of(schema));
            self.tell(Problem::new(Mistake::UnknownKey, key.place, message).maybe_help(advice.help));
        }
        meant
    }

    /// A number that YAML took apart at its comma; `diagnose` says how to write it.
    fn comma(&mut self, number: &Node, rest: Location) {
        let place = Location {
            end: rest.end,
            ..number.place
        };
        self.tell(Problem::new(Mistake::Number, place, TORN));
    }
}

/// What a map is called.
fn name_of(schema: &Json) -> &str {
    schema.get("x-name").and_then(Json::as_str).unwrap_or("this map")
}

/// Whether an entry of `{...}` is the rest of a number: `rate: 0,6 mL/day` is a `rate` of 0, and a key `6 mL/day`.
fn is_rest(number: &Node, (key, value): &(Key, Node)) -> bool {
    let nothing = matches!(value.value, Content::Scalar { kind: Kind::Null, .. });
    nothing && ends_in_digit(number) && starts_behind(number, key.place, &key.text)
}

/// Whether an entry of `{...}` is more of such a rest: behind `37,5 uL +- 1,5 uL` the keys are `5 uL +- 1` and `5 uL`.
fn is_more(rest: &Key, (key, value): &(Key, Node)) -> bool {
    let nothing = matches!(value.value, Content::Scalar { kind: Kind::Null, .. });
    nothing && last_is_number(&rest.text) && behind(rest.place, key.place, &key.text)
}

/// Whether two items of `[...]` are one with a comma in its number: `delivered <= prescribed + 14,5 %`. Two bare numbers are a list.
fn is_torn(number: &Node, next: &Node) -> bool {
    let bare = |node: &Node| matches!(node.value, Content::Scalar { kind: Kind::Int, .. });
    let rest = next.text().unwrap_or("");
    !(bare(number) && bare(next)) && ends_in_digit(number) && starts_behind(number, next.place, rest)
}

fn ends_in_digit(node: &Node) -> bool {
    let Content::Scalar { text, plain: true, .. } = &node.value else {
        return false;
    };
    last_is_number(text)
}

fn last_is_number(text: &str) -> bool {
    let last = text.rsplit(' ').next().unwrap_or("");
    let digits = last.trim_start_matches(['-', '+', '<', '>', '=']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a digit stands right behind the comma behind this node.
fn starts_behind(node: &Node, place: Location, text: &str) -> bool {
    behind(node.place, place, text)
}

fn behind(before: Location, place: Location, text: &str) -> bool {
    before.end + 1 == place.start && text.starts_with(|c: char| c.is_ascii_digit())
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
        let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        };
        return format!("the name of {article} {word}");
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
