//! A pump whose state changes by a command was given one.

use pump_hil_model::case::{Action, Step, Verb};
use pump_hil_model::event::{Body, Event, Said};

/// The commands that were given, and not carried out yet as far as the pump told.
#[derive(Debug, Clone, Default)]
pub(super) struct Commands {
    begun: bool,
    /// Those that end in stopped, and those that may end in minimum rate: such a prescription is started as well.
    stop: u32,
    minimum_rate: u32,
    /// The one of the step in progress is counted.
    counted: bool,
    /// Bytes were sent that only the pump understands: it may have been told anything.
    unknown: bool,
}

impl Commands {
    /// Takes the next event; `step` is the one in progress.
    pub fn on_event(&mut self, event: &Event, step: Option<&Step>) -> Option<String> {
        match &event.body {
            Body::Begun => self.begun = true,
            Body::StepStarted { .. } => self.counted = false,
            Body::Sent { .. } => match step.map(|step| &step.action) {
                Some(Action::Send { .. }) => self.unknown = true,
                // Sent again, it is the same one.
                Some(Action::Do { request, .. }) if !std::mem::replace(&mut self.counted, true) => {
                    self.given(request.verb());
                }
                _ => {}
            },
            // What the set-up asked for the pump may tell behind the begin.
            Body::Reply { verb, .. } if !self.begun => {
                if let Some(verb) = Verb::of(verb) {
                    self.given(verb);
                }
            }
            Body::Pump {
                said: Said::State { to, cause, .. },
                ..
            } if self.begun && cause == "command" => return self.carried_out(to),
            _ => {}
        }
        None
    }

    fn given(&mut self, verb: Verb) {
        let count = match verb {
            Verb::Stop => &mut self.stop,
            Verb::Start | Verb::MinimumRate => &mut self.minimum_rate,
            _ => return,
        };
        *count = count.saturating_add(1);
    }

    fn carried_out(&mut self, to: &str) -> Option<String> {
        let count = match to {
            "stopped" => &mut self.stop,
            "minimum-rate" => &mut self.minimum_rate,
            // That therapy starts only where somebody asks for it the oracle sees to.
            _ => return None,
        };
        let left = count.checked_sub(1);
        *count = left.unwrap_or(0);
        (left.is_none() && !self.unknown).then(|| format!("its state changes to {to} by a command that nobody gave"))
    }
}
