//! The oracle: the dose that prescription, requests and the pump's announcements allow, worked out without the firmware.
//!
//! It reads the same events as everybody else and shares no rule with the pump. What it does with them:
//! - *Nominal dose.* Basal by mode, weekday and civil time while therapy runs, boluses evenly over their time. A stop that the pump announces
//!   is followed; a start is followed only where somebody asked for it.
//! - *Bounds.* What the pump reports, class by class, and what the probe counts, must lie at the nominal dose, give or take
//!   [`OracleSettings::strokes`] and [`OracleSettings::share`]. A fault that keeps a pump from delivering excuses what is missing then;
//!   nothing excuses more than nominal.
//! - *Requests.* It decides itself whether a patient bolus may be granted. Within [`OracleSettings::clock`] of a boundary both answers are right.
//! - *Dues.* An alarm, a periodic bolus or a rate that is due and does not come within its grace is a reason.
//!
//! A prescription that holds raw fields cannot be known here: while it is in force the oracle says nothing.

mod announced;
mod bounds;
mod due;
mod ledger;
mod requests;
mod schedule;

use crate::dose::Lag;
use bounds::Bounds;
use due::Dues;
use ledger::{Bolus, Ledger};
use pump_hil_model::case::{Action, Case, Mode, Prescription, Request, Step};
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::verdict::Finding;
use pump_hil_model::verdict::ReasonKind;
use requests::Asked;

/// How far the pump may be from nominal, and how late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OracleSettings {
    /// Strokes that a volume may be apart.
    pub strokes: i64,
    /// Volume of a stroke, nL.
    pub stroke_nl: i64,
    /// Share of a volume, besides.
    pub share: Percent,
    /// How exactly the times of harness and pump agree.
    pub clock: Span,
    /// How late a periodic bolus may begin, or one that was granted.
    pub bolus: Span,
    /// How late an alarm may come: the pump checks some conditions once an hour.
    pub alarm: Span,
    /// How far end of service may be from 90 days after the replacement indicator.
    pub service: Span,
    /// How long after a fault is cleared the pump may need to deliver again.
    pub recovery: Span,
}

impl Default for OracleSettings {
    fn default() -> Self {
        Self {
            strokes: 2,
            stroke_nl: 500,
            share: Percent(500),
            clock: Span(2_000),
            bolus: Span(60_000),
            alarm: Span(3_660_000),
            service: Span(2 * 3_600_000),
            recovery: Span(3_600_000),
        }
    }
}

/// Whether therapy runs, as the oracle sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Stopped,
    Running,
    Minimum,
}

/// The nominal dose along a run.
#[derive(Debug)]
pub struct Oracle {
    settings: OracleSettings,
    begun: bool,
    t: i64,
    /// What is in force; `None`: nothing.
    rx: Option<Prescription>,
    /// What a session holds.
    staged: Option<Prescription>,
    /// It holds fields that the oracle cannot read.
    unknown: bool,
    state: State,
    /// Somebody asked for therapy, and nobody for its end.
    wanted: bool,
    /// Civil time minus scenario time, ms.
    civil: i64,
    ledger: Ledger,
    bounds: Bounds,
    dues: Dues,
    asked: Asked,
    trial: Option<Trial>,
    /// Bytes were sent that only the pump understands.
    raw_until: i64,
    rate_wrong: bool,
    /// The step in progress brought its prescription into force already.
    rx_told: bool,
    /// When a prescription came into force last.
    in_force_at: i64,
    lag: Lag,
}

/// A trial that runs.
#[derive(Debug, Clone, Copy)]
struct Trial {
    ends: Option<i64>,
    dose_at: Option<i64>,
}

/// How long after raw bytes the pump's announcements are taken as asked for, ms.
const RAW_MS: i64 = 10_000;
const DAY_MS: i64 = 86_400_000;

impl Oracle {
    /// For one run of `case`.
    #[must_use]
    pub fn new(case: &Case, settings: OracleSettings) -> Self {
        let rx = case.prescription.clone();
        let mut oracle = Self {
            settings,
            begun: false,
            t: 0,
            unknown: rx.as_ref().is_some_and(|rx| !rx.raw.is_empty()),
            rx,
            staged: None,
            state: State::Stopped,
            wanted: false,
            civil: case.start_s * 1_000,
            ledger: Ledger::default(),
            bounds: Bounds::default(),
            dues: Dues::default(),
            asked: Asked::default(),
            trial: None,
            raw_until: i64::MIN,
            rate_wrong: false,
            rx_told: false,
            in_force_at: -DAY_MS,
            lag: Lag::default(),
        };
        oracle.ledger.turn(oracle.window());
        oracle
    }

