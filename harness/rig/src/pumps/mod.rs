//! The kinds of pumps that a rig file may name. A new one is a file here and a line in the list.

#[cfg(feature = "for-tests")]
mod cabled;
mod kind;
mod qemu;
mod serial;
mod sim;
mod sim_process;

#[cfg(feature = "for-tests")]
pub(super) use cabled::Cabled;
pub(super) use kind::{Keys, Opened, Order, Power, Pump, PumpKind};

use super::listed::Listed;

impl Listed for PumpKind {
    const NAME: &'static str = "PumpKind";
    const WHAT: &'static str = "kind of pump";
    const MEANT: &'static [(&'static str, &'static str)] = &[
        ("uart", "did you mean `serial`?"),
        ("usb", "did you mean `serial`, with `port: usb:VID:PID`?"),
        ("tcp", "did you mean `serial`, with `port: tcp:HOST:PORT`?"),
        ("simulator", "did you mean `sim`?"),
        ("simulated", "did you mean `sim`?"),
    ];
    const ALL: &'static [&'static Self] = &[&sim::KIND, &sim_process::KIND, &qemu::KIND, &serial::KIND];

    fn word(&self) -> &'static str {
        self.word
    }
}
