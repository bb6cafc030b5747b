//! Parts of a profile's file that may be written in more than one form: each is read from JSON by hand.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// How a reply is known to be one of a request.
#[derive(Debug)]
pub(crate) enum RawMatch {
    /// By this word: `kind`, `order`, `none`.
    Word(String),
    /// By a field that holds the number of the request.
    Field {
        field: String,
        from: u64,
        to: u64,
        unread: Option<u64>,
    },
}

/// A text, or numbers of a binary message.
#[derive(Debug, Clone)]
pub(crate) enum RawIs {
    Text(String),
    Bytes(Vec<Map<String, Json>>),
}

impl Default for RawIs {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum RawSend {
    Text(String),
    Map(Map<String, Json>),
}

/// What answers a verb.
#[derive(Debug, Clone)]
pub(crate) enum RawReply {
    Names(Vec<String>),
    Map(Map<String, Json>),
}

/// Where something that a message gives comes from.
#[derive(Debug, Clone)]
pub(crate) enum RawSource {
    Field(String),
    Is(String),
}

/// A piece of a frame: a text, or a map of one field.
#[derive(Debug, Clone)]
pub(crate) enum RawPiece {
    Text(String),
    Map(Map<String, Json>),
}

/// `slip`, `cobs`, or a map.
#[derive(Debug, Clone)]
pub(crate) enum RawEscape {
    Word(String),
    Map(Map<String, Json>),
}

/// A number, or a range such as `0x80..0xFF`.
#[derive(Debug, Clone)]
pub(crate) struct RawNumber(pub String);

/// A name or several.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawNames(pub Vec<String>);

/// `true`, or `also`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawUnasked {
    Never,
    Always,
    Also,
}

/// How long a message may stay away, and in which state of the pump: `3 s`, or `{state: running, after: 3 s}`.
#[derive(Debug, Clone)]
pub(crate) struct RawLost {
    pub state: Option<String>,
    pub after: String,
}

/// Gives a type its schema, and reads it from JSON by a function.
macro_rules! read_by {
    ($type:ident, $schema:tt, $read:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let read: fn(Json) -> Option<Self> = $read;
                read(Json::deserialize(from)?)
                    .ok_or_else(|| serde::de::Error::custom(concat!("this is no ", stringify!($type))))
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).trim_start_matches("Raw").into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

read_by!(RawPiece, {"anyOf": [{"type": "string"}, {"type": "object"}]}, |json| match json {
    Json::String(text) => Some(Self::Text(text)),
    Json::Object(map) => Some(Self::Map(map)),
    _ => None,
});
read_by!(RawEscape, {"anyOf": [{"type": "string"}, {"type": "object"}]}, |json| match json {
    Json::String(text) => Some(Self::Word(text)),
    Json::Object(map) => Some(Self::Map(map)),
    _ => None,
});
read_by!(RawIs, {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]}, |json| match json {
    Json::String(text) => Some(Self::Text(text)),
    Json::Array(fields) => {
        let maps = fields.into_iter().map(|field| match field {
            Json::Object(map) => Some(map),
            _ => None,
        });
        maps.collect::<Option<_>>().map(Self::Bytes)
    }
    _ => None,
});
read_by!(RawSend, {"anyOf": [{"type": "string"}, {"type": "object"}]}, |json| match json {
    Json::Object(map) => Some(Self::Map(map)),
    other => text_of(&other).map(Self::Text),
});
read_by!(
    RawReply,
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "object"}]},
    |json| match json {
        Json::Object(map) => Some(Self::Map(map)),
        Json::Array(names) => names.iter().map(text_of).collect::<Option<_>>().map(Self::Names),
        other => text_of(&other).map(|name| Self::Names(vec![name])),
    }
);
read_by!(RawSource, {"anyOf": [{"type": "string"}, {"type": "object"}]}, |json| match json {
    Json::Object(map) => map.get("is").and_then(text_of).filter(|_| map.len() == 1).map(Self::Is),
    other => text_of(&other).map(Self::Field),
});
read_by!(RawNumber, {"type": ["string", "integer"]}, |json| text_of(&json).map(Self));
read_by!(
    RawNames,
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    |json| match json {
        Json::String(name) => Some(Self(vec![name])),
        Json::Array(names) => names.iter().map(text_of).collect::<Option<_>>().map(Self),
        _ => None,
    }
);
read_by!(RawUnasked, {"type": ["boolean", "string"]}, |json| match json {
    Json::Bool(true) => Some(Self::Always),
    Json::Bool(false) => Some(Self::Never),
    Json::String(text) if text == "also" => Some(Self::Also),
    _ => None,
});
read_by!(RawLost, {"anyOf": [{"type": "string"}, {"type": "object"}]}, |json| match json {
    Json::String(after) => Some(Self { state: None, after }),
    Json::Object(map) => {
        let text = |key: &str| map.get(key).and_then(text_of);
        let known = map.keys().all(|key| key == "state" || key == "after");
        let (state, after) = (text("state"), text("after")?);
        (known && state.is_some()).then_some(Self { state, after })
    }
    _ => None,
});
read_by!(RawMatch, {"anyOf": [{"type": "string"}, {"type": "object"}]}, |json| match json {
    Json::String(word) => Some(Self::Word(word)),
    Json::Object(map) => {
        let number = |key: &str| map.get(key).and_then(Json::as_u64);
        Some(Self::Field {
            field: map.get("field")?.as_str()?.to_owned(),
            from: number("from").unwrap_or(0),
            to: number("to").unwrap_or(u64::MAX),
            unread: number("unread"),
        })
    }
    _ => None,
});

/// A scalar as it was written.
pub(crate) fn text_of(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
