//! Time that the simulator lets pass when it is called.

use super::grants::Grants;
use crate::chip::Chip;
use crate::error::RigError;
use crate::fence::{Advance, Fence, FenceError, Stop};
use crate::host_time::{self, Waited};
use crate::link::Line;
use crate::received::End;
use async_trait::async_trait;
use pump_hil_model::quantity::Span;
use std::time::Duration;
use tokio::sync::oneshot;

/// Granted by a call.
#[derive(Debug)]
pub struct Granted {
    /// By whom it is kept.
    fence: Box<dyn Fence>,
    /// Where it is.
    now_ms: u64,
}

impl Granted {
    /// From 0 on.
    pub fn new(fence: Box<dyn Fence>) -> Self {
        Self { fence, now_ms: 0 }
    }

    /// Grants time until `until_ms` once `rx_total` bytes have arrived.
    ///
    /// # Errors
    /// The pump is gone, its firmware hangs, or a grant is much to compute.
    async fn grant(&mut self, chip: &mut Chip, until_ms: u64, rx_total: u64) -> Result<Advance, RigError> {
        // Each grant would take as long again.
        chip.answers()?;
        let (send, mut receive) = oneshot::channel();
        self.fence.advance(
            until_ms.max(self.now_ms),
            rx_total,
            Box::new(move |advance| {
                // Nobody may wait any more; that is no error.
                let _ = send.send(advance);
            }),
        )?;
        let limits = chip.grant_limits(until_ms > self.now_ms);
        let (mut waited, mut at_ms) = (Duration::ZERO, self.fence.now_ms());
        let came = loop {
            let came = host_time::within(limits.standing, &mut receive).await;
            if came.is_some() {
                break came;
            }
            waited += limits.standing;
            let before_ms = std::mem::replace(&mut at_ms, self.fence.now_ms());
            if at_ms == before_ms {
                Grants::take_back(self);
                return Err(chip.is_found_to_hang(limits.standing));
            }
            if waited >= limits.whole {
                Grants::take_back(self);
                let limit_ms = host_time::ms(limits.whole);
                return Err(FenceError::Timeout { limit_ms }.into());
            }
        };
        let Some(Ok(advance)) = came else {
            self.now_ms = self.fence.now_ms().max(self.now_ms);
            return Err(self.fence.gone().into());
        };
        self.now_ms = advance.now_ms;
        Ok(advance)
    }
}

#[async_trait]
impl Grants for Granted {
    fn now(&self) -> Span {
        Span(i64::try_from(self.now_ms).unwrap_or(i64::MAX))
    }

    fn is_asked(&self) -> bool {
        false
    }

    fn take_back(&mut self) {
        self.fence.take_back();
        self.now_ms = self.fence.now_ms().max(self.now_ms);
    }

    async fn settle(
        &mut self,
        line: &mut Line,
        chip: &mut Chip,
        until: Span,
        bytes: &mut Vec<u8>,
    ) -> Result<End, RigError> {
        let until_ms = u64::try_from(until.0).unwrap_or(0);
        let advance = self.grant(chip, until_ms, line.sent()).await?;
        line.receive_up_to(advance.tx_total, bytes).await?;
        line.settle();
        chip.inside.settle();
        Ok(match advance.stop {
            Stop::Halted => End::Halted,
            Stop::Output => End::Bytes,
            Stop::Fence => End::Deadline,
        })
    }

    async fn hear(
        &mut self,
        line: &mut Line,
        chip: &mut Chip,
        limit: Duration,
        bytes: &mut Vec<u8>,
    ) -> Result<(), RigError> {
        let standing = chip.grant_limits(false).standing;
        let mut waited = Waited::of(standing);
        loop {
            bytes.extend(line.receive_at_once(limit)?);
            // Asked once the first bytes came: what is sent is counted before it can be received, so that these are counted.
            let (taken, sent) = self.fence.progress();
            // What was taken is answered, if it is answered at all.
            if taken == line.sent() {
                line.receive_up_to(sent, bytes).await?;
                line.settle();
                return Ok(());
            }
            // On a busy host the pump's thread had no turn yet. Were time granted for that, what else is due at this instant would be done as the host
            // pleases, before the next request or behind it. A pump that takes nothing at all is found out by the next grant.
            if waited.so_far() >= standing {
                return Ok(());
            }
            // An interrupt of the run must be heard.
            tokio::task::yield_now().await;
        }
    }
}
