//! A key that is not known where it stands: what was meant, or where it belongs.

use super::short::short;
use super::tree::{Content, Key, Kind, Node};
use crate::diagnostic::{KNOWN, nearest, suggest};
use serde_json::Value as Json;

/// A map around the one that is looked at.
pub(super) struct Around<'a> {
    pub schema: &'a Json,
    /// The key under which the next one stands.
    pub key: String,
}

/// What is said about a key.
#[derive(Default)]
pub(super) struct Advice {
    pub help: Option<String>,
    /// The key of this map that was meant.
    pub meant: Option<String>,
    /// The kind of map that it belongs in.
    pub belongs_in: Option<String>,
}

/// A map of the schema, in which an unknown key stands.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub root: &'a Json,
    pub schema: &'a Json,
    pub node: &'a Node,
    pub around: &'a [Around<'a>],
}

impl<'a> Here<'a> {
    fn names(self) -> impl Iterator<Item = &'a str> {
        let properties = self.schema.get("properties").and_then(Json::as_object);
        properties.into_iter().flat_map(|p| p.keys().map(String::as_str))
    }

    /// What to do about a key that is not known here.
    pub fn advice(self, key: &Key, value: &Node) -> Advice {
        self.torn(key, value)
            .or_else(|| self.word_of_people(&key.text))
            .or_else(|| self.deeper(&key.text))
            .or_else(|| self.less_deep(&key.text))
            .unwrap_or_else(|| self.by_letters(&key.text))
    }

    /// A key that holds its value: `alarm:occlusion`, `expect {alarm: occlusion}`.
    fn torn(self, key: &Key, value: &Node) -> Option<Advice> {
        let text = key.text.trim();
        let end = text.find([':', ' '])?;
        let (name, rest) = (&text[..end], text[end..].trim());
        self.names().find(|known| *known == name)?;
        let help = match rest.strip_prefix(':') {
            Some(rest) => format!(
                "a space is missing after the `:`; write `{name}: {}`",
                short(rest.trim())
            ),
            None if matches!(value.value, Content::Scalar { kind: Kind::Null, .. }) => {
                let rest = rest.trim_start_matches('=').trim();
                format!("a `:` is missing; write `{name}: {}`", short(rest))
            }
            None => format!("a `:` is missing after `{name}`"),
        };
        Some(Advice {
            help: Some(help),
            meant: Some(name.to_owned()),
            belongs_in: None,
        })
    }

    /// What people call something that has another name here.
    fn word_of_people(self, key: &str) -> Option<Advice> {
        let meant = self.schema.get("x-meant")?.get(key.to_lowercase())?.as_str()?;
        let is_key = self.names().any(|known| known == meant);
        Some(Advice {
            help: Some(if is_key {
                format!("did you mean `{meant}`?")
            } else {
                meant.to_owned()
            }),
            meant: is_key.then(|| meant.to_owned()),
            belongs_in: None,
        })
    }

    /// A key of a map that stands in this one, where it is not indented enough.
    fn deeper(self, key: &str) -> Option<Advice> {
        let properties = self.schema.get("properties")?.as_object()?;
        let has = |(name, inner): (&'a String, &'a Json)| {
            let maps = maps_of(self.root, inner);
            let (map, in_list) = maps.into_iter().find(|(map, _)| has_key(map, key))?;
            Some((name.as_str(), map, in_list))
        };
        let all: Vec<_> = properties.iter().filter_map(has).collect();
        let given = all.iter().find(|(name, ..)| self.node.get(name).is_some());
        let (name, map, in_list) = given.or(all.first())?;
        let place = match in_list {
            true => format!("in {} of `{name}`", name_of(map)),
            false => format!("in `{name}`"),
        };
        let entry = self.node.entries().iter().find(|(key, _)| key.text == *name);
        let how = match entry {
            Some((key, value)) if matches!(value.value, Content::Map(_)) && value.place.line == key.place.line => {
                ": write it inside the `{...}`"
            }
            Some(_) => ": indent it as the keys there",
            None => "",
        };
        Some(Advice {
            help: Some(format!("it belongs {place}{how}")),
            meant: None,
            belongs_in: Some(name_of(map).to_owned()),
        })
    }

    /// A key of a map around this one, where it is indented too far.
    fn less_deep(self, key: &str) -> Option<Advice> {
        let around = self.around.iter().rev().find(|around| has_key(around.schema, key))?;
        let (map, beside) = (name_of(around.schema), &around.key);
        Some(Advice {
            help: Some(format!(
                "it belongs in {map}, beside `{beside}`: put it outside of `{beside}`, indented as `{beside}` is"
            )),
            meant: None,
            belongs_in: Some(map.to_owned()),
        })
    }

    /// The key of this map that is nearest by its letters, else all of them, or which map has it.
    fn by_letters(self, key: &str) -> Advice {
        let meant = nearest(key, self.names()).map(str::to_owned);
        let defs = self.root.get("$defs").and_then(Json::as_object);
        let elsewhere = defs
            .into_iter()
            .flat_map(|defs| defs.values())
            .find(|map| has_key(map, key));
        let help = match (&meant, elsewhere) {
            (None, Some(map)) => Some(format!("it is a key of {}", name_of(map))),
            _ => suggest(key, self.names()).or_else(|| self.near(key)),
        };
        Advice {
            help,
            meant,
            belongs_in: None,
        }
    }

    /// Of many keys those that share a part with this one, else all of them.
    fn near(self, key: &str) -> Option<String> {
        let quoted = |name: &str| format!("`{name}`");
        let near: Vec<String> = sharing(key, self.names()).map(quoted).collect();
        if near.is_empty() {
            let all: Vec<String> = self.names().map(quoted).collect();
            return (!all.is_empty()).then(|| format!("{KNOWN}{}", all.join(", ")));
        }
        Some(format!("did you mean {}?", near.join(" or ")))
    }
}

