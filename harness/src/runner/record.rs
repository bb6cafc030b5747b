//! The one door of a case's events: each goes into the journal, to the judge, into what was said last, and on to whoever listens.
//!
//! Invariant: the journal has everything before the program waits for anything, and before it asks a pump for more than what it reads
//! ([`Record::write_out`]). Only while the pump is made safe everything goes on without a journal.

use crate::journal;
use pump_hil_model::case::Case;
use pump_hil_model::crash::LINES_MAX;
use pump_hil_model::event::{Body, Event, ReplyFields};
use pump_hil_model::event_text::{event_line, log_line};
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble_code::TroubleCode;
use pump_hil_rig::host_time;
use pump_hil_verdict::journal::JournalError;
use pump_hil_verdict::judge::Judge;
use pump_hil_verdict::snapshot::against;
use std::cell::{Cell, Ref, RefCell};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// Everything that is known of a case that is being played.
pub(super) struct Record<'a> {
    case: &'a Case,
    /// The accepted dose log that the run is held to.
    accepted: Option<String>,
    journal: journal::Writer,
    /// What the journal does not have yet, each event behind the line of the pump that says it.
    waiting: Vec<(Option<Arc<Event>>, Arc<Event>)>,
    /// So many of these are told to everybody else.
    told: Cell<usize>,
    hearers: RefCell<Hearers<'a>>,
    started: Instant,
    /// The pump is being made safe: a journal that takes no more must not stand in the way.
    leaving: bool,
    /// The journal took an event only in part, or not at all.
    torn: bool,
    /// Why it took none while the pump was being made safe.
    unwritten: Option<JournalError>,
    /// It has as much as a case may have; so many events were left out since.
    left_out: Option<u64>,
}

/// Who hears of each event beside the journal. They are told when somebody wants to know what they make of it, else while the program waits: a pump that
/// answers is not kept waiting for its next request.
struct Hearers<'a> {
    judge: Judge,
    last: LastSaid,
    /// The last event, where it was a sample.
    sampled: Option<(Span, Body)>,
    onward: &'a mut dyn FnMut(&Event),
    /// What the log is told once the pump is safe: a terminal that takes nothing would hold up whoever writes to it.
    untold: Vec<String>,
}

/// So many events wait at most for the journal.
const WAITING_MAX: usize = 256;

