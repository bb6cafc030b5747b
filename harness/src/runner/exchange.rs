//! Bytes to the pump and from it, while time passes: the session decides what is said, the rig carries it, and whatever comes of it is noted.
//!
//! Invariant: no wait is without an end. A step's time, the session's own timeouts or an interrupt ends each.

mod reach;

use super::listen::Listen;
use super::post_mortem::PostMortem;
use super::recorded::RecordedRig;
use super::refusal;
use super::standstill::Standstill;
use super::unprompted::{Now, Unprompted};
use super::watched::Watched;
use crate::interrupt::{self, Interrupt};
use crate::journal::Written;
use crate::safety::{Heard, Stopped};
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Request, Verb};
use pump_hil_model::event::Body;
use pump_hil_model::lack::Lacks;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::TroubleCode;
use pump_hil_rig::{End, Rig, RigError};
use pump_hil_talk::session::{RequestEnd, RequestId, Session, SessionEvent, only_reads};
use pump_hil_verdict::journal::JournalError;
use pump_hil_verdict::judge::Judge;
use std::cell::Ref;
use std::sync::Arc;

/// The conversation with a pump on a recorded rig.
pub(super) struct Exchange<'a> {
    at: RecordedRig<'a>,
    session: Session,
    /// Requests that were answered, or given up, and that nobody has asked for yet.
    finished: Vec<(RequestId, RequestEnd)>,
    interrupt: Interrupt,
    watched: Watched,
    post_mortem: PostMortem,
    listen: Listen,
    standstill: Standstill,
    unprompted: Unprompted,
    /// A request of a step, or of the set-up, is not over.
    asking: bool,
    /// The pump has said who it is.
    known: bool,
    /// Something was said of which nothing, or not all, came through.
    pub(super) in_doubt: bool,
    /// For the way to safety, which asks no judge.
    told: Heard,
}

/// Status requests behind one that was not answered, before a pump counts as silent; and the host's time between their begins.
const ASKED_AGAIN: u32 = 3;
const APART: Span = Span(5_000);

impl<'a> Exchange<'a> {
    /// Nothing was said yet.
    pub fn new(mut at: RecordedRig<'a>, interrupt: Interrupt) -> Self {
        Self {
            session: Session::new(Arc::clone(at.rig().profile())),
            standstill: Standstill::of(at.rig().limits.standing()),
            at,
            finished: Vec::new(),
            interrupt,
            watched: Watched::default(),
            post_mortem: PostMortem::default(),
            listen: Listen::default(),
            unprompted: Unprompted::default(),
            asking: false,
            known: false,
            in_doubt: false,
            told: Heard::default(),
        }
    }

