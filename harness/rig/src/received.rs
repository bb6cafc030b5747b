//! What comes of waiting for a pump.

use pump_hil_model::quantity::Span;

/// What came of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Bytes from the pump; may be empty.
    pub bytes: Vec<u8>,
    /// The rig's time now.
    pub now: Span,
    /// Why the wait ended.
    pub end: End,
    /// The pump is known to have said more than came: only where time is granted, as line and pump count every byte then.
    pub missed: bool,
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
