//! What the harness asks of its own accord, while no request waits for its reply: what the pump does not tell by itself, and whether it is in the state in which
//! a message had to come.

use super::polls::Polls;
use super::promises::{Look, Promises};
use super::weigher::Weigher;
use pump_hil_model::case::Request;
use pump_hil_model::event::Body;
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::Span;
use pump_hil_talk::session::{RequestId, Session};

/// Nothing is asked until it begins.
#[derive(Debug, Default)]
pub(super) struct Unprompted {
    polls: Polls,
    promises: Promises,
    /// What weighs what left the pump.
    pub weigher: Weigher,
    /// A probe reads what its motor moved.
    pub counts: bool,
}

/// What may be asked now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now<'a> {
    /// Scenario time.
    pub t: Span,
    /// The rig's time.
    pub rig: Span,
    /// No request waits for its reply.
    pub idle: bool,
    /// The state that the pump told last.
    pub state: Option<&'a str>,
}

impl Unprompted {
    /// From now on it asks.
    pub fn begin(&mut self, now: Span, observing: &Observing) {
        self.polls.begin(now, observing);
        self.promises.begin(now, &observing.promised);
    }

    /// When something is to be done next.
    pub fn due(&self, idle: bool) -> Option<Span> {
        let polls = self.polls.due().filter(|_| idle);
        polls.into_iter().chain(self.promises.due(idle)).min()
    }

    /// Does one thing that is due, and gives what is to be noted of it; `None`: nothing is due.
    pub fn ask(&mut self, session: &mut Session, now: Now<'_>) -> Option<Option<Body>> {
        if let Some(request) = self.polls.next(now.t, now.idle) {
            let asked = session.ask(&request, true, now.rig).ok();
            asked.into_iter().for_each(|id| self.polls.asked(id));
            return Some(None);
        }
        match self.promises.next(now.t, now.idle, now.state)? {
            Look::Note(message) => Some(Some(Body::Awaited { message })),
            Look::Ask(place) => {
                let asked = session.ask(&Request::Status, true, now.rig).ok();
                self.promises.asked(now.t, place, asked);
                Some(None)
            }
        }
    }

    /// A request is over: what is to be noted, where it was one of these.
    pub fn is_over(&mut self, id: RequestId) -> Option<Option<Body>> {
        if self.polls.is_over(id) {
            return Some(None);
        }
        let message = self.promises.is_over(id)?;
        Some(Some(Body::Awaited { message }))
    }

    /// Takes note of what came.
    pub fn heard(&mut self, now: Span, body: &Body) {
        self.promises.heard(now, body);
    }
}
