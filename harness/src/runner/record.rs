//! The one door of a case's events: each goes into the journal, to the judge, into what was said last, and on to whoever listens.
//!
//! Invariant: the journal comes first. What it did not take nobody else hears of; only while the pump is made safe everything goes on without it.

use crate::journal;
use pump_hil_model::case::Case;
use pump_hil_model::crash::LINES_MAX;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::event_text::{event_line, log_line};
use pump_hil_model::quantity::Span;
use pump_hil_rig::host_time;
use pump_hil_verdict::journal::JournalError;
use pump_hil_verdict::judge::Judge;
use pump_hil_verdict::snapshot::against;
use std::collections::VecDeque;
use std::time::Instant;

/// Everything that is known of a case that is being played.
pub(super) struct Record<'a> {
    case: &'a Case,
    /// The accepted dose log that the run is held to.
    accepted: Option<String>,
    journal: journal::Writer,
    judge: Judge,
    last: LastSaid,
    onward: &'a mut dyn FnMut(&Event),
    started: Instant,
    /// The pump is being made safe: a journal that takes no more must not stand in the way.
    leaving: bool,
    /// The journal took an event only in part, or not at all.
    torn: bool,
    /// Why it took none while the pump was being made safe.
    unwritten: Option<JournalError>,
}

impl<'a> Record<'a> {
    /// A record without an event yet. `accepted` is what the journal's header has; `onward` hears each event last.
    pub fn new(
        case: &'a Case,
        accepted: Option<String>,
        journal: journal::Writer,
        onward: &'a mut dyn FnMut(&Event),
    ) -> Self {
        Self {
            case,
            accepted,
            journal,
            judge: Judge::new(case),
            last: LastSaid::default(),
            onward,
            started: host_time::now(),
            leaving: false,
            torn: false,
            unwritten: None,
        }
    }

    /// Takes what happened at `t`, scenario time.
    ///
    /// # Errors
    /// The journal did not take it, and the pump is not being made safe yet.
    pub fn note(&mut self, t: Span, body: Body) -> Result<(), JournalError> {
        let host_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let event = Event { t, host_us, body };
        // The target is what users have in their filters, whatever file this stands in.
        tracing::debug!(target: "pump_hil::runner", case = %self.case.name(), "{}", event_line(&event));
        // What is appended behind a torn line would be lost.
        if !self.torn
            && let Err(error) = self.journal.append(&event)
        {
            self.torn = true;
            if !self.leaving {
                return Err(error);
            }
            self.unwritten = Some(error);
        }
        self.judge.on_event(&event);
        self.last.heard(&event.body);
        (self.onward)(&event);
        Ok(())
    }

    /// The judge, as far as it has heard.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// What was said last, by the firmware's log and on the line.
    pub fn last_said(&self) -> &LastSaid {
        &self.last
    }

    /// Whether the case passes, as far as can be told at `now`.
    pub fn passes(&self, now: Span) -> bool {
        let as_accepted = |accepted: &String| {
            let checked = against(accepted, self.case, &self.judge.dose_log());
            checked.is_ok_and(|checked| checked.reason(self.case, now).is_none())
        };
        self.judge.has_passed() && self.accepted.as_ref().is_none_or(as_accepted)
    }

    /// The pump is made safe from here on.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// Whether the pump is being made safe.
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Closes the journal.
    ///
    /// # Errors
    /// It did not take everything that happened while the pump was made safe, or cannot be forced to the disk.
    pub fn close(self) -> Result<(), JournalError> {
        match self.unwritten {
            Some(error) => Err(error),
            None => self.journal.finish().map(drop),
        }
    }
}

/// What was said last, oldest first; at most [`LINES_MAX`] lines of each.
#[derive(Debug, Default)]
pub(super) struct LastSaid {
    /// By the firmware's log.
    pub log: VecDeque<String>,
    /// On the line, in both directions.
    pub line: VecDeque<String>,
}

impl LastSaid {
    fn heard(&mut self, body: &Body) {
        let (lines, text) = match body {
            Body::Log(log) => (&mut self.log, log_line(log)),
            Body::Sent { bytes } => (&mut self.line, format!("-> {bytes}")),
            Body::Received { bytes } => (&mut self.line, format!("<- {bytes}")),
            _ => return,
        };
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}
