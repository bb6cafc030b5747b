//! The part of a profile's file that says how frames and messages look, as it is written.

use super::raw_json::{RawEscape, RawIs, RawLost, RawMatch, RawNames, RawNumber, RawPiece, RawSource, RawUnasked};
use super::raw_verb::{RawOwn, RawRound, RawVerb};
use schemars::JsonSchema;
use serde::Deserialize;
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
    /// Settings that texts may name, such as `{address}`.
    #[serde(default)]
    pub options: BTreeMap<String, RawNumber>,
    /// Which frame is sent and which are heard, where a device can talk in several ways; the option `mode` says which way.
    #[serde(default)]
    pub speak: BTreeMap<String, RawSpeak>,
    /// Words of a field, by the field's name: theirs, ours.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// Messages by name.
    #[serde(default)]
    pub messages: BTreeMap<String, RawMessage>,
    /// How a reply is known to be one of a request.
    #[serde(rename = "match")]
    pub matching: RawMatch,
    /// What holds of each request.
    #[serde(default)]
    pub ask: RawAsk,
    /// Verbs, by name.
    #[serde(default)]
    pub verbs: BTreeMap<String, RawVerb>,
    /// Words that only this device has.
    #[serde(default)]
    pub own: RawOwn,
}

/// The frames of one way to talk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a way to speak"))]
pub(crate) struct RawSpeak {
    /// The frame that is sent.
    pub send: String,
    /// The frames that are heard.
    pub hear: RawNames,
}

/// One kind of frame.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a frame"))]
pub(crate) struct RawFrame {
    /// Its pieces in the order of the wire: literals, `body`, fields of the header, a length, a check. Nothing: all bytes until silence.
    #[serde(default)]
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
    /// It ends when nothing came for so long.
    #[serde(default)]
    pub silence: Option<String>,
    /// It is whole only when nothing follows for so long, as a prompt is.
    #[serde(default)]
    pub at_rest: Option<String>,
    /// What the pump says by such a frame, where it has no body.
    #[serde(default)]
    pub gives: BTreeMap<String, RawSource>,
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
    /// Its text with fields, or its bytes as a list of numbers.
    #[serde(default)]
    pub is: RawIs,
    /// In place of `is`: a regular expression that fits all of its text; named groups are its fields. Such a message is only heard.
    #[serde(default)]
    pub matches: Option<String>,
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
    /// It must come again within this time: `3 s`; only in a state: `{state: running, after: 3 s}`.
    #[serde(default)]
    pub lost_after: Option<RawLost>,
    /// What it says of the request.
    #[serde(default)]
    pub means: Option<RawMeans>,
    /// What it says of the pump: `state`, `reported` and others, each by a field of it or by `{is: WORD}`.
    #[serde(default)]
    pub gives: BTreeMap<String, RawSource>,
    /// What is done with a number that is finer than the harness's own units.
    #[serde(default)]
    pub round: Option<RawRound>,
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
    /// What stands behind each text that is sent, where no frame says it.
    #[serde(default)]
    pub end: Option<String>,
    /// The device sends back what it was sent, before its reply.
    #[serde(default)]
    pub echo: bool,
    /// The message or prompt that ends each reply.
    #[serde(default)]
    pub until: Option<String>,
    /// Messages of one reply.
    #[serde(default)]
    pub at_most: Option<usize>,
    /// What a reply must have as the request's header has it: field of the reply, field of the header.
    #[serde(default)]
    pub same: BTreeMap<String, String>,
    /// What the header of each request holds.
    #[serde(default)]
    pub header: BTreeMap<String, RawNumber>,
    /// How long a reply may take.
    #[serde(default)]
    pub timeout: Option<String>,
    /// How often what may be sent again is sent.
    #[serde(default)]
    pub tries: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "way to repeat a request"))]
pub(crate) enum RawRepeat {
    /// The device knows the same bytes as the same request.
    SameBytes,
}