    /// The rig with its record.
    pub fn at(&mut self) -> &mut RecordedRig<'a> {
        &mut self.at
    }

    /// The rig itself.
    pub fn rig(&mut self) -> &mut Rig {
        self.at.rig()
    }

    /// What its pump lacks.
    pub fn lacks(&mut self) -> &Lacks {
        &self.rig().profile().lacks
    }

    /// Scenario time.
    pub fn now(&self) -> Span {
        self.at.now()
    }

    /// Scenario time in so long.
    pub fn after(&self, span: Span) -> Span {
        Span(self.now().0.saturating_add(span.0))
    }

    /// The judge, as far as it has heard.
    pub fn judge(&self) -> Ref<'_, Judge> {
        self.at.judge()
    }

    /// Notes what happened at this instant.
    pub fn note(&mut self, body: Body) -> Result<(), JournalError> {
        self.at.note(body)
    }

    /// Waits until the firmware has started.
    pub async fn boot(&mut self) -> Result<(), Stopped> {
        self.at.write_out()?;
        tokio::select! {
            biased;
            by = self.interrupt.wait() => Err(Stopped::Interrupted(by)),
            booted = self.at.rig().boot() => Ok(booted?),
        }
    }

    /// Watches these places from here on.
    pub fn watch(&mut self, places: &[String]) -> Result<(), Stopped> {
        self.watched.begin(&mut self.at, places)
    }

    /// Lets time pass until `until` (scenario time).
    pub async fn pass_time(&mut self, until: Span) -> Result<(), Stopped> {
        self.pass_time_unless(until, |_| false).await
    }

    /// Lets time pass until `until` (scenario time), or until `done` says so after something happened.
    pub async fn pass_time_unless(&mut self, until: Span, mut done: impl FnMut(&Self) -> bool) -> Result<(), Stopped> {
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                self.at.rig().send(&bytes).await?;
            }
            self.note_session_events()?;
            // Before time is granted: what is true already costs none.
            let over = done(self) || self.now() >= until;
            if self.is_to_catch_up() {
                self.session.catch_up(self.at.rig().now());
                continue;
            }
            // What is read back belongs to this instant.
            if over && (self.listen.is_broken() || !self.session.is_catching_up()) {
                return Ok(());
            }
            if let Some(by) = self.interrupt.by() {
                return Err(Stopped::Interrupted(by));
            }
            if self.listen.due().is_some_and(|due| due <= self.now()) {
                self.listen.looked(self.now());
                self.session.catch_up(self.at.rig().now());
                continue;
            }
            let (t, rig, idle) = (self.now(), self.at.rig().now(), self.is_idle());
            let state = self.told.state.as_deref();
            if let Some(note) = self.unprompted.ask(&mut self.session, Now { t, rig, idle, state }) {
                note.map_or(Ok(()), |body| self.note(body))?;
                continue;
            }
            if self.standstill.is_over(self.now()) {
                return Err(self.stands().into());
            }
            let timeout = self.session.poll_timeout();
            // A log that is read gets the time that its answers take.
            let limit = if over { Span(i64::MAX / 2) } else { until };
            let due = timeout.map_or(limit, |t| limit.min(self.at.scenario_time(t)));
            let dues = self.listen.due().into_iter().chain(self.unprompted.due(self.is_idle()));
            let due = dues.fold(due, Span::min);
            let due = self.at.rig_time(due);
            let received = tokio::select! {
                // What came is taken before an interrupt is looked at: it happened before.
                biased;
                received = self.at.receive(self.session.is_waiting(), due) => received?,
                reading = self.unprompted.weigher.next() => {
                    let (now, scale) = (self.now(), self.at.rig().timing.0.unwrap_or(1));
                    let body = self.unprompted.weigher.note(reading?, now, scale);
                    self.note(body)?;
                    continue;
                }
                by = self.interrupt.wait() => return Err(Stopped::Interrupted(by)),
            };
            self.look()?;
            match received.end {
                End::Bytes => {
                    if received.missed {
                        self.in_doubt = true;
                        // It may come late, or from the log: what truly happened belongs to this instant.
                        self.at.sample()?;
                    }
                    self.session.handle_bytes(&received.bytes, received.now);
                }
                End::Deadline => self.session.handle_timeout(received.now),
                // Granted time stands still until somebody resumes the core.
                End::Halted => return Ok(()),
            }
        }
    }

    /// What the harness asks and reads of its own accord.
    pub fn unprompted(&mut self) -> &mut Unprompted {
        &mut self.unprompted
    }

    /// Between a request and its reply nothing else goes out.
    fn is_idle(&self) -> bool {
        !(self.asking || self.session.is_waiting() || self.session.is_catching_up())
    }

    /// Who listens, to tell of what changes what comes.
    pub fn listening(&mut self) -> &mut Listen {
        &mut self.listen
    }

    /// Whether something may have been missed, and the pump can be asked for it now; then it is.
    fn is_to_catch_up(&mut self) -> bool {
        let asked = self.in_doubt && self.listen.hears_what_is_said();
        if asked {
            self.in_doubt = false;
            self.listen.looked(self.now());
        }
        asked
    }

    /// Reads back what may have been missed, unless a fault of the scenario's own keeps the pump from talking: before what it did not say is held against it.
    pub async fn make_sure(&mut self) -> Result<(), Stopped> {
        if self.listen.hears() {
            self.catch_up().await?;
        }
        Ok(())
    }

    /// Reads back from the pump's logs what was not heard.
    pub async fn catch_up(&mut self) -> Result<(), Stopped> {
        self.in_doubt = false;
        self.session.catch_up(self.at.rig().now());
        // The session bounds it, as it does every request.
        self.pass_time_unless(Span(i64::MAX / 2), |exchange| !exchange.session.is_catching_up())
            .await
    }

    /// Takes in what the pump says at this very instant.
    pub async fn settle(&mut self) -> Result<(), Stopped> {
        let now = self.at.rig().now();
        let received = tokio::select! {
            biased;
            received = self.at.receive(false, now) => received?,
            by = self.interrupt.wait() => return Err(Stopped::Interrupted(by)),
        };
        self.look()?;
        self.in_doubt |= received.missed;
        self.session.handle_bytes(&received.bytes, received.now);
        self.note_session_events()?;
        if self.in_doubt {
            self.pass_time(self.now()).await?;
        }
        Ok(())
    }

    /// Asks the pump for something and waits until it answered or was given up. What came of it is in the journal as well.
    ///
    /// # Errors
    /// As any wait; and [`Stopped::Unfit`] where a pump that was found well does not answer, and then answers nothing else either.
    pub async fn request(&mut self, request: &Request) -> Result<RequestEnd, Stopped> {
        let end = self.ask(request).await?;
        if matches!(end, RequestEnd::NoReply { .. }) && self.is_well() && !self.judge().silence_is_excused() {
            self.is_it_silent(request.verb()).await?;
        }
        Ok(end)
    }

    /// The pump has said who it is.
    pub fn is_known(&mut self) {
        self.known = true;
    }

    /// Whether what the pump does not answer is its own doing: it was found well. Where time is granted, whoever grants it shows with each grant that the
    /// pump took all that was sent, and that all that it said has come.
    pub fn is_well(&mut self) -> bool {
        self.known || self.line_is_proven()
    }

    fn line_is_proven(&mut self) -> bool {
        self.rig().capabilities().contains(&Capability::VirtualTime)
    }

    /// A request went unanswered. One line may be lost on any cable: whether the pump is silent shows only when it is asked again.
    async fn is_it_silent(&mut self, verb: Verb) -> Result<(), Stopped> {
        let lacks = self.lacks();
        let is_there = |ask: &Request| !lacks.is_plain() && !lacks.has_named(ask.verb().word());
        let asks = [Request::Status, Request::Identify, Request::Totals];
        let ask = asks.into_iter().find(is_there);
        // One that can be asked nothing is judged by what it did not answer.
        let Some(ask) = ask else { return Ok(()) };
        let said = self.at.record().last_said().exchange(None);
        let begun = self.now();
        let apart = APART.0.saturating_mul(self.rig().timing.0.unwrap_or(1).into());
        for asked in 0..ASKED_AGAIN {
            let due = Span(begun.0.saturating_add(apart.saturating_mul(asked.into())));
            self.pass_time(due).await?;
            if !matches!(self.ask(&ask).await?, RequestEnd::NoReply { .. }) {
                return Ok(());
            }
        }
        let over_ms = u64::try_from(self.now().0.saturating_sub(begun.0)).unwrap_or(0);
        Err(self.unfit(verb, None, (ASKED_AGAIN, over_ms), said)?)
    }

    /// Notes that the pump refused what the case begins with.
    pub fn refused_set_up(&mut self, verb: Verb, reason: &str) -> Result<Stopped, Stopped> {
        let said = self.at.record().last_said().exchange(Some(reason));
        self.unfit(verb, Some(reason), (0, 0), said)
    }

    /// Notes what the pump is unfit in: how often it was asked again and over which time, the last request, and what came of it.
    fn unfit(
        &mut self,
        verb: Verb,
        refused: Option<&str>,
        asked: (u32, u64),
        said: (String, String),
    ) -> Result<Stopped, Stopped> {
        let about = refused.map_or_else(Default::default, |_| self.at.refusal());
        let unfit = refusal::unfit(verb, refused, about, asked, said, self.line_is_proven());
        self.note(Body::Unfit(Box::new(unfit)))?;
        Ok(Stopped::Unfit)
    }

    async fn ask(&mut self, request: &Request) -> Result<RequestEnd, Stopped> {
        self.standstill.begin();
        if !only_reads(request, self.rig().profile()) {
            self.at.write_out()?;
        }
        let now = self.at.rig().now();
        let id = match self.session.request(request, now) {
            Ok(id) => id,
            Err(why) => {
                let (code, what) = (Some(TroubleCode::of("not-sent")), why.to_string());
                self.note(Body::RigTrouble { code, what })?;
                return Ok(RequestEnd::NotSent { why });
            }
        };
        self.asking = true;
        let end = self.outcome(id).await?;
        self.asking = false;
        if matches!(end, RequestEnd::NoReply { .. }) {
            // Another program may have taken the answer.
            self.rig().way_out().line_is_ours()?;
        }
        Ok(end)
    }

    /// Sends bytes that are no request.
    pub async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        self.at.write_out()?;
        self.session.send_raw(bytes);
        self.pass_time(self.now()).await?;
        // The pump takes them, and says what it says to them, at this very instant.
        self.settle().await
    }

    /// The pump's time stands: that is told as firmware that hangs.
    pub fn stands(&mut self) -> RigError {
        self.at.rig().stands()
    }

    /// What is noted of a pump that comes to grief, and where.
    pub fn post_mortem(&mut self) -> (&mut PostMortem, &mut RecordedRig<'a>) {
        (&mut self.post_mortem, &mut self.at)
    }

    /// The pump is made safe from here on, which nothing interrupts. Tells whether the case was interrupted before.
    pub fn leave(&mut self) -> bool {
        let interrupted = self.interrupt.by().is_some();
        // Its other end is dropped here, and dropping it stops nothing: this one never tells.
        self.interrupt = interrupt::pair().1;
        (self.listen, self.unprompted, self.in_doubt) = (Listen::default(), Unprompted::default(), false);
        self.at.leave();
        interrupted
    }

    /// Closes rig and journal.
    pub fn close(self) -> Result<Written, JournalError> {
        self.at.close()
    }

    /// Waits until a request is over.
    async fn outcome(&mut self, id: RequestId) -> Result<RequestEnd, Stopped> {
        // The session bounds the wait: its retries and timeouts end every request.
        self.pass_time_unless(Span(i64::MAX / 2), |exchange| {
            exchange.finished.iter().any(|(done, _)| *done == id)
        })
        .await?;
        let at = self.finished.iter().position(|(done, _)| *done == id);
        // None where the core was halted: granted time stands then, and no timeout comes.
        Ok(at.map_or(RequestEnd::Abandoned, |at| self.finished.swap_remove(at).1))
    }

    /// Notes what was left of a line that has no end. Half a line of a pump that goes on talking is none of these.
    pub fn end_of_line(&mut self) -> Result<(), Stopped> {
        self.session.end_of_line();
        self.note_session_events()
    }

    /// Time came to a stand: notes what is to be seen in the pump.
    fn look(&mut self) -> Result<(), Stopped> {
        self.post_mortem.note_log(&mut self.at)?;
        self.watched.note_changes(&mut self.at)
    }

    /// Notes what the session has to tell; after the pump spoke unasked, also what truly happened up to this instant.
    fn note_session_events(&mut self) -> Result<(), Stopped> {
        let mut spoke = false;
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Journal(body) => {
                    let is_garbled = matches!(body, Body::Garbled { .. });
                    // Of a line that is spoilt it is known that something was said now.
                    spoke |= is_garbled || matches!(body, Body::Pump { .. });
                    self.in_doubt |= is_garbled;
                    self.listen.heard(self.now(), &body);
                    self.unprompted.heard(self.now(), &body);
                    self.told.on(&body);
                    let may_tell_a_start = matches!(body, Body::Pump { .. });
                    self.at.note_said(body)?;
                    if may_tell_a_start {
                        self.post_mortem.note_start(&mut self.at)?;
                    }
                }
                SessionEvent::Done { id, end } => match self.unprompted.is_over(id) {
                    Some(note) => note.map_or(Ok(()), |body| self.note(body))?,
                    None => self.finished.push((id, end)),
                },
            }
        }
        self.at.note_last_line()?;
        if spoke {
            let sampled = self.at.sample();
            // A probe that is gone does not keep the pump from being told to stop.
            if !self.at.record().is_leaving() {
                sampled?;
            }
        }
        Ok(())
    }
}
