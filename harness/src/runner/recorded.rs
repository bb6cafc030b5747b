//! A rig together with the record of what happens at it, and the scenario's time.

use super::record::Record;
use super::refusal;
use crate::journal::Written;
use crate::safety::Stopped;
use pump_hil_model::event::{Body, Says};
use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, Received, Rig, RigError};
use pump_hil_verdict::journal::JournalError;
use pump_hil_verdict::judge::Judge;
use std::time::Duration;

/// Host time in which a reply comes where granted time stands still; a peer that is slower than this loses nothing but speed.
const REPLY_AT_ONCE: Duration = Duration::from_millis(20);

/// A rig whose every event is recorded.
pub(super) struct RecordedRig<'a> {
    rig: Rig,
    /// The rig's time at which the scenario's time is 0.
    begin: Span,
    record: Record<'a>,
    /// A line of the pump that is not noted yet.
    line: Option<(String, Option<Says>)>,
    /// Bytes that came on the line.
    heard: u64,
}

impl<'a> RecordedRig<'a> {
    /// Until [`RecordedRig::begin`] the scenario's time is the rig's.
    pub fn new(rig: Rig, record: Record<'a>) -> Self {
        Self {
            rig,
            begin: Span(0),
            record,
            line: None,
            heard: 0,
        }
    }

    /// The scenario begins at this instant.
    ///
    /// # Errors
    /// Of rig and journal.
    pub fn begin(&mut self) -> Result<(), Stopped> {
        self.begin = self.rig.now();
        self.sample()?;
        Ok(self.note(Body::Begun)?)
    }

    /// Scenario time.
    pub fn now(&self) -> Span {
        Span(self.rig.now().0 - self.begin.0)
    }

    /// The rig's time at a time of the scenario.
    pub fn rig_time(&self, t: Span) -> Span {
        // Who waits for a reply gives an end that is never reached, and the begin comes on top.
        Span(t.0.saturating_add(self.begin.0))
    }

    /// The scenario's time at a time of the rig.
    pub fn scenario_time(&self, t: Span) -> Span {
        Span(t.0 - self.begin.0)
    }

    /// The rig, to do something to it. What is done is for the caller to note.
    pub fn rig(&mut self) -> &mut Rig {
        &mut self.rig
    }

    /// What is recorded so far.
    pub fn record(&self) -> &Record<'a> {
        &self.record
    }

    /// Which key of the prescription the pump refused last, and what it said of it.
    pub fn refusal(&self) -> (Option<String>, Option<String>) {
        refusal::about(self.rig.profile(), &self.record.last_said().refusal)
    }

    /// The judge, as far as it has heard.
    pub fn judge(&self) -> &Judge {
        self.record.judge()
    }

    /// Notes what happened at this instant.
    ///
    /// # Errors
    /// As [`Record::note`].
    pub fn note(&mut self, body: Body) -> Result<(), JournalError> {
        self.record.note(self.now(), body)
    }

    /// Notes what the pump said. A line of it waits for the next event: if that says what the line is, both are one line of the journal.
    ///
    /// # Errors
    /// As [`Record::note`].
    pub fn note_said(&mut self, body: Body) -> Result<(), JournalError> {
        let line = match self.line.take() {
            Some((bytes, says)) if says == body.says() && (says.is_some() || matches!(body, Body::Garbled { .. })) => {
                Some(bytes)
            }
            Some((bytes, says)) => {
                self.note(Body::Received { bytes, says })?;
                None
            }
            None => None,
        };
        match body {
            Body::Received { bytes, says } => {
                self.line = Some((bytes, says));
                Ok(())
            }
            body => self.record.note_said(self.now(), line, body),
        }
    }

    /// Notes the line that waits, if one does: nothing more is known of it.
    ///
    /// # Errors
    /// As [`Record::note`].
    pub fn note_last_line(&mut self) -> Result<(), JournalError> {
        match self.line.take() {
            Some((bytes, says)) => self.note(Body::Received { bytes, says }),
            None => Ok(()),
        }
    }

    /// Lets time pass until bytes come, or to `until`, the rig's time. A reply to what was just sent comes at this instant, so no time needs to be granted for it.
    /// Only silence is left to the clock.
    ///
    /// # Errors
    /// As [`Rig::receive`].
    pub async fn receive(&mut self, waiting: bool, until: Span) -> Result<Received, RigError> {
        if waiting {
            let received = self.rig.reply_wait(REPLY_AT_ONCE).await?;
            if received.end == End::Bytes {
                return Ok(received);
            }
        }
        self.rig.receive(until).await
    }

    /// What a line says in a case has a limit, which the way to safety has not: its waits have ends.
    ///
    /// # Errors
    /// This is beyond it.
    pub fn is_not_too_much(&mut self, received: &Received) -> Result<(), RigError> {
        self.heard = self.heard.saturating_add(received.bytes.len() as u64);
        let limit = self.rig.limits.line;
        if self.heard > limit && !self.record.is_leaving() {
            return Err(RigError::Babble { limit });
        }
        Ok(())
    }

    /// Reads the test block, where the rig has one, into the record.
    ///
    /// # Errors
    /// Of rig and journal.
    pub fn sample(&mut self) -> Result<(), Stopped> {
        let Some(sample) = self.rig.sample()? else {
            return Ok(());
        };
        let (now, body) = (self.now(), Body::Sample(sample));
        // What the last event says already is not said twice.
        if self.record.ends_with(now, &body) {
            return Ok(());
        }
        Ok(self.record.note(now, body)?)
    }

    /// The pump is made safe from here on.
    pub fn leave(&mut self) {
        self.record.leave();
    }

    /// Closes rig and journal.
    ///
    /// # Errors
    /// As [`Record::close`].
    pub fn close(self) -> Result<Written, JournalError> {
        // First: it is closed even where the journal fails.
        drop(self.rig);
        self.record.close()
    }
}
