//! A judge of events that come in their order; [`super::past`] sees to that.

use super::checks::Unmet;
use super::clocks::Clocks;
use super::findings::Findings;
use super::garbage::Garbage;
use super::general::General;
use super::invariants::Invariants;
use super::narrowed::{narrowed, surprise};
use super::numbers;
use super::observed::Observed;
use super::of_step::OfStep;
use super::outcome::Outcome;
use super::silence::{self, Silence};
use super::starts::Starts;
use super::steps::Steps;
use super::unheard::Unheard;
use crate::dose::{Builder, DoseLog};
use crate::oracle::{Oracle, OracleSettings};
use crate::reconcile::{ReconcileSettings, Reconciler};
use pump_hil_model::case::{Case, Check};
use pump_hil_model::crash::{Crash, RECORDS_MAX, Why};
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::fault::{FaultName, Restart, Talk};
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::unfit::Unfit;
use pump_hil_model::verdict::{Came, Expected, Firmware, ReasonKind, Records};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many of the last events an outcome keeps for people.
const LAST_EVENTS: usize = 24;
/// Most crash records of an outcome: those of a run, the one at its end, and the one of firmware that hangs when it is told to stop.
const CRASHES_MAX: usize = RECORDS_MAX + 2;

/// Judges the events of a run, each at its place.
#[derive(Debug, Clone)]
pub struct InOrder {
    case: Arc<Case>,
    observed: Observed,
    dose: Builder,
    oracle: Oracle,
    reconciler: Reconciler,
    invariants: Invariants,
    steps: Steps,
    general: General,
    starts: Starts,
    clocks: Clocks,
    silence: Silence,
    unheard: Unheard,
    garbage: Garbage,
    findings: Findings,
    /// The last line that came.
    line: String,
    last_events: VecDeque<Arc<Event>>,
    /// The last events are those up to the first reason, whatever comes after it.
    frozen: bool,
    not_safe: Vec<String>,
    records: Vec<(Span, Crash)>,
    books_closed: bool,
    played: Option<Span>,
    /// Its firmware started since, by a probe or because it faulted: what it does not answer is told by that.
    started_since: bool,
    ended: bool,
}

