//! Reported (serial) against actuated (strokes, by probe) against delivered (plant or balance), at every log entry.
//!
//! Invariant: it needs no expectation. An over-delivery is found though the pump's own log looks right, and a reported stroke that moved
//! nothing is found as well. What is looked at is a sample that belongs to a dose entry: both tell of the same instant. Between entries, and after
//! the last one, what was delivered is held to what was actuated.
//!
//! What may part them, and how far:
//! - *reported, actuated*: [`ReconcileSettings::strokes`]. While a fault that keeps the rotor from turning is armed, the pump may command
//!   strokes that its encoder does not confirm; the surplus of commanded strokes that grew then is accepted from then on.
//! - *delivered above reported*: the scenario's share (5 %) plus [`ReconcileSettings::floor`].
//! - *delivered below reported*: besides that what primes the catheter, and [`ReconcileSettings::held_back`], which a compliant catheter may
//!   hold. What leaked out beside the patient is not delivered, and so no excuse.

mod sampled;
mod worst;

use crate::dose::{Lag, STROKE_NL, actuated_delivered, since, together};
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event, ReplyFields, Said, Sample};
use pump_hil_model::fault::Rotor;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_model::verdict::{Account, Finding};
use sampled::Sampled;
use worst::Worst;

/// Tolerances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReconcileSettings {
    /// Strokes that reported and actuated volume may be apart: one may be counted at each end of a reading.
    pub strokes: i64,
    /// A volume by which delivered and reported may be apart whatever the share.
    pub floor: Volume,
    /// What the catheter may hold back.
    pub held_back: Volume,
}

impl Default for ReconcileSettings {
    fn default() -> Self {
        Self {
            strokes: 2,
            floor: Volume(5_000),
            held_back: Volume(10_000),
        }
    }
}

/// How late an entry may come and still belong to the sample after it.
const LATE: Span = Span(2_000);

/// Compares the three volumes along a run.
#[derive(Debug, Clone)]
pub struct Reconciler {
    settings: ReconcileSettings,
    share: Option<Percent>,
    begun: bool,
    /// No entries tell what is reported, but replies.
    by_reply: bool,
    /// When the last one did.
    replied: Option<Span>,
    pub(crate) seq: u64,
    entry_base: [i64; 6],
    sample_base: (i64, i64),
    entry: Option<[i64; 6]>,
    lag: Lag,
    stalled_before: bool,
    stall_faults: usize,
    /// Commanded strokes that need no counterpart, as volume.
    stalled: i64,
    over: Worst,
    under: Worst,
    actuated: Worst,
    unmoved: Worst,
    sampled: Sampled,
}

