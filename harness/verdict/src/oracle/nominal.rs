//! The nominal dose along a run: what is in force, whether therapy runs, and what should have been given until now.
//!
//! Invariant: it follows prescription, clock and requests, and of the pump only what it announces. Whether the pump keeps to it, others ask.

use super::ledger::{Bolus, Ledger};
use super::schedule;
use super::settings::OracleSettings;
use crate::dose::together;
use pump_hil_model::case::{Case, Mode, Prescription};
use pump_hil_model::lack::Lacks;
use pump_hil_model::quantity::{Span, scaled};
use pump_hil_model::verdict::{Allowed, Came, Did, Expected, Finding, ReasonKind};

pub(super) const DAY_MS: i64 = 86_400_000;
/// How long after raw bytes the pump's announcements are taken as asked for, ms.
const RAW_MS: i64 = 10_000;
/// And how long at most, where they go on and on.
const RAW_MS_MOST: i64 = 60_000;

/// Whether therapy runs, as the oracle sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Stopped,
    Running,
    Minimum,
}

#[derive(Debug, Clone)]
pub(super) struct Nominal {
    pub settings: OracleSettings,
    pub begun: bool,
    /// Scenario time, ms. It never goes back.
    pub t: i64,
    /// What is in force; `None`: nothing.
    pub rx: Option<Prescription>,
    /// It holds fields that the oracle cannot read.
    pub unknown: bool,
    /// The pump tells no events: what it does of its own is not seen, so that the nominal dose is what it may be at most.
    pub blind: bool,
    /// The pump tells no dose entries.
    pub no_entries: bool,
    /// What is in force is not known any more, because of that.
    lost: bool,
    pub state: State,
    /// Somebody asked for therapy, and nobody for its end.
    pub wanted: bool,
    /// Civil time minus scenario time, ms.
    civil: i64,
    pub ledger: Ledger,
    /// Boluses that were cut, and when; the pump has not told their end yet.
    cut: Vec<(Bolus, i64)>,
    trial: Option<Trial>,
    /// When bytes were sent last that only the pump understands.
    raw_at: Option<i64>,
    /// Until then what the pump announces may be due to them.
    raw_until: i64,
    /// When a prescription came into force last.
    in_force_at: i64,
    /// The most that the modes which were in force before give in a day, nL, since there was a day without a change; a reset is one too.
    past_nl: i64,
    /// When that was last.
    changed_at: i64,
    /// What was in force until just now.
    was: Vec<Was>,
}

/// The rate that was in force until `t`, nL/day, and the mode that it went with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Was {
    pub t: i64,
    pub rate: i64,
    pub mode: Option<&'static str>,
}

/// A trial that runs.
#[derive(Debug, Clone, Copy)]
struct Trial {
    ends: Option<i64>,
    dose_at: Option<i64>,
}

impl Nominal {
    pub fn new(case: &Case, settings: OracleSettings) -> Self {
        let rx = case.prescription.clone();
        let mut nominal = Self {
            settings,
            begun: false,
            t: 0,
            unknown: rx.as_ref().is_some_and(|rx| !rx.raw.is_empty()),
            rx,
            blind: false,
            no_entries: false,
            lost: false,
            state: State::Stopped,
            wanted: false,
            civil: case.start_s.saturating_mul(1_000),
            ledger: Ledger::default(),
            cut: Vec::new(),
            trial: None,
            raw_at: None,
            raw_until: i64::MIN,
            in_force_at: -DAY_MS,
            past_nl: 0,
            changed_at: i64::MIN,
            was: Vec::new(),
        };
        nominal.ledger.turn(nominal.window());
        nominal
    }

    /// Notes what the pump did against what is allowed. Where a prescription cannot be read, nothing is known and nothing said.
    pub fn finding(&self, out: &mut Vec<Finding>, expected: Allowed, came: Did) {
        if !self.unknown {
            out.push(Finding {
                kind: ReasonKind::Oracle,
                t: Span(self.t),
                expected: Expected::Oracle(expected),
                came: Came::Did(came),
            });
        }
    }

