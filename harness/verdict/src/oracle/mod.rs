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

mod against;
mod bounds;
mod cuts;
mod due;
mod ledger;
mod nominal;
mod refusals;
mod requests;
mod schedule;
mod settings;
mod unknown;

pub use settings::OracleSettings;

use crate::dose::{Lag, together};
use against::judge_dose;
use bounds::Bounds;
use cuts::Cuts;
use due::Dues;
use nominal::{Nominal, State};
use pump_hil_model::case::{Action, Case, Prescription, Request, Step, Verb};
use pump_hil_model::event::{Body, DoseEntry, Event, Said};
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::{Allowed, Did, Finding};
use requests::{Asked, dose_of};
use unknown::{Told, Unknown, request_of};

/// Holds a run to what it works out itself: the nominal dose, and beside it three books that are kept on the pump.
#[derive(Debug, Clone)]
pub struct Oracle {
    now: Nominal,
    bounds: Bounds,
    dues: Dues,
    asked: Asked,
    cuts: Cuts,
    /// What a session holds.
    staged: Option<Prescription>,
    /// What the pump told of the step in progress before it answered.
    told: Told,
    /// What requests that were never answered may have brought about.
    unknown: Unknown,
    lag: Lag,
    /// How much later than it happened the pump told what it tells now.
    late: Span,
}

impl Oracle {
    /// For one run of `case`.
    #[must_use]
    pub fn new(case: &Case, settings: OracleSettings) -> Self {
        Self {
            now: Nominal::new(case, settings),
            bounds: Bounds::default(),
            dues: Dues::default(),
            asked: Asked::default(),
            cuts: Cuts::default(),
            staged: None,
            told: Told::default(),
            unknown: Unknown::default(),
            lag: Lag::default(),
            late: Span(0),
        }
    }

    /// Nominal dose since the begin, nL; `None` where the prescription cannot be known.
    #[must_use]
    pub fn prescribed_nl(&self) -> Option<i64> {
        (!self.now.unknown).then(|| together(self.now.ledger.nominal()))
    }

    /// Takes the next event; `step` is the one in progress.
    pub fn on_event(&mut self, event: &Event, step: Option<&Step>, out: &mut Vec<Finding>) {
        // Until the begin its time stands at 0: on a slow line a set-up takes seconds, and the scenario's time starts anew behind it.
        if self.now.begun {
            // A journal may tell of an instant again, but time does not go back.
            self.now.t = event.t.0.max(self.now.t);
            // Time goes on before the event is taken: what came due while nothing was told is due at its own instant, and not because of this event.
            if let Some((end, stopped)) = self.now.advance() {
                self.dues.trial_over(end);
                if stopped {
                    self.state_changed();
                }
            }
            self.dues.check_periodic(&self.now, out);
        }
        self.bounds.replied(&self.now, &event.body, out);
        match &event.body {
            Body::Begun => self.now.begun = true,
            Body::StepStarted { .. } => self.told = Told::default(),
            Body::Sent { .. } if let Some(request) = self.told.open(step) => self.sent(request),
            Body::NoReply { .. } if let Some(request) = self.told.open(step) => self.unanswered(request),
            Body::Sent { .. } if step.is_some_and(|s| matches!(s.action, Action::Send { .. })) => self.now.raw_sent(),
            Body::Reply { verb, refused, .. } => self.reply(verb, refused.as_deref(), step, out),
            Body::Timing { scale: Some(_), drift } => self.lag.allow(*drift),
            Body::Pump {
                said,
                pump_t,
                read_back,
                ..
            } => {
                let late = self.is_late(event.t, *pump_t, *read_back);
                if !(late && matches!(said, Said::Dose(_))) {
                    self.said(said, step, out);
                }
            }
            Body::Sample(sample) => self.bounds.sampled(&self.now, sample, out),
            Body::Lacks { what } => self.now.lacks(what),
            Body::LogRead { of, .. } if of == "event" => self.dues.log_is_read(),
            // What a probe does to a core may cost the pump strokes as a fault does.
            Body::Probe { .. } | Body::Breakpoint { .. } => self.bounds.excuse_until(self.recovered()),
            Body::FaultArmed { fault, .. } => {
                if self.bounds.fault_armed(*fault) {
                    self.now.may_lack();
                }
                self.dues.fault_armed(*fault);
            }
            Body::FaultCleared { fault } => {
                self.bounds.fault_cleared(*fault, self.recovered());
                self.dues.fault_cleared(*fault, self.recovered());
            }
            _ => {}
        }
        // After the body: this event may be the very one that was due.
        if self.now.begun {
            self.asked.check(&self.now, out);
            self.cuts.check(&self.now, out);
            self.dues.check(&self.now, out);
        }
    }

