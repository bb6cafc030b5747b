//! When the pump starts again: did anybody ask for that?

use pump_hil_model::crash::{Crash, Why};
use pump_hil_model::event::{Body, Event, Said};

/// The starts of a pump since the begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Starts {
    /// The probe wrote, flipped, halted or reset: what the pump does afterwards may be due to that.
    reached_in: bool,
    /// The firmware faulted, and has not started again since.
    faulted: bool,
    /// The last event was a start that nothing explains.
    pub unexplained: bool,
    /// How many nobody asked for, those after a fault of the firmware among them.
    pub unasked: u32,
}

impl Starts {
    /// Takes note of a crash record.
    pub fn crashed(&mut self, crash: &Crash) {
        self.faulted |= crash.why == Why::Fault;
    }

    /// Takes note of an event; `armed`: a fault is that may have the pump start again.
    pub fn on_event(&mut self, event: &Event, begun: bool, armed: bool, may_fault: bool) {
        match &event.body {
            // For the rest of the run: a bit that was flipped may bring a reset hours later.
            Body::Probe { .. } => self.reached_in = true,
            Body::Pump {
                said: Said::Boot { .. },
                ..
            } if begun => {
                // One fault explains one start.
                let faulted = std::mem::take(&mut self.faulted);
                self.unexplained = !faulted && !armed && !self.reached_in;
                let unasked = self.unexplained || (faulted && !may_fault);
                self.unasked = self.unasked.saturating_add(unasked.into());
            }
            _ => {}
        }
    }
}
