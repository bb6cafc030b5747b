//! How time passes on a rig: granted by the harness, or by the host's clock.
//!
//! Besides [`super::host_time`] this is the only place that may look at a clock of the host.

use super::RigError;
use super::host_time;
use pump_hil_model::quantity::Span;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Why granted time came to a stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is where it may go.
    Fence,
    /// The pump sent bytes.
    Output,
    /// The core is halted: by a breakpoint, or before.
    Halted,
}

/// What a grant came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// The pump's time.
    pub now_ms: u64,
    /// Bytes that the pump has sent in all.
    pub tx_total: u64,
    /// Why it stopped.
    pub stop: Stop,
}

/// Somebody whose time the harness grants.
pub trait Fence: Send + std::fmt::Debug {
    /// Lets time pass until `until_ms`, or until something is sent or the core halts; but first all of `rx_total` bytes must have arrived. `done` is
    /// called from another thread; it is dropped uncalled where the pump is gone.
    ///
    /// # Errors
    /// The pump is gone.
    fn advance(&self, until_ms: u64, rx_total: u64, done: Box<dyn FnOnce(Advance) + Send>) -> Result<(), RigError>;

    /// Bytes that were taken and bytes that were sent, in all; the latter are counted before they can be received.
    fn progress(&self) -> (u64, u64);
}

/// A rig's clock.
#[derive(Debug)]
pub(super) enum Clock {
    /// Granted.
    Virtual {
        /// By whom it is kept.
        fence: Box<dyn Fence>,
        /// Where it is.
        now_ms: u64,
        /// How long a grant may take.
        limit: Duration,
    },
    /// Granted through the test block of a chip.
    Chip {
        /// Where it is.
        now_ms: u64,
    },
    /// The host's, scaled.
    Real {
        /// When it was 0.
        started: Instant,
        /// Pump seconds in a host second.
        scale: u32,
    },
}

impl Clock {
    #[cfg_attr(
        not(feature = "sim"),
        expect(dead_code, reason = "only the simulator lets its time be granted")
    )]
    pub fn granted(fence: Box<dyn Fence>, limit: Duration) -> Self {
        Self::Virtual {
            fence,
            now_ms: 0,
            limit,
        }
    }

    pub fn real(scale: u32) -> Self {
        Self::Real {
            started: host_time::now(),
            scale,
        }
    }

    /// Milliseconds since the pump was powered, as far as the rig knows.
    pub fn now(&self) -> Span {
        let ms = match self {
            Self::Virtual { now_ms, .. } | Self::Chip { now_ms } => u128::from(*now_ms),
            Self::Real { started, scale } => started.elapsed().as_micros() * u128::from(*scale) / 1_000,
        };
        Span(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// Host time until the clock shows `until`.
    pub fn host_time_until(&self, until: Span) -> Duration {
        let Self::Real { started, scale } = self else {
            return Duration::ZERO;
        };
        let ms = u64::try_from(until.0).unwrap_or(0);
        let at = Duration::from_micros(ms.saturating_mul(1_000) / u64::from(*scale));
        at.saturating_sub(started.elapsed())
    }

    /// Bytes that the pump has taken and sent in all; `None` where nobody knows.
    pub fn progress(&self) -> Option<(u64, u64)> {
        match self {
            Self::Virtual { fence, .. } => Some(fence.progress()),
            Self::Chip { .. } | Self::Real { .. } => None,
        }
    }

    /// Grants time until `until_ms` once `rx_total` bytes have arrived; only of a granted clock.
    pub async fn grant(&mut self, until_ms: u64, rx_total: u64) -> Result<Advance, RigError> {
        let Self::Virtual { fence, now_ms, limit } = self else {
            return Err(RigError::SimGone);
        };
        let (send, receive) = oneshot::channel();
        fence.advance(
            until_ms.max(*now_ms),
            rx_total,
            Box::new(move |advance| {
                // Nobody may wait any more; that is no error.
                let _ = send.send(advance);
            }),
        )?;
        let advance = match host_time::within(*limit, receive).await {
            Some(Ok(advance)) => advance,
            Some(Err(_)) => return Err(RigError::SimGone),
            None => {
                return Err(RigError::FenceTimeout {
                    limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
                });
            }
        };
        *now_ms = advance.now_ms;
        Ok(advance)
    }
}
