//! What came of a run, for reports.

use super::AlarmLatency;
use crate::dose::DoseLog;
use pump_hil_model::case::{Case, NotShown};
use pump_hil_model::crash::{Crash, Why};
use pump_hil_model::event::{Event, ReplyFields};
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Reason, Verdict};

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the case.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Who the pump said it is: model, serial number, firmware, build; empty where it was not asked, or did not answer.
    pub identity: ReplyFields,
    /// What was delivered.
    pub dose_log: DoseLog,
    /// How long each fault's first alarm took.
    pub latencies: Vec<AlarmLatency>,
    /// The last events, for people: up to the first reason where there is one, else up to the end.
    pub last_events: Vec<Event>,
    /// Number of events.
    pub events: u64,
    /// Scenario time of the last one.
    pub end: Span,
    /// What is to be told besides the verdict, whatever that is.
    pub notes: Vec<String>,
    /// Checks of the scenario that the rig cannot show: nothing is said of them.
    pub not_shown: Vec<NotShown>,
    /// What could not be made safe at the end.
    pub not_safe: Vec<String>,
    /// What the pump was doing when it crashed, and at the end of a case that failed; with the scenario's time.
    pub records: Vec<(Span, Crash)>,
    /// How often the pump started again though nobody had asked for it.
    pub unasked_starts: u32,
}

impl Outcome {
    /// What there is to say of a case that was not run, or whose journal cannot be read.
    #[must_use]
    pub fn without_run(case: &Case, verdict: Verdict) -> Self {
        Self {
            name: case.name(),
            verdict,
            identity: ReplyFields::default(),
            dose_log: DoseLog::default(),
            latencies: Vec::new(),
            last_events: Vec::new(),
            events: 0,
            end: Span(0),
            notes: Vec::new(),
            not_shown: case.not_shown.clone(),
            not_safe: Vec::new(),
            records: Vec::new(),
            unasked_starts: 0,
        }
    }

    /// What the pump was doing when it crashed: nothing where the case merely failed.
    pub fn crashes(&self) -> impl Iterator<Item = &(Span, Crash)> {
        self.records.iter().filter(|(_, crash)| crash.why != Why::Failed)
    }

    /// The verdict in words: one that passed says how many checks were not shown.
    #[must_use]
    pub fn verdict_words(&self) -> String {
        let word = self.verdict.word();
        match (&self.verdict, self.not_shown.len()) {
            (Verdict::Passed, 1) => format!("{word}, 1 check not shown"),
            (Verdict::Passed, number) if number > 1 => format!("{word}, {number} checks not shown"),
            _ => word.to_owned(),
        }
    }

    /// Adds a reason, such as a snapshot that differs. It changes nothing about a verdict that is Inconclusive or Skipped.
    pub fn add_reason(&mut self, reason: Reason) {
        match &mut self.verdict {
            Verdict::Passed => {
                self.verdict = Verdict::Failed { reasons: vec![reason] };
            }
            Verdict::Failed { reasons } => reasons.push(reason),
            // Such a run says nothing about the pump, and so its dose log does not either.
            Verdict::Inconclusive { .. } | Verdict::Skipped { .. } => {}
        }
    }

    /// Notes that the rig, the journal or the clock broke. A failure of the pump that is already proven stays one.
    pub fn add_trouble(&mut self, why: Trouble) {
        match &mut self.verdict {
            Verdict::Passed => self.verdict = Verdict::Inconclusive { why: vec![why] },
            Verdict::Inconclusive { why: all } => all.push(why),
            Verdict::Failed { .. } | Verdict::Skipped { .. } => {}
        }
    }
}
