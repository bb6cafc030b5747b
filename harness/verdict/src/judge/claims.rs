//! What a status says of the pump, against what the pump told unasked: what nothing explains is a lie, or what would explain it was lost.

use crate::leading::leading_number;
use pump_hil_model::event::{DoseEntry, ReplyFields};
use pump_hil_model::quantity::Span;
use std::collections::BTreeSet;

/// What is told within it is told of one moment, ms.
const MOMENT: i64 = 2_000;
/// What a status says and nothing explains yet, at most.
const CLAIMS_MAX: usize = 64;
/// Rates that entries told, at most.
const RATES_MAX: usize = 1_024;

/// What was told unasked, and what statuses say that it does not explain yet: what does may have been lost on the line, and come out of the pump's log.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    /// Kinds of bolus that began, and did not end yet.
    boluses: BTreeSet<String>,
    /// The state: as told, or as the first status has it.
    state: Option<String>,
    /// Of the newest entry; `None` behind a fault.
    rate: Option<i64>,
    /// The last that was known, and the pump's time of the newest entry.
    last_rate: Option<i64>,
    newest: Span,
    /// Each that an entry told.
    rates: BTreeSet<i64>,
    /// The pump tells no events, or no entries: nothing need explain what a status says.
    no_events: bool,
    no_entries: bool,
    /// Records may be missing in the pump's log: what it told and what was lost is not known.
    log_may_miss: bool,
    /// What was so until just now.
    until: Vec<Was>,
    unexplained: Vec<Claim>,
    /// What was asked last, and where the journal has it first.
    asked: (String, u64),
}

/// Something that was so until then: what is told of one moment has no order in which it must come.
#[derive(Debug, Clone)]
struct Was {
    of: Of,
    is: String,
    t: Span,
    /// Where the journal has what ended it.
    seq: u64,
}

/// What a status says that nothing explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    of: Of,
    /// The value.
    is: String,
    held: Held,
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

/// What it is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// What was told before: it is another.
    Known,
    /// Nothing was known: what comes next shows whether it was so.
    Next,
    /// What came next was of a change: it may have been so before that.
    Ever,
}

/// Where something stands: its place in the journal, and its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    /// Place in the journal; of what was read back from a log, beyond all.
    pub seq: u64,
    /// When the journal has it.
    pub t: Span,
    /// When it came about, on the same clock; `None`: nobody knows.
    pub since: Option<Span>,
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

impl Claims {
    /// What is not explained at the end of the steps.
    pub fn finish(&mut self) -> Vec<Claim> {
        let told = |claim: &Claim| self.rates.iter().any(|rate| rate.to_string() == claim.is);
        let forgets = self.log_may_miss || self.rates.len() >= RATES_MAX;
        let mut claims = std::mem::take(&mut self.unexplained);
        claims.retain(|claim| match claim.held {
            Held::Known => true,
            Held::Ever => !forgets && !told(claim),
            // Nothing came that could have told.
            Held::Next => false,
        });
        claims
    }

    /// A request goes out.
    pub fn sent(&mut self, bytes: &str, seq: u64) {
        // The pump may have answered the first of the same ones.
        if self.asked.0 != bytes {
            self.asked = (bytes.to_owned(), seq);
        }
    }

    /// From here on the pump's log may lack what it told.
    pub fn log_may_miss(&mut self) {
        self.log_may_miss = true;
    }

    /// A fault or a reset may change what holds, and what tells of it may come late.
    pub fn anew(&mut self) {
        self.rate = None;
        self.unexplained
            .retain(|claim| claim.of != Of::State || claim.held == Held::Known);
    }

    /// It started: no bolus goes on, and nobody knows its state.
    pub fn started(&mut self) {
        self.anew();
        self.boluses.clear();
        self.state = None;
    }

    /// It told of another state.
    pub fn state(&mut self, from: &str, to: &str, at: At) {
        self.explains(Of::State, to, at);
        // Until now it was what it comes from.
        let before = |claim: &Claim| {
            at.since
                .is_some_and(|since| claim.t.0 <= since.0.saturating_add(MOMENT))
        };
        self.next_shows(Of::State, Held::Known, |claim| before(claim).then(|| claim.is == from));
        let was = self.state.replace(to.to_owned());
        self.was(Of::State, was, at);
    }

    /// A bolus begins.
    pub fn bolus_starts(&mut self, kind: &str, at: At) {
        self.boluses.insert(kind.to_owned());
        self.explains(Of::Bolus, kind, at);
    }

