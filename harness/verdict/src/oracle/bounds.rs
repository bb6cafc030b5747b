//! Bounds of what may have been delivered, checked at every dose entry and every sample.
//!
//! Invariant: faults excuse what is missing, by the amount that was missing while they were in effect. Nothing excuses a surplus.

use super::nominal::Nominal;
use super::schedule;
use crate::dose::{CLASSES, since, together, totals};
use pump_hil_model::event::{Body, DoseEntry, Polled, ReplyFields, Sample};
use pump_hil_model::fault::{Delivery, FaultName, Rotor};
use pump_hil_model::quantity::{Rate, Volume};
use pump_hil_model::verdict::{Allowed, Did, Finding};
use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    /// Reported by class, in strokes, and actuated, at the begin.
    base: [i64; 6],
    strokes_base: Option<i64>,
    actuated_base: i64,
    excused: [i64; 6],
    faults: BTreeSet<FaultName>,
    /// Faults under which the pump may lack drug, and such under which commanded strokes do not come about, were armed.
    held: bool,
    slips: bool,
    excuse_until: Option<i64>,
    checkpoint: Option<Checkpoint>,
    /// Reported in all, and left in the reservoir, where that was known last.
    filled: Option<(i64, i64)>,
    refilled: bool,
    /// What was nominal when the pump was asked for what it has not answered yet.
    asked_at: Option<i64>,
    /// What was nominal at the last entry, and what the reservoir held by it.
    held_at: Option<(i64, i64)>,
    /// The strokes of the last entry, until a probe counts those that were commanded.
    stroked: Option<i64>,
    /// The last entry had another rate than it should: told once, until it is right again.
    rate_wrong: bool,
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
    /// What may be missing by then.
    lacks: i64,
}

impl Bounds {
    /// A reply. Totals before the begin are not this run's; what a status says behind it is held to the last entry.
    pub fn replied(&mut self, now: &Nominal, body: &Body, out: &mut Vec<Finding>) {
        if let Body::Sent { .. } = body {
            self.asked_at.get_or_insert(together(now.ledger.nominal()));
        }
        if matches!(body, Body::PollLost { .. }) {
            self.asked_at = None;
        }
        let (Body::Reply { fields, .. } | Body::Polled(Polled { fields, .. })) = body else {
            return;
        };
        let asked_at = self.asked_at.take();
        if now.begun {
            if let Some(totals) = totals(fields).filter(|_| now.no_entries) {
                self.check_totals(now, totals, out);
            }
            return self.check_status(now, fields, asked_at, out);
        }
        if let Some(totals) = totals(fields) {
            self.base = totals;
            self.strokes_base = fields.get("strokes").and_then(|strokes| strokes.parse().ok());
        }
    }

    /// An entry before the begin.
    pub fn entry_before(&mut self, entry: &DoseEntry) {
        self.base = entry.classes();
        self.strokes_base = Some(entry.strokes);
    }

    pub fn excuse_until(&mut self, t: i64) {
        self.excuse_until = self.excuse_until.max(Some(t));
    }

    /// Whether it may keep the pump from delivering.
    pub fn fault_armed(&mut self, fault: FaultName) -> bool {
        self.slips |= fault.effects().rotor == Rotor::MayStand;
        let lacks = fault.effects().delivery == Delivery::MayLack;
        if lacks {
            // For the rest of the run: strokes that were tried again stay in the probe's count.
            self.held = true;
            self.faults.insert(fault);
        }
        lacks
    }

    pub fn fault_cleared(&mut self, fault: FaultName, recovered: i64) {
        if self.faults.remove(&fault) {
            self.excuse_until(recovered);
        }
    }

    /// So much of a class may be missing from here on.
    pub fn excuse(&mut self, class: usize, nl: i64) {
        debug_assert!(nl >= 0, "an excuse is for what is missing");
        self.excused[class] = self.excused[class].saturating_add(nl);
    }

    /// What is owed of a stroke when a bolus is cut is not made up.
    pub fn bolus_ended(&mut self, class: usize, cause: &str, stroke_nl: i64) {
        if cause != "complete" {
            self.excuse(class, stroke_nl);
        }
    }

    /// Another prescription came into force, whose rate may be wrong anew.
    pub fn in_force(&mut self) {
        self.rate_wrong = false;
    }

    pub fn refilled(&mut self) {
        self.refilled = true;
    }

    pub fn excused_now(&self, t: i64) -> bool {
        !self.faults.is_empty() || self.excuse_until.is_some_and(|until| t <= until)
    }
}

impl Bounds {
    /// Strokes, by the probe.
    pub fn sampled(&mut self, now: &Nominal, sample: &Sample, out: &mut Vec<Finding>) {
        let strokes = i64::try_from(sample.strokes).unwrap_or(i64::MAX);
        // A journal may hold any number, and a replay must not overflow on it.
        let actuated = strokes.saturating_mul(now.settings.stroke_nl);
        if now.begun {
            self.check_actuated(now, actuated, out);
        } else {
            self.actuated_base = actuated;
        }
    }