    /// Nominal dose since the begin, nL; `None` where the prescription cannot be known.
    #[must_use]
    pub fn prescribed_nl(&self) -> Option<i64> {
        (!self.unknown).then(|| self.ledger.nominal().iter().sum())
    }

    /// Takes the next event; `step` is the one in progress.
    pub fn on_event(&mut self, event: &Event, step: Option<&Step>, out: &mut Vec<Finding>) {
        self.t = event.t.0.max(self.t);
        if self.begun {
            self.advance(self.t);
            self.check_periodic(out);
        }
        match &event.body {
            Body::Begun => self.begun = true,
            Body::StepStarted { .. } => self.rx_told = false,
            Body::Sent { .. } if step.is_some_and(|s| matches!(s.action, Action::Send { .. })) => {
                self.raw_until = self.t + RAW_MS;
            }
            Body::Reply { verb, refused, .. } => self.reply(verb, refused.as_deref(), step, out),
            Body::Pump { said, pump_t, .. } => {
                // An entry that was held up, or read from the log later, tells of another instant.
                let late = self.lag.of(event.t, *pump_t) > self.settings.clock;
                if !(late && matches!(said, Said::Dose(_))) {
                    self.said(said, step, out);
                }
            }
            Body::Sample(sample) => {
                let strokes = i64::try_from(sample.strokes).unwrap_or(i64::MAX);
                let actuated = strokes.saturating_mul(self.settings.stroke_nl);
                if self.begun {
                    self.check_actuated(actuated, out);
                } else {
                    self.bounds.actuated_base = actuated;
                }
            }
            Body::Probe { .. } | Body::Breakpoint { .. } => self.bounds.excuse_until(self.t + self.settings.recovery.0),
            Body::FaultArmed { fault, .. } => {
                self.bounds.fault_armed(*fault);
                self.dues.fault_armed(*fault);
            }
            Body::FaultCleared { fault } => {
                let recovered = self.t + self.settings.recovery.0;
                self.bounds.fault_cleared(*fault, recovered);
                self.dues.fault_cleared(*fault, recovered);
            }
            _ => {}
        }
        if self.begun {
            self.check_dues(out);
        }
    }

    /// What is still open at the end.
    pub fn finish(&mut self, out: &mut Vec<Finding>) {
        if self.begun && !self.unknown {
            self.asked.finish(self.t, &self.settings, out);
        }
    }

    fn finding(&self, out: &mut Vec<Finding>, expected: String, came: String) {
        if !self.unknown {
            out.push(Finding {
                kind: ReasonKind::Oracle,
                t: Span(self.t),
                expected,
                came,
            });
        }
    }

    /// How far back the rolling window reaches.
    fn window(&self) -> i64 {
        DAY_MS.max(
            self.rx
                .as_ref()
                .and_then(|rx| rx.patient_bolus)
                .map_or(0, |b| b.window.0),
        )
    }

    /// Rate now, nL/day, and the scenario time of its next change.
    fn rate_at(&self, t: i64) -> (i64, Option<i64>) {
        if let Some(bridge) = self.ledger.active.iter().find(|b| b.class == 5)
            && bridge.end() > t
        {
            return (0, Some(bridge.end()));
        }
        match (self.state, &self.rx) {
            (State::Stopped, _) | (State::Running, None) => (0, None),
            (State::Minimum, _) => (schedule::MINIMUM, None),
            (State::Running, Some(rx)) => {
                let (rate, next) = schedule::rate_at(&rx.mode, t + self.civil);
                (rate, next.map(|n| n - self.civil))
            }
        }
    }

    /// Lets time pass, rate by rate.
    fn advance(&mut self, to: i64) {
        while self.ledger.now < to {
            let now = self.ledger.now;
            let (rate, next) = self.rate_at(now);
            let mut until = next.map_or(to, |n| n.clamp(now + 1, to));
            let trial = self.trial.filter(|_| self.state == State::Running);
            let mut over = false;
            if let Some(end) = trial.and_then(|t| t.ends)
                && end <= until
            {
                (until, over) = (end.max(now), true);
            }
            if let Some(limit) = trial.and_then(|t| t.dose_at) {
                let left = limit - self.therapy_nl();
                if left <= 0 {
                    (until, over) = (now, true);
                } else if rate > 0 && self.ledger.active.is_empty() {
                    let reached = i128::from(left) * i128::from(DAY_MS) / i128::from(rate) + 1;
                    let reached = now.saturating_add(i64::try_from(reached).unwrap_or(i64::MAX));
                    if reached <= until {
                        (until, over) = (reached, true);
                    }
                }
            }
            self.ledger.basal(rate, until);
            if over {
                self.trial = None;
                self.dues.trial_over(until);
                self.set_state(State::Stopped);
                self.wanted = false;
            } else if Some(until) == next {
                self.ledger.turn(self.window());
            }
        }
    }

