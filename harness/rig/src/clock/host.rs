//! The host's clock, scaled. Besides [`crate::host_time`] this is the only place that may look at a clock of the host.

use super::waits::Clock;
use crate::chip::Chip;
use crate::error::RigError;
use crate::host_time;
use crate::link::{Line, LinkError};
use crate::received::{End, Received};
use crate::rtt;
use async_trait::async_trait;
use pump_hil_model::quantity::Span;
use std::time::{Duration, Instant};

/// Host time that a reply gets at least by the wall clock: on a scaled one the pump's seconds are too short for a host that is busy.
const REPLY_LEAST: Duration = Duration::from_millis(200);

/// How often it is looked whether a guard took over.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The host's time since the rig was opened.
#[derive(Debug)]
pub struct Host {
    /// When it was 0.
    started: Instant,
    /// Pump seconds in a host second.
    scale: u32,
}

impl Host {
    /// From 0 on.
    pub fn new(scale: u32) -> Self {
        Self {
            started: host_time::now(),
            scale,
        }
    }

    /// Host time until the clock shows `until`.
    fn host_time_until(&self, until: Span) -> Duration {
        let ms = u64::try_from(until.0).unwrap_or(0);
        // Saturating: who waits for a reply gives no end of his own, and half of `i64::MAX` ms is beyond 64 bits in microseconds.
        let at = Duration::from_micros(ms.saturating_mul(1_000) / u64::from(self.scale));
        at.saturating_sub(self.started.elapsed())
    }

    async fn receive_within(
        &self,
        bytes: impl Future<Output = Result<&[u8], LinkError>>,
        limit: Duration,
    ) -> Result<Received, RigError> {
        let (bytes, end) = match tokio::time::timeout(limit, bytes).await {
            Ok(bytes) => (bytes?.to_vec(), End::Bytes),
            Err(_) => (Vec::new(), End::Deadline),
        };
        Ok(Received {
            bytes,
            now: self.now(),
            end,
            missed: false,
        })
    }
}

#[async_trait]
impl Clock for Host {
    fn now(&self) -> Span {
        let ms = self.started.elapsed().as_micros() * u128::from(self.scale) / 1_000;
        Span(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    async fn receive(&mut self, line: &mut Line, chip: &mut Chip, until: Span) -> Result<Received, RigError> {
        let mut wait = self.host_time_until(until);
        if chip.inside.has_probe() {
            // A core that the probe caught at a fault stands there until somebody looks; no byte tells of it.
            chip.stands()?;
            wait = wait.min(rtt::EVERY);
        }
        if line.is_guarded() {
            // A process that was stopped finds out soon after it wakes.
            wait = wait.min(LOOK_EVERY);
        }
        self.receive_within(line.receive(), wait).await
    }

    async fn reply_wait(&mut self, line: &mut Line, _: &mut Chip, limit: Duration) -> Result<Received, RigError> {
        self.receive_within(line.receive_reply(), limit.max(REPLY_LEAST)).await
    }
}
