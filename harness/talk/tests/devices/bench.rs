//! A session with a device of which each answer is written down.

use pump_hil_model::case::Request;
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::Span;
use pump_hil_talk::device::Profile;
use pump_hil_talk::session::{RequestEnd, Session, SessionEvent};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A conversation, and what came of it.
pub struct Bench {
    session: Session,
    now: Span,
    done: Vec<RequestEnd>,
    pub bodies: Vec<Body>,
}

impl Bench {
    pub fn new(yaml: &str) -> Self {
        let profile = Profile::parse(yaml, "device.yaml").unwrap_or_else(|wrong| panic!("{wrong}"));
        Self {
            session: Session::new(Arc::new(profile)),
            now: Span(1_000),
            done: Vec::new(),
            bodies: Vec::new(),
        }
    }

    /// Asks, and gives the bytes that are sent at once.
    pub fn ask(&mut self, request: &Request) -> Vec<u8> {
        self.session
            .request(request, self.now)
            .unwrap_or_else(|why| panic!("{why}"));
        self.sent()
    }

    /// Asks what is asked every so often, and gives the bytes that are sent at once.
    pub fn polls(&mut self, request: &Request) -> Vec<u8> {
        let asked = self.session.ask(request, true, self.now);
        asked.unwrap_or_else(|why| panic!("{why}"));
        self.sent()
    }

    /// The bytes that are sent now.
    pub fn sent(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        while let Some(bytes) = self.session.poll_transmit() {
            sent.extend(bytes);
        }
        self.take();
        sent
    }

    /// Bytes of the device.
    pub fn hears(&mut self, bytes: &[u8]) {
        self.session.handle_bytes(bytes, self.now);
        self.take();
    }

    /// Time passes, each deadline at its time.
    pub fn passes(&mut self, ms: i64) {
        let end = Span(self.now.0 + ms);
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= end) {
            self.now = due;
            self.session.handle_timeout(due);
            self.take();
        }
        self.now = end;
        self.session.handle_timeout(end);
        self.take();
    }

    fn take(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Journal(body) => self.bodies.push(body),
                SessionEvent::Done { end, .. } => self.done.push(end),
            }
        }
    }

    /// How the last request ended: its fields, or why not.
    pub fn end(&mut self) -> Result<BTreeMap<String, String>, String> {
        match self.done.pop().expect("a request is over") {
            RequestEnd::Ok { fields } => Ok((*fields).clone()),
            RequestEnd::Refused { reason, .. } => Err(reason),
            other => Err(format!("{other:?}")),
        }
    }

    /// Whether a request is over.
    pub fn is_over(&self) -> bool {
        !self.done.is_empty()
    }

    /// What was said unasked, since it was asked last.
    pub fn said(&mut self) -> Vec<Said> {
        let said = std::mem::take(&mut self.bodies)
            .into_iter()
            .filter_map(|body| match body {
                Body::Pump { said, .. } => Some(said),
                _ => None,
            });
        said.collect()
    }
}