    /// Of what the pump says with numbers that cannot be, which was told, only that it began a bolus counts: it is held to those that were due.
    pub fn not_believed(&mut self, said: &Said) {
        if let Said::BolusStart { kind, .. } = said
            && let Some((dose, over)) = self.asked.due(&self.now, kind)
        {
            self.bolus_start(kind, dose, over, &mut Vec::new());
        }
    }

    /// What is still open at the end.
    pub fn finish(&mut self, out: &mut Vec<Finding>) {
        if self.now.begun {
            self.asked.finish(&self.now, out);
        }
    }

    /// What was held up, or read from the log later, tells of another instant.
    fn is_late(&mut self, t: Span, pump_t: Option<Span>, read_back: bool) -> bool {
        // What was read from the log and tells no time may be of any.
        let is_known = pump_t.is_some() || !read_back;
        self.late = if is_known { self.lag.of(t, pump_t) } else { t };
        self.late > self.now.settings.clock
    }

    /// When a pump delivers again as it should, if what kept it from that is over now.
    fn recovered(&self) -> i64 {
        self.now.t.saturating_add(self.now.settings.recovery.0)
    }

    fn set_state(&mut self, state: State) {
        if self.now.set_state(state) {
            self.state_changed();
        }
    }

    fn state_changed(&mut self) {
        self.cuts.stopped(self.now.t);
        // What was left of a stroke is not made up after a stop.
        self.bounds.excuse(0, self.now.settings.stroke_nl);
        self.dues.state(self.now.state == State::Stopped, self.now.t);
        self.dues.restart_periodic();
    }

    fn start(&mut self) {
        self.dues.start_granted(&self.now);
        if self.now.start() {
            self.state_changed();
        }
    }

    /// Somebody asked for another state than therapy.
    fn ends(&mut self, state: State) {
        self.cuts.stopped(self.now.t);
        self.now.wanted = false;
        self.cut(state);
    }

    fn cut(&mut self, state: State) {
        // Both cancel boluses (PROTOCOL.md, `stop`); what they gave up to now stays nominal.
        self.now.cut_boluses();
        self.set_state(state);
    }

    fn refilled(&mut self) {
        self.bounds.refilled();
        self.dues.refilled();
    }

    fn in_force(&mut self, rx: Prescription) {
        self.cuts.stopped(self.now.t);
        self.now.cut_boluses();
        self.now.in_force(rx);
        self.dues.in_force();
        self.bounds.in_force();
    }

    /// A step's request goes out.
    fn sent(&mut self, request: &Request) {
        self.told.sent.get_or_insert(self.now.t);
        self.asked.sent(request, self.now.t);
        if matches!(request, Request::Program { cut_after: Some(_), .. }) {
            self.now.loses();
        }
    }

    /// A step's request was given up: until the pump tells, it may have carried it out, and may not.
    fn unanswered(&mut self, request: &Request) {
        self.told.over = true;
        self.now.loses();
        self.asked.unanswered(&self.now);
        self.unknown.given_up(request, &self.told, &mut self.staged);
    }

    /// Whether the answer was right: for a bolus always, for the rest where the scenario lets the pump refuse.
    fn weigh(&mut self, verb: Option<Verb>, refused: Option<&str>, step: Option<&Step>, out: &mut Vec<Finding>) {
        let any_alarm = self.dues.any_alarm();
        if verb == Some(Verb::PatientBolus) {
            self.asked.judge_patient_bolus(&mut self.now, refused, any_alarm, out);
        }
        let Some(Action::Do {
            request, refused: word, ..
        }) = step.map(|s| &s.action)
        else {
            return;
        };
        if let Request::SingleBolus { dose, .. } | Request::BridgeBolus { volume: dose, .. } = request {
            judge_dose(&self.now, *dose, self.asked.has_begun(), refused, out);
        }
        if refusals::may_be(word.as_deref()) && verb == Some(request.verb()) {
            let excused = self.bounds.excused_now(self.now.t);
            refusals::judge(&self.now, request, refused, [any_alarm, excused], out);
        }
    }

