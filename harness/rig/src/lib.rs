//! Benches: how a run reaches a pump, lets its time pass, and looks inside.
//!
//! **Invariants:** everything is bounded; what is wrong here is never the pump's fault ([`RigError`]); under a granted clock no byte is lost and the
//! same calls give the same bytes at any load. Dropping a [`Rig`] ends what it started.

mod agree;
mod board;
mod boot;
mod chip;
mod clock;
mod crash;
mod error;
mod file;
pub mod files;
#[cfg(feature = "for-tests")]
mod for_tests;
pub mod host_time;
mod inside;
mod line;
mod link;
mod open;
pub mod probe;
mod process;
pub mod qemu;
mod raw;
mod rtt;
#[cfg(feature = "sim")]
mod sim;
mod test_block;
mod tty;

pub use agree::Disagreement;
pub use clock::{Advance, Fence, Stop};
pub use error::RigError;
pub use file::{ClockKind, OF_THE_PROBE, ProbeAt, PumpAt, RigFile, RigLimits, SerialAt};
pub use line::{End, Received};
pub use qemu::QemuAt;
#[cfg(feature = "seeded-defects")]
pub use sim::SEEDED_DEFECTS;
#[cfg(feature = "sim")]
pub use sim::{ServeOptions, serve};
pub use test_block::{FaultState, TestBlock};

use agree::Firmware;
use boot::Boot;
use clock::Clock;
use link::Link;
use open::Host;
use probe::Debug;
use pump_hil_firmware::Image;
use pump_hil_model::capability::Capability;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Span;
use pump_hil_talk::device::Profile;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a run wants of the pump that a rig opens.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Seed of everything random in a simulated pump.
    pub seed: u64,
    /// Civil time at its first power, in seconds since 2000-01-01T00:00:00.
    pub start_s: i64,
    /// Name of a seeded defect, in a build that has them.
    pub defect: Option<String>,
    /// Program that serves a simulated pump as a process; `None`: this one.
    pub exe: Option<PathBuf>,
}

/// An open bench.
#[derive(Debug)]
pub struct Rig {
    name: String,
    profile: Arc<Profile>,
    image: Option<Arc<Image>>,
    capabilities: BTreeSet<Capability>,
    firmware: Option<Firmware>,
    /// What is to be journaled of how it was opened.
    opened: Vec<Body>,
    link: Link,
    clock: Clock,
    debug: Option<Debug>,
    block: Option<TestBlock>,
    /// The start of the firmware, until it is over.
    boot: Option<Boot>,
    logs: rtt::Logs,
    /// What the probe found and nobody has asked for yet.
    told: Vec<Body>,
    /// Faults of the firmware that were caught.
    faults: usize,
    /// Bytes up to which the pump is known to have taken everything, and to have sent nothing more at this instant.
    settled: Option<(u64, u64)>,
    /// How long a chip may take for a request in its block.
    fence_limit: Duration,
    /// How long its firmware may take to start.
    start_limit: Duration,
    /// The firmware did not do what it was asked within so many milliseconds of host time, and its own stood meanwhile.
    hangs: Option<u64>,
    /// The probe did something since time was last granted: the pump may have something to say of it.
    touched: bool,
    /// Whatever must end with the rig; last, so that probe and line are closed before it.
    host: Host,
}

impl Rig {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its pump talks.
    #[must_use]
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> &BTreeSet<Capability> {
        &self.capabilities
    }

    /// Milliseconds of the pump since it was powered, as far as the rig knows.
    #[must_use]
    pub fn now(&self) -> Span {
        self.clock.now()
    }

    /// What is to be journaled of how it was opened; once.
    pub fn take_opened(&mut self) -> Vec<Body> {
        std::mem::take(&mut self.opened)
    }

    /// What an error is about: where QEMU has ended or does not answer, that, and not the probe or the line that are gone with it.
    pub fn explain(&mut self, error: RigError) -> RigError {
        match &mut self.host {
            Host::Qemu { process } => process.explain(error),
            _ => error,
        }
    }

    /// Whether there is no pump any more to be reached, for QEMU has ended or does not answer.
    pub fn is_gone(&mut self) -> bool {
        match &mut self.host {
            Host::Qemu { process } => process.gone(Duration::ZERO).is_some(),
            _ => false,
        }
    }

    /// Why a pump that cannot be made safe is no hazard all the same: an emulated one delivers nothing to anybody, and QEMU ends with the rig. That says
    /// nothing of the verdict.
    pub fn harmless(&mut self) -> Option<&'static str> {
        if self.is_gone() {
            return Some(
                "the emulated pump is gone, or ends with a QEMU that does not answer: nothing is left to be made safe",
            );
        }
        let hangs = self.hangs.is_some() && matches!(self.host, Host::Qemu { .. });
        hangs.then_some("the emulated pump hangs still, and ends with QEMU now")
    }

    /// Closes the bench: probe, line, and whatever it started. To drop it does the same.
    pub fn close(self) {
        drop(self);
    }
}
