//! Plays one case on one rig: performs the steps, lets time pass, writes down everything that happens, and leaves the pump safe.
//!
//! The runner decides nothing about the pump. It asks the [`Judge`] when a waiting `expect` has come true, so that it knows when to go on; the
//! verdict is made afterwards from the journal alone.

mod crash;
mod leave_safe;
mod setup;
mod steps;
mod watch;

pub use leave_safe::Left;

use crate::interrupt::Interrupt;
use crate::journal;
use pump_hil_model::case::{Case, Request};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, Received, Rig, RigError, host_time};
use pump_hil_talk::session::{Outcome, RequestId, Session, SessionEvent};
use pump_hil_verdict::journal::JournalError;
use pump_hil_verdict::judge::Judge;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why playing a case stopped before its end. All of it is in the journal already.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The rig broke.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// The journal cannot be written: the evidence would be incomplete.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The person or the system asked to stop.
    #[error("interrupted by {0}")]
    Interrupted(&'static str),
    /// The pump cannot be brought to where the scenario begins.
    #[error("set-up: {0}")]
    Setup(String),
}

/// Host time in which a reply comes where granted time stands still; a peer that is slower than this loses nothing but speed.
const REPLY_AT_ONCE: Duration = Duration::from_millis(20);

/// Called with every event, for progress and `--log`.
pub type Watch<'a> = &'a mut dyn FnMut(&Event);

/// One case on one rig.
pub struct Runner<'a> {
    case: &'a Case,
    /// The accepted dose log that the run is held to.
    accepted: Option<String>,
    rig: Rig,
    session: Session,
    judge: Judge,
    journal: journal::Writer,
    interrupt: Interrupt,
    started: Instant,
    /// The rig's time at which the scenario's time is 0.
    begin: Span,
    /// Faults that were switched on and not cleared.
    armed: BTreeSet<FaultName>,
    /// Requests that were answered, or given up, and that nobody has asked for yet.
    finished: Vec<(RequestId, Outcome)>,
    watch: Watch<'a>,
    watched: watch::Watched,
    /// What was said last, by log and line.
    last: crash::Last,
    /// Crash records so far.
    crashes: usize,
    /// One of them is of the end already.
    end_is_looked_at: bool,
    /// That the firmware hangs stands in the journal.
    hang_is_noted: bool,
    /// The pump is being made safe: a journal that takes no more must not stand in the way.
    leaving: bool,
    /// The journal took an event only in part, or not at all.
    torn: bool,
    /// Why it took none while the pump was being made safe.
    unwritten: Option<JournalError>,
}

impl<'a> Runner<'a> {
    /// A runner that has not begun yet; `accepted` is what the journal's header has.
    pub fn new(
        case: &'a Case,
        accepted: Option<String>,
        rig: Rig,
        journal: journal::Writer,
        interrupt: Interrupt,
        watch: Watch<'a>,
    ) -> Self {
        let session = Session::new(Arc::clone(rig.profile()));
        Self {
            case,
            accepted,
            rig,
            session,
            judge: Judge::new(case),
            journal,
            interrupt,
            started: host_time::now(),
            begin: Span(0),
            armed: BTreeSet::new(),
            finished: Vec::new(),
            watch,
            watched: watch::Watched::default(),
            last: crash::Last::default(),
            crashes: 0,
            end_is_looked_at: false,
            hang_is_noted: false,
            leaving: false,
            torn: false,
            unwritten: None,
        }
    }

    /// Plays the case from set-up to its last step. However it ends, call [`Runner::leave_safe`] next.
    ///
    /// # Errors
    /// [`Stopped`] when the case could not be played to its end.
    pub async fn play(&mut self) -> Result<(), Stopped> {
        let played = async {
            self.set_up().await?;
            self.watch()?;
            self.note_watched()?;
            self.play_steps().await?;
            // What truly happened up to the very end.
            self.sample()
        }
        .await;
        let played = played.map_err(|stopped| match stopped {
            Stopped::Rig(error) => Stopped::Rig(self.rig.explain(error)),
            other => other,
        });
        match &played {
            Ok(()) => self.note(Body::Played)?,
            Err(Stopped::Journal(_) | Stopped::Setup(_)) => {}
            Err(Stopped::Rig(error)) => self.note_trouble(error)?,
            Err(Stopped::Interrupted(by)) => self.note(Body::Interrupted { by: (*by).to_owned() })?,
        }
        played
    }

