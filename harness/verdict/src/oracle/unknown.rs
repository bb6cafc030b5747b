//! What is not known of a request: when it took effect, and, where it was never answered, whether it did. The pump's own words tell.

use pump_hil_model::case::{Action, Prescription, Request, Step};

/// What the pump told of a step's request before the reply to it, which may come late: it took effect then.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// When it was first sent.
    pub sent: Option<i64>,
    /// It is over: what the step sends from then on is something else, such as a look into the pump's log.
    pub over: bool,
    /// The prescription is in force.
    pub rx: bool,
    /// The state is the one that was asked for.
    pub state: bool,
    /// The clock is set.
    pub clock: bool,
}

/// What nobody knows until the pump tells it: whether it carried out what it never answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Unknown {
    pub start: bool,
    pub rx: Option<Prescription>,
    pub clock: Option<i64>,
}

impl Told {
    /// The request of the step in progress, while its outcome is open.
    pub fn open<'s>(&self, step: Option<&'s Step>) -> Option<&'s Request> {
        request_of(step).filter(|_| !self.over)
    }
}

impl Unknown {
    /// A request was given up.
    pub fn given_up(&mut self, request: &Request, told: &Told, staged: &mut Option<Prescription>) {
        match request {
            Request::Start => self.start = !told.state,
            Request::Program { prescription, .. } if !told.rx => self.rx = Some((**prescription).clone()),
            Request::Commit => self.rx = staged.take(),
            Request::SetClock { to_s } if !told.clock => self.clock = Some(*to_s),
            _ => {}
        }
    }
}

/// The request of a step.
pub(super) fn request_of(step: Option<&Step>) -> Option<&Request> {
    match step.map(|step| &step.action) {
        Some(Action::Do { request, .. }) => Some(request),
        _ => None,
    }
}
