//! What a pump says unasked.

use crate::dose_entry::DoseEntry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