    /// What the pump gave in all, by a reply: where no entries tell it.
    fn check_totals(&mut self, now: &Nominal, volumes: [i64; 6], out: &mut Vec<Finding>) {
        if !now.unknown {
            // How much was missing while a fault was in effect no entry told.
            let excused_now = self.held || self.excuse_until.is_some();
            let reported = since(volumes, self.base);
            self.check_volumes(now, reported, excused_now, out);
        }
    }

    pub fn check_entry(&mut self, now: &Nominal, entry: &DoseEntry, volumes: [i64; 6], out: &mut Vec<Finding>) {
        if now.unknown {
            self.filled = None;
            return;
        }
        let reported = since(volumes, self.base);
        let excused_now = self.excused_now(now.t) || entry.reservoir_nl <= 0;
        self.check_volumes(now, reported, excused_now, out);
        self.check_rate(now, entry, out);
        self.check_strokes(now, entry, together(reported), out);
        self.check_reservoir(now, entry, together(volumes), excused_now, out);
    }

    /// Each class, and the day: by entry or by reply.
    fn check_volumes(&mut self, now: &Nominal, reported: [i64; 6], excused_now: bool, out: &mut Vec<Finding>) {
        let nominal = now.ledger.nominal();
        // What ended of its own is not seen: it may lack at any time.
        let excused_now = excused_now || now.blind;
        for class in 0..CLASSES.len() {
            if excused_now {
                let missing = nominal[class].saturating_sub(reported[class]);
                // The most that was ever missing, and not a sum: volumes are cumulative, and the same gap shows in each entry.
                self.excused[class] = self.excused[class].max(missing);
            }
            let tolerance = now.tolerance(nominal[class]).saturating_add(now.ledger.uneven[class]);
            let lacks = self.excused[class].saturating_add(tolerance);
            let least = nominal[class].saturating_sub(lacks);
            let most = nominal[class].saturating_add(tolerance);
            debug_assert!(
                least <= most,
                "{}: nothing lies between {least} and {most}",
                CLASSES[class]
            );
            let came = reported[class];
            let side = if came > most { "over" } else { "under" };
            if (came > most || came < least) && self.told.insert((side, class)) {
                now.finding(
                    out,
                    Allowed::Volume {
                        class: CLASSES[class],
                        least: Volume(least.max(0)),
                        most: Volume(most),
                    },
                    Did::Reported(Volume(came)),
                );
            }
        }
        self.check_day(now, together(nominal), together(reported), excused_now, out);
    }

    /// Over years the share alone would hide a drift: each day is held to the tolerance of a day.
    fn check_day(&mut self, now: &Nominal, nominal: i64, reported: i64, excused_now: bool, out: &mut Vec<Finding>) {
        let deviation = reported.saturating_sub(nominal);
        let uneven = together(now.ledger.uneven);
        let today = Checkpoint {
            t: now.t,
            nominal,
            deviation,
            excused: excused_now,
            uneven,
            lacks: together(self.excused),
        };
        let Some(start) = &mut self.checkpoint else {
            self.checkpoint = Some(today);
            return;
        };
        start.excused |= excused_now;
        let start = *start;
        if now.t.saturating_sub(start.t) < DAY_MS {
            return;
        }
        self.checkpoint = Some(today);
        let given = nominal.saturating_sub(start.nominal);
        // Strokes may be under way at both ends of the day: those of one end are in `tolerance`, those of the other are added here.
        let tolerance = now.tolerance(given).saturating_add(now.slack());
        let tolerance = tolerance.saturating_add(uneven.saturating_sub(start.uneven));
        let change = deviation.saturating_sub(start.deviation);
        let least = today
            .lacks
            .saturating_sub(start.lacks)
            .saturating_add(tolerance)
            .saturating_neg();
        if !start.excused && !(least..=tolerance).contains(&change) && self.told.insert(("day", 0)) {
            now.finding(
                out,
                Allowed::Day {
                    given: Volume(given),
                    tolerance: Volume(tolerance),
                },
                Did::Reported(Volume(given.saturating_add(change))),
            );
        }
    }

    fn check_rate(&mut self, now: &Nominal, entry: &DoseEntry, out: &mut Vec<Finding>) {
        let clock = now.settings.clock.0;
        // Around a step of the schedule the old rate and the new one are both right.
        let rates = [clock.saturating_neg(), 0, clock].map(|by| now.rate_at(now.t.saturating_add(by)).0);
        // Under a fault, or of its own where that is not told, the pump may fall back to no rate or the minimum, never to a higher one.
        let falls_back = [0, schedule::MINIMUM].contains(&entry.rate_nl_per_day);
        if (now.blind || self.excused_now(now.t))
            && falls_back
            && rates.iter().all(|rate| entry.rate_nl_per_day < *rate)
        {
            return;
        }
        let mode = now.mode();
        // A bridge takes the place of basal to its very last stroke, which may come a little late.
        let bridging = now.ledger.active.iter().any(|b| b.class == 5) && entry.rate_nl_per_day == 0;
        let is = |mode: Option<&str>| now.blind || mode.is_none_or(|mode| mode == entry.mode);
        let right = (rates.contains(&entry.rate_nl_per_day) || bridging) && is(mode)
            || now.was().any(|was| was.rate == entry.rate_nl_per_day && is(was.mode));
        if !right && !self.rate_wrong {
            now.finding(
                out,
                Allowed::Rate {
                    rate: Rate(rates[1]),
                    mode: mode.unwrap_or("none"),
                },
                Did::Rate {
                    rate: Rate(entry.rate_nl_per_day),
                    mode: entry.mode.clone(),
                },
            );
        }
        self.rate_wrong = !right;
    }