/// Bytes beyond the limit of a journal in which its end has room, each time that it needs some.
const END: u64 = 1 << 20;

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
            waiting: Vec::new(),
            told: Cell::new(0),
            hearers: RefCell::new(Hearers {
                judge: Judge::new(case),
                last: LastSaid::default(),
                sampled: None,
                onward,
                untold: Vec::new(),
            }),
            started: host_time::now(),
            leaving: false,
            torn: false,
            unwritten: None,
            left_out: None,
        }
    }

    /// Takes what happened at `t`, scenario time.
    ///
    /// # Errors
    /// As [`Record::write_out`].
    pub fn note(&mut self, t: Span, body: Body) -> Result<(), JournalError> {
        self.note_said(t, None, body)
    }

    /// Takes what the pump said at `t` together with its line, which stand in one line of the journal.
    ///
    /// # Errors
    /// As [`Record::write_out`].
    pub fn note_said(&mut self, t: Span, received: Option<String>, body: Body) -> Result<(), JournalError> {
        let host_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut event = Event { t, host_us, body };
        self.counts_left_out(&mut event);
        let says = event.body.says();
        let received = received.map(|bytes| Body::Received { bytes, says });
        let received = received.map(|body| Arc::new(Event { t, host_us, body }));
        let event = Arc::new(event);
        self.waiting.push((received, event));
        if self.leaving || self.waiting.len() >= WAITING_MAX {
            self.write_out()?;
        }
        Ok(())
    }

    /// Tells everybody else what was taken, and writes it down; what fails while the pump is made safe is kept for later.
    ///
    /// # Errors
    /// The journal did not take it, and the pump is not being made safe yet.
    pub fn write_out(&mut self) -> Result<(), JournalError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.tell();
        self.told.set(0);
        let waiting = std::mem::take(&mut self.waiting);
        // What is appended behind a torn line would be lost.
        if self.torn {
            return Ok(());
        }
        let appended = waiting.iter().try_for_each(|(received, event)| {
            let line = received.as_deref().map(|event| match &event.body {
                Body::Received { bytes, .. } => bytes.as_str(),
                _ => "",
            });
            self.append(line, event)
        });
        match appended.and_then(|()| self.journal.write_out()) {
            Ok(()) => Ok(()),
            Err(error @ JournalError::Limit { .. }) if !self.leaving => Err(error),
            Err(error) => {
                self.torn = true;
                if !self.leaving {
                    return Err(error);
                }
                self.unwritten = Some(error);
                Ok(())
            }
        }
    }

    /// Tells everybody else what they have not heard yet.
    fn tell(&self) {
        let untold = self.waiting.get(self.told.get()..).unwrap_or_default();
        self.told.set(self.waiting.len());
        if untold.is_empty() {
            return;
        }
        let mut hearers = self.hearers.borrow_mut();
        for (received, event) in untold {
            for event in received.iter().chain([event]) {
                hearers.hear(event, self.leaving, self.case);
            }
        }
    }

    /// The end of a case says how many events a full journal has not.
    fn counts_left_out(&self, event: &mut Event) {
        if let (Some(count), Body::MadeSafe { did, .. }) = (self.left_out.filter(|count| *count > 0), &mut event.body) {
            did.push(format!(
                "{count} events of the way to safety are not in this journal, which is full"
            ));
        }
    }

    /// Appends an event. Of a journal that is full only the end is: what is said to the pump on its way to safety and what it says is counted.
    fn append(&mut self, received: Option<&str>, event: &Event) -> Result<(), JournalError> {
        let Err(error) = self.journal.append_line(received, event) else {
            return Ok(());
        };
        let JournalError::Limit { limit, .. } = error else {
            return Err(error);
        };
        if self.left_out.is_none() {
            self.left_out = Some(0);
            self.journal.extend_limit(END);
            let what = format!(
                "the journal has {} MiB, the limit of a case (`journal-mib` in the rig file): the case, or its pump, says too much",
                limit >> 20
            );
            let code = Some(TroubleCode::BABBLE);
            self.note(event.t, Body::RigTrouble { code, what })?;
            if !self.leaving {
                return Err(error);
            }
        }
        if let (Some(count), true) = (&mut self.left_out, event.body.is_talk()) {
            *count += 1;
            return Ok(());
        }
        self.journal.extend_limit(END);
        self.journal.append_line(received, event)
    }

    /// Whether the last event is this sample, of this instant.
    pub fn ends_with(&self, t: Span, sample: &Body) -> bool {
        let sampled = &self.heard().sampled;
        sampled.as_ref().is_some_and(|(at, last)| *at == t && last == sample)
    }

    /// The judge, which has heard everything.
    pub fn judge(&self) -> Ref<'_, Judge> {
        Ref::map(self.heard(), |hearers| &hearers.judge)
    }

    /// What was said last, by the firmware's log and on the line.
    pub fn last_said(&self) -> Ref<'_, LastSaid> {
        Ref::map(self.heard(), |hearers| &hearers.last)
    }

    fn heard(&self) -> Ref<'_, Hearers<'a>> {
        self.tell();
        self.hearers.borrow()
    }

    /// Whether the case passes, as far as can be told at `now`.
    pub fn passes(&self, now: Span) -> bool {
        let judge = self.judge();
        let as_accepted = |accepted: &String| {
            let checked = against(accepted, self.case, &judge.dose_log());
            checked.is_ok_and(|checked| checked.reason(self.case, now, &[]).is_none())
        };
        let passes = || judge.has_passed() && self.accepted.as_ref().is_none_or(as_accepted);
        // A judge that cannot tell is no pass, and no reason to leave a pump running.
        std::panic::catch_unwind(AssertUnwindSafe(passes)).unwrap_or(false)
    }

    /// The pump is made safe from here on.
    pub fn leave(&mut self) {
        self.leaving = true;
        // The way to safety may have to wait long, such as for a line. What fails is kept for later.
        let _ = self.write_out();
    }

    /// Whether the pump is being made safe.
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Closes the journal; gives what was written.
    ///
    /// # Errors
    /// It did not take everything that happened while the pump was made safe, or cannot be forced to the disk.
    pub fn close(mut self) -> Result<journal::Written, JournalError> {
        self.write_out()?;
        match self.unwritten {
            Some(error) => Err(error),
            None => self.journal.finish(),
        }
    }
}

