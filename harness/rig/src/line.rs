//! The line and the clock of a rig, which belong together: what was sent is answered before granted time moves.

use super::clock::{Clock, Stop};
use super::{Rig, RigError, rtt};
use pump_hil_model::quantity::Span;
use std::time::Duration;

/// Host time that a reply gets at least by the wall clock: on a scaled one the pump's seconds are too short for a host that is busy.
const REPLY_LEAST: Duration = Duration::from_millis(200);

/// What came of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Bytes from the pump; may be empty.
    pub bytes: Vec<u8>,
    /// The rig's time now.
    pub now: Span,
    /// Why the wait ended.
    pub end: End,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Bytes came.
    Bytes,
    /// The time was up and nothing came.
    Deadline,
    /// The core is halted: granted time stands still until it is resumed.
    Halted,
}

impl Rig {
    /// Sends bytes.
    ///
    /// # Errors
    /// The line is gone, or takes nothing.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), RigError> {
        self.settled = None;
        self.link.send(bytes).await
    }

    /// Lets time pass until bytes come, or to `until`. Under a granted clock everything that was sent is taken and answered first, at the present
    /// instant; only if nothing came of it does time move. By the wall clock a wait ends early now and then where a probe has something to look after.
    ///
    /// # Errors
    /// The line or the simulated pump is gone.
    pub async fn receive(&mut self, until: Span) -> Result<Received, RigError> {
        if matches!(self.clock, Clock::Real { .. }) {
            let mut wait = self.clock.host_time_until(until);
            if self.debug.is_some() {
                self.stands()?;
                wait = wait.min(rtt::EVERY);
            }
            return self.receive_within(wait).await;
        }
        let mut bytes = Vec::new();
        let now = self.clock.now();
        let mut end = End::Deadline;
        if self.settled != Some((self.link.sent, self.link.received)) {
            self.settle(now, &mut bytes).await?;
        }
        if bytes.is_empty() && until > now {
            end = self.settle(until, &mut bytes).await?;
        }
        Ok(Received {
            end: if bytes.is_empty() { end } else { End::Bytes },
            bytes,
            now: self.clock.now(),
        })
    }

    /// Grants time to `until` and reads exactly what was sent meanwhile.
    async fn settle(&mut self, until: Span, bytes: &mut Vec<u8>) -> Result<End, RigError> {
        if let Clock::Chip { .. } = self.clock {
            return self.settle_on_chip(Some(until), bytes).await;
        }
        let until_ms = u64::try_from(until.0).unwrap_or(0);
        let advance = self.clock.grant(until_ms, self.link.sent).await?;
        self.link.receive_up_to(advance.tx_total, bytes).await?;
        self.settled = Some((self.link.sent, self.link.received));
        self.touched = false;
        Ok(match advance.stop {
            Stop::Halted => End::Halted,
            Stop::Output => End::Bytes,
            Stop::Fence => End::Deadline,
        })
    }

    /// Waits for the reply to what was just sent. Granted time stands still, and everything that the pump says at this instant is received, whole: a
    /// reply costs no call beside the line's. `limit` is host time; where it runs out nothing is lost, and [`Rig::receive`] makes of the silence what it is.
    ///
    /// # Errors
    /// The line or the simulated pump is gone.
    pub async fn reply_wait(&mut self, limit: Duration) -> Result<Received, RigError> {
        if matches!(self.clock, Clock::Real { .. }) {
            return self.receive_within(limit.max(REPLY_LEAST)).await;
        }
        let now = self.clock.now();
        let mut bytes = Vec::new();
        self.settled = None;
        // What else is due at this instant is done when time is next granted, but not what the probe did: the pump may have something to say of it.
        if !self.touched {
            self.hear(limit, &mut bytes).await?;
        }
        if bytes.is_empty() || self.settled.is_none() {
            self.settle(now, &mut bytes).await?;
        }
        Ok(Received {
            end: if bytes.is_empty() { End::Deadline } else { End::Bytes },
            bytes,
            now,
        })
    }

    /// Takes what the pump answers at this instant, without letting time run.
    async fn hear(&mut self, limit: Duration, bytes: &mut Vec<u8>) -> Result<(), RigError> {
        if let Clock::Chip { .. } = self.clock {
            self.settle_on_chip(None, bytes).await?;
            return Ok(());
        }
        *bytes = self.link.receive_at_once(limit)?;
        if let Some((taken, sent)) = self.clock.progress()
            && !bytes.is_empty()
            && taken == self.link.sent
        {
            self.link.receive_up_to(sent, bytes).await?;
            self.settled = Some((self.link.sent, self.link.received));
        }
        Ok(())
    }

    async fn receive_within(&mut self, limit: Duration) -> Result<Received, RigError> {
        let (bytes, end) = match tokio::time::timeout(limit, self.link.receive()).await {
            Ok(bytes) => (bytes?.to_vec(), End::Bytes),
            Err(_) => (Vec::new(), End::Deadline),
        };
        Ok(Received {
            bytes,
            now: self.clock.now(),
            end,
        })
    }
}
