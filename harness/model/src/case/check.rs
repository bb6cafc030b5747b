//! What must be true: at a step, and all the time.

use crate::measure::Measure;
use crate::quantity::Percent;
use crate::value::Wanted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that must be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// This alarm is active, or was raised since the step began or since the last expectation was met.
    Alarm {
        /// Its name.
        id: String,
        /// Its priority.
        priority: Option<String>,
    },
    /// This alarm is not active; `None`: no alarm is.
    NoAlarm {
        /// Its name.
        id: Option<String>,
    },
    /// This alarm was cleared.
    AlarmCleared {
        /// Its name.
        id: String,
    },
    /// The pump's state.
    State(String),
    /// The prescription's mode.
    Mode(String),
    /// The bolus in progress, or `none`.
    Bolus(String),
    /// An event of this kind came since the expectations before this group of them, with these fields among its own.
    Event {
        /// Kind.
        kind: String,
        /// Fields, as text.
        fields: BTreeMap<String, String>,
    },
    /// No event of this kind came since the expectation before this one.
    NoEvent {
        /// Kind.
        kind: String,
    },
    /// The last reply has these fields.
    Reply {
        /// Fields, as text.
        fields: BTreeMap<String, String>,
    },
    /// Nothing came on the line since the step began, but for answers to what was asked.
    Silence,
    /// A measure lies in a range.
    Measure {
        /// Which.
        what: Measure,
        /// Counted from this mark; from the begin where `None`.
        since: Option<String>,
        /// Where it must lie.
        range: Range,
    },
    /// Memory read by the probe.
    Memory {
        /// Variable, symbol or `0x` address.
        at: String,
        /// What it must hold.
        value: Wanted,
    },
}

/// An inclusive range in base units, with the text that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Lowest allowed.
    pub low: Option<i64>,
    /// Highest allowed.
    pub high: Option<i64>,
    /// As written.
    pub text: String,
}

/// What must hold all the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariant {
    /// Line of the file.
    pub line: u32,
    /// As written.
    pub text: String,
    /// What it means.
    pub rule: Rule,
}

/// The forms of an invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// `left op right + slack`: `delivered <= prescribed + 14.5 %`, `reported == actuated +- 1 uL`, `rate <= 24 mL/day`.
    Compare {
        /// Left side.
        left: Measure,
        /// Operator.
        op: Op,
        /// Right side.
        right: Operand,
        /// Share of the right side that is added (`<=`, `==`) or taken off (`>=`, `==`).
        percent: Percent,
        /// Base units likewise.
        absolute: i64,
    },
    /// `state != stopped` / `state == running`.
    State {
        /// Must be equal, else must differ.
        equal: bool,
        /// The state.
        state: String,
    },
    /// `no alarm` / `no alarm occlusion`.
    NoAlarm {
        /// Which, `None` for any.
        id: Option<String>,
    },
}

/// Right side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operand {
    /// Another measure.
    Measure(Measure),
    /// A constant in base units.
    Value(i64),
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Op {
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "==")]
    Equal,
}
