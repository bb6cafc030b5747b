//! The dose log: the canonical table of what was delivered, made from the events of a run.
//!
//! Invariant: the same events give the same table, byte for byte, and nothing of the host's time or speed is in it. Volumes count from the
//! begin of the scenario, in nanolitres, and are shown in microlitres with three decimals, so that nothing is rounded.

mod builder;
mod compare;
mod table;

pub(crate) use builder::actuated_delivered;
pub use builder::{Builder, STROKE_NL};
pub use compare::{Difference, compare};
pub use table::ParseError;

use pump_hil_model::event::BEYOND;
use pump_hil_model::quantity::Span;

/// One row. Volumes in nanolitres since the begin; `None` where the pump said nothing at this instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Scenario time.
    pub t: Span,
    /// What the row is for: `start` `stop` `rate` `bolus-start` `bolus-end` `periodic` `reset` `refill` `state` (dose entries), `alarm`,
    /// `alarm-clear`, `boot`, `fault`, `fault-clear`, `end`.
    pub what: String,
    /// Which alarm, fault, bolus or cause; `-` for none.
    pub detail: String,
    /// The pump's state, `-` before it told one.
    pub state: String,
    /// The prescription's mode, `-` before it told one.
    pub mode: String,
    /// Rate in force, nL/day.
    pub rate: Option<i64>,
    /// Reported, by class: basal, patient, periodic, clinician, prime, bridge.
    pub classes: Option<[i64; 6]>,
    /// Strokes times stroke volume, by the probe.
    pub actuated: Option<i64>,
    /// Truly left the catheter's tip.
    pub delivered: Option<i64>,
    /// The pump's computed reservoir volume, absolute.
    pub reservoir: Option<i64>,
}

impl Row {
    /// Everything reported in this row.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        self.classes.map(|c| c.iter().sum())
    }
}

/// Names of the volume classes, in the order of [`Row::classes`].
pub const CLASSES: [&str; 6] = ["basal", "patient", "periodic", "clinician", "prime", "bridge"];

/// The table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoseLog {
    /// Name of the case.
    pub name: String,
    /// Of the pump's periodic entries at an unchanged rate, one of so many is a row.
    pub periodic_stride: u64,
    /// Of boluses that ended as planned and rate changes of the schedule, one of so many is a row.
    pub routine_stride: u64,
    /// Entries that are no row because of these.
    pub left_out: u64,
    /// The rows, in the order of time.
    pub rows: Vec<Row>,
}

/// The volumes by class in a `totals` reply, as they stand in it; `None` if it is another reply.
pub(crate) fn totals(fields: &std::collections::BTreeMap<String, String>) -> Option<[i64; 6]> {
    let mut all = [0; CLASSES.len()];
    for (to, class) in all.iter_mut().zip(CLASSES) {
        let number: i64 = fields.get(class)?.strip_suffix("nl")?.parse().ok()?;
        *to = (-BEYOND..BEYOND).contains(&number).then_some(number)?;
    }
    Some(all)
}

/// How late the pump's entries come, by its own time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lag {
    /// Least that the harness's time was ahead of the pump's, ms.
    least: Option<i64>,
}

impl Lag {
    /// How much later than the promptest one this comes; zero where the pump gives no time.
    pub fn of(&mut self, t: Span, pump_t: Option<Span>) -> Span {
        let ahead = pump_t.map_or(0, |pump_t| t.0.saturating_sub(pump_t.0));
        let least = *self.least.insert(self.least.map_or(ahead, |least| least.min(ahead)));
        Span(ahead.saturating_sub(least))
    }
}

#[cfg(test)]
mod tests;
