//! Is a journal complete? What a whole run must have written down stands in it, or the verdict is inconclusive from the place on where it is missing.
//!
//! The chain of hashes has no key: whoever leaves lines out can compute it anew, and a harness with a fault leaves the same holes. So this asks for what each run
//! has: the pump's identity, the begin, every step of the header's case started and ended in order, what each step is there for (an answer, a fault armed as the
//! case says and confirmed, a value read), the raw line beside everything that was read of it, how the pump was left, and the end. A run that broke off says why,
//! and of it only what came before is asked. Kinds of events that are not known here are passed over.

mod line;
mod step;
mod walk;

use crate::journal::Events;
use crate::judge::{Judge, Outcome};
use line::RawLines;
use pump_hil_model::case::{Case, Verb};
use pump_hil_model::event::{Body, Event, ReplyFields, StepId};
use pump_hil_model::lack::{Lack, Lacks};
use pump_hil_model::observing::Observing;
use pump_hil_model::trouble::Trouble;
use std::io::BufRead;
use step::Performed;
use walk::Walk;

/// Holes that are told: most of what comes behind the first follows from it.
const HOLES_MAX: usize = 3;

/// Judges a journal, which must be complete: the one way to a verdict.
#[must_use]
pub fn judge<R: BufRead>(case: &Case, events: &mut Events<R>) -> Outcome {
    let (mut judge, mut whole) = (Judge::new(case), Whole::new(case));
    while let Some(event) = events.next() {
        if let Some(what) = events.left_out() {
            whole.hole(what);
        }
        whole.on_event(&event);
        judge.on_event(event);
    }
    for (seq, trouble) in whole.finish() {
        judge.incomplete(seq, trouble);
    }
    judge.finish()
}

/// Looks for holes while a journal is read.
#[derive(Debug)]
pub struct Whole<'a> {
    /// Events so far, so that a hole has its place.
    seq: u64,
    holes: Vec<(u64, Trouble)>,
    raw: RawLines,
    walk: Walk<'a>,
    /// The step in progress.
    step: Option<(StepId, Performed<'a>)>,
    /// Steps came in another order than the case has them: nothing more is asked of them.
    lost: bool,
    identity: Option<ReplyFields>,
    identified: bool,
    /// What the pump cannot be asked.
    lacks: Lacks,
    observing: Observing,
    begun: bool,
    played: bool,
    made_safe: bool,
    ended: bool,
}

impl<'a> Whole<'a> {
    /// Nothing was read yet of a run of `case`.
    #[must_use]
    pub fn new(case: &'a Case) -> Self {
        Self {
            seq: 0,
            holes: Vec::new(),
            raw: RawLines::default(),
            walk: Walk::new(&case.steps),
            step: None,
            lost: false,
            identity: None,
            identified: false,
            lacks: Lacks::default(),
            observing: Observing::default(),
            begun: false,
            played: false,
            made_safe: false,
            ended: false,
        }
    }

    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event) {
        self.seq = self.seq.saturating_add(1);
        if self.ended {
            self.hole_here("something stands behind its end");
        }
        if let Err(what) = self.raw.on_event(&event.body) {
            self.hole_here(what);
        }
        if let Some((_, step)) = &mut self.step {
            step.on_event(&event.body);
        }
        match &event.body {
            Body::Reply {
                verb,
                refused: None,
                fields,
                ..
            } if verb == Verb::Identify.word() => self.identity = Some(ReplyFields::clone(fields)),
            Body::Identified { fields } => {
                if self.identity.as_ref() != Some(fields) {
                    self.hole_here("the pump's answer that says who it is does not stand before what was made of it");
                }
                self.identified = true;
            }
            Body::Lacks { what } => self.lacks = what.clone(),
            Body::Observing { how } => self.observing = how.clone(),
            Body::Begun => self.begin(),
            Body::StepStarted { step, line } => self.start(step, *line),
            Body::StepEnded { step } => self.end_step(step),
            Body::Played => self.play_out(),
            Body::MadeSafe { .. } => self.made_safe = true,
            Body::Ended => {
                if !self.made_safe {
                    self.hole_here("it does not say how the pump was left (`made-safe`)");
                }
                self.ended = true;
            }
            _ => {}
        }
    }

    /// What is missing, each with the number of the event from which on nothing is said about the pump.
    #[must_use]
    pub fn finish(self) -> Vec<(u64, Trouble)> {
        self.holes
    }

    fn begin(&mut self) {
        if !self.identified && !self.lacks.has(Lack::IDENTIFY) {
            self.hole_here("it does not say which pump it was (`identified`)");
        }
        if std::mem::replace(&mut self.begun, true) {
            self.hole_here("it begins twice");
        }
    }

    fn start(&mut self, id: &StepId, line: u32) {
        if !self.begun {
            self.hole_here("a step stands before the begin (`begun`)");
        }
        if let Some((open, _)) = self.step.take() {
            self.hole_here(format!("step {} has no end", open.0));
        }
        if self.played {
            self.hole_here("a step stands behind the end of the steps");
        }
        if self.lost {
            return;
        }
        match self.walk.next() {
            Some((due, step)) if due == *id => {
                if step.line != line {
                    self.hole_here(format!("step {} has another line than the case says", id.0));
                }
                self.step = Some((due, Performed::new(step)));
            }
            due => {
                let due = due.map_or("the end of the steps".to_owned(), |(due, _)| format!("step {}", due.0));
                self.lose(format!("{due} is due, and step {} stands there", id.0));
            }
        }
    }

    fn end_step(&mut self, id: &StepId) {
        match self.step.take() {
            Some((open, step)) if open == *id => {
                for what in step.missing(&self.lacks, &self.observing) {
                    self.hole_here(format!("step {}: {what}", id.0));
                }
            }
            _ if self.lost => {}
            _ => self.lose(format!("step {} has no start", id.0)),
        }
    }

    fn play_out(&mut self) {
        self.played = true;
        if !self.begun {
            self.hole_here("it has no begin (`begun`)");
        }
        if let Some((open, _)) = self.step.take() {
            self.hole_here(format!("step {} has no end", open.0));
        }
        if !self.lost
            && let Some((due, _)) = self.walk.next()
        {
            self.hole_here(format!("step {} was not played", due.0));
        }
    }

    fn lose(&mut self, what: String) {
        self.lost = true;
        self.hole_here(what);
    }

    /// A hole in front of the next event.
    fn hole(&mut self, what: String) {
        self.note(self.seq.saturating_add(1), what);
    }

    /// A hole that is seen at this event.
    fn hole_here(&mut self, what: impl Into<String>) {
        self.note(self.seq, what.into());
    }

    fn note(&mut self, seq: u64, what: String) {
        if self.holes.len() < HOLES_MAX {
            self.holes.push((seq, Trouble::JournalIncomplete { what }));
        }
    }
}
