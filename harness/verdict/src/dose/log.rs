//! The table itself: its rows and their columns.

use super::sampled::Sampled;
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
    /// Reported in all, by a pump that counts no classes.
    pub reported: Option<i64>,
    /// Strokes times stroke volume, by the probe.
    pub actuated: Option<i64>,
    /// Truly left the catheter's tip.
    pub delivered: Option<i64>,
    /// The pump's computed reservoir volume, absolute.
    pub reservoir: Option<i64>,
}

impl Row {
    /// Everything reported in this row; `None` as well where that is beyond all numbers.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        let of_classes = |classes: [i64; 6]| classes.iter().try_fold(0_i64, |sum, class| sum.checked_add(*class));
        self.classes.map_or(self.reported, of_classes)
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
    /// It is made of samples of what the pump reports: the pump itself writes no log.
    pub sampled: Option<Sampled>,
    /// The rows, in the order of time.
    pub rows: Vec<Row>,
    /// By how much what was asked of the pump came late in all, because of the line: rows may be so much later than in another run. It stands in no text.
    pub late: Span,
    /// Something of it was read back from the pump's log, which tells of one instant in no order that holds among events and entries. It stands in no text.
    pub read_back: bool,
    /// The pump may have carried part of a stroke from before the begin: what hangs on a stroke may come by up to one sooner. It stands in no text.
    pub carried: bool,
}