    fn reply(&mut self, verb: &str, refused: Option<&str>, step: Option<&Step>, out: &mut Vec<Finding>) {
        let request = request_of(step);
        let verb = Verb::of(verb);
        self.told.over |= verb.is_some() && verb == request.map(Request::verb);
        self.weigh(verb, refused, step, out);
        if refused.is_some() {
            self.asked.refused(request);
            return;
        }
        match (verb, request) {
            // What came between the begin of therapy and this reply, such as an alarm that stopped it, holds.
            (Some(Verb::Start), _) if self.told.state => self.now.wanted = true,
            (Some(Verb::Start), _) => self.start(),
            (Some(Verb::Stop), _) => self.ends(State::Stopped),
            (Some(Verb::MinimumRate), _) => self.ends(State::Minimum),
            (
                Some(Verb::Program),
                Some(Request::Program {
                    prescription,
                    cut_after: None,
                }),
            ) if !self.told.rx => {
                self.in_force((**prescription).clone());
            }
            (Some(Verb::Stage), Some(Request::Stage { prescription })) => self.staged = Some((**prescription).clone()),
            (Some(Verb::Commit), Some(Request::Commit)) => {
                if let Some(rx) = self.staged.take() {
                    self.in_force(rx);
                }
            }
            (Some(Verb::Abort), _) => self.staged = None,
            (Some(Verb::PrimeBolus), Some(Request::PrimeBolus)) => self.asked.grant_prime(&mut self.now, out),
            (
                Some(Verb::SingleBolus | Verb::BridgeBolus),
                Some(asked @ (Request::SingleBolus { .. } | Request::BridgeBolus { .. })),
            ) => {
                let class = if verb == Some(Verb::SingleBolus) { 3 } else { 5 };
                if let Some((dose, over)) = dose_of(asked) {
                    self.asked.grant_of(&mut self.now, class, dose, over, out);
                }
            }
            (Some(Verb::SetClock), Some(Request::SetClock { to_s })) if !self.told.clock => {
                // The pump took it between its sending and this.
                let t = self.now.t;
                self.now.set_clock(*to_s, i64::midpoint(self.told.sent.unwrap_or(t), t));
                self.dues.clock_changed();
            }
            (Some(Verb::Refill), Some(Request::Refill { .. })) => self.refilled(),
            _ => {}
        }
    }

    fn said(&mut self, said: &Said, step: Option<&Step>, out: &mut Vec<Finding>) {
        match said {
            Said::Boot { reason } => {
                self.cuts.reset(self.now.t);
                // What the start before the begin cost was over by then.
                if self.now.begun {
                    self.bounds.excuse_until(self.recovered());
                    self.now.may_lack();
                    self.now.spread_is_lost();
                }
                // A reset ends every bolus (PROTOCOL.md, How the pump decides), whether the pump tells their ends or not.
                self.now.cut_boluses();
                // Minimum rate follows a reset that nobody asked for; a stopped pump stays stopped (docs/oracle.md, Meetings).
                let unasked = self.now.begun && ["brown-out", "power-on", "watchdog"].contains(&reason.as_str());
                self.now.wanted &= !unasked;
                if unasked && self.now.state == State::Running {
                    self.set_state(State::Minimum);
                }
            }
            Said::State { to, cause, .. } => self.announced_state(to, cause, step, out),
            Said::Alarm { id, .. } => {
                self.cuts.alarmed(self.now.t);
                self.dues.alarm(id, self.now.t);
            }
            Said::AlarmClear { id } => self.dues.alarm_clear(id),
            Said::BolusStart { kind, dose_nl, over_ms } => self.bolus_start(kind, *dose_nl, *over_ms, out),
            Said::BolusEnd { kind, given_nl, cause } => self.bolus_end(kind, *given_nl, cause, out),
            Said::Dose(entry) if self.now.begun => self.entry(entry, out),
            // The counters run since first power; what stood there before the begin is not this run's.
            Said::Dose(entry) => self.bounds.entry_before(entry),
            Said::Other { kind, .. } => match kind.as_str() {
                "rx" => self.announced_rx(request_of(step), out),
                // The pump tells that its clock was set or jumped; a jump it corrects, so civil time goes on.
                "clock" => self.announced_clock(request_of(step)),
                "refill" => self.refilled(),
                _ => {}
            },
        }
    }

