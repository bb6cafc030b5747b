//! A look at a rig's parts, for tests that do to a pump what no scenario can: such as to take its power in the middle of a word of flash.

use super::Rig;
use crate::clock::Asked;
use crate::error::RigError;
use crate::probe::Debug;
use crate::test_block::TestBlock;

impl Rig {
    /// Its probe.
    pub fn debug(&mut self) -> Option<&mut Debug> {
        self.chip.inside.debug()
    }

    /// Its probe and its test block.
    pub fn debug_and_block(&mut self) -> Option<(&mut Debug, &TestBlock)> {
        let (block, debug) = self.chip.inside.block_of(String::new).ok()?;
        Some((debug, block))
    }

    /// Address of a symbol, of a symbol with an offset, or of `0x...`.
    ///
    /// # Errors
    /// There is no such symbol.
    pub fn address(&self, at: &str) -> Result<u64, RigError> {
        self.chip.inside.address(at)
    }

    /// The pump in QEMU began anew, by the block that it now has: its time and what went over the line count from 0.
    pub fn began_anew(&mut self, block: TestBlock) {
        self.chip.inside.found(block);
        self.clock = Box::new(Asked::default());
        self.line.begin();
    }
}
