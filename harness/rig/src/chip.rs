//! A chip as the harness reaches it by its probe: what is inside, what it tells, and what it is asked to do.
//!
//! Where no call reaches a chip, time, line and switches are settled through its test block. A request stands in the block with a number
//! (`firmware-stub/TEST-BLOCK.md`, "On a chip"); the pump repeats the number once it was carried out, and then its counts are final. The same steps serve
//! an emulator and a board.

use super::error::RigError;
use super::faults::Faults;
use super::fence::FenceError;
use super::host_time::{self, Waited};
use super::inside::Inside;
use super::link::Line;
use super::options::RigLimits;
use super::probe::ProbeError;
use super::received::End;
use super::test_block::Stand;
use pump_hil_model::event::Body;
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
            // A quarter: no request takes more than that much longer than it must.
            (self.waited.so_far() / 4).min(REST_MAX)
        }
    }
}

/// How long a grant may take, of the host's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct GrantLimits {
    /// In all.
    pub whole: Duration,
    /// While the pump's time stands.
    #[cfg_attr(
        not(feature = "sim"),
        expect(
            dead_code,
            reason = "only the simulator says how far it is while a grant is not over"
        )
    )]
    pub standing: Duration,
}

/// A chip, its core and what it runs.
#[derive(Debug)]
pub(super) struct Chip {
    pub inside: Inside,
    faults: Faults,
    /// How long it may take for a request.
    fence_limit: Duration,
    /// How long its firmware may take to start.
    start_limit: Duration,
    /// The firmware did not do what it was asked within so many milliseconds of host time, and its own stood meanwhile.
    hangs: Option<u64>,
}

impl Chip {
    /// A chip of which nothing is known yet.
    pub fn new(inside: Inside, faults: Faults, limits: RigLimits) -> Self {
        Self {
            inside,
            faults,
            fence_limit: limits.fence,
            start_limit: limits.open,
            hangs: None,
        }
    }

    /// How long it may take for a request, and for its start.
    #[cfg(test)]
    pub fn limits(&mut self) -> (&mut Duration, &mut Duration) {
        (&mut self.fence_limit, &mut self.start_limit)
    }

    /// Whether the core stands. Where it does because the firmware faulted, that is put down, and it goes on.
    pub fn stands(&mut self) -> Result<bool, ProbeError> {
        self.faults.stands(&mut self.inside)
    }

    /// The core stands at a fault, and stays there: that is put down.
    pub fn record_fault(&mut self) {
        self.faults.record(&mut self.inside);
    }

    /// What the firmware told the probe since the last look, and what became of it where it faulted; nothing where it tells nothing.
    pub fn logged(&mut self) -> Vec<Body> {
        self.faults.logged(&mut self.inside)
    }

    /// The same for the last time: lines without an end as well.
    pub fn logged_last(&mut self) -> Vec<Body> {
        self.faults.logged_last(&mut self.inside)
    }

    /// Whether its firmware hangs: the milliseconds of host time in which it did not do what it was asked.
    pub fn hangs(&self) -> Option<u64> {
        self.hangs
    }

    /// Lets everything that was sent arrive and be answered, then lets time run from `now_ms` to `until_ms`, if it is to move at all, or until something is
    /// sent; takes what was sent.
    pub async fn grant(
        &mut self,
        line: &mut Line,
        now_ms: &mut u64,
        until_ms: Option<u64>,
        bytes: &mut Vec<u8>,
    ) -> Result<End, RigError> {
        let limit = self.grant_limits(until_ms.is_some_and(|until| until > *now_ms)).whole;
        self.answers()?;
        // The block counts bytes in words that wrap, as the pump does.
        let rx = line.sent() as u32;
        if self.stands()? {
            return self.held(now_ms);
        }
        let (block, debug) = self.inside.block_of(|| "granted time".to_owned())?;
        // Time never goes back: a fence in the past is one at this instant.
        block.ask(debug, rx, until_ms.map(|until| until.max(*now_ms)))?;
        let mut wait = Wait::new(limit);
        let stand = loop {
            if let Some(stand) = self.look(line, &mut wait)? {
                break stand;
            }
            // Not at every look: it takes reads of its own.
            if wait.looks.is_multiple_of(LOOKS) && self.stands()? {
                return self.held(now_ms);
            }
            // An interrupt of the run must be heard.
            tokio::task::yield_now().await;
        };
        *now_ms = stand.now_ms;
        // The pump's count wraps at 2^32. The difference is right all the same, as long as fewer bytes than that are on their way.
        let ahead = stand.tx.wrapping_sub(line.received() as u32);
        let total = line.received() + u64::from(ahead);
        line.receive_up_to(total, bytes).await?;
        line.settle();
        self.inside.settle();
        Ok(if bytes.is_empty() { End::Deadline } else { End::Bytes })
    }

    /// The core is halted, at a breakpoint perhaps: what was granted beyond this instant is taken back.
    fn held(&mut self, now_ms: &mut u64) -> Result<End, RigError> {
        let (block, debug) = self.inside.block_of(|| "granted time".to_owned())?;
        *now_ms = block.hold(debug)?.max(*now_ms);
        Ok(End::Halted)
    }