/// The names that have a part in common with this word: `bolus` and `patient-bolus`.
pub(super) fn sharing<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let word = word.to_lowercase();
    // Of a drug the name, and not the unit of its strength.
    let name = if word.contains("-per-") {
        word.split('-').next().unwrap_or("")
    } else {
        &word
    };
    let parts: Vec<String> = name
        .split(['-', '_', ' '])
        .filter(|part| part.len() > 2)
        .map(str::to_owned)
        .collect();
    names.filter(move |name| name.split('-').any(|part| parts.iter().any(|own| own == part)))
}

/// What `$ref` leads to.
pub(super) fn resolve<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let Some(reference) = schema.get("$ref").and_then(Json::as_str) else {
        return schema;
    };
    // A reference is a JSON Pointer behind `#` (RFC 6901, section 6).
    root.pointer(reference.trim_start_matches('#')).unwrap_or(&Json::Null)
}

fn has_key(map: &Json, key: &str) -> bool {
    map.pointer("/properties")
        .is_some_and(|properties| properties.get(key).is_some())
}

fn name_of(map: &Json) -> &str {
    map.get("x-name").and_then(Json::as_str).unwrap_or("the map")
}

/// The maps that a value of this schema can be, and whether they stand in a list.
fn maps_of<'a>(root: &'a Json, schema: &'a Json) -> Vec<(&'a Json, bool)> {
    let schema = resolve(root, schema);
    if let Some(branches) = schema.get("anyOf").and_then(Json::as_array) {
        return branches.iter().flat_map(|branch| maps_of(root, branch)).collect();
    }
    if let Some(items) = schema.get("items") {
        let items = resolve(root, items);
        return if items.get("properties").is_some() {
            vec![(items, true)]
        } else {
            Vec::new()
        };
    }
    match schema.get("properties") {
        Some(_) => vec![(schema, false)],
        None => Vec::new(),
    }
}
