//! What a rig must be able to do for a case: it follows from what the case does.

use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Action, Check, Measure, ProbeAction, Request, Step};
use pump_hil_model::value::needs_image;
use std::collections::BTreeSet;

/// Gathers what steps and watched places need.
#[derive(Debug, Default)]
pub(super) struct Needs(pub BTreeSet<Capability>);

impl Needs {
    /// What steps need, those of repeats too.
    pub fn of_steps(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.action {
                Action::Inject { fault, .. } => self.0.extend([Capability::Fault(*fault), Capability::TestBlock]),
                Action::Expect { checks, .. } => checks.iter().for_each(|check| self.of_check(check)),
                Action::Send { .. } => self.need(Capability::RawSerial),
                Action::Probe(action) => self.of_probe(action),
                Action::Repeat { steps, .. } => self.of_steps(steps),
                // What is drawn out is what is truly left.
                Action::Do {
                    request: Request::Refill { removed: None, .. },
                    ..
                } => self.need(Capability::Shows(Measure::TrueReservoir)),
                // A fault that is cleared was injected by a step before.
                Action::Do { .. } | Action::Clear { .. } | Action::Wait(_) | Action::Mark(_) => {}
            }
        }
    }

    /// A place in memory that is read or written.
    pub fn of_place(&mut self, at: &str) {
        self.need(Capability::Probe);
        // An address or a symbol of the chip needs no debug information.
        if needs_image(at) {
            self.need(Capability::Symbols);
        }
    }

    fn need(&mut self, capability: Capability) {
        self.0.insert(capability);
    }

    fn of_check(&mut self, check: &Check) {
        match check {
            Check::Memory { at, .. } => self.of_place(at),
            // A measure that a rig cannot show is no reason to skip the rest (`shown`).
            Check::Measure { .. }
            | Check::Alarm { .. }
            | Check::NoAlarm { .. }
            | Check::AlarmCleared { .. }
            | Check::State(_)
            | Check::Mode(_)
            | Check::Bolus(_)
            | Check::Event { .. }
            | Check::NoEvent { .. }
            | Check::Reply { .. }
            | Check::Silence => {}
        }
    }

    fn of_probe(&mut self, action: &ProbeAction) {
        self.need(Capability::Probe);
        match action {
            ProbeAction::Read { at } | ProbeAction::Write { at, .. } | ProbeAction::Flip { at, .. } => {
                self.of_place(at)
            }
            ProbeAction::BreakAt { at, .. } => {
                self.need(Capability::RunControl);
                self.of_place(at);
            }
            ProbeAction::Halt { .. } | ProbeAction::Reset => self.need(Capability::RunControl),
        }
    }
}
