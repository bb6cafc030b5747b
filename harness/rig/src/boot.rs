//! The start of a pump's firmware: its test block stands, or it is told why not.

use super::chip::Chip;
use super::error::RigError;
use super::host_time::{self, Waited};
use super::link::Line;
use super::test_block::{BlockError, TestBlock, WrongBlock};
use pump_hil_model::event::Body;
use std::time::Duration;

/// How often firmware that boots is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// A line on which nothing came for so long is at rest: what an interface chip had kept is through, at any speed.
pub(super) const QUIET: Duration = Duration::from_millis(50);

/// A start that is awaited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Boot {
    /// Where the test block will stand.
    pub block: u64,
    /// The longest that it may take.
    pub limit: Duration,
    /// The firmware in there has such a block: where it does not make it, it hangs.
    pub is_its_own: bool,
    /// Its time will be granted by requests, which it must take.
    pub is_asked: bool,
    /// The pump was powered just now: what went over its line counts from 0.
    pub is_new: bool,
    /// The pump was reset on a line that has glitches: what it says counts from this start on.
    pub on_a_wire: bool,
}

impl Boot {
    /// Waits until the firmware has made its test block. A fault before that ends the wait, and the core stands there then. It may be dropped at any time.
    /// Of a pump that was powered before, the probe takes back what a run before this one left; gives what is to be journaled of that.
    ///
    /// # Errors
    /// The firmware faulted, it hangs, or its block did not come in time and may be none of this firmware's.
    pub async fn over(self, chip: &mut Chip, line: &mut Line) -> Result<Vec<Body>, RigError> {
        let addr = self.block;
        let block = self.found(chip).await?;
        if self.is_asked && !block.takes_requests() {
            let what =
                "it takes no requests, so no time can be granted; let the rig file say `clock: {kind: real, scale: 1}`";
            return Err(wrong(addr, what.to_owned()));
        }
        if let (true, Some(debug)) = (self.on_a_wire, chip.inside.debug()) {
            let said = block.said(debug)?;
            line.begin_with(said, QUIET).await?;
        }
        if let (false, true, Some(debug)) = (self.is_new, block.takes_requests(), chip.inside.debug()) {
            // Its count goes on from what runs before this one sent, some of which may still be on its way.
            let mut taken = block.taken(debug)?;
            loop {
                host_time::sleep(QUIET).await;
                let before = std::mem::replace(&mut taken, block.taken(debug)?);
                if before == taken {
                    break;
                }
            }
            line.count_on(taken);
        }
        chip.inside.found(block);
        if self.is_new {
            return Ok(Vec::new());
        }
        let did = chip.inside.clear_past()?;
        chip.apply(line)?;
        Ok(did.into_iter().map(|did| Body::Probe { did }).collect())
    }

    /// Looks for the block again and again.
    async fn found(self, chip: &mut Chip) -> Result<TestBlock, RigError> {
        let Self { block: addr, limit, .. } = self;
        let mut waited = Waited::of(limit);
        loop {
            let Some(debug) = chip.inside.debug() else {
                return Err(wrong(addr, "there is no probe that could read it".to_owned()));
            };
            let what = match TestBlock::at(debug, addr) {
                Ok(block) => return Ok(block),
                // RAM that the firmware has not come to yet may hold anything, so this is no error before the limit is over.
                Err(BlockError::Wrong(WrongBlock { what, .. })) => what,
                Err(BlockError::Probe(error)) => return Err(error.into()),
            };
            if debug.is_halted()? && debug.stands_at_fault()? {
                chip.record_fault();
                return Err(RigError::BootFault { addr });
            }
            // Behind the look: a process that was stopped and goes on looks once more before it gives up.
            if waited.so_far() > limit {
                let limit_ms = host_time::ms(limit);
                if self.is_its_own {
                    return Err(RigError::Hangs { limit_ms });
                }
                return Err(wrong(addr, format!("{what} It did not come within {limit_ms} ms.")));
            }
            host_time::sleep(LOOK_EVERY).await;
        }
    }
}

fn wrong(addr: u64, what: String) -> RigError {
    WrongBlock { addr, what }.into()
}
