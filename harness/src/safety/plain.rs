//! A conversation that nobody records: for who finds a pump that an earlier run left, and for a guard.

use super::heard::Heard;
use super::reach::{Reach, numbers};
use super::stopped::Stopped;
use pump_hil_model::case::Request;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, Rig, RigError};
use pump_hil_talk::session::{RequestEnd, RequestId, Session, SessionEvent};
use std::sync::Arc;

/// Lines that are kept at most, for whoever reads what was said.
const LINES_MAX: usize = 200;

/// A pump, and nobody who listens.
pub(crate) struct Plain<'r> {
    rig: &'r mut Rig,
    session: Session,
    heard: Heard,
    /// What was said, to and fro.
    pub lines: Vec<String>,
    /// What it was caught at.
    pub went_on: bool,
}

impl<'r> Plain<'r> {
    /// Nothing is known of what was said before, not even whether its last line was whole.
    pub fn new(rig: &'r mut Rig) -> Self {
        let mut session = Session::new(Arc::clone(rig.profile()));
        session.line_was_cut(numbers());
        Self {
            rig,
            session,
            heard: Heard::default(),
            lines: Vec::new(),
            went_on: false,
        }
    }

    /// Talks until `until`, or until a request is over.
    async fn talk(&mut self, until: Span, waits: Option<RequestId>) -> Result<Option<RequestEnd>, Stopped> {
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                self.rig.send(&bytes).await?;
            }
            while let Some(event) = self.session.poll_event() {
                match event {
                    SessionEvent::Journal(body) => self.hear(&body),
                    SessionEvent::Done { id, end } if Some(id) == waits => return Ok(Some(end)),
                    SessionEvent::Done { .. } => {}
                }
            }
            let now = self.rig.now();
            if now >= until {
                return Ok(None);
            }
            let due = self.session.poll_timeout().map_or(until, |timeout| timeout.min(until));
            let received = self.rig.receive(due).await?;
            match received.end {
                End::Bytes => self.session.handle_bytes(&received.bytes, received.now),
                End::Deadline => self.session.handle_timeout(received.now),
                // Granted time stands with the core: nothing comes any more.
                End::Halted => return Ok(None),
            }
        }
    }

    /// The conversation is over: what is left of an unfinished line is told as well.
    pub fn close(&mut self) {
        self.session.close();
        while let Some(event) = self.session.poll_event() {
            if let SessionEvent::Journal(body) = event {
                self.hear(&body);
            }
        }
    }

    fn hear(&mut self, body: &Body) {
        self.heard.on(body);
        let line = match body {
            Body::Sent { bytes, .. } => format!("-> {bytes}"),
            Body::Received { bytes, .. } => format!("<- {bytes}"),
            _ => return,
        };
        if self.lines.len() < LINES_MAX {
            self.lines.push(line);
        }
    }

    async fn outcome(&mut self, id: RequestId) -> Result<RequestEnd, Stopped> {
        let end = self.talk(Span(i64::MAX), Some(id)).await?;
        Ok(end.unwrap_or(RequestEnd::Abandoned))
    }
}

impl Reach for Plain<'_> {
    fn rig(&mut self) -> &mut Rig {
        self.rig
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }

    fn take_down(&mut self, body: Body) {
        self.went_on |= matches!(body, Body::WentOn { .. });
    }

    fn rig_broke(&mut self, error: &RigError) {
        if self.lines.len() < LINES_MAX {
            self.lines.push(error.to_string());
        }
    }

    fn line_is_back(&mut self) {
        self.session.line_was_cut(numbers());
    }

    async fn ask_to_stop(&mut self) -> Result<RequestEnd, Stopped> {
        let now = self.rig.now();
        let id = self.session.make_safe(now);
        self.outcome(id).await
    }

    async fn ask(&mut self, request: &Request) -> Result<RequestEnd, Stopped> {
        let now = self.rig.now();
        match self.session.request(request, now) {
            Ok(id) => self.outcome(id).await,
            Err(why) => Ok(RequestEnd::NotSent { why }),
        }
    }

    async fn pass(&mut self, span: Span) -> Result<(), Stopped> {
        let until = Span(self.rig.now().0.saturating_add(span.0));
        self.talk(until, None).await.map(drop)
    }
}