    /// What a status says of the reservoir goes on from the last entry.
    fn check_status(&mut self, now: &Nominal, fields: &ReplyFields, asked_at: Option<i64>, out: &mut Vec<Finding>) {
        let said = fields
            .get("reservoir")
            .and_then(|text| text.strip_suffix("nl")?.parse::<i64>().ok());
        if now.unknown || now.blind || self.excused_now(now.t) || self.refilled {
            self.held_at = None;
        }
        let (Some(said), Some((nominal, held))) = (said, self.held_at) else {
            return;
        };
        let total = together(now.ledger.nominal());
        let given = total.saturating_sub(nominal);
        // It is of some instant between the question and now.
        let since = total.saturating_sub(asked_at.unwrap_or(total));
        let expected = held.saturating_sub(given).max(0);
        // Strokes are under way at the entry and now.
        let tolerance = now
            .tolerance(given)
            .saturating_add(now.slack())
            .saturating_add(together(now.ledger.uneven));
        let apart = said.saturating_sub(expected).saturating_abs();
        if apart > tolerance.saturating_add(since).saturating_add(together(self.excused))
            && self.told.insert(("reservoir", 0))
        {
            now.finding(out, Allowed::Reservoir(Volume(expected)), Did::Reservoir(Volume(said)));
        }
    }

    /// Its strokes and what it reports are one account.
    fn check_strokes(&mut self, now: &Nominal, entry: &DoseEntry, reported: i64, out: &mut Vec<Finding>) {
        let Some(base) = self.strokes_base else { return };
        let moved = entry
            .strokes
            .saturating_sub(base)
            .saturating_mul(now.settings.stroke_nl);
        self.stroked = Some(moved);
        let apart = moved.saturating_sub(reported);
        // Where a fault keeps strokes from coming about, a pump may count those that it commands, but it reports none without one.
        let most = if self.slips { i64::MAX } else { now.slack() };
        if !(now.slack().saturating_neg()..=most).contains(&apart) && self.told.insert(("strokes", 0)) {
            let strokes = Allowed::Strokes(Volume(reported));
            now.finding(out, strokes, Did::Stroked(Volume(moved)));
        }
    }

    /// What was delivered, no more and no less, has left the computed reservoir.
    fn check_reservoir(
        &mut self,
        now: &Nominal,
        entry: &DoseEntry,
        total: i64,
        excused_now: bool,
        out: &mut Vec<Finding>,
    ) {
        self.held_at = (!excused_now).then_some((together(now.ledger.nominal()), entry.reservoir_nl));
        // `take` first: with the sides of `||` turned the flag could outlive the entry that it belongs to.
        let refilled = std::mem::take(&mut self.refilled) || entry.cause == "refill";
        // Since the last fill, and not since the last entry: a drop too little in each would never show.
        let Some((total_before, reservoir_before)) = self.filled.filter(|_| !refilled && !excused_now) else {
            self.filled = Some((total, entry.reservoir_nl));
            return;
        };
        let expected = reservoir_before
            .saturating_sub(total.saturating_sub(total_before))
            .max(0);
        let apart = entry.reservoir_nl.saturating_sub(expected).saturating_abs();
        if apart > now.slack() && self.told.insert(("reservoir", 0)) {
            now.finding(
                out,
                Allowed::Reservoir(Volume(expected)),
                Did::Reservoir(Volume(entry.reservoir_nl)),
            );
        }
    }

    /// What the probe counts is held to nominal as well: the pump may move more than it reports.
    fn check_actuated(&mut self, now: &Nominal, actuated: i64, out: &mut Vec<Finding>) {
        let actuated = actuated.saturating_sub(self.actuated_base);
        // It counts none that was not commanded.
        if let Some(stroked) = self.stroked.take()
            && stroked > actuated.saturating_add(now.slack())
            && self.told.insert(("strokes", 0))
        {
            now.finding(out, Allowed::Strokes(Volume(actuated)), Did::Stroked(Volume(stroked)));
        }
        // Under a fault strokes are commanded again and again; what they moved, reconciliation sees.
        if now.unknown || self.held {
            return;
        }
        let nominal = together(now.ledger.nominal());
        let tolerance = now.tolerance(nominal).saturating_add(together(now.ledger.uneven));
        let most = nominal.saturating_add(tolerance);
        if actuated > most && self.told.insert(("actuated", 0)) {
            now.finding(
                out,
                Allowed::Actuated { most: Volume(most) },
                Did::Actuated(Volume(actuated)),
            );
        }
    }
}
