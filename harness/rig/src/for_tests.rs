//! A look at a rig's parts, for tests that do to a pump what no scenario can: such as to take its power in the middle of a word of flash.

use super::clock::Clock;
use super::probe::{Debug, Probes};
use super::{Rig, RigError, RigFile, TestBlock};

impl Rig {
    /// Its probe.
    pub fn debug(&mut self) -> Option<&mut Debug> {
        self.debug.as_mut()
    }

    /// Its probe and its test block.
    pub fn debug_and_block(&mut self) -> Option<(&mut Debug, &TestBlock)> {
        Some((self.debug.as_mut()?, self.block.as_ref()?))
    }

    /// The pump in QEMU began anew, by the block that it now has: its time and what went over the line count from 0.
    pub fn began_anew(&mut self, block: TestBlock) {
        self.block = Some(block);
        self.clock = Clock::Chip { now_ms: 0 };
        self.settled = None;
        (self.link.sent, self.link.received) = (0, 0);
    }
}

impl RigFile {
    /// Its probe is looked for among these, and no more on this host's USB.
    pub fn look_for_probes_in(&mut self, probes: Probes) {
        self.probes = probes;
    }
}

impl TestBlock {
    /// Whether the pump has done what it was asked.
    ///
    /// # Errors
    /// A probe that cannot read.
    pub fn is_done(&self, debug: &mut Debug) -> Result<bool, RigError> {
        Ok(self.done(debug)?.is_some())
    }
}