    /// Nominal volume without priming, which is no therapy.
    fn therapy_nl(&self) -> i64 {
        let nominal = self.ledger.nominal();
        nominal.iter().sum::<i64>() - nominal[4]
    }

    fn set_state(&mut self, state: State) {
        if self.state != state {
            // What was left of a stroke is not made up after a stop.
            self.bounds.excuse_basal(self.settings.stroke_nl);
            self.ledger.turn(self.window());
            self.state = state;
            self.dues.state(state == State::Stopped, self.t);
            self.dues.restart_periodic(state == State::Running, self.t);
        }
    }

    fn start(&mut self) {
        self.wanted = true;
        self.set_state(State::Running);
        let limits = self.rx.as_ref().and_then(|rx| rx.trial);
        if let Some(limits) = limits
            && self.trial.is_none()
        {
            let nominal = self.therapy_nl();
            self.trial = Some(Trial {
                ends: limits.time.map(|time| self.t + time.0),
                dose_at: limits.dose.map(|dose| nominal + dose.0),
            });
        }
    }

    fn in_force(&mut self, rx: Prescription) {
        self.ledger.turn(self.window());
        self.unknown = !rx.raw.is_empty();
        self.in_force_at = self.t;
        self.rx = Some(rx);
        self.trial = None;
        self.dues.restart_periodic(self.state == State::Running, self.t);
        self.rate_wrong = false;
    }

    fn reply(&mut self, verb: &str, refused: Option<&str>, step: Option<&Step>, out: &mut Vec<Finding>) {
        let request = match step.map(|s| &s.action) {
            Some(Action::Do { request, .. }) => Some(request),
            _ => None,
        };
        if verb == "patient-bolus" {
            self.judge_patient_bolus(refused, out);
        }
        if let Some(Request::SingleBolus { dose, .. } | Request::BridgeBolus { volume: dose, .. }) = request {
            self.judge_dose(*dose, refused, out);
        }
        if refused.is_some() {
            return;
        }
        match (verb, request) {
            ("start", _) => self.start(),
            ("stop", _) => {
                self.wanted = false;
                self.stop();
            }
            ("minimum-rate", _) => {
                self.wanted = false;
                self.set_state(State::Minimum);
            }
            (
                "program",
                Some(Request::Program {
                    prescription,
                    cut_after: None,
                }),
            ) if !self.rx_told => {
                self.in_force((**prescription).clone());
            }
            ("stage", Some(Request::Stage { prescription })) => self.staged = Some((**prescription).clone()),
            ("commit", Some(Request::Commit)) => {
                if let Some(rx) = self.staged.take() {
                    self.in_force(rx);
                }
            }
            ("abort", _) => self.staged = None,
            ("single-bolus", Some(Request::SingleBolus { dose, over })) => self.grant(3, dose.0, over.0, out),
            ("prime-bolus", Some(Request::PrimeBolus)) => self.asked.grant(4, self.t),
            ("bridge-bolus", Some(Request::BridgeBolus { volume, rate })) => {
                let over = i128::from(volume.0) * i128::from(DAY_MS) / i128::from(rate.0.max(1));
                self.grant(5, volume.0, i64::try_from(over).unwrap_or(i64::MAX), out);
            }
            ("set-clock", Some(Request::SetClock { to_s })) => {
                self.civil = to_s * 1_000 - self.t;
                self.dues.clock_changed();
            }
            ("refill", Some(Request::Refill { .. })) => self.bounds.refilled(),
            _ => {}
        }
    }

    /// A bolus was granted: it is nominal from now on.
    fn grant(&mut self, class: usize, dose: i64, over_ms: i64, out: &mut Vec<Finding>) {
        if let Some(announced) = self.asked.grant_with(class, self.t, dose, &self.settings) {
            self.finding(out, announced.0, announced.1);
        }
        let started = self.ledger.active.iter().any(|b| b.class == class);
        if !started {
            let start = self.t;
            self.ledger.turn(self.window());
            self.ledger.begin(
                Bolus {
                    class,
                    start,
                    over_ms,
                    dose,
                },
                self.settings.stroke_nl,
            );
        }
    }

    fn stop(&mut self) {
        self.cut_boluses();
        self.set_state(State::Stopped);
    }

    /// Every bolus in progress ends here; what the pump says it gave comes in its own event.
    fn cut_boluses(&mut self) {
        let classes: Vec<usize> = self.ledger.active.iter().map(|b| b.class).collect();
        for class in classes {
            self.ledger.end(class, i64::MAX);
        }
    }
}

/// Whether a mode has periodic boluses, and which: dose, time, interval.
fn periodic(rx: Option<&Prescription>) -> Option<(i64, i64, i64)> {
    match &rx?.mode {
        Mode::Periodic {
            dose, over, interval, ..
        } => Some((dose.0, over.0, interval.0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