    /// How far from a volume the pump may be.
    pub fn tolerance(&self, volume: i64) -> i64 {
        self.settings.share.of(volume).saturating_add(self.slack())
    }

    /// What lies in strokes that are under way.
    pub fn slack(&self) -> i64 {
        self.settings.strokes.saturating_mul(self.settings.stroke_nl)
    }

    /// Whether what was due at `due` is later than its grace allows.
    pub fn is_past(&self, due: i64, grace: Span) -> bool {
        self.t > due.saturating_add(grace.0)
    }

    /// The instant so long ago.
    pub fn ago(&self, ms: i64) -> i64 {
        self.t.saturating_sub(ms)
    }

    /// How far back the rolling window reaches.
    pub fn window(&self) -> i64 {
        let bolus = self.rx.as_ref().and_then(|rx| rx.patient_bolus);
        DAY_MS.max(bolus.map_or(0, |bolus| bolus.window.0))
    }

    /// The most that the mode in force gives in the window by itself, nL, and, until a day went by without a change, the modes before it: what is left of them
    /// in the window a pump may take at its most.
    pub fn programmed(&self, window: i64) -> i64 {
        let past_nl = if self.has_changed() { self.past_nl } else { 0 };
        self.most_in(window).saturating_add(past_nl)
    }

    /// The most that the mode in force gives in such a time, nL.
    fn most_in(&self, window: i64) -> i64 {
        self.rx.as_ref().map_or(0, |rx| schedule::most_in(&rx.mode, window))
    }

    /// Whether there was a new prescription or a reset within the last day.
    fn has_changed(&self) -> bool {
        self.changed_at >= self.ago(DAY_MS)
    }

    /// What the mode gave up to now a pump may count at its most from here on: a reset, or the end of a prescription.
    pub fn spread_is_lost(&mut self) {
        if !self.has_changed() {
            self.past_nl = 0;
        }
        self.changed_at = self.t;
        self.past_nl = self.past_nl.saturating_add(self.most_in(DAY_MS));
    }

    /// Whether the mode has periodic boluses, and which: dose, time, interval.
    pub fn periodic(&self) -> Option<(i64, i64, i64)> {
        match &self.rx.as_ref()?.mode {
            Mode::Periodic {
                dose, over, interval, ..
            } => Some((dose.0, over.0, interval.0)),
            _ => None,
        }
    }

    /// Rate at `t`, nL/day, and the scenario time of its next change.
    pub fn rate_at(&self, t: i64) -> (i64, Option<i64>) {
        if let Some(bridge) = self.ledger.active.iter().find(|b| b.class == 5)
            && bridge.end() > t
        {
            return (0, Some(bridge.end()));
        }
        self.basal_at(t)
    }

    /// The same, whatever a bridge takes the place of.
    fn basal_at(&self, t: i64) -> (i64, Option<i64>) {
        match (self.state, &self.rx) {
            (State::Stopped, _) | (State::Running, None) => (0, None),
            (State::Minimum, _) => (schedule::MINIMUM, None),
            (State::Running, Some(rx)) => {
                let (rate, next) = schedule::rate_at(&rx.mode, t.saturating_add(self.civil));
                (rate, next.map(|n| n.saturating_sub(self.civil)))
            }
        }
    }

