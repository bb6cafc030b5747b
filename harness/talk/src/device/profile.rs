//! A profile whose every name is resolved.

use super::raw::Part;
use super::raw_observe::DeviceKind;
use super::words::Words;
use crate::messages::{Unit, UnitError};
use crate::protocol::{Fields, Protocol};
use pump_hil_model::case::{Arg, Verb};
use pump_hil_model::lack::Lacks;
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a firmware talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name of the device.
    pub device: String,
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// One sentence for people.
    pub summary: String,
    /// Its frames and messages.
    pub protocol: Arc<Protocol>,
    /// Bounds of every exchange.
    pub limits: Limits,
    /// The firmware's words (alarm names, states, causes, kinds) that differ from the harness's.
    pub words: Words,
    /// Keys of replies and of events that the harness has no word for.
    pub keys: Words,
    /// Kinds of such events.
    pub kinds: Words,
    /// Verbs of one exchange.
    pub requests: BTreeMap<Verb, Template>,
    /// What is asked, in this order, until one is carried out, to leave the pump safe.
    pub make_safe: Vec<Verb>,
    /// How a prescription is programmed, where it can be.
    pub programming: Option<Programming>,
    /// How the dose log is read back, where it can be.
    pub dose_log: Option<LogVerb>,
    /// How the event log is read back, where it can be.
    pub event_log: Option<LogVerb>,
    /// Events that the harness has a word for, by the firmware's word.
    pub events: BTreeMap<String, SaidAt>,
    /// Where a dose entry has what, where it tells any.
    pub dose_entry: Option<DoseEntryAt>,
    /// What it lacks, with the reasons; nothing in a file of version 1.
    pub lacks: Lacks,
    /// What it is asked for every so often.
    pub observing: Observing,
    /// Addresses by name.
    pub symbols: BTreeMap<String, u64>,
    /// ELF file with more symbols, relative to the profile; who loads the profile reads it.
    pub elf: Option<String>,
    /// `model` in the reply to `identify`, where only one will do.
    pub model: Option<String>,
    /// Symbol of a text in the image that is `build` in the reply to `identify`.
    pub build_symbol: Option<String>,
}

/// Bounds of every exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a reply may take.
    pub reply_timeout: Span,
    /// How often a request is sent before it counts as unanswered.
    pub tries: u32,
    /// Requests that may wait.
    pub queue: usize,
    /// Data lines of one exchange.
    pub data_lines: usize,
    /// Pages of a log that one request reads.
    pub log_pages: u32,
    /// Missing records that are read back after a gap.
    pub recover: u64,
}

/// A request of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The firmware's verb.
    pub send: String,
    /// Its fields.
    pub fields: Vec<ArgField>,
    /// Names of reply fields that differ from the harness's.
    pub rename: BTreeMap<String, String>,
}

/// A field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgField {
    /// The firmware's key.
    pub key: String,
    /// Which argument goes there.
    pub from: Arg,
    /// In which unit.
    pub unit: Unit,
}

/// How a prescription is programmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programming {
    /// Verb that opens a session.
    pub begin: String,
    /// Verb that stages fields.
    pub stage: String,
    /// How the staged fields are read back; without it they are committed unread.
    pub read_back: Option<ReadBack>,
    /// Verb that commits.
    pub commit: String,
    /// Verb that drops what is staged.
    pub abort: String,
    /// Key of the CRC-32 in the commit and in the read-back's reply.
    pub checksum_key: String,
    /// What the checksum is over, for each field: what stands before its key, between that and its value, and behind.
    pub checksum_over: [String; 3],
    /// Names of the weekdays, Monday first.
    pub days: [String; 7],
    /// Name for all weekdays, where there is one.
    pub every_day: Option<String>,
    /// Fields in the order of the read-back.
    pub fields: Vec<StagedField>,
}

/// How staged fields are read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBack {
    /// The verb.
    pub send: String,
    /// Key of the number of fields in its reply.
    pub count_key: String,
}

/// A field of a prescription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedField {
    /// The firmware's key.
    pub key: String,
    /// Which part goes there.
    pub from: Part,
    /// In which unit.
    pub unit: Unit,
    /// Pattern of a step of the day schedule, with units resolved.
    pub step: Option<StepPattern>,
    /// What is read back where nothing was staged.
    pub default: Option<String>,
}

/// Pattern of a step of the day schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPattern(pub(super) Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Day,
    Index,
    Minute(Unit),
    Rate(Unit),
}

impl StepPattern {
    /// The text of a step.
    ///
    /// # Errors
    /// Where a unit is too coarse.
    pub fn write(&self, day: &str, index: usize, minute: u16, rate_nl_per_day: i64) -> Result<String, UnitError> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.clone()),
                Piece::Day => Ok(day.to_owned()),
                Piece::Index => Ok(index.to_string()),
                // The base unit of a time is the millisecond.
                Piece::Minute(unit) => unit.write(i64::from(minute).saturating_mul(60_000)),
                Piece::Rate(unit) => unit.write(rate_nl_per_day),
            })
            .collect()
    }
}

/// How a log is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerb {
    /// The verb.
    pub send: String,
    /// Key of the first number that is wanted.
    pub from: String,
    /// Key of how many.
    pub count: String,
    /// The most that may be asked for at once.
    pub page: u64,
    /// Key of a record's number.
    pub number: String,
    /// Key and unit of a record's time.
    pub time: NumberAt,
    /// Key of an event's kind.
    pub kind: Option<String>,
    /// Key, in the reply, of the oldest number that is kept.
    pub first: String,
    /// Key, in the reply, of the newest.
    pub last: String,
}

/// A number: its key and its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberAt {
    /// The key.
    pub key: String,
    /// The unit.
    pub unit: Unit,
}

impl NumberAt {
    /// Its value among `fields`, in base units.
    ///
    /// # Errors
    /// Says which key is missing, or why its value is none.
    pub fn read(&self, fields: &Fields) -> Result<i64, String> {
        let text = text_at(fields, &self.key)?;
        self.unit.read(text).map_err(|e| format!("`{}`: {e}", self.key))
    }
}

/// The value of `key` among `fields`.
///
/// # Errors
/// Says that it is missing.
pub(crate) fn text_at<'a>(fields: &'a Fields, key: &str) -> Result<&'a str, String> {
    fields
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, v)| v.as_str())
        .ok_or_else(|| format!("`{key}` is missing"))
}

/// Where an event has what the harness has a word for; each is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in `event::Said`")]
pub enum SaidAt {
    Boot {
        reason: String,
    },
    State {
        from: String,
        to: String,
        cause: String,
    },
    Alarm {
        id: String,
        priority: String,
    },
    AlarmClear {
        id: String,
    },
    BolusStart {
        kind: String,
        dose: NumberAt,
        over: NumberAt,
    },
    BolusEnd {
        kind: String,
        given: NumberAt,
        cause: String,
    },
}

/// Where a dose entry has what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in `event::DoseEntry`")]
pub struct DoseEntryAt {
    pub cause: String,
    pub mode: String,
    pub rate: NumberAt,
    pub basal: NumberAt,
    pub patient: NumberAt,
    pub periodic: NumberAt,
    pub clinician: NumberAt,
    pub prime: NumberAt,
    pub bridge: NumberAt,
    pub strokes: NumberAt,
    pub reservoir: NumberAt,
}
