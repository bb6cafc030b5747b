//! The judge: from the events of a run alone, what is the verdict?
//!
//! The runner feeds it while a run goes on, to know when an expectation is met; a replay feeds it the same events from the journal. Both take
//! the same way through [`Judge::on_event`], so the same bytes give the same verdict.
//!
//! How it decides:
//! - `StepStarted` .. `StepEnded` delimit a step. An `expect` must hold when its step ends, which with `within` must be in time; with
//!   `throughout` (`for` in a scenario) it must hold after every event between as well.
//! - Alarms and events count from the end of the expectations before this group of expectations; what must *not* have come counts from the
//!   last expectation.
//! - Invariants are looked at when all that they compare is fresh: entries with entries, samples with samples, and both together only at a
//!   sample that belongs to an entry. Comparing with a volume allows two strokes more, because delivery comes in whole strokes.
//! - **A broken rig.** What the pump did wrong before the rig broke stays a failure: the evidence up to there is sound. What came at or after
//!   it says nothing about the pump, and without an earlier failure the verdict is Inconclusive.
//! - **After the last step** nothing is compared any more; but firmware that faults or hangs while its pump is made safe is wrong as before.

mod checks;
mod general;
mod invariants;
mod observed;
mod outcome;
mod starts;
mod steps;

pub use checks::Unmet;
pub use observed::{Alarm, AlarmLatency, Observed};
pub use outcome::Outcome;

use crate::dose::{Builder, DoseLog};
use crate::oracle::{Oracle, OracleSettings};
use crate::reconcile::{ReconcileSettings, Reconciler};
use checks::Windows;
use general::{Newest, announce};
use invariants::Invariants;
use pump_hil_model::case::{Action, Case, Check};
use pump_hil_model::crash::{Crash, RECORDS_MAX};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Finding, Reason, ReasonKind, Verdict};
use starts::Starts;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use steps::Open;

/// How many of the last events an outcome keeps for people.
const LAST_EVENTS: usize = 24;
/// Most reasons of a verdict; more of them say nothing new.
const REASONS_MAX: usize = 200;
/// Most crash records of an outcome: those of a run, the one at its end, and the one of firmware that hangs when it is told to stop.
const CRASHES_MAX: usize = RECORDS_MAX + 2;

/// Judges the events of a run.
#[derive(Debug)]
pub struct Judge {
    case: Arc<Case>,
    observed: Observed,
    dose: Builder,
    oracle: Oracle,
    reconciler: Reconciler,
    invariants: Invariants,
    announced: BTreeSet<String>,
    open: Vec<Open>,
    windows: Windows,
    /// Where the last expectation ended, and whether the last step was one.
    group_end: u64,
    after_expectation: bool,
    reasons: Vec<(u64, Reason)>,
    troubles: Vec<(u64, Trouble)>,
    serial_trouble: Option<Span>,
    newest: Newest,
    starts: Starts,
    unexpected: BTreeSet<String>,
    last_events: VecDeque<Event>,
    frozen: bool,
    not_safe: Vec<String>,
    crashes: Vec<(Span, Crash)>,
    books_closed: bool,
    played: bool,
    ended: bool,
    seq: u64,
}

