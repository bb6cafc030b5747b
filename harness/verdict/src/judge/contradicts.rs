//! What the pump says against what it said before, and against itself: a lie need not be about anything that a scenario looks at.
//!
//! Only what holds of every pump, whatever it does: what it gave in all does not become less; a reservoir does not fill itself; a sum is that of its parts; a
//! bolus that goes on has begun; a state changes into another one; its time goes as that which it is granted.

use super::observed::leading_number;
use crate::dose;
use pump_hil_model::event::{Body, DoseEntry, Event, ReplyFields, Said};
use pump_hil_model::quantity::{Span, Volume};
use std::collections::BTreeSet;

/// How far the pump's own time may be ahead of the time that it was granted, ms.
const AHEAD: i64 = 2_000;
/// How late what it says may come on a line that nothing disturbs, ms.
const LATE: i64 = 60_000;
/// What is told within it is told of one moment, ms.
const MOMENT: i64 = 2_000;
/// What two accounts of a reservoir may be apart by rounding: two strokes.
const ROUNDING: i64 = 2 * dose::STROKE_NL;
/// More than leaves a reservoir between two accounts of it, an hour of the fastest rate and the largest bolus: 5 mL.
const LEAVES_MOST: i64 = 5_000_000;

/// What a status says and nothing explains yet, at most.
const CLAIMS_MAX: usize = 64;

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
    /// How far the scenario's time was ahead of the pump's at least, ms.
    ahead: Option<i64>,
    last: Span,
    /// When something was sent last, and when the newest entry came about.
    sent: Span,
    entry: Span,
    /// Kinds of bolus that began, and did not end yet.
    boluses: BTreeSet<String>,
    state: Option<String>,
    rate: Option<i64>,
    /// The last that was known, and the pump's time of the newest entry.
    last_rate: Option<i64>,
    newest: Span,
    /// What was so until this time: what is told of one moment has no order in which it must come.
    until: Vec<(Span, Of, String)>,
    /// What a status says and nothing explains yet: what does may have been lost on the line, and come out of the pump's log.
    unexplained: Vec<Claim>,
    /// Alarms that were raised since the pump was first powered, where the journal has that.
    alarms: Option<BTreeSet<String>>,
}

/// What a status says that nothing explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    of: Of,
    /// The value.
    is: String,
    /// Nothing was known to hold it against: what comes next shows whether it was so.
    open: bool,
    /// Place in the journal.
    pub seq: u64,
    /// When.
    pub t: Span,
}

/// What a status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Bolus,
    State,
    Rate,
}

