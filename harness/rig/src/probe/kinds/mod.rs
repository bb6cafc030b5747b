//! The kinds of debug probes that a rig file may name. A new one is a file here and a line in the list.

mod kind;
mod qemu;
mod sim;
mod usb;

pub use kind::{Behind, Keys, ProbeAt, ProbeKind};

use crate::listed::Listed;

impl Listed for ProbeKind {
    const NAME: &'static str = "ProbeKind";
    const WHAT: &'static str = "kind of probe";
    const ALL: &'static [&'static Self] = &[&sim::KIND, &qemu::KIND, &usb::KIND];

    fn word(&self) -> &'static str {
        self.word
    }
}
