//! What a pump says unasked.

use crate::dose_entry::DoseEntry;
use crate::quantity::{Mass, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a pump says unasked, in the harness's own words; a device profile maps a firmware's words to these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum Said {
    /// The firmware started.
    Boot {
        /// Why.
        reason: String,
    },
    /// The state changed.
    State {
        /// Before.
        from: String,
        /// Now.
        to: String,
        /// Why.
        cause: String,
    },
    /// An alarm was raised.
    Alarm {
        /// Its name.
        id: String,
        /// Its priority.
        priority: String,
    },
    /// An alarm was cleared.
    AlarmClear {
        /// Its name.
        id: String,
    },
    /// A bolus began.
    BolusStart {
        /// `patient`, `periodic`, `clinician`, `prime`, `bridge`.
        kind: String,
        /// Volume in nanolitres.
        dose_nl: i64,
        /// Time in milliseconds.
        over_ms: i64,
    },
    /// A bolus ended.
    BolusEnd {
        /// Kind.
        kind: String,
        /// Volume in nanolitres.
        given_nl: i64,
        /// `complete`, `stopped`, `alarm`, `reset`.
        cause: String,
    },
    /// The pump wrote a dose entry.
    Dose(DoseEntry),
    /// Anything else, under its own name.
    Other {
        /// Kind.
        kind: String,
        /// Fields with their units.
        fields: BTreeMap<String, String>,
    },
}

/// Larger than any number that a pump or its plant can have, in whatever base unit; sums and differences of smaller ones hold.
pub const BEYOND: i64 = 1 << 53;

impl Said {
    /// Whether each number in it can be reckoned with.
    pub(crate) fn is_reckonable(&self) -> bool {
        let all = |numbers: &[i64]| {
            let mut numbers = numbers.iter();
            numbers.all(|number| number.unsigned_abs() < BEYOND.unsigned_abs())
        };
        match self {
            Self::Dose(entry) => all(&[
                entry.rate_nl_per_day,
                entry.basal_nl,
                entry.patient_nl,
                entry.periodic_nl,
                entry.clinician_nl,
                entry.prime_nl,
                entry.bridge_nl,
                entry.strokes,
                entry.reservoir_nl,
            ]),
            Self::BolusStart { dose_nl, over_ms, .. } => all(&[*dose_nl, *over_ms]),
            Self::BolusEnd { given_nl, .. } => all(&[*given_nl]),
            // The others hold words alone.
            _ => true,
        }
    }
}

/// What a line of a pump is: so that whoever reads a journal needs no protocol to find what was read from which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// The answer to the request of this number.
    Reply(u64),
    /// A part of that answer, before its end.
    Data(u64),
    /// The event of this number, and its time in milliseconds.
    Event(u64, Option<i64>),
    /// The dose entry of this number, and its time in milliseconds.
    Dose(u64, Option<i64>),
}

/// Why records stay missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unread {
    /// The pump answered, keeps what stands before and behind them, and does not have them.
    Lacking,
    /// They are older than what the pump keeps.
    TooOld,
    /// They are more than the device profile lets the harness read back.
    TooMany,
    /// The log was not answered.
    Unanswered,
    /// The pump refused to read its log.
    Refused,
    /// The device profile has no such log.
    NoLog,
}

/// What a balance beside the pump said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// Its name in the rig file.
    pub instrument: String,
    /// When it was asked, scenario time.
    pub asked: Span,
    /// What it said, escaped.
    pub said: String,
    /// What it weighs; `None`: it told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mass: Option<Mass>,
    /// It is at rest.
    pub stable: bool,
    /// Why it told no mass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What the pump answered when the harness asked it as its profile says. No step of a scenario asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polled {
    /// The verb.
    pub verb: String,
    /// `None`: carried out; else the reason it was refused with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Reply fields with their units.
    pub fields: Arc<BTreeMap<String, String>>,
    /// Number of the request, where requests have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
}
