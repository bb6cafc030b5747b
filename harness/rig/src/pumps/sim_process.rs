//! The stub pump in a process of its own, behind a PTY.

use super::kind::{Contradiction, Keys, Opened, Order, Power, Pump, PumpKind};
use crate::clock::{ClockKind, Host};
use crate::error::RigError;
use crate::link;
use crate::probe::ProbeAt;
use crate::process;
use async_trait::async_trait;

pub static KIND: PumpKind = PumpKind {
    word: "sim-process",
    keys: &[],
    described: |_: Keys| Ok(Box::new(SimProcess)),
};

#[derive(Debug)]
struct SimProcess;

impl Power for process::Pump {}

#[async_trait]
impl Pump for SimProcess {
    fn is_simulated(&self) -> bool {
        true
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        if probe.is_some() {
            return Some((["probe", "kind"], "a pump of kind `sim-process` has no probe"));
        }
        let what = "a pump of kind `sim-process` runs by the host's clock; take `kind: real`";
        clock.is_granted().then_some((["clock", "kind"], what))
    }

    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        let scale = order.clock.scale().unwrap_or(1);
        let pump = process::Pump::start(scale, order.options, order.own.1, order.limits.open).await?;
        let line = link::serial(pump.port(), &link::Settings::default(), order.limits.write).await?;
        Ok(Opened {
            line,
            clock: Box::new(Host::new(scale)),
            debug: None,
            port: None,
            firmware: None,
            new: true,
            on_a_wire: false,
            power: Box::new(pump),
        })
    }
}
