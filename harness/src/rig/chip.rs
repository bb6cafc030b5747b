//! Granted time on a chip: no call reaches it, so time, line and switches are settled through its test block, by the probe.
//!
//! A request stands in the block with a number (`firmware-stub/TEST-BLOCK.md`, "On a chip"); the pump repeats the number once it was carried out, and then its
//! counts are final. The same steps serve an emulator and a board.

use super::clock::Clock;
use super::line::End;
use super::{Rig, RigError, host_time};
use crate::quantity::Span;
use std::time::{Duration, Instant};

/// Looks in a row before the host is given a rest.
const LOOKS: u32 = 200;
const REST: Duration = Duration::from_micros(100);

impl Rig {
    /// Lets everything that was sent arrive and be answered, then lets time run to `until`, or until something is sent; takes what was sent.
    pub(super) async fn settle_on_chip(&mut self, until: Span, bytes: &mut Vec<u8>) -> Result<End, RigError> {
        let before = self.clock.now();
        let rx = self.link.sent as u32;
        let until_ms = u64::try_from(until.0.max(before.0)).unwrap_or(0);
        let (block, debug) = self.block_of(|| "granted time".to_owned())?;
        if debug.is_halted()? {
            return Ok(End::Halted);
        }
        block.ask(debug, rx, Some(until_ms))?;
        let begun = host_time::now();
        let mut looks = 0_u32;
        let stand = loop {
            let (block, debug) = self.block_of(|| "granted time".to_owned())?;
            if let Some(stand) = block.done(debug)? {
                break stand;
            }
            looks += 1;
            if looks.is_multiple_of(LOOKS) {
                if debug.is_halted()? {
                    return Ok(End::Halted);
                }
                within(self.fence_limit, begun)?;
                // A transmitter that is full holds the pump up: take what there is.
                self.link.receive_waiting(bytes)?;
                host_time::sleep(REST).await;
            }
        };
        if let Clock::Chip { now_ms, .. } = &mut self.clock {
            *now_ms = stand.now_ms;
        }
        let ahead = stand.tx.wrapping_sub(self.link.received as u32);
        let total = self.link.received + u64::from(ahead);
        self.link.receive_up_to(total, bytes).await?;
        self.settled = Some((self.link.sent, self.link.received));
        self.touched = false;
        Ok(if bytes.is_empty() { End::Deadline } else { End::Bytes })
    }

    /// Lets the pump act on what was written into its block, and refresh it. Nothing where the block is never stale, or while the core is halted.
    pub(super) fn apply(&mut self) -> Result<(), RigError> {
        let rx = self.link.sent as u32;
        let (Some(block), Some(debug)) = (&mut self.block, &mut self.debug) else {
            return Ok(());
        };
        if !block.takes_requests() || debug.is_halted()? {
            return Ok(());
        }
        block.ask(debug, rx, None)?;
        let begun = host_time::now();
        while block.done(debug)?.is_none() {
            within(self.fence_limit, begun)?;
        }
        Ok(())
    }
}

/// Host time is bounded, whatever the pump does.
fn within(limit: Duration, begun: Instant) -> Result<(), RigError> {
    if begun.elapsed() > limit {
        return Err(RigError::FenceTimeout {
            limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
        });
    }
    Ok(())
}