    /// The mode that an entry names now; `None` where nothing runs.
    pub fn mode(&self) -> Option<&'static str> {
        match (self.state, &self.rx) {
            (State::Running, Some(rx)) => Some(schedule::mode_name(&rx.mode)),
            (State::Minimum, _) => Some("minimum"),
            _ => None,
        }
    }

    /// What is in force changes now: what it was until now stays right for a moment (docs/oracle.md, two truths).
    fn remember(&mut self) {
        let (t, since) = (self.t, self.ago(self.settings.clock.0));
        self.was.retain(|was| was.t >= since);
        let mode = self.mode();
        let bridged = self.rate_at(t).0;
        self.was.push(Was { t, rate: bridged, mode });
        // A bridge that is cut lets the rate behind it through for an instant, before that changes too.
        if self.ledger.active.iter().any(|bolus| bolus.class == 5) {
            let rate = self.basal_at(t).0;
            self.was.push(Was { t, rate, mode });
        }
    }

    /// What was in force within the last moment.
    pub fn was(&self) -> impl Iterator<Item = &Was> {
        let since = self.ago(self.settings.clock.0);
        self.was.iter().filter(move |was| was.t >= since)
    }

    /// Lets time pass, rate by rate. Gives the instant at which a trial reached its limit, and whether that stopped therapy: a pump that was stopped before
    /// stays so, and its 48 h go on.
    pub fn advance(&mut self) -> Option<(i64, bool)> {
        let mut trial_over = None;
        while self.ledger.now < self.t {
            let ends = if self.blind { self.ledger.retire() } else { None };
            let now = self.ledger.now;
            let (rate, next) = self.rate_at(now);
            let next = next.into_iter().chain(ends).min();
            // By a millisecond at least, or a change that is due at this very instant would come again and again.
            let change = next.map_or(self.t, |next| next.clamp(now.saturating_add(1), self.t));
            let end = self.trial_ends(rate, change);
            let until = end.unwrap_or(change);
            self.ledger.basal(rate, until);
            if let Some(end) = end {
                self.trial = None;
                trial_over = Some((end, self.set_state(State::Stopped)));
                self.wanted = false;
            } else if Some(until) == next {
                self.ledger.turn(self.window());
            }
        }
        debug_assert_eq!(self.ledger.now, self.t, "the ledger goes up to now, and no further");
        trial_over
    }

    /// When the trial that runs reaches a limit, at this rate, if that is no later than `until`.
    fn trial_ends(&self, rate: i64, until: i64) -> Option<i64> {
        let trial = self.trial?;
        let now = self.ledger.now;
        // Whatever the state: a stop does not hold it. Where it passed already the trial ends now, since the ledger does not go back.
        let by_time = trial.ends.filter(|end| *end <= until).map(|end| end.max(now));
        let left = trial.dose_at.map(|limit| limit.saturating_sub(self.therapy_nl()));
        let by_dose = match left {
            Some(left) if left <= 0 => Some(now),
            // During a bolus the dose grows by more than the rate: its limit is looked for when the bolus is over.
            Some(left) if rate > 0 && self.ledger.active.is_empty() => {
                // One more, because the division rounds down and at that instant the limit would not be reached yet.
                let takes = scaled(left, DAY_MS, rate).saturating_add(1);
                let reached = now.saturating_add(takes);
                (reached <= by_time.unwrap_or(until)).then_some(reached)
            }
            _ => None,
        };
        by_dose.or(by_time)
    }

    /// Nominal volume without priming, which is no therapy.
    fn therapy_nl(&self) -> i64 {
        let nominal = self.ledger.nominal();
        together(nominal).saturating_sub(nominal[4])
    }

    /// Whether that is another state than before.
    pub fn set_state(&mut self, state: State) -> bool {
        let changes = self.state != state;
        if changes {
            self.remember();
            self.ledger.turn(self.window());
            self.state = state;
            self.stroke_dropped();
        }
        changes
    }

    /// Therapy runs, and with it a trial that is prescribed. Whether the state is another than before.
    pub fn start(&mut self) -> bool {
        self.wanted = true;
        let changes = self.set_state(State::Running);
        self.begin_trial();
        changes
    }

    /// What is nominal may not have been given: a trial whose dose ends it ends when the pump says so.
    pub fn may_lack(&mut self) {
        if let Some(trial) = &mut self.trial {
            trial.dose_at = None;
        }
    }

    /// A stroke that was owed is not made: a trial whose dose ends it may end so much later.
    fn stroke_dropped(&mut self) {
        if let Some(Trial { dose_at: Some(at), .. }) = &mut self.trial {
            *at = at.saturating_add(self.settings.stroke_nl);
        }
    }

    /// A trial begins with the first start of its prescription, or with the prescription where therapy runs.
    fn begin_trial(&mut self) {
        let limits = self.rx.as_ref().and_then(|rx| rx.trial);
        if let Some(limits) = limits
            // A stop and a start in between do not begin the trial anew: its limits count from its first start.
            && self.trial.is_none()
        {
            let nominal = self.therapy_nl();
            self.trial = Some(Trial {
                ends: limits.time.map(|time| self.t.saturating_add(time.0)),
                dose_at: limits.dose.map(|dose| nominal.saturating_add(dose.0)),
            });
        }
    }

    pub fn in_force(&mut self, rx: Prescription) {
        self.remember();
        self.ledger.turn(self.window());
        self.unknown = !rx.raw.is_empty() || self.lost || self.is_unseen(&rx);
        self.in_force_at = self.t;
        self.spread_is_lost();
        self.rx = Some(rx);
        // A trial belongs to its prescription.
        self.trial = None;
        if self.state == State::Running {
            self.begin_trial();
        }
    }

    /// Whether a prescription came into force just now, of which the pump may tell once more.
    pub fn is_fresh(&self) -> bool {
        !self.is_past(self.in_force_at, self.settings.bolus)
    }

    /// What the pump lacks.
    pub fn lacks(&mut self, lacks: &Lacks) {
        (self.blind, self.no_entries) = (!lacks.tells_events(), !lacks.tells_entries());
        self.unknown |= self.rx.as_ref().is_some_and(|rx| self.is_unseen(rx));
    }

    /// Something was done of which only an event tells what came of it.
    pub fn loses(&mut self) {
        self.lost |= self.blind;
        self.unknown |= self.blind;
    }

    /// Whether only events tell what is given of a prescription: a periodic bolus begins by itself.
    fn is_unseen(&self, rx: &Prescription) -> bool {
        self.blind && matches!(rx.mode, Mode::Periodic { .. })
    }

    /// Its clock was set at `t`.
    pub fn set_clock(&mut self, to_s: i64, t: i64) {
        self.remember();
        self.civil = to_s.saturating_mul(1_000).saturating_sub(t);
    }

    /// Bytes were sent that only the pump understands.
    pub fn raw_sent(&mut self) {
        self.loses();
        self.raw_at = Some(self.t);
        self.raw_until = self.t.saturating_add(RAW_MS);
    }

    /// Whether what the pump does may be due to such bytes.
    pub fn is_raw(&self) -> bool {
        self.t <= self.raw_until
    }

    /// What such bytes began goes on for a while.
    pub fn raw_goes_on(&mut self) {
        // But not without end: boluses that begin one after the other would excuse each other for ever.
        let last = self.raw_at.map_or(self.t, |at| at.saturating_add(RAW_MS_MOST));
        self.raw_until = self.raw_until.max(self.t.saturating_add(RAW_MS / 2).min(last));
    }

    /// A bolus is nominal from now on.
    pub fn begin(&mut self, class: usize, dose: i64, over_ms: i64) {
        self.remember();
        self.ledger.turn(self.window());
        // By what the pump says it may be less than nothing, which was told already: none is nominal.
        let bolus = Bolus {
            class,
            start: self.t,
            over_ms: over_ms.max(0),
            dose: dose.max(0),
        };
        self.ledger.begin(bolus, self.settings.stroke_nl);
    }

    /// Every bolus in progress ends here; what the pump says it gave comes in its own event.
    pub fn cut_boluses(&mut self) {
        if self.ledger.active.is_empty() {
            return;
        }
        self.remember();
        let (t, since) = (self.t, self.ago(self.settings.clock.0));
        self.cut.retain(|(_, at)| *at >= since);
        let classes: Vec<usize> = self.ledger.active.iter().map(|b| b.class).collect();
        for class in classes {
            // The pump has not said yet what it gave; `end` caps this at what was due.
            self.cut
                .extend(self.ledger.end(class, i64::MAX).map(|bolus| (bolus, t)));
        }
    }

    /// The bolus of a class that was cut just now, and when, as the pump tells its end.
    pub fn take_cut(&mut self, class: usize) -> Option<(Bolus, i64)> {
        let since = self.ago(self.settings.clock.0);
        let at = self.cut.iter().position(|(b, at)| b.class == class && *at >= since)?;
        Some(self.cut.remove(at))
    }
}
