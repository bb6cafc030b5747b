//! What a pump is programmed with.

use crate::dose_text;
use crate::quantity::{Concentration, Rate, Span, Volume};
use crate::words::DAYS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

impl Prescription {
    /// What it says, by the names of its fields, as a person reads it.
    #[must_use]
    pub fn told(&self) -> BTreeMap<String, String> {
        let mut told = BTreeMap::new();
        let mut say = |name: &str, text: String| drop(told.insert(name.to_owned(), text));
        say("drug", format!("{} ({})", self.drug, self.concentration));
        match &self.mode {
            Mode::Continuous { rate } => {
                say("mode", "continuous".to_owned());
                say("rate", dose_text::rate(*rate));
            }
            Mode::Flex { steps } => {
                say("mode", "flex".to_owned());
                schedule(steps)
                    .iter()
                    .for_each(|(name, rate)| say(name, dose_text::rate(*rate)));
            }
            Mode::Periodic {
                rate,
                dose,
                over,
                interval,
            } => {
                say("mode", "periodic".to_owned());
                say("rate", dose_text::rate(*rate));
                say("dose", format!("{dose} over {over}, every {interval}"));
            }
            Mode::Minimum => say("mode", "minimum".to_owned()),
        }
        if let Some(PatientBolus {
            dose,
            over,
            lockout,
            count,
            window,
            max,
        }) = self.patient_bolus
        {
            let bolus = format!("{dose} over {over}, lockout {lockout}, {count} in {window}, at most {max} in all");
            say("patient-bolus", bolus);
        }
        let volumes = [
            ("low-reservoir", self.low_reservoir),
            ("catheter", self.catheter),
            ("tubing", self.tubing),
        ];
        for (name, volume) in volumes {
            volume.iter().for_each(|volume| say(name, volume.to_string()));
        }
        if let Some(trial) = self.trial {
            trial.time.iter().for_each(|time| say("trial-time", time.to_string()));
            trial.dose.iter().for_each(|dose| say("trial-dose", dose.to_string()));
        }
        if self.confirm_soft_limits {
            say("confirm-soft-limits", "true".to_owned());
        }
        for (name, value) in &self.raw {
            say(&format!("raw {name}"), value.clone());
        }
        told
    }
}

/// The rates of a day schedule, by day and time; where all seven days have the same, once.
fn schedule(steps: &[FlexStep]) -> Vec<(String, Rate)> {
    let is_daily = |step: &FlexStep| {
        let same = |other: &&FlexStep| (other.minute, other.rate) == (step.minute, step.rate);
        steps.iter().filter(same).count() == DAYS.len()
    };
    let name = |step: &FlexStep| {
        let day = DAYS.get(usize::from(step.day)).copied().unwrap_or_default();
        let (hour, minute) = (step.minute.div_euclid(60), step.minute.rem_euclid(60));
        format!(
            "schedule {} {hour:02}:{minute:02}",
            if is_daily(step) { "every day" } else { day }
        )
    };
    steps.iter().map(|step| (name(step), step.rate)).collect()
}
