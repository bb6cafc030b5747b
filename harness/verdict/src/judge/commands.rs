//! A pump whose state changes by a command was given one, and one whose state changes by a start did start.

use pump_hil_model::case::{Action, Case, Mode, Prescription, Request, Step, Verb};
use pump_hil_model::event::{Body, Event, Said};

/// The commands that were given, and not carried out yet as far as the pump told.
#[derive(Debug, Clone, Default)]
pub(super) struct Commands {
    begun: bool,
    /// Those that end in stopped, and those that may end in minimum rate.
    stop: u32,
    minimum_rate: u32,
    /// A prescription of minimum rate is started as any other.
    start_may_be: bool,
    /// It started since the begin.
    booted: bool,
    /// The one of the step in progress is counted.
    counted: bool,
    /// Bytes were sent that only the pump understands: it may have been told anything.
    unknown: bool,
}

impl Commands {
    /// For one run of `case`.
    pub fn new(case: &Case) -> Self {
        Self {
            start_may_be: case.prescription.as_ref().is_some_and(may_be_minimum)
                || programs(&case.steps, may_be_minimum),
            ..Self::default()
        }
    }

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
            Body::Pump { said, .. } if self.begun => return self.said(said),
            _ => {}
        }
        None
    }

    fn said(&mut self, said: &Said) -> Option<String> {
        match said {
            Said::Boot { .. } => {
                self.booted = true;
                None
            }
            Said::State { to, cause, .. } if cause == "command" => self.carried_out(to),
            Said::State { to, cause, .. } if cause == "boot" && !self.booted => {
                Some(format!("its state changes to {to} by a start that it never told"))
            }
            _ => None,
        }
    }

    fn given(&mut self, verb: Verb) {
        let count = match verb {
            Verb::Stop => &mut self.stop,
            Verb::MinimumRate => &mut self.minimum_rate,
            Verb::Start if self.start_may_be => &mut self.minimum_rate,
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

/// Whether it runs at minimum rate, as far as can be read.
fn may_be_minimum(rx: &Prescription) -> bool {
    matches!(rx.mode, Mode::Minimum) || !rx.raw.is_empty()
}

/// Whether some step programs such a prescription.
fn programs(steps: &[Step], such: fn(&Prescription) -> bool) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Do {
            request: Request::Program { prescription, .. } | Request::Stage { prescription },
            ..
        } => such(prescription),
        Action::Repeat { steps, .. } => programs(steps, such),
        _ => false,
    })
}
