//! What a rig file says of time.

use pump_hil_model::quantity::Span;

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// The harness grants it: from deadline to deadline, nothing sleeps.
    Virtual,
    /// The host's clock, `scale` times as fast.
    Real {
        /// Pump seconds in a host second.
        scale: u32,
    },
}

impl ClockKind {
    /// Whether the harness grants it.
    #[must_use]
    pub fn is_granted(self) -> bool {
        self.scale().is_none()
    }

    /// Pump seconds in a host second; `None` where they have nothing to do with one another.
    #[must_use]
    pub fn scale(self) -> Option<u32> {
        match self {
            Self::Virtual => None,
            Self::Real { scale } => Some(scale),
        }
    }

    /// How far the times of a run may be apart from those of another: nothing where time is granted, and what a busy host costs by the wall clock.
    #[must_use]
    pub fn slack(self) -> Span {
        // A busy host may come 50 ms late, which are `scale` times as many of the pump's.
        Span(self.scale().map_or(0, |scale| i64::from(scale) * 50))
    }
}
