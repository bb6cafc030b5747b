//! What the pump says against what it said before, and against itself: a lie need not be about anything that a scenario looks at.
//!
//! Only what holds of every pump, whatever it does: what it gave in all does not become less; a reservoir does not fill itself; a sum is that of its parts; a
//! bolus that goes on has begun; a state changes into another one; its time goes as that which it is granted.

use super::claims::{At, Claim, Claims};
use crate::dose;
use crate::leading::leading_number;
use pump_hil_model::event::{Body, DoseEntry, Event, ReplyFields, Said};
use pump_hil_model::fault::Log;
use pump_hil_model::quantity::{Span, Volume};
use std::collections::BTreeSet;

/// How far the pump's own time may be ahead of the time that it was granted, ms.
const AHEAD: i64 = 2_000;
/// How late what it says may come on a line that nothing disturbs, ms.
const LATE: i64 = 60_000;
/// What two accounts of a reservoir may be apart by rounding: two strokes.
const ROUNDING: i64 = 2 * dose::STROKE_NL;
/// More than leaves a reservoir between two accounts of it, an hour of the fastest rate and the largest bolus: 5 mL.
const LEAVES_MOST: i64 = 5_000_000;

/// What the pump said so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Contradicts {
    begun: bool,
    /// The last step is over. What is lost from here on nobody reads back.
    played: bool,
    /// The journal tells how time passes, and what came of what was missing.
    told: bool,
    /// The rig grants the pump its time.
    granted: bool,
    /// What it gave in all, by class, and its strokes.
    given: Option<[i64; 6]>,
    strokes: Option<i64>,
    reservoir: Option<i64>,
    reservoir_anew: bool,
    /// No entries tell of it in between.
    seldom: bool,
    /// How far the scenario's time was ahead of the pump's at least, ms.
    ahead: Option<i64>,
    last: Span,
    /// When something was sent last, and when the newest entry came about.
    sent: Span,
    entry: Span,
    /// What its statuses say.
    claims: Claims,
    /// Alarms that were raised since the pump was first powered, where the journal has that.
    alarms: Option<BTreeSet<String>>,
}

impl Contradicts {
    /// Takes the next event, which has this place in the journal; `disturbed`: what it says may be old, or may have been lost, by a fault of the scenario.
    pub fn on_event(&mut self, event: &Event, seq: u64, disturbed: bool) -> Option<String> {
        if disturbed {
            self.anew();
        }
        // What is sampled at the begin has the scenario's time already, and stands in front of it.
        self.last = if self.begun { event.t } else { self.last.max(event.t) };
        let what = match &event.body {
            Body::Timing { scale, .. } => {
                (self.told, self.granted) = (true, scale.is_none());
                None
            }
            Body::Lacks { what } => {
                self.claims.are_told(what.tells_events(), what.tells_entries());
                self.seldom = !what.tells_entries();
                None
            }
            Body::Begun => {
                self.begun = true;
                // The scenario's time begins anew.
                let zero = std::mem::take(&mut self.last).0;
                self.ahead = self.ahead.map(|ahead| ahead.saturating_sub(zero));
                None
            }
            Body::Sent { bytes, .. } => {
                self.sent = self.last;
                self.claims.sent(bytes, seq);
                None
            }
            Body::Played => {
                self.played = true;
                None
            }
            Body::Probe { .. } | Body::Breakpoint { .. } | Body::FaultCleared { .. } => {
                self.anew();
                None
            }
            Body::FaultArmed { fault, .. } => {
                self.anew();
                if fault.effects().log == Log::MayMiss {
                    self.claims.log_may_miss();
                }
                None
            }
            Body::Reply {
                verb,
                refused: None,
                fields,
                ..
            } => self.reply(verb, fields, event.t, seq),
            Body::Pump {
                said,
                pump_t,
                read_back,
                ..
            } => return self.heard(said, *pump_t, *read_back, event.t, seq),
            _ => None,
        };
        what.filter(|_| self.begun)
    }

    /// The pump says something of its own, or its log has it.
    fn heard(&mut self, said: &Said, pump_t: Option<Span>, read_back: bool, t: Span, seq: u64) -> Option<String> {
        let now = pump_t.filter(|_| !read_back);
        // It is measured anew from each start.
        if matches!(said, Said::Boot { .. }) {
            self.said(said, read_back);
            self.ahead = now.map(|pump_t| t.0.saturating_sub(pump_t.0));
            return None;
        }
        // Its time is held to what it was granted from its first word on, and so is what it counts since it was first powered; the rest of what it says in the
        // set-up may be of a past that nobody knows.
        let out_of_time = now.and_then(|pump_t| self.time(t, pump_t));
        self.tells(said, pump_t, self.at(t, pump_t, read_back, seq));
        let less = || match said {
            Said::Dose(entry) if !read_back => self.counts(entry),
            _ => None,
        };
        let known = out_of_time.or_else(less);
        known.or_else(|| self.said(said, read_back).filter(|_| self.begun))
    }

    /// What is not explained at the end of the steps.
    pub fn finish(&mut self) -> Vec<Claim> {
        self.claims.finish()
    }

    /// What a fault or a reset does to what the pump keeps is no lie.
    fn anew(&mut self) {
        (self.given, self.strokes, self.reservoir_anew) = (None, None, true);
        self.claims.anew();
    }