    /// Scenario time.
    fn now(&self) -> Span {
        Span(self.rig.now().0 - self.begin.0)
    }

    /// Writes an event into the journal, and shows it to the judge and to whoever watches.
    fn note(&mut self, body: Body) -> Result<(), JournalError> {
        let host_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let event = Event {
            t: self.now(),
            host_us,
            body,
        };
        tracing::debug!(case = %self.case.name(), "{}", pump_hil_model::event_text::event_line(&event));
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
        (self.watch)(&event);
        Ok(())
    }

    /// Notes what the session has to tell; after the pump spoke unasked, also what truly happened up to this instant.
    fn note_session_events(&mut self) -> Result<(), Stopped> {
        let mut spoke = false;
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Journal(body) => {
                    spoke |= matches!(body, Body::Pump { .. });
                    self.note(body)?;
                    self.note_start()?;
                }
                SessionEvent::Done { id, outcome } => self.finished.push((id, outcome)),
            }
        }
        if spoke {
            self.sample()?;
        }
        Ok(())
    }

    /// Reads the test block, where the rig has one, into the journal.
    fn sample(&mut self) -> Result<(), Stopped> {
        if let Some(sample) = self.rig.sample()? {
            self.note(Body::Sample(sample))?;
        }
        Ok(())
    }

    /// Lets time pass until `until` (scenario time), or until `done` says so after something happened.
    async fn pass_time(&mut self, until: Span, mut done: impl FnMut(&Self) -> bool) -> Result<(), Stopped> {
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                self.rig.send(&bytes).await?;
            }
            self.note_session_events()?;
            if done(self) || self.now() >= until {
                return Ok(());
            }
            if let Some(by) = self.interrupt.by() {
                return Err(Stopped::Interrupted(by));
            }
            let due = self
                .session
                .poll_timeout()
                .map_or(until, |t| until.min(Span(t.0 - self.begin.0)));
            let received = tokio::select! {
                biased;
                received = Self::receive(&mut self.rig, self.session.is_waiting(), Span(due.0.saturating_add(self.begin.0))) => received?,
                by = self.interrupt.wait() => return Err(Stopped::Interrupted(by)),
            };
            self.note_log()?;
            self.note_watched()?;
            match received.end {
                End::Bytes => self.session.handle_bytes(&received.bytes, received.now),
                End::Deadline => self.session.handle_timeout(received.now),
                // Granted time stands still until somebody resumes the core.
                End::Halted => return Ok(()),
            }
        }
    }

    /// A reply to what was just sent comes at this instant, so no time needs to be granted for it. Only silence is left to the clock.
    async fn receive(rig: &mut Rig, waiting: bool, until: Span) -> Result<Received, RigError> {
        if waiting {
            let received = rig.reply_wait(REPLY_AT_ONCE).await?;
            if received.end == End::Bytes {
                return Ok(received);
            }
        }
        rig.receive(until).await
    }

    /// Asks the pump for something and waits until it answered or was given up. What came of it is in the journal as well.
    async fn request(&mut self, request: &Request) -> Result<Outcome, Stopped> {
        let id = match self.session.request(request, self.rig.now()) {
            Ok(id) => id,
            Err(why) => {
                self.note(Body::RigTrouble { what: why.to_string() })?;
                return Ok(Outcome::NotSent { why });
            }
        };
        self.outcome(id).await
    }

    /// Waits until a request is over.
    async fn outcome(&mut self, id: RequestId) -> Result<Outcome, Stopped> {
        // The session bounds the wait: its retries and timeouts end every request.
        self.pass_time(Span(i64::MAX / 2), |runner| {
            runner.finished.iter().any(|(done, _)| *done == id)
        })
        .await?;
        let at = self.finished.iter().position(|(done, _)| *done == id);
        Ok(at.map_or(Outcome::Abandoned, |at| self.finished.swap_remove(at).1))
    }
}
