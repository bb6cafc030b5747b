//! What must be true: at a step, and all the time.

use crate::quantity::{Percent, Pressure, Rate, Span, Voltage, Volume};
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

/// What can be measured; the base unit in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Truly left the catheter's tip into the patient (nL): by plant, balance or flow meter.
    Delivered,
    /// What the pump reports in all (nL).
    Reported,
    /// Strokes times stroke volume, by the probe (nL).
    Actuated,
    /// What the oracle allows as the nominal dose (nL).
    Prescribed,
    /// Reported basal (nL).
    Basal,
    /// Reported patient boluses (nL).
    PatientBoluses,
    /// Reported periodic boluses (nL).
    PeriodicBoluses,
    /// Reported clinician boluses (nL).
    ClinicianBoluses,
    /// Reported prime (nL).
    Prime,
    /// Reported bridge (nL).
    Bridge,
    /// The rate in force (nL/day).
    Rate,
    /// The pump's computed reservoir volume (nL).
    Reservoir,
    /// What truly is in the reservoir (nL).
    TrueReservoir,
    /// Battery by the pump (mV).
    Battery,
    /// Catheter pressure, true (Pa).
    Pressure,
    /// Delivered beyond actuated since the last occlusion was cleared (nL).
    PostOcclusionBolus,
    /// Failed strokes that the pump counted.
    Stalls,
    /// Time left of the lockout (ms).
    Lockout,
    /// From the last fault's injection to the first alarm after it (ms).
    AlarmLatency,
    /// Resets since power-on.
    Resets,
    /// Tones that sounded (needs `report-tones`).
    Tones,
    /// Time since the state was last `running` (ms).
    WithoutTherapy,
    /// How often the first line of the last `do`, `program` or `stage` was sent.
    Tries,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 23] = [
        Self::Delivered,
        Self::Reported,
        Self::Actuated,
        Self::Prescribed,
        Self::Basal,
        Self::PatientBoluses,
        Self::PeriodicBoluses,
        Self::ClinicianBoluses,
        Self::Prime,
        Self::Bridge,
        Self::Rate,
        Self::Reservoir,
        Self::TrueReservoir,
        Self::Battery,
        Self::Pressure,
        Self::PostOcclusionBolus,
        Self::Stalls,
        Self::Lockout,
        Self::AlarmLatency,
        Self::Resets,
        Self::Tones,
        Self::WithoutTherapy,
        Self::Tries,
    ];

    /// A measure's name as in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Reported => "reported",
            Self::Actuated => "actuated",
            Self::Prescribed => "prescribed",
            Self::Basal => "basal",
            Self::PatientBoluses => "patient-boluses",
            Self::PeriodicBoluses => "periodic-boluses",
            Self::ClinicianBoluses => "clinician-boluses",
            Self::Prime => "prime",
            Self::Bridge => "bridge",
            Self::Rate => "rate",
            Self::Reservoir => "reservoir",
            Self::TrueReservoir => "true-reservoir",
            Self::Battery => "battery",
            Self::Pressure => "pressure",
            Self::PostOcclusionBolus => "post-occlusion-bolus",
            Self::Stalls => "stalls",
            Self::Lockout => "lockout",
            Self::AlarmLatency => "alarm-latency",
            Self::Resets => "resets",
            Self::Tones => "tones",
            Self::WithoutTherapy => "without-therapy",
            Self::Tries => "tries",
        }
    }

    /// What it is measured in. Every measure is named here: one that were taken for a volume would be compared with two strokes of slack.
    #[must_use]
    pub const fn dimension(self) -> MeasuredIn {
        match self {
            Self::Delivered
            | Self::Reported
            | Self::Actuated
            | Self::Prescribed
            | Self::Basal
            | Self::PatientBoluses
            | Self::PeriodicBoluses
            | Self::ClinicianBoluses
            | Self::Prime
            | Self::Bridge
            | Self::Reservoir
            | Self::TrueReservoir
            | Self::PostOcclusionBolus => MeasuredIn::Volume,
            Self::Rate => MeasuredIn::Rate,
            Self::Battery => MeasuredIn::Voltage,
            Self::Pressure => MeasuredIn::Pressure,
            Self::Stalls | Self::Resets | Self::Tones | Self::Tries => MeasuredIn::Number,
            Self::Lockout | Self::AlarmLatency | Self::WithoutTherapy => MeasuredIn::Time,
        }
    }

    /// Whether the measure is what it is at an instant, and not a count that grows.
    #[must_use]
    pub fn is_level(self) -> bool {
        matches!(
            self,
            Self::AlarmLatency
                | Self::Battery
                | Self::Lockout
                | Self::PostOcclusionBolus
                | Self::Pressure
                | Self::Rate
                | Self::Reservoir
                | Self::Tries
                | Self::TrueReservoir
                | Self::WithoutTherapy
        )
    }

    /// Who tells it. Every measure is named here: one that nobody asked for is never known.
    #[must_use]
    pub const fn told_by(self) -> ToldBy {
        match self {
            Self::Reported
            | Self::Basal
            | Self::PatientBoluses
            | Self::PeriodicBoluses
            | Self::ClinicianBoluses
            | Self::Prime
            | Self::Bridge => ToldBy::Totals,
            Self::Battery | Self::Lockout | Self::Rate | Self::Reservoir | Self::Stalls => ToldBy::Status,
            Self::Tones => ToldBy::Events,
            Self::Actuated
            | Self::Delivered
            | Self::PostOcclusionBolus
            | Self::Pressure
            | Self::Resets
            | Self::TrueReservoir => ToldBy::TestBlock,
            Self::AlarmLatency | Self::Prescribed | Self::Tries | Self::WithoutTherapy => ToldBy::Harness,
        }
    }

    /// Whether the measure is a volume, which comes in whole strokes.
    #[must_use]
    pub fn is_volume(self) -> bool {
        matches!(self.dimension(), MeasuredIn::Volume)
    }

    /// A measure's value with its unit.
    #[must_use]
    pub fn text(self, value: i64) -> String {
        match self.dimension() {
            MeasuredIn::Volume => Volume(value).to_string(),
            MeasuredIn::Rate => Rate(value).to_string(),
            MeasuredIn::Voltage => Voltage(value).to_string(),
            MeasuredIn::Pressure => Pressure(value).to_string(),
            MeasuredIn::Number => value.to_string(),
            MeasuredIn::Time => Span(value).to_string(),
        }
    }
}

/// Dimensions of measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it; a number has no unit")]
pub enum MeasuredIn {
    Volume,
    Rate,
    Voltage,
    Pressure,
    Number,
    Time,
}

/// Who tells a measure, and so what must be asked before it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// The pump, by its totals and in each dose entry.
    Totals,
    /// The pump, by its status.
    Status,
    /// The pump, by its events, unasked.
    Events,
    /// The test block: what truly happened.
    TestBlock,
    /// The harness itself works it out.
    Harness,
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