impl Claim {
    /// In words.
    pub fn what(&self) -> String {
        let is = &self.is;
        match self.of {
            Of::Bolus => format!("by its status a {is} bolus goes on, of which no begin was told"),
            Of::State => format!("by its status it is {is}, which no event told"),
            Of::Rate => format!("by its status its rate is {is} nL/day, which no entry told"),
        }
    }
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
            Body::Begun => {
                self.begun = true;
                // The scenario's time begins anew.
                let zero = std::mem::take(&mut self.last).0;
                self.ahead = self.ahead.map(|ahead| ahead.saturating_sub(zero));
                None
            }
            Body::Sent { .. } => {
                self.sent = self.last;
                None
            }
            Body::Played => {
                self.played = true;
                None
            }
            Body::Probe { .. } | Body::Breakpoint { .. } | Body::FaultArmed { .. } | Body::FaultCleared { .. } => {
                self.anew();
                None
            }
            Body::Reply {
                verb,
                refused: None,
                fields,
            } => self.reply(verb, fields, event.t, seq),
            Body::Pump {
                said,
                pump_t,
                read_back,
                ..
            } => {
                let now = pump_t.filter(|_| !read_back);
                // It is measured anew from each start.
                if matches!(said, Said::Boot { .. }) {
                    let what = self.said(said, *read_back);
                    self.ahead = now.map(|pump_t| event.t.0.saturating_sub(pump_t.0));
                    return what;
                }
                if let (Said::Dose(entry), Some(pump_t)) = (said, pump_t) {
                    self.runs_at(entry, *pump_t);
                }
                // Its time is held to what it was granted from its first word on; the rest of what it says in the set-up may be of a past that nobody knows.
                if let Some(what) = now.and_then(|pump_t| self.time(event.t, pump_t)) {
                    return Some(what);
                }
                self.said(said, *read_back)
            }
            _ => None,
        };
        what.filter(|_| self.begun)
    }

    /// What is not explained at the end of the steps.
    pub fn finish(&mut self) -> Vec<Claim> {
        self.unexplained.retain(|claim| !claim.open);
        std::mem::take(&mut self.unexplained)
    }

    fn claims(&mut self, of: Of, is: &str, open: bool, t: Span, seq: u64) {
        let counts = self.begun && self.told && !self.played && !self.was_just_now(of, is, t);
        // Of each one that is held against something, and what may come out either way.
        let told = |claim: &Claim| claim.of == of && if open { claim.is == is } else { !claim.open };
        if counts && self.unexplained.len() < CLAIMS_MAX && !self.unexplained.iter().any(told) {
            let is = is.to_owned();
            self.unexplained.push(Claim { of, is, open, seq, t });
        }
    }

    /// Something was so until now.
    fn was(&mut self, of: Of, is: Option<String>) {
        let now = self.last;
        self.until.retain(|(t, ..)| now.0.saturating_sub(t.0) <= MOMENT);
        self.until.extend(is.map(|is| (now, of, is)));
    }

    fn was_just_now(&self, of: Of, is: &str, t: Span) -> bool {
        let this =
            |(until, its, was): &(Span, Of, String)| *its == of && was == is && t.0.saturating_sub(until.0) <= MOMENT;
        self.until.iter().any(this)
    }

    fn explains(&mut self, of: Of, is: &str) {
        self.unexplained.retain(|claim| claim.of != of || claim.is != is);
    }

    /// What a fault or a reset does to what the pump keeps is no lie.
    fn anew(&mut self) {
        (self.given, self.strokes, self.reservoir, self.rate) = (None, None, None, None);
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
            Said::Dose(entry) => {
                self.explains(Of::Rate, &entry.rate_nl_per_day.to_string());
                if read_back { None } else { self.entry(entry) }
            }
            Said::Boot { reason } => {
                self.anew();
                self.boluses.clear();
                self.state = None;
                self.alarms = (reason == "power-on").then(BTreeSet::new);
                None
            }
            Said::State { from, to, .. } => {
                self.explains(Of::State, to);
                let was = self.state.replace(to.clone());
                self.was(Of::State, was);
                (from == to).then(|| format!("its state changes from {from} to {to}"))
            }
            Said::BolusStart { kind, .. } => {
                self.boluses.insert(kind.clone());
                self.explains(Of::Bolus, kind);
                None
            }
            Said::BolusEnd { kind, .. } => {
                if self.boluses.remove(kind) {
                    self.was(Of::Bolus, Some(kind.clone()));
                }
                None
            }
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

    fn entry(&mut self, entry: &DoseEntry) -> Option<String> {
        self.entry = self.last;
        let strokes = self
            .strokes
            .replace(entry.strokes)
            .filter(|before| entry.strokes < *before);
        let strokes = strokes.map(|before| format!("strokes {} after {before}", entry.strokes));
        let given = self.gives(entry.classes());
        if entry.cause == "refill" {
            self.reservoir = None;
        }
        strokes.or(given).or_else(|| self.holds(entry.reservoir_nl))
    }

    /// The newest entry tells the rate, also one that was read back.
    fn runs_at(&mut self, entry: &DoseEntry, pump_t: Span) {
        if pump_t >= self.newest {
            self.newest = pump_t;
            let rate = entry.rate_nl_per_day;
            self.rate = Some(rate);
            // A periodic entry is none of a change: what was told before it was so then, or never.
            let unchanged = entry.cause == "periodic";
            self.unexplained.retain_mut(|claim| {
                let is_open = claim.of == Of::Rate && claim.open;
                claim.open &= !(is_open && unchanged);
                !is_open || (unchanged && claim.is != rate.to_string())
            });
            let was = self.last_rate.replace(rate);
            self.was(Of::Rate, was.map(|rate| rate.to_string()));
        }
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
        let rises = now > before.saturating_add(ROUNDING);
        let falls = before.saturating_sub(now) > LEAVES_MOST;
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
        self.status(fields, t, seq);
        if self.entry > self.sent {
            // It was given before the entry came about, and its line was late.
            return wrong_sum;
        }
        let is_account = matches!(verb, "status" | "totals");
        wrong_sum
            .or_else(|| self.gives(totals?))
            .or_else(|| self.holds(number("reservoir").filter(|_| is_account)?))
    }
    fn status(&mut self, fields: &ReplyFields, t: Span, seq: u64) {
        let (Some(state), Some(bolus)) = (fields.get("state"), fields.get("bolus")) else {
            return;
        };
        if bolus != "none" && !self.boluses.contains(bolus) {
            self.claims(Of::Bolus, bolus, false, t, seq);
        }
        if self.state.as_ref().is_some_and(|known| known != state) {
            self.claims(Of::State, state, false, t, seq);
        }
        let rate = fields.get("rate").and_then(|value| leading_number(value));
        if let (Some(rate), "none") = (rate, bolus.as_str())
            && self.rate != Some(rate)
        {
            self.claims(Of::Rate, &rate.to_string(), self.rate.is_none(), t, seq);
        }
    }
}