    /// Lets the pump act on what was written into its block, and refresh it. Nothing where the block is never stale, or while the core is halted.
    pub fn apply(&mut self, line: &mut Line) -> Result<(), RigError> {
        let rx = line.sent() as u32;
        if !self.inside.takes_requests() || self.stands()? {
            return Ok(());
        }
        let limit = self.standing_limit();
        self.answers()?;
        let (block, debug) = self.inside.block_of(|| "a request".to_owned())?;
        block.ask(debug, rx, None)?;
        let mut wait = Wait::new(limit);
        while self.look(line, &mut wait)?.is_none() {
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

    /// How long a grant may take; `moves`: the pump's time is to move in it.
    pub fn grant_limits(&self, moves: bool) -> GrantLimits {
        let standing = self.standing_limit();
        GrantLimits {
            whole: if moves { self.fence_limit } else { standing },
            standing,
        }
    }

    /// Firmware that hangs is not asked again: each time would take as long.
    pub fn answers(&self) -> Result<(), RigError> {
        self.hangs.map_or(Ok(()), |limit_ms| Err(RigError::Hangs { limit_ms }))
    }

    /// Its firmware did not do within `limit` of host time what it was asked, and its own time stood.
    pub fn is_found_to_hang(&mut self, limit: Duration) -> RigError {
        let limit_ms = host_time::ms(limit);
        self.hangs = Some(limit_ms);
        RigError::Hangs { limit_ms }
    }

    /// Takes back what was granted and is not done, as nobody waits for it any more. From now on it may take for a request as long as for a start.
    pub fn take_back(&mut self) {
        self.fence_limit = self.fence_limit.min(self.start_limit);
        if !self.inside.takes_requests() {
            return;
        }
        if let Ok((block, debug)) = self.inside.block_of(String::new) {
            // A probe that fails is told by whoever needs it next.
            let _ = block.hold(debug);
            // Where the pump stands now is not known until it is asked.
            self.inside.touch();
        }
    }

    /// Lets firmware that hangs start again, with no time granted to it.
    ///
    /// # Errors
    /// The probe failed.
    pub fn restart(&mut self) -> Result<(), RigError> {
        // A reset leaves the block in RAM alone: the pump would go on with what was granted (TEST-BLOCK.md, "On a chip").
        self.take_back();
        let (_, debug) = self.inside.block_of(|| "a restart".to_owned())?;
        debug.reset()?;
        debug.run_if_halted()?;
        self.hangs = None;
        self.inside.touch();
        Ok(())
    }

    /// A request that takes longer than it may: host time is bounded, whatever the pump does. Where the pump's own time does not get on for half of that,
    /// its firmware hangs; else the host, or the probe, is slow.
    fn is_overdue(&mut self, line: &mut Line, wait: &mut Wait) -> Result<(), RigError> {
        let limit = wait.limit;
        let waited = wait.waited.so_far();
        // No underflow: `halfway` is an earlier reading of the same count, which only grows.
        if waited - wait.halfway.map_or(Duration::ZERO, |(since, _)| since) <= limit / 2 {
            return Ok(());
        }
        let (block, debug) = self.inside.block_of(|| "granted time".to_owned())?;
        let now = block.now(debug)?;
        let Some((_, then)) = wait.halfway else {
            wait.halfway = Some((waited, now));
            return Ok(());
        };
        if now != then {
            let limit_ms = host_time::ms(limit);
            return Err(FenceError::Timeout { limit_ms }.into());
        }
        self.do_bytes_miss(line, limit)?;
        Err(self.is_found_to_hang(limit))
    }

    /// A pump that waits for bytes which the cable lost looks as if it hung; but it does what needs no more of them. What was lost is not waited for again.
    fn do_bytes_miss(&mut self, line: &mut Line, limit: Duration) -> Result<(), RigError> {
        let sent = line.sent() as u32;
        let (block, debug) = self.inside.block_of(|| "a request".to_owned())?;
        let taken = block.taken(debug)?;
        let missing = sent.wrapping_sub(taken);
        // A pump that took more than was sent counts wrongly: nothing of it is missing, and it is asked for nothing else.
        if missing == 0 || u64::from(missing) > line.sent() {
            return Ok(());
        }
        // Anew, with the bytes that it has: `ask-rx` held it up before (TEST-BLOCK.md), if it did not hang.
        block.ask(debug, taken, None)?;
        let mut wait = Wait::new(self.standing_limit());
        // Not by `look`: once overdue, that would come back to here.
        while wait.waited.so_far() < wait.limit {
            let (block, debug) = self.inside.block_of(|| "a request".to_owned())?;
            if block.done(debug)?.is_some() {
                return Err(line.untaken(missing, limit).into());
            }
            line.put_aside(wait.rest())?;
        }
        Ok(())
    }

    /// Where the pump stands once it has done what it was asked; else a rest, in which bytes are taken: a full transmitter would hold it up.
    fn look(&mut self, line: &mut Line, wait: &mut Wait) -> Result<Option<Stand>, RigError> {
        let (block, debug) = self.inside.block_of(|| "granted time".to_owned())?;
        let done = block.done(debug)?;
        if done.is_none() {
            self.is_overdue(line, wait)?;
            line.put_aside(wait.rest())?;
        }
        Ok(done)
    }
}