impl Judge {
    /// A judge for one run of `case`, with the default tolerances of oracle and reconciliation.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        Self::with(case, OracleSettings::default(), ReconcileSettings::default())
    }

    /// A judge with other tolerances.
    #[must_use]
    pub fn with(case: &Case, oracle: OracleSettings, reconcile: ReconcileSettings) -> Self {
        let mut announced = case.allow_alarms.clone();
        announce(&case.steps, &mut announced);
        Self {
            observed: Observed::default(),
            dose: Builder::new(&case.name()),
            oracle: Oracle::new(case, oracle),
            reconciler: Reconciler::new(case, reconcile),
            invariants: Invariants::new(case),
            announced,
            open: Vec::new(),
            windows: Windows::default(),
            group_end: 0,
            after_expectation: false,
            reasons: Vec::new(),
            troubles: Vec::new(),
            serial_trouble: None,
            newest: Newest::default(),
            starts: Starts::default(),
            unexpected: BTreeSet::new(),
            last_events: VecDeque::with_capacity(LAST_EVENTS),
            frozen: false,
            not_safe: Vec::new(),
            crashes: Vec::new(),
            books_closed: false,
            played: false,
            ended: false,
            seq: 0,
            case: Arc::new(case.clone()),
        }
    }

    /// Takes the next event of the journal.
    pub fn on_event(&mut self, event: &Event) {
        self.seq += 1;
        self.starts.unexplained = false;
        if let Body::Crash(crash) = &event.body {
            return self.crashed(event.t, crash);
        }
        if !event.is_reckonable() {
            return self.beyond_reckoning(event);
        }
        self.observed.looking = self
            .open
            .last()
            .and_then(|open| open.step(&self.case))
            .is_some_and(|step| matches!(step.action, Action::Expect { .. } | Action::Mark(_)));
        self.observed.on_event(event);
        if self.played {
            self.afterwards(event);
            return self.keep(event);
        }
        let armed = !self.observed.faults.is_empty();
        let may_fault = self.case.firmware_may_fault;
        self.starts.on_event(event, self.observed.begun, armed, may_fault);
        self.started_again(event.t);
        self.dose.on_event(event);
        let case = Arc::clone(&self.case);
        let step = self.open.last().and_then(|open| open.step(&case));
        let mut findings = Vec::new();
        self.oracle.on_event(event, step, &mut findings);
        self.reconciler.on_event(event);
        let prescribed = self.oracle.prescribed_nl();
        self.invariants
            .on_event(event, &self.observed, prescribed, &mut findings);
        for finding in findings {
            self.found(finding);
        }
        match &event.body {
            Body::StepStarted { step, line } => self.step_started(event.t, step, *line),
            Body::StepEnded { step } => self.step_ended(event.t, step),
            _ => self.during_steps(event),
        }
        self.general(event);
        self.keep(event);
    }

    /// Keeps the event for people, up to the first reason.
    fn keep(&mut self, event: &Event) {
        if !self.frozen {
            if self.last_events.len() == LAST_EVENTS {
                self.last_events.pop_front();
            }
            self.last_events.push_back(event.clone());
            self.frozen = !self.reasons.is_empty();
        }
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
        let prescribed = self.oracle.prescribed_nl();
        let unmet: Vec<Unmet> = checks
            .iter()
            .filter_map(|check| self.observed.unmet(check, self.windows, prescribed))
            .collect();
        if unmet.is_empty() { Ok(()) } else { Err(unmet) }
    }

    /// Whether anything failed so far; once the steps are over, of what is only known at the end as well.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// Whether the run passes so far, as far as the judge can tell.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.played && self.reasons.is_empty() && self.troubles.is_empty()
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
    pub(super) fn close_books(&mut self) {
        if std::mem::replace(&mut self.books_closed, true) {
            return;
        }
        let mut findings = Vec::new();
        self.oracle.finish(&mut findings);
        for finding in findings {
            self.found(finding);
        }
        for (seq, finding) in self.reconciler.finish() {
            self.reasons.push((seq, in_no_step(finding)));
        }
    }

    /// The verdict, after the last event.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.close_books();
        if !self.ended {
            self.troubles.push((self.seq + 1, Trouble::JournalWithoutEnd));
        }
        if !self.played && self.troubles.is_empty() {
            self.troubles.push((self.seq + 1, Trouble::BrokeOff));
        }
        self.reasons.sort_by_key(|(seq, _)| *seq);
        let broke_at = self.troubles.iter().map(|(seq, _)| *seq).min();
        let reasons: Vec<Reason> = self
            .reasons
            .into_iter()
            .filter(|(seq, _)| broke_at.is_none_or(|broke| *seq < broke))
            .map(|(_, reason)| reason)
            .take(REASONS_MAX)
            .collect();
        let verdict = if !reasons.is_empty() {
            Verdict::Failed { reasons }
        } else if self.troubles.is_empty() && self.not_safe.is_empty() {
            Verdict::Passed
        } else {
            let not_safe = self.not_safe.iter().map(|what| Trouble::NotSafe { what: what.clone() });
            Verdict::Inconclusive {
                why: self.troubles.into_iter().map(|(_, why)| why).chain(not_safe).collect(),
            }
        };
        Outcome {
            name: self.case.name(),
            verdict,
            dose_log: self.dose.finish(),
            latencies: self.observed.latencies,
            last_events: self.last_events.into(),
            events: self.seq,
            end: self.observed.now,
            not_safe: self.not_safe,
            crashes: self.crashes,
            unasked_starts: self.starts.unasked,
        }
    }

    fn found(&mut self, finding: Finding) {
        self.reasons.push((self.seq, in_no_step(finding)));
    }

    /// Adds a reason that belongs to the step in progress, if there is one.
    fn reason(&mut self, kind: ReasonKind, t: Span, expected: String, came: String) {
        let (step, line) = self
            .open
            .last()
            .map_or((None, None), |o| (Some(o.id.clone()), Some(o.line)));
        self.reasons.push((
            self.seq,
            Reason {
                kind,
                t,
                step,
                line,
                expected,
                came,
            },
        ));
    }

    fn trouble(&mut self, why: Trouble) {
        self.troubles.push((self.seq, why));
    }
}

fn in_no_step(finding: Finding) -> Reason {
    Reason {
        kind: finding.kind,
        t: finding.t,
        step: None,
        line: None,
        expected: finding.expected,
        came: finding.came,
    }
}

/// Judges a whole run: the same events give the same outcome.
#[must_use]
pub fn judge_journal(case: &Case, events: impl IntoIterator<Item = Event>) -> Outcome {
    let mut judge = Judge::new(case);
    for event in events {
        judge.on_event(&event);
    }
    judge.finish()
}

#[cfg(test)]
mod tests;
