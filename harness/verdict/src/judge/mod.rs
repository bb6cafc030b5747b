//! The judge: from the events of a run alone, what is the verdict?
//!
//! The runner feeds it while a run goes on, to know when an expectation is met; a replay feeds it the same events from the journal. Both take
//! the same way through [`Judge::on_event`], so the same bytes give the same verdict.
//!
//! How it decides:
//! - `StepStarted` .. `StepEnded` delimit a step. An `expect` must hold when its step ends, which with `within` must be in time; with
//!   `throughout` (`for` in a scenario) it must hold after every event between as well.
//! - Alarms and events count from the end of the expectations before this group of expectations; what must *not* have come counts from the
//!   last expectation.
//! - Invariants are looked at when all that they compare is fresh: entries with entries, samples with samples, and both together only at a
//!   sample that belongs to an entry. Comparing with a volume allows two strokes more, because delivery comes in whole strokes.
//! - **A broken rig.** What the pump did wrong before the rig broke stays a failure: the evidence up to there is sound. What came at or after
//!   it says nothing about the pump, and without an earlier failure the verdict is Inconclusive.
//! - **After the last step** nothing is compared any more; but firmware that faults or hangs while its pump is made safe is wrong as before.

mod alarm;
mod checks;
mod claims;
mod clocks;
mod commands;
mod contradicts;
mod field;
mod findings;
mod garbage;
mod general;
mod in_order;
mod invariants;
mod late;
mod narrowed;
mod numbers;
mod observed;
mod of_step;
mod outcome;
mod past;
mod promised;
mod said;
mod sequence;
mod silence;
mod starts;
mod steps;
mod told_at;
mod total;
mod unheard;

pub use alarm::{Alarm, AlarmLatency};
pub use checks::Unmet;
pub use observed::Observed;
pub use outcome::Outcome;

use crate::oracle::OracleSettings;
use crate::reconcile::ReconcileSettings;
use in_order::InOrder;
use past::Past;
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Judges the events of a run as they stand in its journal.
#[derive(Debug, Clone)]
pub struct Judge {
    in_order: InOrder,
    past: Past,
}

impl Judge {
    /// A judge for one run of `case`, with the default tolerances of oracle and reconciliation.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        Self::with(case, OracleSettings::default(), ReconcileSettings::default())
    }

    /// A judge with other tolerances.
    #[must_use]
    pub fn with(case: &Case, oracle: OracleSettings, reconcile: ReconcileSettings) -> Self {
        Self {
            in_order: InOrder::with(case, oracle, reconcile),
            past: Past::default(),
        }
    }

    /// Takes the next event of the journal. A record that was read back from the pump's log is judged at its own time.
    pub fn on_event(&mut self, event: impl Into<Arc<Event>>) {
        let event = event.into();
        if matches!(event.body, Body::Past { .. }) {
            self.in_order.begin_anew();
        }
        self.past.take(&mut self.in_order, event);
    }

    /// The verdict, after the last event.
    #[must_use]
    pub fn finish(self) -> Outcome {
        self.in_order.finish()
    }
}

/// What is known so far.
impl Deref for Judge {
    type Target = InOrder;

    fn deref(&self) -> &InOrder {
        &self.in_order
    }
}

impl DerefMut for Judge {
    fn deref_mut(&mut self) -> &mut InOrder {
        &mut self.in_order
    }
}

#[cfg(test)]
mod tests;
