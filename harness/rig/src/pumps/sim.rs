//! The stub pump on a thread of this process, behind a PTY.

use super::kind::{Contradiction, Keys, Opened, Order, Pump, PumpKind, is_other};
use crate::clock::ClockKind;
use crate::error::RigError;
use crate::listed::WrongKey;
use crate::probe::ProbeAt;
use async_trait::async_trait;
use pump_hil_model::mistake::Mistake;

pub static KIND: PumpKind = PumpKind {
    word: "sim",
    keys: &["service-months"],
    described,
};

#[derive(Debug)]
struct Sim {
    /// Months that its battery is made for; as the stub pump is by itself where nothing is said.
    service_months: Option<u32>,
}

fn described(keys: Keys) -> Result<Box<dyn Pump>, WrongKey> {
    if keys.service_months == Some(0) {
        let what = "`service-months` must be more than 0";
        return Err(WrongKey::new(Mistake::Range, "service-months", what));
    }
    Ok(Box::new(Sim {
        service_months: keys.service_months,
    }))
}

#[async_trait]
impl Pump for Sim {
    fn is_simulated(&self) -> bool {
        true
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        if is_other(probe, "sim") {
            return Some((["probe", "kind"], "a pump of kind `sim` has the probe `sim`"));
        }
        let what = "a pump of kind `sim` has virtual time; take `sim-process`";
        (!clock.is_granted()).then_some((["clock", "kind"], what))
    }

    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        open(self.service_months, order)
    }
}

#[cfg(feature = "sim")]
impl super::kind::Power for crate::sim::Pump {
    fn harmless(&mut self, hangs: bool) -> Option<&'static str> {
        hangs.then_some("the simulated pump hangs still, and ends with the rig")
    }
}

#[cfg(feature = "sim")]
fn open(service_months: Option<u32>, order: &Order<'_>) -> Result<Opened, RigError> {
    use crate::clock::Granted;
    use crate::link;
    use crate::probe::Behind;
    use crate::sim;

    /// Bits a second of a PTY, which has no speed.
    const BAUD: u32 = 115_200;

    let pump = sim::Pump::start(order.options, service_months)?;
    let line = link::serial_of_our_own(pump.port(), BAUD, order.limits.write)?;
    let clock = Granted::new(pump.fence());
    let attach = |at: &ProbeAt| {
        at.probe().attach(Behind {
            core: Some(pump.core()),
            usb: order.usb,
            programs: false,
        })
    };
    let debug = order.probe.map(attach).transpose()?.map(|(debug, _)| debug);
    Ok(Opened {
        line,
        clock: Box::new(clock),
        debug,
        port: None,
        firmware: None,
        on_a_wire: false,
        power: Box::new(pump),
    })
}

#[cfg(not(feature = "sim"))]
fn open(_: Option<u32>, _: &Order<'_>) -> Result<Opened, RigError> {
    Err(RigError::NoSimulator)
}
