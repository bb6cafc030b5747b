//! What to write in the place of a value of another kind, or of a word that is not known.

use super::belongs::{resolve, sharing};
use super::short::short;
use super::tree::{Content, Kind, Node};
use crate::diagnostic::{nearest, suggest};
use serde_json::Value as Json;

/// What to write where another kind of value is wanted.
pub(super) fn kind_advice(node: &Node, schema: &Json, root: &Json) -> Option<String> {
    let wanted = schema.get("type").and_then(Json::as_str)?;
    match (&node.value, wanted) {
        (Content::Scalar { text, .. }, "string") if schema.get("x-meant").is_some() => schema
            .get("x-meant")?
            .get(text.to_lowercase())?
            .as_str()
            .map(str::to_owned),
        (
            Content::Scalar {
                text, kind: Kind::Text, ..
            },
            "object",
        ) => {
            // A word of people that stands for a key, or for what one holds.
            let meant = schema.get("x-meant").and_then(|meant| meant.get(text.to_lowercase()));
            if let Some(meant) = meant.and_then(Json::as_str).filter(|meant| meant.contains('`')) {
                return Some(meant.to_owned());
            }
            if let Some(help) = one_of_kind(text, schema, root) {
                return Some(help);
            }
            let word = text.split([' ', ':', '=']).next()?;
            let rest = text[word.len()..].trim_start_matches([' ', ':', '=']);
            let missing = if text[word.len()..].starts_with(':') {
                "space"
            } else {
                "`:`"
            };
            let known = schema.pointer("/properties").is_some_and(|p| p.get(word).is_some());
            known.then(|| format!("a {missing} is missing after `{word}`; write `{word}: {}`", short(rest)))
        }
        (Content::Scalar { text, kind, .. }, "array") if *kind != Kind::Null => {
            let items = resolve(root, schema.get("items")?);
            (items.get("type")? == "string").then(|| format!("write it in brackets: `[{}]`", short(text)))
        }
        (Content::Map(_), "string") => meant_by_key(node, schema).or_else(|| word_with_arguments(node, schema)),
        (Content::List(_), "string") if schema.get("enum").is_some() => {
            Some("write one of them: it is not asked whether one of several holds".to_owned())
        }
        (Content::Map(_), "array") => {
            let items = schema.get("items").map(|items| resolve(root, items));
            let meant = items.and_then(|items| meant_by_key(node, items));
            Some(meant.map_or_else(
                || "begin each item with `- `".to_owned(),
                |meant| format!("begin each item with `- `; {meant}"),
            ))
        }
        (Content::List(items), "object") => {
            let maps = items.iter().all(|item| matches!(item.value, Content::Map(_)));
            maps.then(|| {
                "there are keys here, not a list: leave out the `-`, or write `{...}` in the place of `[...]`"
                    .to_owned()
            })
        }
        (
            Content::Scalar {
                text, kind: Kind::Text, ..
            },
            "boolean",
        ) => match text.to_lowercase().as_str() {
            "yes" | "on" | "y" => Some("write `true`".to_owned()),
            "no" | "off" | "n" => Some("write `false`".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// What to write where a text stands for a map with a `kind`: `clock: real`, `pump: /dev/ttyUSB0`.
fn one_of_kind(text: &str, schema: &Json, root: &Json) -> Option<String> {
    let kinds = resolve(root, schema.pointer("/properties/kind")?)
        .get("enum")?
        .as_array()?;
    if kinds.iter().any(|kind| kind.as_str() == Some(text)) {
        return Some(format!("write `{{kind: {text}}}`"));
    }
    let is_line = text.starts_with('/') || text.contains(':');
    let help = format!(
        "write `{{kind: serial, port: {}, baud: 115200}}`, with the speed of your pump",
        short(text)
    );
    (is_line && schema.pointer("/properties/port").is_some()).then_some(help)
}

/// What to write where a text is wanted, and people write a map with one of these keys.
fn meant_by_key(node: &Node, schema: &Json) -> Option<String> {
    let meant = schema.get("x-meant")?;
    let mut keys = node.entries().iter().map(|(key, _)| key.text.to_lowercase());
    keys.find_map(|key| Some(meant.get(key)?.as_str()?.to_owned()))
}

/// A word of a list, with what belongs to it behind a `:`.
fn word_with_arguments(node: &Node, schema: &Json) -> Option<String> {
    let words = schema.get("enum")?.as_array()?;
    let [(key, _)] = node.entries() else { return None };
    let known = words.iter().any(|word| word.as_str() == Some(&key.text));
    known.then(|| {
        format!(
            "write only `{}` here, and what belongs to it in `with`, such as `with: {{to: 2.4 V}}`",
            short(&key.text)
        )
    })
}

/// What to write where a word stands with something that changes what it means.
fn more_than_a_word<'w>(text: &str, mut known: impl Iterator<Item = &'w str>) -> Option<String> {
    if text.starts_with('!') || text.starts_with("not ") {
        return Some(
            "write the one that must be; what must not be is a rule of `always`, such as `state != stopped`".to_owned(),
        );
    }
    if text.contains(" or ") || text.contains('|') {
        return Some("write one of them: it is not asked whether one of several holds".to_owned());
    }
    let (word, _) = text.split_once('#')?;
    known
        .any(|known| known == word)
        .then(|| "a space is missing before the `#` of the comment".to_owned())
}

/// What to write in the place of a word that is not known.
pub(super) fn word_advice<'w, W: Iterator<Item = &'w str>>(
    text: &str,
    schema: &Json,
    known: impl Fn() -> W,
) -> Option<String> {
    if let Some(help) = more_than_a_word(text, known()) {
        return Some(help);
    }
    let of = |word: &str| schema.get("x-meant").and_then(|meant| meant.get(word.to_lowercase()));
    // `wait 10 min` is meant as `wait`.
    let people = of(text).or_else(|| of(text.split_once(' ')?.0));
    let help = match people.and_then(Json::as_str) {
        Some(help) => Some(help.to_owned()),
        None if nearest(text, known()).is_some() => suggest(text, known()),
        None => {
            let near: Vec<String> = sharing(text, known()).take(6).map(|name| format!("`{name}`")).collect();
            // Of a drug in another strength none is what was meant.
            match near.first() {
                None => suggest(text, known()),
                Some(drug) if drug.contains("-per-") => Some(format!("of this name there are {}", near.join(", "))),
                Some(_) => Some(format!("did you mean {}?", near.join(" or "))),
            }
        }
    };
    // Of some lists a person may make more.
    match (help, schema.get("x-add").and_then(Json::as_str)) {
        (Some(help), Some(add)) => Some(format!("{help}\n{add}")),
        (help, add) => help.or(add.map(str::to_owned)),
    }
}
