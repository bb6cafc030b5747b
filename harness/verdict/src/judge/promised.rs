//! Messages that must come by themselves, again and again, as the device profile promises.
//!
//! The runner looks for one when it is due, with the pump's state where it is promised only in one, and notes that it had not come (`awaited`). So a busy host
//! that reads late blames no pump. A state holds for the time between two looks that tell it, unless something was asked that may have changed it.

use pump_hil_model::case::Verb;
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::observing::Promised;
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::{Came, Expected, Finding, ReasonKind, Records};

/// The messages that are promised.
#[derive(Debug, Clone, Default)]
pub(super) struct Promises {
    all: Vec<Awaited>,
}

/// One of them.
#[derive(Debug, Clone)]
struct Awaited {
    promised: Promised,
    /// Since when it has been due without coming; `None`: it need not come now, as far as is known.
    since: Option<Span>,
    /// When the pump told last that it is in the state in which it must come.
    told_at: Option<Span>,
    /// That it is lost is told, until it comes again.
    told: bool,
}

impl Promises {
    /// Takes the next event; `broken`: a fault is armed that keeps the pump from talking.
    pub fn on_event(&mut self, event: &Event, broken: bool) -> Option<Finding> {
        if let Body::Observing { how } = &event.body {
            let all = how.promised.iter().map(|promised| Awaited {
                promised: promised.clone(),
                since: None,
                told_at: None,
                told: false,
            });
            self.all = all.collect();
        }
        let found = self.all.iter_mut().filter_map(|one| one.on_event(event, broken));
        // Each of them is looked for by an event of its own.
        found.last()
    }
}

impl Awaited {
    fn on_event(&mut self, event: &Event, broken: bool) -> Option<Finding> {
        let t = event.t;
        let always = self.promised.state.is_none();
        match &event.body {
            Body::Begun => self.since = always.then_some(t),
            Body::Pump {
                said: Said::Other { kind, .. },
                ..
            } if *kind == self.promised.message => {
                self.since = self.since.map(|_| t);
                self.told = false;
            }
            Body::Awaited { message } if *message == self.promised.message && !broken => return self.is_lost(t),
            // The probe, a fault or a request may stop it, and start it anew.
            Body::Probe { .. } | Body::Breakpoint { .. } | Body::FaultArmed { .. } | Body::FaultCleared { .. } => {
                self.since = always.then_some(t);
            }
            Body::Reply { verb, .. } if !always && !Verb::of(verb).is_some_and(Verb::only_reads) => self.since = None,
            _ => {}
        }
        if broken {
            self.since = always.then_some(t);
        }
        if let (Some(told), Some(state)) = (state_of(&event.body), &self.promised.state) {
            self.since = (told == state).then(|| self.since.unwrap_or(t));
            self.told_at = (told == state).then_some(t);
        }
        None
    }

    fn is_lost(&mut self, t: Span) -> Option<Finding> {
        let since = self.since?;
        let until = match self.promised.state {
            None => t,
            Some(_) => self.told_at?,
        };
        let lost = until.0.saturating_sub(since.0) > self.promised.after.0;
        if !lost || std::mem::replace(&mut self.told, true) {
            return None;
        }
        Some(Finding {
            kind: ReasonKind::Record,
            t,
            expected: Expected::Records(Records::Promised {
                message: self.promised.message.clone(),
                after: self.promised.after,
            }),
            came: Came::NotSince(since),
        })
    }
}

/// The state of the pump, where it is told by this.
fn state_of(body: &Body) -> Option<&str> {
    match body {
        Body::Pump {
            said: Said::State { to, .. },
            ..
        } => Some(to),
        Body::Pump {
            said: Said::Other { fields, .. },
            ..
        } => fields.get("state").map(String::as_str),
        body => Some(body.answer()?.1.get("state")?),
    }
}
