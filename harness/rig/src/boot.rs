//! The start of a pump's firmware: its test block stands, or it is told why not.

use super::clock::Clock;
use super::file::{ClockKind, PumpAt, RigFile};
use super::host_time::{self, Waited};
use super::{Rig, RigError, TestBlock};
use pump_hil_model::crash::Why;
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
    block: u64,
    /// The longest that it may take.
    limit: Duration,
    /// The firmware in there has such a block: where it does not make it, it hangs.
    is_its_own: bool,
    /// The pump was reset on a line that has glitches: what it says counts from this start on.
    on_a_wire: bool,
}

impl Boot {
    /// Of a rig whose firmware has a test block.
    pub fn of(file: &RigFile) -> Option<Self> {
        Some(Self {
            block: file.block_addr()?,
            limit: file.limits.open,
            is_its_own: file.block_is_of_the_image(),
            on_a_wire: matches!((&file.pump, file.clock), (PumpAt::Serial(_), ClockKind::Virtual)),
        })
    }
}

impl Rig {
    /// Waits until the firmware has made its test block, where the rig has one. A fault before that ends the wait, and the core stands there then. It may
    /// be dropped at any time.
    ///
    /// # Errors
    /// The firmware faulted, it hangs, or its block did not come in time and may be none of this firmware's.
    pub async fn boot(&mut self) -> Result<(), RigError> {
        let (Some(boot), Some(debug)) = (self.boot, &mut self.debug) else {
            return Ok(());
        };
        let addr = boot.block;
        let mut waited = Waited::of(boot.limit);
        let block = loop {
            let what = match TestBlock::at(debug, addr) {
                Ok(block) => break block,
                Err(RigError::TestBlock { what, .. }) => what,
                Err(other) => return Err(other),
            };
            if debug.is_halted()? && debug.stands_at_fault()? {
                let crash = self.crash(Why::Fault);
                self.told.extend(crash.map(|crash| Body::Crash(Box::new(crash))));
                return Err(RigError::BootFault { addr });
            }
            if waited.so_far() > boot.limit {
                if boot.is_its_own {
                    let limit_ms = u64::try_from(boot.limit.as_millis()).unwrap_or(u64::MAX);
                    return Err(RigError::Hangs { limit_ms });
                }
                let what = format!("{what} It did not come within {} ms.", boot.limit.as_millis());
                return Err(RigError::TestBlock { addr, what });
            }
            host_time::sleep(LOOK_EVERY).await;
        };
        if let (Clock::Chip { .. }, false) = (&self.clock, block.takes_requests()) {
            return Err(RigError::TestBlock {
                addr,
                what: "it takes no requests, so no time can be granted; let the rig file say `clock: {kind: real, scale: 1}`".to_owned(),
            });
        }
        if boot.on_a_wire {
            let said = block.said(debug)?;
            self.link.begin_with(said, QUIET).await?;
        }
        self.block = Some(block);
        self.boot = None;
        Ok(())
    }

    /// Whether its firmware hangs: the milliseconds of host time in which it did not do what it was asked.
    #[must_use]
    pub fn hangs(&self) -> Option<u64> {
        self.hangs
    }

    /// Whether its firmware has started, as far as can be known.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.boot.is_none()
    }
}