impl Reconciler {
    /// For one run of `case`.
    #[must_use]
    pub fn new(case: &Case, settings: ReconcileSettings) -> Self {
        Self {
            settings,
            share: case.reconcile,
            begun: false,
            by_reply: false,
            replied: None,
            seq: 0,
            entry_base: [0; 6],
            sample_base: (0, 0),
            entry: None,
            lag: Lag::default(),
            stalled_before: false,
            stall_faults: 0,
            stalled: 0,
            over: Worst::default(),
            under: Worst::default(),
            actuated: Worst::default(),
            unmoved: Worst::default(),
            sampled: Sampled::default(),
        }
    }

    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event) {
        self.seq = self.seq.saturating_add(1);
        self.sampled.on_event(self.seq, event, self.share);
        match &event.body {
            Body::Begun => self.begun = true,
            Body::Pump {
                said: Said::Dose(entry),
                pump_t,
                read_back,
                ..
            } => {
                // An entry that was held up, or read from the log later, belongs to no sample.
                if *read_back || self.lag.of(event.t, *pump_t) > LATE {
                    self.entry = None;
                } else if self.begun {
                    self.entry = Some(entry.classes());
                } else {
                    self.entry_base = entry.classes();
                }
            }
            Body::Lacks { what } => self.by_reply = !what.tells_entries(),
            body if let Some((_, fields)) = body.answer().filter(|_| !self.begun || self.by_reply) => {
                self.totals(event.t, fields);
            }
            Body::Sample(sample) => self.sample(event.t, sample),
            Body::FaultArmed { fault, .. } if fault.effects().rotor == Rotor::MayStand => {
                self.stall_faults = self.stall_faults.saturating_add(1);
                // It may be over before the next entry.
                self.stalled_before = true;
            }
            Body::FaultCleared { fault } if fault.effects().rotor == Rotor::MayStand => {
                self.stall_faults = self.stall_faults.saturating_sub(1);
            }
            _ => {}
        }
    }

    /// What the pump gave in all. It belongs to the samples of its own instant.
    fn totals(&mut self, t: Span, fields: &ReplyFields) {
        let Some(totals) = crate::dose::totals(fields) else {
            return;
        };
        if self.begun {
            (self.entry, self.replied) = (Some(totals), Some(t));
        } else {
            self.entry_base = totals;
        }
    }

    fn sample(&mut self, t: Span, sample: &Sample) {
        if self.replied.take().is_some_and(|replied| replied != t) {
            self.entry = None;
        }
        let (actuated, delivered) = actuated_delivered(sample);
        if !self.begun {
            self.sample_base = (actuated, delivered);
            return;
        }
        let actuated = actuated.saturating_sub(self.sample_base.0);
        let delivered = delivered.saturating_sub(self.sample_base.1);
        // A sample without an entry says nothing of what was reported: that may have been an hour ago. What was moved and what left were read
        // together, and nothing leaves that was not moved.
        let Some(now) = self.entry.take() else {
            if let Some(share) = self.share {
                let tolerance = share.of(actuated).saturating_add(self.settings.floor.0);
                // The other way round says nothing: the catheter may hold back what was moved.
                if delivered > actuated {
                    self.unmoved.note(self.seq, t, actuated, delivered, tolerance);
                }
            }
            return;
        };
        let since = since(now, self.entry_base);
        let reported = together(since);
        let surplus = actuated.saturating_sub(reported).saturating_sub(self.stalled);
        if surplus > 0 && (self.stall_faults > 0 || self.stalled_before) {
            // Kept: both counts are cumulative, so the difference never goes away again.
            self.stalled = self.stalled.saturating_add(surplus);
        }
        debug_assert!(self.stalled >= 0, "what is forgiven once stays forgiven");
        // A stall may end between two entries: what it left behind is taken at the first entry after it.
        self.stalled_before = self.stall_faults > 0;
        let strokes = self.settings.strokes.saturating_mul(STROKE_NL);
        let moved = actuated.saturating_sub(self.stalled);
        self.actuated.note(self.seq, t, reported, moved, strokes);
        if let Some(share) = self.share {
            let tolerance = share.of(reported).saturating_add(self.settings.floor.0);
            if delivered > reported {
                self.over.note(self.seq, t, reported, delivered, tolerance);
            } else {
                // The priming volume fills the catheter, and is reported before a drop leaves its tip (recall R16).
                let prime = since[4];
                let held = self.settings.held_back.0.saturating_add(prime);
                let tolerance = tolerance.saturating_add(held);
                self.under.note(self.seq, t, reported, delivered, tolerance);
            }
        }
    }

    /// What is beyond tolerance: each kind once, with the place in the journal where it first was.
    #[must_use]
    pub fn finish(&self) -> Vec<(u64, Finding)> {
        [
            self.over.finding(Account::Delivered, Account::Reported),
            self.under.finding(Account::Delivered, Account::Reported),
            self.actuated.finding(Account::Actuated, Account::Reported),
            // What an entry told already needs no second finding.
            self.unmoved
                .finding(Account::Delivered, Account::Actuated)
                .filter(|_| self.over.first.is_none()),
        ]
        .into_iter()
        .flatten()
        .chain(self.sampled.finish())
        .collect()
    }
}

#[cfg(test)]
mod tests;
