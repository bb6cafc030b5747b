//! A profile's file as it is written.

use super::raw_observe::{DeviceKind, RawObserve, RawSampledLog};
use super::raw_told::{RawDose, RawLogs, RawSaid};
use crate::protocol::{
    RawAsk, RawFrame, RawMatch, RawMessage, RawNumber as RawOption, RawOwn, RawPairs, RawSpeak, RawVerb,
};
use pump_hil_model::case::{Arg, Section, Verb};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A verb that takes one exchange: the others are under `programming` and `logs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ExchangeVerb(pub Verb);

impl ExchangeVerb {
    fn all() -> impl Iterator<Item = Verb> {
        let verbs = Verb::DO.iter().copied();
        verbs.filter(|verb| verb.section() == Section::Requests)
    }
}

impl TryFrom<String> for ExchangeVerb {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let verb = Self::all().find(|verb| verb.word() == word);
        verb.map(Self).ok_or_else(|| format!("unknown verb `{word}`"))
    }
}

impl JsonSchema for ExchangeVerb {
    fn schema_name() -> Cow<'static, str> {
        "Verb".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = Self::all().map(Verb::word).collect();
        json_schema!({
            "description": "Verbs that take one exchange.", "type": "string", "enum": words, "x-word": "verb"
        })
    }
}

/// Parts of a prescription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as in `scenario::case::Prescription`")]
#[schemars(extend("x-word" = "part of a prescription"))]
pub enum Part {
    Drug,
    Concentration,
    Mode,
    Rate,
    Flex,
    PeriodicDose,
    PeriodicOver,
    PeriodicInterval,
    PatientDose,
    PatientOver,
    PatientLockout,
    PatientCount,
    PatientWindow,
    PatientMax,
    LowReservoir,
    Catheter,
    Tubing,
    TrialTime,
    TrialDose,
    ConfirmSoftLimits,
}

/// How a pump's firmware talks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a device profile"))]
pub(super) struct RawProfile {
    /// Version of the profile language: 1 names its codec, 2 says how frames and messages look. Default: 1.
    #[serde(default)]
    pub profile: Option<u32>,
    /// Its name, as the name of its file: lower-case words joined by `-`.
    pub device: String,
    /// Version 2: what kind of device it is. Default: `pump`.
    #[serde(default)]
    pub kind: DeviceKind,
    /// One sentence for people.
    pub summary: String,
    /// Version 1: the codec.
    #[serde(default)]
    pub framing: Option<RawFraming>,
    /// Version 2: frames by name.
    #[serde(default)]
    pub frames: BTreeMap<String, RawFrame>,
    /// Version 2: how keys and values stand in a field of type `pairs`.
    #[serde(default)]
    pub pairs: Option<RawPairs>,
    /// Version 2: texts that stand for parts of messages.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// Version 2: messages by name.
    #[serde(default)]
    pub messages: BTreeMap<String, RawMessage>,
    /// Version 2: how a reply is known to be one of a request.
    #[serde(default, rename = "match")]
    pub matching: Option<RawMatch>,
    /// Version 2: what holds of each request.
    #[serde(default)]
    pub ask: Option<RawAsk>,
    /// Version 2: settings that texts may name, such as `{address}`.
    #[serde(default)]
    pub options: BTreeMap<String, RawOption>,
    /// Version 2: which frame is sent and which are heard, where a device can talk in several ways.
    #[serde(default)]
    pub speak: BTreeMap<String, RawSpeak>,
    /// Version 2: verbs, each with the message that it is.
    #[serde(default)]
    pub verbs: BTreeMap<String, RawVerb>,
    /// Version 2: verbs, states and alarms that only this device has.
    #[serde(default)]
    pub own: RawOwn,
    /// Keys of the firmware that differ from the harness's, in replies and in events that the harness has no word for (`theirs: ours`).
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    /// Kinds of events of the firmware that differ from the harness's, likewise.
    #[serde(default)]
    pub kinds: BTreeMap<String, String>,
    /// Bounds of every exchange; version 2 may leave them out.
    #[serde(default)]
    pub limits: Option<RawLimits>,
    /// Text that stands behind a number, and what one of it is: `nl: 1 nL`. A number without text is a count.
    #[serde(default)]
    pub units: BTreeMap<String, String>,
    /// Words of the firmware that differ from the harness's (`theirs: ours`); in version 2 also by the name of a field.
    #[serde(default)]
    pub words: BTreeMap<String, RawWord>,
    /// Version 1: verbs that take one exchange, each with the words of the firmware.
    #[serde(default)]
    pub requests: BTreeMap<ExchangeVerb, RawTemplate>,
    /// The verbs by which a run leaves the pump safe, in this order, until one is carried out.
    #[serde(default)]
    pub make_safe: Vec<ExchangeVerb>,
    /// How a prescription is programmed. Version 2: may be left out, as any of the next three; what cannot be shown without it is skipped, or not shown.
    #[serde(default)]
    pub programming: Option<RawProgramming>,
    /// The pump's own logs of doses and events, and how they are read back.
    #[serde(default)]
    pub logs: RawLogs,
    /// How the firmware says the events that the harness judges by.
    #[serde(default)]
    pub events: Option<RawSaid>,
    /// The keys of a dose entry: what the pump tells of the volumes that it counted.
    #[serde(default)]
    pub dose_entry: Option<RawDose>,
    /// Version 2: what is asked for every so often, because the pump does not tell it by itself.
    #[serde(default)]
    pub observe: Option<RawObserve>,
    /// Version 2: a dose log that is made of what is asked for, of a pump that keeps none.
    #[serde(default)]
    pub dose_log: Option<RawSampledLog>,
    /// Version 2: why the pump lacks what is left out, and what else it lacks: a verb, `dose-log`, `event-log`, `events`, `dose-entries`, `read-back`, `program`,
    /// `program-MODE`, a measure, an alarm, `unasked` or `make-safe`.
    #[serde(default)]
    pub lacks: BTreeMap<String, String>,
    /// Addresses in memory by name, where no `elf` has them.
    #[serde(default)]
    pub symbols: BTreeMap<String, u64>,
    /// The firmware, relative to this file: scenarios can name its variables and functions.
    #[serde(default)]
    pub elf: Option<String>,
    /// `model` in the reply to `identify`; another pump is not tested.
    #[serde(default)]
    pub model: Option<String>,
    /// A text in the firmware's image that is `build` in the reply to `identify`.
    #[serde(default)]
    pub build_symbol: Option<String>,
}

impl RawProfile {
    /// Words by the name of a field.
    pub fn field_words(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let words = self.words.iter();
        let words = words.filter_map(|(field, word)| match word {
            RawWord::OfField(words) => Some((field.clone(), words.clone())),
            RawWord::One(_) => None,
        });
        words.collect()
    }

    /// Words of any field.
    pub fn plain_words(&self) -> BTreeMap<String, String> {
        let words = self.words.iter();
        let words = words.filter_map(|(theirs, word)| match word {
            RawWord::One(ours) => Some((theirs.clone(), ours.clone())),
            RawWord::OfField(_) => None,
        });
        words.collect()
    }
}

/// A word of the harness, or the words of one field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RawWord {
    One(String),
    OfField(BTreeMap<String, String>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawFraming {
    /// How frames and messages look.
    pub codec: RawCodec,
    /// Bytes of a request at most, without its end.
    pub line_max: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-word" = "codec"))]
pub(super) enum RawCodec {
    #[serde(rename = "text-lines-1")]
    TextLines1,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawLimits {
    /// How long a reply may take.
    pub reply_timeout: String,
    /// How often the same bytes are sent before a request counts as unanswered.
    pub tries: u32,
    /// Requests that may wait.
    pub queue: usize,
    /// Data lines of one answer at most.
    pub data_lines: usize,
    /// Pages that one `read-log` reads at most.
    pub log_pages: u32,
    /// Missing records that are read back after a gap, at most.
    pub recover: u64,
}

/// How the firmware says a verb that takes one exchange.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawTemplate {
    /// The firmware's verb.
    pub send: String,
    /// Its keys, and the argument that goes into each.
    #[serde(default)]
    pub fields: Vec<RawArg>,
    /// Keys of the reply that differ from the harness's (`theirs: ours`).
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawArg {
    /// The firmware's key.
    pub key: String,
    /// The argument that goes into it.
    pub from: Arg,
    /// The unit in which it is sent, of those in `units`.
    #[serde(default)]
    pub unit: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawProgramming {
    /// The verb that opens a session.
    pub begin: String,
    /// The verb that stages fields.
    pub stage: String,
    /// Version 2: without it nothing is read back before it is committed.
    #[serde(default)]
    pub read_back: Option<String>,
    /// The verb that puts them in force.
    pub commit: String,
    /// The verb that drops them.
    pub abort: String,
    /// Key of the checksum in the commit and in the read-back's reply.
    pub checksum_key: String,
    /// Key of the number of fields in the read-back's reply.
    #[serde(default)]
    pub count_key: Option<String>,
    /// The checksum.
    pub checksum: RawChecksum,
    /// What the checksum is over, for each field of the read-back. Default: `{key}={value}` and a line feed.
    #[serde(default)]
    pub checksum_over: Option<String>,
    /// The words of the days, Monday first.
    pub days: Vec<String>,
    /// The word that stands for every day.
    pub every_day: Option<String>,
    /// The fields of a prescription, in the order of the read-back.
    pub fields: Vec<RawPart>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("x-word" = "checksum"))]
pub(super) enum RawChecksum {
    #[serde(rename = "crc-32-iso-hdlc")]
    Crc32IsoHdlc,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawPart {
    /// The firmware's key.
    pub key: String,
    /// The part of a prescription that goes into it.
    pub from: Part,
    /// The unit in which it is sent, of those in `units`.
    #[serde(default)]
    pub unit: Option<String>,
    /// How a step of a schedule is written, with its parts in braces.
    #[serde(default)]
    pub step: Option<String>,
    /// What is read back where nothing was staged.
    #[serde(default)]
    pub default: Option<String>,
}