impl Hearers<'_> {
    fn hear(&mut self, event: &Arc<Event>, leaving: bool, case: &Case) {
        self.trace(event, leaving, case);
        self.last.heard(&event.body);
        self.sampled = matches!(event.body, Body::Sample(_)).then(|| (event.t, event.body.clone()));
        if leaving {
            // The verdict comes from the journal: what this judge, or a listener, makes of it must not keep the pump from being stopped.
            let told = AssertUnwindSafe(|| {
                self.judge.on_event(Arc::clone(event));
                (self.onward)(event);
            });
            let _ = std::panic::catch_unwind(told);
        } else {
            self.judge.on_event(Arc::clone(event));
            (self.onward)(event);
        }
    }

    /// Tells the log; while the pump is made safe only behind all of it.
    fn trace(&mut self, event: &Event, leaving: bool, case: &Case) {
        if !tracing::enabled!(target: "pump_hil::runner", tracing::Level::DEBUG) {
            return;
        }
        self.untold.push(event_line(event));
        if !leaving || matches!(event.body, Body::MadeSafe { .. } | Body::Ended) {
            for line in self.untold.drain(..) {
                // The target is what users have in their filters, whatever file this stands in.
                tracing::debug!(target: "pump_hil::runner", case = %case.name(), "{line}");
            }
        }
    }
}

/// What stands before a line, by who said it.
const TO_PUMP: &str = "-> ";
const FROM_PUMP: &str = "<- ";
/// Lines that a finding shows.
const SHOWN: usize = 3;

/// What was said last, oldest first; at most [`LINES_MAX`] lines of each.
#[derive(Debug, Default)]
pub(super) struct LastSaid {
    /// By the firmware's log.
    pub log: VecDeque<String>,
    /// On the line, in both directions.
    pub line: VecDeque<String>,
    /// In the last reply that refused something.
    pub refusal: ReplyFields,
}

impl LastSaid {
    /// The last line that was sent, and the last lines that came behind it; escaped. With `about`: of the exchange in which the pump first said this word.
    pub fn exchange(&self, about: Option<&str>) -> (String, String) {
        let is_about = |line: &String| about.is_some_and(|word| line.starts_with(FROM_PUMP) && line.contains(word));
        let end = self.line.iter().position(is_about).map_or(self.line.len(), |at| at + 1);
        let sent = self.line.range(..end).rposition(|line| line.starts_with(TO_PUMP));
        let request = sent.map_or("", |at| self.line[at].trim_start_matches(TO_PUMP));
        let behind = self.line.range(..end).skip(sent.map_or(0, |at| at + 1));
        let came: Vec<&str> = behind.map(|line| line.trim_start_matches(FROM_PUMP)).collect();
        let came = &came[came.len().saturating_sub(SHOWN)..];
        (request.to_owned(), came.join(" "))
    }

    fn heard(&mut self, body: &Body) {
        let (lines, text) = match body {
            Body::Log(log) => (&mut self.log, log_line(log)),
            Body::Sent { bytes, .. } => (&mut self.line, format!("{TO_PUMP}{bytes}")),
            Body::Received { bytes, .. } => (&mut self.line, format!("{FROM_PUMP}{bytes}")),
            Body::Reply {
                refused: Some(_),
                fields,
                ..
            } => {
                self.refusal = Arc::clone(fields);
                return;
            }
            _ => return,
        };
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}
