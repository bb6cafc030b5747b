//! An alarm that was raised, and how long one took.

use pump_hil_model::quantity::Span;

/// An alarm that was raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its priority.
    pub priority: String,
    /// When, last.
    pub t: Span,
    /// Place in the journal of the raising and, where it came, of the clearing.
    pub(crate) raised: u64,
    pub(crate) cleared: Option<u64>,
}

impl Alarm {
    /// Whether it is still on.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.cleared.is_none()
    }
}

/// How long an alarm took after a fault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AlarmLatency {
    /// The fault.
    pub fault: String,
    /// First alarm after it was confirmed.
    pub alarm: String,
    /// From the confirmation to the alarm.
    pub latency: Span,
}
