//! The validated form of a scenario: one case, with nothing left to look up.
//!
//! A `Case` is what runs, what the journal's header keeps, and what a replay judges by; so it serialises, and holds no file handle and no
//! reference to a rig. Times are spans since the scenario's begin, which is after the set-up (identify, program, refill).

mod check;
mod kept;
pub mod needs;
mod prescription;
mod step;
mod verb;

pub use crate::measure::{Measure, MeasuredIn, ToldBy};
pub use check::{Check, Invariant, Op, Operand, Range, Rule};
pub use kept::{field, filled, with_kept};
pub use prescription::{FlexStep, Mode, PatientBolus, Prescription, Trial};
pub use step::{Action, OwnArg, Poll, ProbeAction, Request, Step, When, kept_name};
pub use verb::{Arg, ArgValue, ReadArgs, Section, Verb};

use crate::capability::Capability;
use crate::event::StepId;
use crate::quantity::{Percent, Span, Volume};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One scenario with one row of its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Name of the scenario, kebab case.
    pub scenario: String,
    /// Name of the table's row, where there is a table.
    pub case: Option<String>,
    /// File it came from, relative to the folder that was given.
    pub file: String,
    /// SHA-256 of the file and its includes, hex.
    pub sha256: String,
    /// One sentence for people.
    pub summary: String,
    /// Requirements that it verifies.
    pub verifies: Vec<String>,
    /// Rows of the seed inventory and recalls that it covers.
    pub covers: Vec<String>,
    /// Words to choose it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The device that it is for, where it uses words that only that one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The units of volume and of rate that its file uses most, in which findings are told. A journal of before there was this key has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// What a rig must be able to do: written by the author, and derived from the steps.
    pub needs: BTreeSet<Capability>,
    /// Civil time at the begin, seconds since 2000-01-01T00:00:00.
    pub start_s: i64,
    /// Seed of the plant.
    pub seed: u64,
    /// What the pump is programmed with before the begin; `None` leaves it without a prescription.
    pub prescription: Option<Prescription>,
    /// Volume filled in before the begin.
    pub reservoir: Option<Volume>,
    /// Interval of the pump's periodic dose entries.
    pub log_every: Span,
    /// How far the pump's clock may be off the host's on a rig by the host's clock; `None`: as the rig has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_drift: Option<Percent>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Places in memory whose values are noted whenever they changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<String>,
    /// What must hold all the time.
    pub always: Vec<Invariant>,
    /// What the scenario checks besides, and the rig of the run cannot show. It stands here instead of among the steps and rules, so that a journal that is
    /// judged again comes to the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_shown: Vec<NotShown>,
    /// Alarms that may come without an `expect` that names them. Any other alarm fails the scenario.
    pub allow_alarms: BTreeSet<String>,
    /// Whether the firmware may fault, such as by a HardFault. A fault that a probe sees else fails the scenario.
    /// A journal of before there was this key was judged without it.
    #[serde(default = "allowed")]
    pub firmware_may_fault: bool,
    /// Whether the pump may start again though nothing was done that explains it: a step looks at `resets` itself. As old journals are judged, see above.
    #[serde(default = "allowed")]
    pub may_start_again: bool,
    /// Reconciliation: how far delivered may be from reported; `None` where a fault makes them part on purpose, and the scenario says so.
    pub reconcile: Option<Percent>,
    /// The dose log's snapshot; `None` where the scenario says `snapshot: none`.
    pub snapshot: Option<Tolerance>,
}

impl Case {
    /// `scenario` or `scenario[case]`: the name in reports, and of the snapshot and journal files.
    #[must_use]
    pub fn name(&self) -> String {
        self.case
            .as_ref()
            .map_or_else(|| self.scenario.clone(), |case| format!("{}[{case}]", self.scenario))
    }

    /// The step at these places in the lists of steps ([`places`]), where there is one.
    #[must_use]
    pub fn step_at(&self, places: &[usize]) -> Option<&Step> {
        let (last, outer) = places.split_last()?;
        let mut steps = self.steps.as_slice();
        for &place in outer {
            match &steps.get(place)?.action {
                Action::Repeat { steps: inner, .. } => steps = inner,
                _ => return None,
            }
        }
        steps.get(*last)
    }

    /// All that the pump is programmed with, by the names of the fields, as a person reads it: before the begin, and by each step that programs (`program 1`).
    #[must_use]
    pub fn prescribed(&self) -> BTreeMap<String, String> {
        let mut told = match &self.prescription {
            Some(prescription) => prescription.told(),
            None => BTreeMap::from([("mode".to_owned(), "none".to_owned())]),
        };
        if let Some(volume) = self.reservoir {
            told.insert("reservoir".to_owned(), volume.to_string());
        }
        for (number, prescription) in (1..).zip(programmed(&self.steps)) {
            let fields = prescription.told().into_iter();
            told.extend(fields.map(|(name, text)| (format!("program {number}: {name}"), text)));
        }
        told
    }
}

/// What these steps program, in their order.
fn programmed(steps: &[Step]) -> Vec<&Prescription> {
    let mut found = Vec::new();
    for step in steps {
        match &step.action {
            Action::Do {
                request: Request::Program { prescription, .. } | Request::Stage { prescription },
                ..
            } => found.push(&**prescription),
            Action::Repeat { steps, .. } => found.extend(programmed(steps)),
            _ => {}
        }
    }
    found
}

/// A check that a rig cannot show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotShown {
    /// Line of the file.
    pub line: u32,
    /// As written.
    pub text: String,
}

/// Places in the lists of steps, from 0, outermost first: `4#17.2` names the second step inside the seventeenth round of the fourth, 3 and 1.
#[must_use]
pub fn places(id: &StepId) -> Vec<usize> {
    let parts = id.0.split('.');
    parts
        .map_while(|part| part.split('#').next()?.parse::<usize>().ok()?.checked_sub(1))
        .collect()
}

/// Columns' tolerances of a snapshot: inside them the accepted text stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Share of a volume, in thousandths of a percent.
    pub volume: Percent,
    /// A volume below which differences do not count.
    pub volume_floor: Volume,
    /// Of a time.
    pub time: Span,
}

fn allowed() -> bool {
    true
}
