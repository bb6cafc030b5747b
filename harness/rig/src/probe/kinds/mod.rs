//! The kinds of debug probes that a rig file may name. A new one is a file here and a line in the list.

mod kind;
mod qemu;
mod sim;
mod usb;

pub use kind::{Behind, Keys, ProbeAt, ProbeKind};

use crate::listed::Listed;

/// What a probe is that people name by its make.
const ON_USB: &str = "a real probe of any make is `usb`; `selector` says which one";

impl Listed for ProbeKind {
    const NAME: &'static str = "ProbeKind";
    const WHAT: &'static str = "kind of probe";
    const MEANT: &'static [(&'static str, &'static str)] = &[
        ("jlink", ON_USB),
        ("j-link", ON_USB),
        ("stlink", ON_USB),
        ("st-link", ON_USB),
        ("cmsis-dap", ON_USB),
        ("daplink", ON_USB),
        ("swd", ON_USB),
        ("jtag", ON_USB),
    ];
    const ALL: &'static [&'static Self] = &[&sim::KIND, &qemu::KIND, &usb::KIND];

    fn word(&self) -> &'static str {
        self.word
    }
}
