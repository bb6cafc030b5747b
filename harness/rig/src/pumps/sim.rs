//! The stub pump on a thread of this process, behind a PTY.

use super::kind::{Contradiction, Keys, Opened, Order, Pump, PumpKind, is_other};
use crate::clock::ClockKind;
use crate::error::RigError;
use crate::finding::Finding;
use crate::listed::WrongKey;
use crate::probe::ProbeAt;
use async_trait::async_trait;
use pump_hil_model::mistake::Mistake;

pub static KIND: PumpKind = PumpKind {
    word: "sim",
    keys: &["service-months", "power"],
    described,
};

#[derive(Debug)]
struct Sim {
    /// Months that its battery is made for; as the stub pump is by itself where nothing is said.
    #[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "there is no pump to tell it"))]
    service_months: Option<u32>,
    /// Where the pump stays between two cases, if it stays powered; else each case has a new one.
    kept: Option<Shelf>,
}

fn described(keys: Keys) -> Result<Box<dyn Pump>, WrongKey> {
    if keys.service_months == Some(0) {
        let what = "`service-months` must be more than 0";
        return Err(WrongKey::new(Mistake::Range, "service-months", what));
    }
    Ok(Box::new(Sim {
        service_months: keys.service_months,
        kept: (keys.kept == Some(true)).then(Shelf::default),
    }))
}

#[async_trait]
impl Pump for Sim {
    fn is_simulated(&self) -> bool {
        // One that is kept is one for all cases, as a pump on a bench is.
        self.kept.is_none()
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        if is_other(probe, "sim") {
            return Some((["probe", "kind"], "a pump of kind `sim` has the probe `sim`"));
        }
        let what = "a pump of kind `sim` has virtual time; take `sim-process`";
        (!clock.is_granted()).then_some((["clock", "kind"], what))
    }

    fn look(&self) -> Vec<Finding> {
        vec![match cfg!(feature = "sim") {
            true => Finding::fine("simulator", "it is part of this program"),
            false => Finding::wrong("simulator", RigError::NoSimulator),
        }]
    }

    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        open(self, order)
    }
}

#[cfg(feature = "sim")]
mod powered {
    use crate::pumps::kind::Power;
    use crate::sim::Pump;
    use std::sync::{Arc, Mutex, PoisonError};

    const HANGS: &str = "the simulated pump hangs still, and ends with the rig";

    /// Where a pump stays between two cases.
    #[derive(Debug, Clone, Default)]
    pub struct Shelf(Arc<Mutex<Option<Pump>>>);

    impl Shelf {
        /// The pump of the case before.
        pub fn take(&self) -> Option<Pump> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
        }
    }

    impl Power for Pump {
        fn harmless(&mut self, hangs: bool) -> Option<&'static str> {
            hangs.then_some(HANGS)
        }
    }

    /// A pump that goes back to its shelf when the rig is closed.
    #[derive(Debug)]
    pub struct Kept {
        pub pump: Option<Pump>,
        pub shelf: Shelf,
    }

    impl Power for Kept {
        fn harmless(&mut self, hangs: bool) -> Option<&'static str> {
            if hangs {
                // The next case has a new one.
                self.pump = None;
            }
            hangs.then_some(HANGS)
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            *self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner) = self.pump.take();
        }
    }
}

#[cfg(feature = "sim")]
use powered::Shelf;

#[cfg(not(feature = "sim"))]
type Shelf = ();

#[cfg(feature = "sim")]
fn open(sim: &Sim, order: &Order<'_>) -> Result<Opened, RigError> {
    use super::kind::Power;
    use crate::clock::Granted;
    use crate::link;
    use crate::probe::Behind;
    use crate::sim;
    use std::time::Duration;

    let old = sim.kept.as_ref().and_then(Shelf::take);
    let new = old.is_none();
    let pump = match old {
        Some(pump) => pump,
        None => sim::Pump::start(order.options, order.own.0, sim.service_months)?,
    };
    let mut line = link::serial_of_our_own(pump.port(), order.limits.write)?;
    let fence = if new {
        pump.fence()
    } else {
        // What it said to the case before is not heard now.
        line.drain(Duration::ZERO)?;
        pump.fence_from_here()
    };
    let clock = Granted::new(fence);
    let attach = |at: &ProbeAt| {
        at.probe().attach(Behind {
            core: Some(pump.core()),
            usb: order.usb,
            programs: false,
        })
    };
    let debug = order.probe.map(attach).transpose()?.map(|(debug, _)| debug);
    let power: Box<dyn Power> = match &sim.kept {
        Some(shelf) => Box::new(powered::Kept {
            pump: Some(pump),
            shelf: shelf.clone(),
        }),
        None => Box::new(pump),
    };
    Ok(Opened {
        line,
        clock: Box::new(clock),
        debug,
        port: None,
        firmware: None,
        new,
        on_a_wire: false,
        power,
    })
}

#[cfg(not(feature = "sim"))]
fn open(_: &Sim, _: &Order<'_>) -> Result<Opened, RigError> {
    Err(RigError::NoSimulator)
}
