//! The part of a profile's file that says how frames and messages look, as it is written.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How a device talks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a codec"))]
pub(crate) struct RawProtocol {
    /// Frames by name.
    pub frames: BTreeMap<String, RawFrame>,
    /// How keys and values stand in a field of type `pairs`.
    #[serde(default)]
    pub pairs: Option<RawPairs>,
    /// Texts that stand for parts of messages.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// Messages by name.
    pub messages: BTreeMap<String, RawMessage>,
    /// How a reply is known to be one of a request.
    #[serde(rename = "match")]
    pub matching: RawMatch,
    /// What holds of each request.
    pub ask: RawAsk,
}

/// One kind of frame.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a frame"))]
pub(crate) struct RawFrame {
    /// Its pieces in the order of the wire: literals, `body`, fields of the header, a length, a check.
    pub is: Vec<RawPiece>,
    /// Another end that is read like the last literal.
    #[serde(default)]
    pub also_ends: Option<String>,
    /// What is done with a frame that has nothing in it.
    #[serde(default)]
    pub empty: Option<RawEmpty>,
    /// Which bytes may stand in it.
    #[serde(default)]
    pub bytes: Option<RawBytes>,
    /// Bytes that it may have, without its end.
    #[serde(default)]
    pub max: Option<usize>,
    /// A frame of which nothing more came for so long is bad.
    #[serde(default)]
    pub gap: Option<String>,
    /// How bytes between begin and end are written: `slip`, `cobs`, `{mark, xor}`, `{double}`.
    #[serde(default)]
    pub escape: Option<RawEscape>,
    /// Ends a line that was left unfinished so that no device takes it for a whole one.
    #[serde(default)]
    pub spoil: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "way with an empty frame"))]
pub(crate) enum RawEmpty {
    Skip,
    Keep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "kind of bytes"))]
pub(crate) enum RawBytes {
    Printable,
    Any,
}

/// How keys and values stand in a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`pairs`"))]
pub(crate) struct RawPairs {
    /// What stands before each pair.
    pub before: String,
    /// What stands between a key and its value.
    pub between: String,
    /// Characters of a key, such as `a-z0-9.-`.
    pub keys: String,
    /// Bytes that a key may have at most.
    pub key_max: usize,
    /// Characters of a value.
    pub values: String,
}

/// A message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a message"))]
pub(crate) struct RawMessage {
    /// Its text with fields.
    pub is: String,
    /// What the frame's header must hold.
    #[serde(default)]
    pub when: BTreeMap<String, RawNumber>,
    /// The only kind of frame that it comes in.
    #[serde(default)]
    pub frame: Option<String>,
    /// The harness says it.
    #[serde(default)]
    pub send: bool,
    /// Bytes that its frame may have, without its end, where that is less than other frames may have.
    #[serde(default)]
    pub max: Option<usize>,
    /// It comes without a request: always, or also.
    #[serde(default)]
    pub unasked: Option<RawUnasked>,
    /// What it says of the request.
    #[serde(default)]
    pub means: Option<RawMeans>,
    /// The numbered record that it is.
    #[serde(default)]
    pub tells: Option<RawTells>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "meaning of a message"))]
pub(crate) enum RawMeans {
    Done,
    Refused,
    Busy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "kind of record"))]
pub(crate) enum RawTells {
    Event,
    Dose,
}

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

/// What holds of each request.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`ask`"))]
pub(crate) struct RawAsk {
    /// The message that each request is.
    #[serde(default)]
    pub send: Option<String>,
    /// Messages that end a request.
    #[serde(default)]
    pub reply: Vec<String>,
    /// Messages that may come before them, any number of them.
    #[serde(default)]
    pub each: RawNames,
    /// How a request may be sent again.
    #[serde(default)]
    pub repeat: Option<RawRepeat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "way to repeat a request"))]
pub(crate) enum RawRepeat {
    /// The device knows the same bytes as the same request.
    SameBytes,
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
