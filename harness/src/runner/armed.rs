//! Faults that are switched on: confirmed in effect, cleared, and never forgotten.

use super::exchange::Exchange;
use crate::safety::Stopped;
use pump_hil_model::event::Body;
use pump_hil_model::fault::{FaultName, Talk};
use pump_hil_model::quantity::Span;
use std::collections::BTreeSet;

/// How long a fault may take until it is read back in effect.
const CONFIRM_WITHIN: Span = Span(10_000);
/// How often it is read until then.
const CONFIRM_EVERY: Span = Span(100);

/// Faults that were switched on and not cleared.
#[derive(Debug, Clone, Default)]
pub(super) struct Armed(BTreeSet<FaultName>);

impl Armed {
    /// Switches a fault on, and waits until it is read back in effect.
    pub async fn inject(&mut self, pump: &mut Exchange<'_>, fault: FaultName, param: i64) -> Result<(), Stopped> {
        // Before it is tried: where the try breaks off half-way, it is cleared all the same.
        self.0.insert(fault);
        pump.rig().arm_fault(fault, param)?;
        pump.note(Body::FaultArmed { fault, param })?;
        self.tell(pump);
        let give_up = pump.after(CONFIRM_WITHIN);
        loop {
            pump.settle().await?;
            if pump.rig().fault_effect(fault)?.in_effect {
                pump.note(Body::FaultConfirmed { fault })?;
                return pump.at().sample();
            }
            if pump.now() >= give_up {
                let why = format!("not in effect {CONFIRM_WITHIN} after it was armed");
                pump.note(Body::FaultUnconfirmed { fault, why })?;
                return Ok(());
            }
            pump.pass_time(pump.after(CONFIRM_EVERY)).await?;
        }
    }

    /// Switches a fault off, and reads back that it is.
    pub async fn clear(&mut self, pump: &mut Exchange<'_>, fault: FaultName) -> Result<(), Stopped> {
        pump.rig().clear_fault(fault)?;
        pump.settle().await?;
        if pump.rig().fault_effect(fault)?.in_effect {
            let why = "still in effect after it was cleared".to_owned();
            pump.note(Body::FaultUnconfirmed { fault, why })?;
            return Ok(());
        }
        // Only now: one that is still in effect is tried again on the way to safety.
        self.0.remove(&fault);
        pump.note(Body::FaultCleared { fault })?;
        pump.at().sample()?;
        self.tell(pump);
        if fault.effects().talk == Talk::Broken && !self.0.iter().any(|other| other.effects().talk == Talk::Broken) {
            // At once: what comes next is judged by what is known of the time in which nothing was heard.
            pump.catch_up().await?;
        }
        Ok(())
    }

    /// Switches off the faults of the line at the end of the steps: what the pump said meanwhile is read back before anything is judged.
    pub async fn mend_line(&mut self, pump: &mut Exchange<'_>) -> Result<(), Stopped> {
        let broken: Vec<FaultName> = self
            .0
            .iter()
            .copied()
            .filter(|f| f.effects().talk == Talk::Broken)
            .collect();
        for fault in broken {
            self.clear(pump, fault).await?;
        }
        Ok(())
    }

    /// Whoever listens knows whether the pump can be heard.
    fn tell(&self, pump: &mut Exchange<'_>) {
        let now = pump.now();
        let worst = self.0.iter().map(|fault| fault.effects().talk).max();
        pump.listening().disturbed(now, worst.unwrap_or_default());
    }

    /// Switches off every fault that is still armed, and reads back that it is off. Adds what was done of it, and what was not.
    pub async fn clear_all(&mut self, pump: &mut Exchange<'_>, did: &mut Vec<String>, failed: &mut Vec<String>) {
        let armed = std::mem::take(&mut self.0);
        for fault in &armed {
            if let Err(error) = pump.rig().clear_fault(*fault) {
                failed.push(format!("clear {fault}: {error}"));
            }
        }
        if armed.is_empty() {
            return;
        }
        // The physics takes the switches in at the next instant.
        let settled = pump.settle().await;
        for fault in armed {
            match pump.rig().fault_effect(fault) {
                Ok(state) if !state.in_effect => did.push(format!("cleared {fault}")),
                Ok(_) => {
                    let why = settled
                        .as_ref()
                        .err()
                        .map_or(String::new(), |error| format!(" ({error})"));
                    failed.push(format!("{fault} is still in effect{why}"));
                }
                Err(error) => failed.push(format!("read back {fault}: {error}")),
            }
        }
    }
}
