//! Time: of the line, which is the host's, and of the device, which may be faster. Both begin at 0 and count microseconds.

use std::time::{Duration, Instant};

/// A moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// By the device's own clock.
    pub device: u64,
    /// By the host's: gaps between bytes are of the line, at any speed of the device.
    pub line: u64,
}

/// Both clocks.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    speed: u64,
}

impl Clock {
    /// Starts now; the device's clock is `speed` times as fast as the host's.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "an emulated device has a clock of its own; this is its door"
    )]
    pub fn start(speed: u64) -> Self {
        Self {
            start: Instant::now(),
            speed: speed.max(1),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Now {
        let line = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        Now {
            device: line.saturating_mul(self.speed),
            line,
        }
    }

    /// How long to wait from `now` until a moment of the device's clock or one of the line.
    #[must_use]
    pub fn wait(&self, now: Now, device: Option<u64>, line: Option<u64>) -> Option<Duration> {
        let of_device = device.map(|at| at.saturating_sub(now.device).div_ceil(self.speed));
        let of_line = line.map(|at| at.saturating_sub(now.line));
        let soonest = of_device.into_iter().chain(of_line).min()?;
        Some(Duration::from_micros(soonest))
    }
}
