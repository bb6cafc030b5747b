//! Granted time on a chip: no call reaches it, so time, line and switches are settled through its test block, by the probe.
//!
//! A request stands in the block with a number (`firmware-stub/TEST-BLOCK.md`, "On a chip"); the pump repeats the number once it was carried out, and then its
//! counts are final. The same steps serve an emulator and a board.

use super::clock::Clock;
use super::host_time::Waited;
use super::line::End;
use super::test_block::Stand;
use super::{Rig, RigError, TestBlock};
use pump_hil_model::quantity::Span;
use std::time::Duration;

/// Looks in a row before the host is given a rest: most requests are done by then.
const LOOKS: u32 = 4;
/// The longest rest between two looks.
const REST_MAX: Duration = Duration::from_millis(1);

/// A request that is not done yet.
struct Wait {
    waited: Waited,
    looks: u32,
    /// The pump's time after half of what a request may take, and how long that was.
    halfway: Option<(Duration, u64)>,
    /// How long it may take, of the host's time.
    limit: Duration,
}

impl Wait {
    fn new(limit: Duration) -> Self {
        Self {
            waited: Waited::of(limit),
            looks: 0,
            halfway: None,
            limit,
        }
    }

    /// How long to rest before the next look: a part of the time that it took so far, so that a long grant leaves the processor to others, and a short one
    /// is not kept waiting.
    fn rest(&mut self) -> Duration {
        self.looks += 1;
        if self.looks < LOOKS {
            Duration::ZERO
        } else {
            (self.waited.so_far() / 4).min(REST_MAX)
        }
    }
}

impl Rig {
    /// Lets everything that was sent arrive and be answered, then lets time run to `until`, if it is to move at all, or until something is sent; takes what
    /// was sent.
    pub(super) async fn settle_on_chip(&mut self, until: Option<Span>, bytes: &mut Vec<u8>) -> Result<End, RigError> {
        let before = self.clock.now();
        let limit = match until {
            Some(until) if until > before => self.fence_limit,
            _ => self.standing_limit(),
        };
        self.answers()?;
        let rx = self.link.sent as u32;
        let until_ms = until.map(|until| u64::try_from(until.0.max(before.0)).unwrap_or(0));
        if self.stands()? {
            return self.held();
        }
        let (block, debug) = self.block_of(|| "granted time".to_owned())?;
        block.ask(debug, rx, until_ms)?;
        let mut wait = Wait::new(limit);
        let stand = loop {
            if let Some(stand) = self.look(&mut wait)? {
                break stand;
            }
            if wait.looks.is_multiple_of(LOOKS) && self.stands()? {
                return self.held();
            }
            // An interrupt of the run must be heard.
            tokio::task::yield_now().await;
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

    /// The core is halted, at a breakpoint perhaps: what was granted beyond this instant is taken back.
    fn held(&mut self) -> Result<End, RigError> {
        let (block, debug) = self.block_of(|| "granted time".to_owned())?;
        let stands_ms = block.hold(debug)?;
        if let Clock::Chip { now_ms, .. } = &mut self.clock {
            *now_ms = stands_ms.max(*now_ms);
        }
        Ok(End::Halted)
    }

    /// Lets the pump act on what was written into its block, and refresh it. Nothing where the block is never stale, or while the core is halted.
    pub(super) fn apply(&mut self) -> Result<(), RigError> {
        let rx = self.link.sent as u32;
        if !self.block.as_ref().is_some_and(TestBlock::takes_requests) || self.stands()? {
            return Ok(());
        }
        let limit = self.standing_limit();
        self.answers()?;
        let (block, debug) = self.block_of(|| "a request".to_owned())?;
        block.ask(debug, rx, None)?;
        let mut wait = Wait::new(limit);
        while self.look(&mut wait)?.is_none() {
            if wait.looks.is_multiple_of(LOOKS) && self.stands()? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// How long a request may take, of the host's time, for which the pump's does not move: as long as a start. A fence is longer.
    fn standing_limit(&self) -> Duration {
        self.fence_limit.min(self.start_limit)
    }

    /// Firmware that hangs is not asked again: each time would take as long.
    fn answers(&self) -> Result<(), RigError> {
        self.hangs.map_or(Ok(()), |limit_ms| Err(RigError::Hangs { limit_ms }))
    }

    /// Takes back what was granted to a chip and is not done, as nobody waits for it any more. From now on it may take for a request as long as for a start.
    pub fn take_back(&mut self) {
        self.fence_limit = self.fence_limit.min(self.start_limit);
        if let (Some(block), Some(debug)) = (&self.block, &mut self.debug)
            && block.takes_requests()
        {
            // A probe that fails is told by whoever needs it next.
            let _ = block.hold(debug);
            // Where the pump stands now is not known until it is asked.
            self.touched();
        }
    }

    /// Lets firmware that hangs start again, with no time granted to it.
    ///
    /// # Errors
    /// The probe failed.
    pub fn restart(&mut self) -> Result<(), RigError> {
        self.take_back();
        let (_, debug) = self.block_of(|| "a restart".to_owned())?;
        debug.reset()?;
        debug.run_if_halted()?;
        self.hangs = None;
        self.touched();
        Ok(())
    }

    /// A request that takes longer than it may: host time is bounded, whatever the pump does. Where the pump's own time does not get on for half of that,
    /// its firmware hangs; else the host, or the probe, is slow.
    fn is_overdue(&mut self, wait: &mut Wait) -> Result<(), RigError> {
        let limit = wait.limit;
        let waited = wait.waited.so_far();
        if waited - wait.halfway.map_or(Duration::ZERO, |(since, _)| since) <= limit / 2 {
            return Ok(());
        }
        let (block, debug) = self.block_of(|| "granted time".to_owned())?;
        let now = block.now(debug)?;
        let Some((_, then)) = wait.halfway else {
            wait.halfway = Some((waited, now));
            return Ok(());
        };
        if now != then {
            return Err(RigError::FenceTimeout { limit_ms: ms(limit) });
        }
        self.do_bytes_miss(limit)?;
        self.hangs = Some(ms(limit));
        self.answers()
    }

    /// A pump that waits for bytes which the cable lost looks as if it hung; but it does what needs no more of them. What was lost is not waited for again.
    fn do_bytes_miss(&mut self, limit: Duration) -> Result<(), RigError> {
        let sent = self.link.sent as u32;
        let (block, debug) = self.block_of(|| "a request".to_owned())?;
        let taken = block.taken(debug)?;
        let missing = sent.wrapping_sub(taken);
        if missing == 0 {
            return Ok(());
        }
        block.ask(debug, taken, None)?;
        let mut wait = Wait::new(self.standing_limit());
        while wait.waited.so_far() < wait.limit {
            let (block, debug) = self.block_of(|| "a request".to_owned())?;
            if block.done(debug)?.is_some() {
                self.link.sent -= u64::from(missing);
                return Err(RigError::Untaken {
                    port: self.link.name.clone(),
                    missing,
                    limit_ms: ms(limit),
                });
            }
            self.link.put_aside(wait.rest())?;
        }
        Ok(())
    }

    /// Where the pump stands once it has done what it was asked; else a rest, in which bytes are taken: a full transmitter would hold it up.
    fn look(&mut self, wait: &mut Wait) -> Result<Option<Stand>, RigError> {
        let (block, debug) = self.block_of(|| "granted time".to_owned())?;
        let done = block.done(debug)?;
        if done.is_none() {
            self.is_overdue(wait)?;
            self.link.put_aside(wait.rest())?;
        }
        Ok(done)
    }
}

fn ms(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)
}