    /// Where and when it was that the pump said something.
    fn at(&self, t: Span, pump_t: Option<Span>, read_back: bool, seq: u64) -> At {
        // On real time a line may be late by more than a moment, and a log may go back to before a start.
        let is_known = self.granted && !read_back;
        let by_pump = pump_t
            .zip(self.ahead)
            .map(|(pump_t, ahead)| Span(pump_t.0.saturating_add(ahead)));
        let since = is_known.then_some(by_pump.unwrap_or(t));
        let seq = if read_back { u64::MAX } else { seq };
        At { seq, t, since }
    }

    /// What it tells explains what its statuses say.
    fn tells(&mut self, said: &Said, pump_t: Option<Span>, at: At) {
        match said {
            Said::Dose(entry) => self.claims.entry(entry, pump_t, at),
            Said::State { from, to, .. } => self.claims.state(from, to, at),
            Said::BolusStart { kind, .. } => self.claims.bolus_starts(kind, at),
            Said::BolusEnd { kind, .. } => self.claims.bolus_ends(kind, at),
            _ => {}
        }
    }

    /// The pump's own time of what it says now.
    fn time(&mut self, t: Span, pump_t: Span) -> Option<String> {
        if !self.granted {
            return None;
        }
        let ahead = t.0.saturating_sub(pump_t.0);
        let before = *self.ahead.get_or_insert(ahead);
        self.ahead = Some(before.min(ahead));
        let off = ahead.saturating_sub(before);
        let how = match off {
            ..=0 if off < -AHEAD => "beyond the time that it was granted",
            LATE.. => "long before it said it",
            _ => return None,
        };
        // Told once for each jump: what follows is measured from there.
        self.ahead = Some(ahead);
        Some(format!("its own time of it is {pump_t}, {how}"))
    }

    fn said(&mut self, said: &Said, read_back: bool) -> Option<String> {
        match said {
            Said::Dose(entry) => self.entry(entry, read_back),
            Said::Boot { reason } => {
                self.anew();
                self.claims.started();
                self.alarms = (reason == "power-on").then(BTreeSet::new);
                None
            }
            Said::State { from, to, .. } => (from == to).then(|| format!("its state changes from {from} to {to}")),
            Said::BolusStart { .. } | Said::BolusEnd { .. } => None,
            Said::Alarm { id, .. } => {
                if let Some(alarms) = &mut self.alarms {
                    alarms.insert(id.clone());
                }
                None
            }
            Said::AlarmClear { id } => {
                let known = self.alarms.as_ref().is_none_or(|alarms| alarms.contains(id));
                (!known && !read_back).then(|| format!("it clears the alarm {id}, which it never raised"))
            }
            Said::Other { kind, .. } => {
                if kind == "refill" {
                    self.reservoir = None;
                }
                None
            }
        }
    }

    /// What it counts since it was first powered does not become less, also before the begin.
    fn counts(&mut self, entry: &DoseEntry) -> Option<String> {
        let less = |before: &i64| entry.strokes < *before;
        let strokes = self.strokes.replace(entry.strokes).filter(less);
        let strokes = strokes.map(|before| format!("strokes {} after {before}", entry.strokes));
        let given = self.gives(entry.classes());
        strokes.or(given)
    }

    fn entry(&mut self, entry: &DoseEntry, read_back: bool) -> Option<String> {
        if !read_back {
            self.entry = self.last;
        }
        if entry.cause == "refill" {
            self.reservoir = None;
        }
        self.holds(entry.reservoir_nl)
    }

    /// What it gave in all does not become less.
    fn gives(&mut self, now: [i64; 6]) -> Option<String> {
        let before = self.given.replace(now)?;
        let mut classes = dose::CLASSES.iter().zip(before.into_iter().zip(now));
        let (class, (before, now)) = classes.find(|(_, (before, now))| now < before)?;
        Some(format!("{class} {} in all after {}", Volume(now), Volume(before)))
    }

    /// Nothing fills a reservoir but a refill, and nothing empties it at once.
    fn holds(&mut self, now: i64) -> Option<String> {
        let before = self.reservoir.replace(now)?;
        // What a fault or a reset did to the account is no lie, but it fills no reservoir.
        let anew = std::mem::take(&mut self.reservoir_anew);
        let rises = now > before.saturating_add(if anew { LEAVES_MOST } else { ROUNDING });
        let falls = before.saturating_sub(now) > LEAVES_MOST && !anew && !self.seldom;
        (rises || falls).then(|| format!("reservoir {} after {}", Volume(now), Volume(before)))
    }

    fn reply(&mut self, verb: &str, fields: &ReplyFields, t: Span, seq: u64) -> Option<String> {
        // What is asked for changes what it says.
        if verb == "refill" {
            self.reservoir = None;
            return None;
        }
        let number = |key: &str| fields.get(key).and_then(|value| leading_number(value));
        let totals = dose::totals(fields);
        let sum = totals.map(|classes| classes.iter().fold(0_i64, |sum, nl| sum.saturating_add(*nl)));
        let wrong_sum = sum.zip(number("total")).filter(|(sum, total)| sum != total);
        let wrong_sum =
            wrong_sum.map(|(sum, total)| format!("total {} of parts that are {}", Volume(total), Volume(sum)));
        let counts = self.begun && self.told && !self.played;
        self.claims.status(fields, At { seq, t, since: Some(t) }, counts);
        if self.entry > self.sent {
            // It was given before the entry came about, and its line was late.
            return wrong_sum;
        }
        let is_account = matches!(verb, "status" | "totals");
        wrong_sum
            .or_else(|| self.gives(totals?))
            .or_else(|| self.holds(number("reservoir").filter(|_| is_account)?))
    }
}
