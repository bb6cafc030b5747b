//! What the pump must say without being asked, and when its log is looked into because it did not.

use pump_hil_model::event::{Body, Said};
use pump_hil_model::fault::Talk;
use pump_hil_model::quantity::Span;

/// How late an entry may be by the pump's clock, ms: besides a part of its interval.
const LATE_MS: i64 = 30_000;
/// How late it may be by the host's, ms: a slow line and a busy host.
const HOST_LATE_MS: i64 = 3_000;

/// Looks into the log that bring nothing, until the pump tells something again: where the line loses what the log says as well, there is no end of them.
const LOOKS_MAX: u32 = 3;

/// Waits for the pump's dose entries.
#[derive(Debug, Default)]
pub(super) struct Listen {
    /// Interval and how late an entry may be, ms; `None`: the case has not begun.
    every: Option<(i64, i64)>,
    /// Entries must come without being asked for.
    promised: bool,
    /// When the newest entry came, or the log was looked into.
    since: i64,
    /// The log was asked for and not answered, and nothing came since.
    in_vain: bool,
    /// How often it was asked for since the pump told something.
    looks: u32,
    /// What a fault does to the talk.
    talk: Talk,
    /// The last request was answered.
    answers: bool,
    /// Events that were told, dose entries not among them.
    events: u64,
    /// When the pump told something last, unasked, and how often it did.
    told: Option<Span>,
    told_count: u64,
    /// How far the pump's own time was ahead of the scenario's, ms, by what it told last.
    ahead: Option<i64>,
}

impl Listen {
    /// From now on an entry comes every so often; `None`: none is promised.
    pub fn begin(&mut self, now: Span, every: Option<Span>, scale: Option<u32>) {
        let host = i64::from(scale.unwrap_or(0)) * HOST_LATE_MS;
        self.promised = every.is_some();
        let every = every.unwrap_or(Span(0));
        self.every = Some((every.0, every.0 / 50 + LATE_MS + host));
        self.since = now.0;
    }

    /// Entries come in another interval.
    pub fn every(&mut self, now: Span, every: Span) {
        if let Some((known, _)) = &mut self.every {
            *known = every.0;
            self.since = now.0;
        }
    }

    /// This is the worst that faults do to the talk from now on.
    pub fn disturbed(&mut self, now: Span, talk: Talk) {
        self.talk = talk;
        self.since = now.0;
    }

    /// Takes note of what came.
    pub fn heard(&mut self, now: Span, body: &Body) {
        match body {
            Body::Pump {
                said,
                pump_t,
                read_back,
                ..
            } => {
                (self.in_vain, self.looks) = (false, 0);
                if !read_back {
                    self.told = Some(now);
                    self.told_count = self.told_count.saturating_add(1);
                    self.ahead = pump_t.map(|t| t.0.saturating_sub(now.0)).or(self.ahead);
                }
                match said {
                    Said::Dose(_) => self.since = now.0,
                    _ => self.events += 1,
                }
            }
            Body::Reply { .. } => (self.in_vain, self.answers) = (false, true),
            Body::LogRead { .. } => self.in_vain = false,
            Body::NoReply { .. } => self.answers = false,
            _ => {}
        }
    }

    /// How often the pump told something, unasked.
    pub fn told_count(&self) -> u64 {
        self.told_count
    }

    /// When the pump told something last, unasked.
    pub fn told(&self) -> Option<Span> {
        self.told
    }

    /// The pump's own time, by what it told last.
    pub fn pump_time(&self, now: Span) -> Option<Span> {
        Some(Span(self.ahead?.saturating_add(now.0)))
    }

    /// Whether the pump can be asked for what was missed.
    pub fn hears(&self) -> bool {
        self.every.is_some() && !self.in_vain && self.talk == Talk::Clear
    }

    /// Whether a pump that said something just now can be asked for it: one that may be silent, by a fault, is not.
    pub fn hears_what_is_said(&self) -> bool {
        self.every.is_some() && !self.in_vain && !self.is_broken() && self.looks < LOOKS_MAX
    }

    /// Whether a fault breaks the line.
    pub fn is_broken(&self) -> bool {
        self.talk == Talk::Broken
    }

    /// When the log is to be looked into, if no entry comes until then.
    pub fn due(&self) -> Option<Span> {
        let (every, late) = self.every.filter(|_| self.promised && self.hears())?;
        Some(Span(self.since.saturating_add(every).saturating_add(late)))
    }

    /// The log is looked into.
    pub fn looked(&mut self, now: Span) {
        self.since = now.0;
        self.in_vain = true;
        self.looks = self.looks.saturating_add(1);
    }

    /// How many events were told so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the pump answered when it was asked last.
    pub fn answers(&self) -> bool {
        self.answers
    }
}