    /// A bolus ends.
    pub fn bolus_ends(&mut self, kind: &str, at: At) {
        if self.boluses.remove(kind) {
            self.was(Of::Bolus, Some(kind.to_owned()), at);
        }
    }

    /// An entry tells the rate, also one that was read back; `pump_t`: the pump's own time of it.
    pub fn entry(&mut self, entry: &DoseEntry, pump_t: Option<Span>, at: At) {
        let rate = entry.rate_nl_per_day;
        if self.rates.len() < RATES_MAX {
            self.rates.insert(rate);
        }
        if let Some(pump_t) = pump_t.filter(|pump_t| *pump_t >= self.newest) {
            self.newest = pump_t;
            self.rate = Some(rate);
            // A periodic entry is none of a change: what was told before it was so then, or never.
            let held = if entry.cause == "periodic" {
                Held::Known
            } else {
                Held::Ever
            };
            self.next_shows(Of::Rate, held, |claim| Some(claim.is == rate.to_string()));
            let was = self.last_rate.replace(rate).map(|rate| rate.to_string());
            self.was(Of::Rate, was, at);
        }
        self.explains(Of::Rate, &rate.to_string(), at);
    }

    /// A status; `counts`: it is held to what was told.
    pub fn status(&mut self, fields: &ReplyFields, at: At, counts: bool) {
        let (Some(state), Some(bolus)) = (fields.get("state"), fields.get("bolus")) else {
            return;
        };
        if bolus != "none" && !self.boluses.contains(bolus) {
            self.claims(Of::Bolus, bolus, Held::Known, at, counts);
        }
        match &self.state {
            None => {
                self.claims(Of::State, state, Held::Next, at, counts);
                self.state = Some(state.clone());
            }
            Some(known) if known != state => self.claims(Of::State, state, Held::Known, at, counts),
            Some(_) => {}
        }
        let rate = fields.get("rate").and_then(|value| leading_number(value));
        if let Some(rate) = rate.filter(|rate| self.rate != Some(*rate)) {
            let held = if self.rate.is_none() { Held::Next } else { Held::Known };
            self.claims(Of::Rate, &rate.to_string(), held, at, counts);
        }
    }

    /// What comes next shows whether what waits for it was so (`None`: it does not), or what it is held against from here on.
    fn next_shows(&mut self, of: Of, held: Held, was_so: impl Fn(&Claim) -> Option<bool>) {
        self.unexplained.retain_mut(|claim| {
            if claim.of != of || claim.held != Held::Next {
                return true;
            }
            let Some(was_so) = was_so(claim) else { return true };
            claim.held = held;
            !was_so
        });
    }

    /// What the pump tells besides its statuses.
    pub fn are_told(&mut self, events: bool, entries: bool) {
        (self.no_events, self.no_entries) = (!events, !entries);
    }

    fn claims(&mut self, of: Of, is: &str, held: Held, at: At, counts: bool) {
        let nothing_tells = match of {
            Of::Bolus | Of::State => self.no_events,
            Of::Rate => self.no_entries,
        };
        if nothing_tells {
            return;
        }
        let counts = counts && !self.was_just_now(of, is, at.t);
        // Of each one that is held against something, and what may come out either way.
        let told = |claim: &Claim| {
            claim.of == of
                && if held == Held::Known {
                    claim.held == held
                } else {
                    claim.is == is
                }
        };
        if counts && self.unexplained.len() < CLAIMS_MAX && !self.unexplained.iter().any(told) {
            let (is, At { seq, t, .. }) = (is.to_owned(), at);
            self.unexplained.push(Claim { of, is, held, seq, t });
        }
    }

    /// Something was so until now.
    fn was(&mut self, of: Of, is: Option<String>, at: At) {
        let At { seq, t, .. } = at;
        self.until.retain(|was| t.0.saturating_sub(was.t.0) <= MOMENT);
        self.until.extend(is.map(|is| Was { of, is, t, seq }));
    }

    /// Whether it was so when the status was asked for: who asks after the change was told hears of what came of it.
    fn was_just_now(&self, of: Of, is: &str, t: Span) -> bool {
        let this = |was: &Was| was.of == of && was.is == is && t.0.saturating_sub(was.t.0) <= MOMENT;
        self.until.iter().any(|was| this(was) && was.seq > self.asked.1)
    }

    /// What came about only later explains nothing.
    fn explains(&mut self, of: Of, is: &str, at: At) {
        let in_time = |claim: &Claim| at.since.is_none_or(|since| since.0 <= claim.t.0.saturating_add(MOMENT));
        self.unexplained
            .retain(|claim| claim.of != of || claim.is != is || !in_time(claim));
    }
}
