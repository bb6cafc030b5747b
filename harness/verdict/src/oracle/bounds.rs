//! Bounds of what may have been delivered, checked at every dose entry and every sample.
//!
//! Invariant: faults excuse what is missing, by the amount that was missing while they were in effect. Nothing excuses a surplus.

use super::{Oracle, State, schedule};
use crate::dose::CLASSES;
use pump_hil_model::event::DoseEntry;
use pump_hil_model::fault::{Delivery, FaultName};
use pump_hil_model::quantity::{Rate, Volume};
use pump_hil_model::verdict::Finding;
use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// Reported by class, and actuated, at the begin.
    pub base: [i64; 6],
    pub actuated_base: i64,
    excused: [i64; 6],
    faults: BTreeSet<FaultName>,
    /// Faults under which commanded strokes do not come about were armed.
    held: bool,
    excuse_until: Option<i64>,
    checkpoint: Option<Checkpoint>,
    last: Option<(i64, i64)>,
    refilled: bool,
    told: BTreeSet<(&'static str, usize)>,
}

/// Where a day began, to see a day's deviation apart from that of years.
#[derive(Debug, Clone, Copy)]
struct Checkpoint {
    t: i64,
    nominal: i64,
    deviation: i64,
    excused: bool,
    uneven: i64,
}

impl Bounds {
    pub fn excuse_until(&mut self, t: i64) {
        self.excuse_until = self.excuse_until.max(Some(t));
    }

    pub fn fault_armed(&mut self, fault: FaultName) {
        if fault.effects().delivery == Delivery::MayLack {
            self.held = true;
            self.faults.insert(fault);
        }
    }

    pub fn fault_cleared(&mut self, fault: FaultName, recovered: i64) {
        if self.faults.remove(&fault) {
            self.excuse_until(recovered);
        }
    }

    pub fn excuse_basal(&mut self, nl: i64) {
        self.excused[0] += nl;
    }

    pub fn refilled(&mut self) {
        self.refilled = true;
    }

    pub fn excused_now(&self, t: i64) -> bool {
        !self.faults.is_empty() || self.excuse_until.is_some_and(|until| t <= until)
    }
}

impl Oracle {
    fn tolerance(&self, nominal: i64) -> i64 {
        let share = i128::from(nominal) * i128::from(self.settings.share.0) / 100_000;
        i64::try_from(share).unwrap_or(i64::MAX) + self.settings.strokes * self.settings.stroke_nl
    }

    pub(super) fn check_entry(&mut self, entry: &DoseEntry, now: [i64; 6], out: &mut Vec<Finding>) {
        if self.unknown {
            self.bounds.last = None;
            return;
        }
        let mut reported = now;
        for (volume, base) in reported.iter_mut().zip(self.bounds.base) {
            *volume -= base;
        }
        let nominal = self.ledger.nominal();
        let excused_now = self.bounds.excused_now(self.t) || entry.reservoir_nl <= 0;
        for class in 0..CLASSES.len() {
            if excused_now {
                let missing = nominal[class] - reported[class];
                self.bounds.excused[class] = self.bounds.excused[class].max(missing);
            }
            let tolerance = self.tolerance(nominal[class]) + self.ledger.uneven[class];
            let least = nominal[class] - self.bounds.excused[class] - tolerance;
            let most = nominal[class] + tolerance;
            let came = reported[class];
            let side = if came > most { "over" } else { "under" };
            if (came > most || came < least) && self.bounds.told.insert((side, class)) {
                let name = CLASSES[class];
                self.finding(
                    out,
                    format!("{name} volume between {} and {}", Volume(least.max(0)), Volume(most)),
                    format!("{} reported", Volume(came)),
                );
            }
        }
        self.check_day(nominal.iter().sum(), reported.iter().sum(), excused_now, out);
        self.check_rate(entry, out);
        self.check_reservoir(entry, now.iter().sum(), excused_now, out);
        self.dues.reservoir(entry.reservoir_nl, self.t);
    }

