//! What a pump is programmed with.

use crate::quantity::{Concentration, Rate, Span, Volume};
use serde::{Deserialize, Serialize};

/// What the pump is programmed with. Doses given in mass have become volumes by the drug's concentration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prescription {
    /// Id of the drug, as in `fixtures/drugs` and in the pump's library.
    pub drug: String,
    /// Its concentration.
    pub concentration: Concentration,
    /// How therapy is delivered.
    pub mode: Mode,
    /// What the patient may ask for.
    pub patient_bolus: Option<PatientBolus>,
    /// Low-reservoir threshold.
    pub low_reservoir: Option<Volume>,
    /// Catheter volume.
    pub catheter: Option<Volume>,
    /// Internal tubing volume.
    pub tubing: Option<Volume>,
    /// A trial's limits.
    pub trial: Option<Trial>,
    /// The clinician confirmed what lies beyond the library's soft limits.
    pub confirm_soft_limits: bool,
    /// Fields that are sent as they stand, after the others: to send what no sane programmer would (`ptm-lockout: 5min`).
    pub raw: Vec<(String, String)>,
}

/// Ways to deliver therapy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Mode {
    /// Simple continuous.
    Continuous {
        /// The rate.
        rate: Rate,
    },
    /// A day schedule.
    Flex {
        /// Steps, sorted by day and time; a day is 0 = Monday .. 6.
        steps: Vec<FlexStep>,
    },
    /// A bolus at fixed intervals over a basal rate that may be 0.
    Periodic {
        /// Basal between.
        rate: Rate,
        /// Volume of a bolus.
        dose: Volume,
        /// Time that it takes.
        over: Span,
        /// Start to start.
        interval: Span,
    },
    /// Minimum rate.
    Minimum,
}

/// A step of a day schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlexStep {
    /// 0 = Monday .. 6 = Sunday.
    pub day: u8,
    /// Minute of the day from which the rate holds.
    pub minute: u16,
    /// The rate.
    pub rate: Rate,
}

/// What the patient may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientBolus {
    /// Volume of one.
    pub dose: Volume,
    /// Time that it takes.
    pub over: Span,
    /// Start to start.
    pub lockout: Span,
    /// How many in the window.
    pub count: u32,
    /// The rolling window.
    pub window: Span,
    /// The most of everything in the window.
    pub max: Volume,
}

/// A trial's limits; therapy ends at the first that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Longest time.
    pub time: Option<Span>,
    /// Largest total dose.
    pub dose: Option<Volume>,
}