impl InOrder {
    /// A judge for one run of `case`, with the default tolerances of oracle and reconciliation.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        Self::with(case, OracleSettings::default(), ReconcileSettings::default())
    }

    /// A judge with other tolerances.
    #[must_use]
    pub fn with(case: &Case, oracle: OracleSettings, reconcile: ReconcileSettings) -> Self {
        let case = Arc::new(case.clone());
        Self {
            observed: Observed::default(),
            dose: Builder::new(&case.name()),
            oracle: Oracle::new(&case, oracle),
            reconciler: Reconciler::new(&case, reconcile),
            invariants: Invariants::new(&case),
            steps: Steps::new(Arc::clone(&case)),
            general: General::new(&case),
            starts: Starts::default(),
            clocks: Clocks::new(&case),
            silence: Silence::new(&case),
            unheard: Unheard::default(),
            line: String::new(),
            garbage: Garbage::default(),
            findings: Findings::default(),
            last_events: VecDeque::with_capacity(LAST_EVENTS),
            frozen: false,
            not_safe: Vec::new(),
            records: Vec::new(),
            books_closed: false,
            played: None,
            started_since: false,
            ended: false,
            case,
        }
    }

    /// Set-up has settled the pump's past, which is nothing to a verdict but for firmware that fails, a clock that goes wrong and numbers that cannot be: all
    /// that counts begins anew, and what is known of the run goes on.
    pub fn begin_anew(&mut self) {
        let mut before = std::mem::replace(self, Self::new(&Arc::clone(&self.case)));
        self.observed.now = before.observed.now;
        self.observed.keep_counts(&before.observed);
        self.dose = before.dose.behind_a_past();
        self.clocks = before.clocks;
        self.garbage = before.garbage;
        self.line = before.line;
        self.last_events = before.last_events;
        self.records = before.records;
        use ReasonKind::{Clock, FirmwareFault, Hang, NotStopped, Record};
        let kept = |kind| matches!(kind, Clock | FirmwareFault | Hang | NotStopped | Record);
        before.findings.keep_only(kept);
        self.findings = before.findings;
        self.frozen = self.findings.has_reason();
    }

    /// Takes an event at its place.
    pub fn take(&mut self, event: &Arc<Event>) {
        // Crashes and impossible records count too, so that a finding's number is the place of its event in the journal.
        self.findings.seq = self.findings.seq.saturating_add(1);
        self.starts.unexplained = false;
        if let Body::Crash(crash) = &event.body {
            return self.crashed(event.t, crash);
        }
        if let Body::Received { bytes, .. } = &event.body {
            self.line.clone_from(bytes);
        }
        if let Some(what) = numbers::impossible(event) {
            self.impossible(event, what);
            // A reply still is one, whatever it says; of what the pump says unasked nothing is believed.
            if let Body::Pump { said, .. } = &event.body {
                return self.oracle.not_believed(said);
            }
        }
        if !event.is_reckonable() {
            return self.beyond_reckoning(event);
        }
        self.held_to_host(event);
        self.observed.of = OfStep::new(self.steps.step().map(|step| &step.action), &event.body);
        // The place in the journal, as of all findings: not every event comes here.
        self.observed.seq = self.findings.seq.saturating_sub(1);
        self.observed.on_event(event);
        if self.played.is_none() {
            self.during(event);
        }
        self.whenever(event);
        self.keep(event);
    }

    /// An event of the run, up to the end of its steps.
    fn during(&mut self, event: &Event) {
        let restarts = |fault: &FaultName| fault.effects().restart == Restart::MayStart;
        let armed = self.observed.faults.iter().any(restarts);
        let may_fault = self.case.firmware_may_fault;
        self.starts.on_event(event, self.observed.begun, armed, may_fault);
        self.started_again(event.t);
        self.dose.on_event(event);
        self.observed.slack_nl = self.dose.slack_nl();
        let mut found = Vec::new();
        self.oracle.on_event(event, self.steps.step(), &mut found);
        self.reconciler.seq = self.findings.seq.saturating_sub(1);
        self.reconciler.on_event(event);
        // After the oracle: invariants and steps compare with the nominal dose at this event, not at the one before.
        let prescribed = self.oracle.prescribed_nl();
        self.findings.found_all(found);
        let out = &mut self.findings;
        self.invariants.on_event(event, &self.observed, prescribed, out);
        let said_at = self.observed.said_at;
        self.unheard.on_event(event, said_at, &mut self.findings);
        self.steps.on_event(
            event,
            &mut self.observed,
            &mut self.unheard,
            prescribed,
            &mut self.findings,
        );
        self.silence(event);
        self.general
            .on_event(event, &self.observed, &self.steps, &mut self.findings);
        let excused = self.general.line_is_disturbed(event.t, &self.observed, &self.steps);
        self.garbage.on_event(event, excused);
        if matches!(event.body, Body::Played) {
            self.played = Some(event.t);
            self.close_books();
        }
    }

    /// What the pump must tell by itself.
    fn silence(&mut self, event: &Event) {
        let broken = self.observed.faults.iter().any(|f| f.effects().talk != Talk::Clear);
        if let Some(found) = self.silence.on_event(event, self.observed.said_at, broken) {
            found.put_into(&mut self.findings);
        }
    }

    /// The pump's clock goes as the host's, to the very end: the pump tells its time when it is stopped as well.
    fn held_to_host(&mut self, event: &Event) {
        if let Some(drift) = self.clocks.on_event(event) {
            let expected = Expected::Clock { drift: drift.limit };
            let came = Came::Clocks {
                host: drift.host,
                pump: drift.pump,
                scale: drift.scale,
            };
            self.reason(ReasonKind::Clock, event.t, expected, came);
        }
    }

    /// A number that no pump can have, with the line that said it.
    fn impossible(&mut self, event: &Event, what: String) {
        let of_log = matches!(event.body, Body::Pump { read_back: true, .. });
        let line = (!of_log && !self.line.is_empty()).then(|| self.line.clone());
        let came = Came::Impossible { what, line };
        let expected = Expected::Records(Records::Possible);
        // At the last time that was possible: the event's own may be what cannot be.
        self.reason(ReasonKind::Record, self.observed.now, expected, came);
        // The event may not come to `keep`.
        self.frozen = true;
    }

    /// What counts while the pump is made safe as well: how it was left, and firmware, or a rig, that fails over that has failed.
    fn whenever(&mut self, event: &Event) {
        match &event.body {
            Body::MadeSafe { failed, .. } => self.not_safe.clone_from(failed),
            Body::Unfit(unfit) => self.unfit(event.t, unfit),
            Body::Hung { place, limit_ms } => self.hung(event.t, place, *limit_ms),
            Body::WentOn { told, saw } => self.findings.went_on(event.t, told, saw),
            Body::Probe { .. }
            | Body::Pump {
                said: Said::Boot { .. },
                ..
            } => self.started_since = self.played.is_some(),
            Body::NoReply { .. } if self.played.is_some() && !self.started_since => {
                self.findings.trouble_behind(silence::when_stopped());
            }
            Body::RigTrouble { code, what } => {
                let code = code.clone().unwrap_or(TroubleCode::RIG);
                self.findings.trouble(Trouble::told(code, what));
            }
            Body::Ended => self.ended = true,
            _ => {}
        }
    }

    /// A crash record is for people, but for one thing: firmware that faults is wrong wherever the scenario does not allow it.
    fn crashed(&mut self, t: Span, crash: &Crash) {
        // A pump that faults in a loop must not fill the outcome; the reason below is told all the same.
        if self.records.len() < CRASHES_MAX {
            self.records.push((t, crash.clone()));
        }
        self.starts.crashed(crash);
        let place = crash.place();
        let (expected, came) = match crash.why {
            // Whatever the scenario allows, a processor that stopped for good is no pump any more.
            Why::Lockup => (Firmware::NoLockup, Came::Lockup { place }),
            Why::Fault if !self.case.firmware_may_fault => (Firmware::NoFault, Came::FirmwareFault { place }),
            _ => return,
        };
        // It is told to stop more than once, and may fault each time.
        if self.played.is_some() && self.findings.says(&came) {
            return;
        }
        self.reason(ReasonKind::FirmwareFault, t, Expected::Firmware(expected), came);
        // No crash comes to `keep`, which would take in one more event before it sees the reason.
        self.frozen = true;
    }

    /// A pump that starts again in the middle of therapy has lost something, if only time.
    fn started_again(&mut self, t: Span) {
        if self.starts.unexplained && !self.case.may_start_again {
            let expected = Expected::Firmware(Firmware::NoUnaskedStart);
            self.reason(ReasonKind::UnaskedStart, t, expected, Came::Start);
        }
    }

    /// A pump that was found well, and refuses what the case begins with, or answers nothing any more: the runner ends the case.
    fn unfit(&mut self, t: Span, unfit: &Unfit) {
        let verb = unfit.verb.clone();
        let (kind, expected) = match unfit.refused {
            Some(_) => (ReasonKind::Refusal, Expected::SetUp { verb }),
            None => (ReasonKind::NoReply, Expected::Reply { verb }),
        };
        self.reason(kind, t, expected, Came::Unfit(Box::new(unfit.clone())));
    }

    /// Firmware that hangs ends the case: what comes after it says nothing more.
    fn hung(&mut self, t: Span, place: &str, limit_ms: u64) {
        let place = place.to_owned();
        let came = Came::Hang {
            place: place.clone(),
            limit_ms,
        };
        // Behind this event, so that the hang itself stays a failure of the pump and does not become the rig's trouble.
        self.findings.trouble_behind(Trouble::FirmwareHangs { place, limit_ms });
        self.reason(ReasonKind::Hang, t, Expected::Firmware(Firmware::Runs), came);
    }

    /// Numbers that cannot be, of a pump or of the probe: nothing is computed with them.
    fn beyond_reckoning(&mut self, event: &Event) {
        if matches!(event.body, Body::Pump { .. }) {
            let expected = Expected::Records(Records::Possible);
            let came = Came::Event(Box::new(event.clone()));
            // At the last time that was possible: the event's own may be what cannot be.
            self.reason(ReasonKind::Record, self.observed.now, expected, came);
        } else {
            self.findings.trouble(Trouble::ImpossibleNumber);
        }
    }

    fn reason(&mut self, kind: ReasonKind, t: Span, expected: Expected, came: Came) {
        self.findings.reason(self.steps.here(), kind, t, expected, came);
    }

    /// Keeps the event for people, up to the first reason.
    fn keep(&mut self, event: &Arc<Event>) {
        if !self.frozen {
            if self.last_events.len() == LAST_EVENTS {
                self.last_events.pop_front();
            }
            self.last_events.push_back(Arc::clone(event));
            self.frozen = self.findings.has_reason();
        }
    }

    /// From the event with this number on, counted from 1, the journal is not complete: nothing is said about the pump.
    pub fn incomplete(&mut self, seq: u64, trouble: Trouble) {
        self.findings.trouble_at(seq, trouble);
    }

    /// What is known of the pump now.
    #[must_use]
    pub fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Nominal dose since the begin by the oracle, nL; `None` where it cannot know the prescription.
    #[must_use]
    pub fn prescribed_nl(&self) -> Option<i64> {
        self.oracle.prescribed_nl()
    }

    /// Whether all checks of the step in progress hold now.
    ///
    /// # Errors
    /// Those that do not.
    pub fn checks_hold(&self, checks: &[Check]) -> Result<(), Vec<Unmet>> {
        let unmet = self.steps.unmet(checks, &self.observed, self.oracle.prescribed_nl());
        if unmet.is_empty() { Ok(()) } else { Err(unmet) }
    }

    /// Since when all checks of the step in progress hold, if it waits for them: what the pump says late it did at its own time.
    #[must_use]
    pub fn holds_since(&self) -> Option<Span> {
        self.steps.holds_since()
    }

    /// Whether anything failed so far; once the steps are over, of what is only known at the end as well.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.findings.has_reason()
    }

    /// Whether a request may stay unanswered now, because of what the scenario does to line or pump; before the begin it does nothing.
    #[must_use]
    pub fn silence_is_excused(&self) -> bool {
        let now = self.observed.now;
        self.observed.begun && self.general.silence_is_excused(now, &self.observed, &self.steps)
    }

    /// Whether the run passes so far, as far as the judge can tell.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.played.is_some() && !self.findings.has_reason() && !self.findings.has_trouble()
    }

    /// Whether the pump started with the last event, and nothing that was done to it or is known of it explains why.
    #[must_use]
    pub fn started_unexplained(&self) -> bool {
        self.starts.unexplained
    }

    /// The dose log so far.
    #[must_use]
    pub fn dose_log(&self) -> DoseLog {
        self.dose.clone().finish()
    }

    /// Nothing more is judged: what oracle and reconciliation have to say at the end. Once.
    fn close_books(&mut self) {
        if std::mem::replace(&mut self.books_closed, true) {
            return;
        }
        self.general.finish(&mut self.findings);
        self.unheard.finish(self.observed.now, &mut self.findings);
        let mut found = Vec::new();
        self.oracle.finish(&mut found);
        self.findings.found_all(found);
        for (seq, finding) in self.reconciler.finish() {
            self.findings.found_at(seq, finding);
        }
    }

    /// The verdict, after the last event.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.close_books();
        if !self.ended {
            self.findings.trouble_behind(Trouble::JournalWithoutEnd);
        }
        if let Some(trouble) = self.garbage.trouble() {
            self.findings.trouble_behind(trouble);
        }
        // Where a trouble is known it is the cause, and to say that the run broke off adds nothing.
        if self.played.is_none() && !self.findings.has_trouble() {
            self.findings.trouble_behind(Trouble::BrokeOff);
        }
        let (events, begun_at) = (self.findings.seq, self.observed.begun_at);
        let lacks = narrowed(&self.observed, &self.case);
        let unsafe_still = surprise(&self.not_safe, self.observed.is_told_unsafe);
        let verdict = self.findings.verdict(unsafe_still, begun_at);
        Outcome {
            events,
            dose_log: self.dose.finish(),
            identity: self.observed.identity,
            latencies: self.observed.latencies,
            last_events: self.last_events.into_iter().map(Arc::unwrap_or_clone).collect(),
            // What comes behind the last step watches the pump, and belongs to no step.
            end: self.played.unwrap_or(self.observed.now),
            notes: self.garbage.note().into_iter().chain(lacks).collect(),
            not_safe: self.not_safe,
            records: self.records,
            unasked_starts: self.starts.unasked,
            ..Outcome::without_run(&self.case, verdict)
        }
    }
}