    /// A prescription came into force. The event may stand before the reply to the request that asked for it.
    fn announced_rx(&mut self, request: Option<&Request>, out: &mut Vec<Finding>) {
        if !matches!(request, Some(Request::Program { .. } | Request::Commit))
            && let Some(rx) = self.unknown.rx.take()
        {
            return self.in_force(rx);
        }
        match request {
            Some(Request::Program { prescription, .. }) => {
                self.in_force((**prescription).clone());
                // The reply to the same request follows. A second time in force it would drop a trial and a periodic interval that began in between.
                self.told.rx = true;
            }
            Some(Request::Commit) if self.staged.is_some() => {
                if let Some(rx) = self.staged.take() {
                    self.in_force(rx);
                }
            }
            _ if self.now.is_raw() => self.now.unknown = true,
            _ if self.now.begun && !self.now.is_fresh() => {
                self.now
                    .finding(out, Allowed::PrescriptionStays, Did::OtherPrescription)
            }
            _ => {}
        }
    }

    /// The clock was set, or jumped.
    fn announced_clock(&mut self, request: Option<&Request>) {
        let asked = match request {
            Some(Request::SetClock { to_s }) => Some(*to_s),
            _ => self.unknown.clock.take(),
        };
        if let Some(to_s) = asked {
            self.now.set_clock(to_s, self.now.t);
            self.told.clock = true;
        }
        self.dues.clock_changed();
    }

    fn announced_state(&mut self, to: &str, cause: &str, step: Option<&Step>, out: &mut Vec<Finding>) {
        // The event may stand before the reply to the request that asked for it, or in its place.
        let asked = matches!(request_of(step), Some(Request::Start)) || self.unknown.start;
        if to == "running" {
            self.unknown.start = false;
            self.told.state = asked;
        }
        match to {
            "stopped" => self.cut(State::Stopped),
            "minimum-rate" => self.set_state(State::Minimum),
            "running" if self.now.wanted || asked || self.now.is_raw() || !self.now.begun => self.start(),
            "running" if self.now.state != State::Running => {
                let stopped = self.now.state == State::Stopped;
                let state = if stopped { "stopped" } else { "minimum-rate" };
                let (allowed, cause) = (Allowed::StaysUntilStart { state }, cause.to_owned());
                self.now.finding(out, allowed, Did::Ran { cause });
            }
            _ => {}
        }
        self.dues.state_told();
    }

    /// An entry tells nothing where it is not known what it should tell.
    fn entry(&mut self, entry: &DoseEntry, out: &mut Vec<Finding>) {
        self.bounds.check_entry(&self.now, entry, entry.classes(), out);
        if !self.now.unknown {
            self.dues.reservoir(entry.reservoir_nl);
        }
    }

    fn bolus_start(&mut self, kind: &str, dose: i64, over: i64, out: &mut Vec<Finding>) {
        let Some(class) = ledger::class(kind) else { return };
        if class != 2 {
            self.asked.begins(&mut self.now, class, dose, over, out);
        } else if self.dues.periodic_begins(&self.now, dose, over, out) {
            self.now.begin(class, dose, over);
        }
    }

    fn bolus_end(&mut self, kind: &str, given: i64, cause: &str, out: &mut Vec<Finding>) {
        let Some(class) = ledger::class(kind) else { return };
        self.dues.bolus_ended(self.now.t);
        self.asked.bolus_ended(self.now.t);
        let excused = self.bounds.excused_now(self.now.t) || self.late > self.now.settings.clock;
        // Its end may stand behind what cut it, or before.
        let ended = self.now.take_cut(class).or_else(|| {
            let slack = self.now.slack().saturating_mul((!excused && cause != "reset").into());
            Some((self.now.ledger.settle(class, given, slack)?, self.now.t))
        });
        let Some((bolus, at)) = ended else { return };
        self.bounds.bolus_ended(class, cause, self.now.settings.stroke_nl);
        let ended = (bolus, at.min(self.now.t.saturating_sub(self.late.0)));
        self.now.ledger.turn(self.now.window());
        self.cuts
            .ended(&self.now, ended, given, cause, [self.dues.any_alarm(), excused], out);
    }
}

#[cfg(test)]
mod tests;