    /// Over years the share alone would hide a drift: each day is held to the tolerance of a day.
    fn check_day(&mut self, nominal: i64, reported: i64, excused_now: bool, out: &mut Vec<Finding>) {
        let deviation = reported - nominal;
        let uneven: i64 = self.ledger.uneven.iter().sum();
        let now = Checkpoint {
            t: self.t,
            nominal,
            deviation,
            excused: excused_now,
            uneven,
        };
        let Some(start) = &mut self.bounds.checkpoint else {
            self.bounds.checkpoint = Some(now);
            return;
        };
        start.excused |= excused_now;
        let start = *start;
        if self.t - start.t < DAY_MS {
            return;
        }
        self.bounds.checkpoint = Some(now);
        let given = nominal - start.nominal;
        let tolerance = self.tolerance(given) + self.settings.strokes * self.settings.stroke_nl + uneven - start.uneven;
        let change = deviation - start.deviation;
        if !start.excused && change.abs() > tolerance && self.bounds.told.insert(("day", 0)) {
            self.finding(
                out,
                format!("{} in the last day, within {}", Volume(given), Volume(tolerance)),
                format!("{} reported", Volume(given + change)),
            );
        }
    }

    fn check_rate(&mut self, entry: &DoseEntry, out: &mut Vec<Finding>) {
        let bridging = self.ledger.active.iter().any(|b| b.class == 5);
        if self.state == State::Stopped || bridging {
            return;
        }
        let clock = self.settings.clock.0;
        let rates = [-clock, 0, clock].map(|by| self.rate_at(self.t + by).0);
        if self.bounds.excused_now(self.t) && rates.iter().all(|rate| entry.rate_nl_per_day < *rate) {
            return;
        }
        let mode = match (self.state, &self.rx) {
            (State::Running, Some(rx)) => Some(schedule::mode_name(&rx.mode)),
            _ => None,
        };
        let right = rates.contains(&entry.rate_nl_per_day) && mode.is_none_or(|mode| mode == entry.mode);
        if !right && !self.rate_wrong {
            self.finding(
                out,
                format!("rate {} by mode {}", Rate(rates[1]), mode.unwrap_or("minimum")),
                format!("rate {} by mode {}", Rate(entry.rate_nl_per_day), entry.mode),
            );
        }
        self.rate_wrong = !right;
    }

    /// What was delivered, no more and no less, has left the computed reservoir.
    fn check_reservoir(&mut self, entry: &DoseEntry, total: i64, excused_now: bool, out: &mut Vec<Finding>) {
        let refilled = std::mem::take(&mut self.bounds.refilled) || entry.cause == "refill";
        let last = self.bounds.last.replace((total, entry.reservoir_nl));
        let Some((total_before, reservoir_before)) = last.filter(|_| !refilled && !excused_now) else {
            return;
        };
        let expected = (reservoir_before - (total - total_before)).max(0);
        let apart = (entry.reservoir_nl - expected).abs();
        if apart > self.settings.strokes * self.settings.stroke_nl && self.bounds.told.insert(("reservoir", 0)) {
            self.finding(
                out,
                format!("computed reservoir {}", Volume(expected)),
                format!("computed reservoir {}", Volume(entry.reservoir_nl)),
            );
        }
    }

    /// What the probe counts is held to nominal as well: the pump may move more than it reports.
    pub(super) fn check_actuated(&mut self, actuated: i64, out: &mut Vec<Finding>) {
        // Under a fault strokes are commanded again and again; what they moved, reconciliation sees.
        if self.unknown || self.bounds.held {
            return;
        }
        let actuated = actuated - self.bounds.actuated_base;
        let nominal: i64 = self.ledger.nominal().iter().sum();
        let most = nominal + self.tolerance(nominal) + self.ledger.uneven.iter().sum::<i64>();
        if actuated > most && self.bounds.told.insert(("actuated", 0)) {
            self.finding(
                out,
                format!("at most {} actuated", Volume(most)),
                format!("{} actuated", Volume(actuated)),
            );
        }
    }
}
