//! What can be wrong with QEMU.

use pump_hil_model::crash::Crash;

/// QEMU does not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("QEMU: {what}")]
pub struct QemuError {
    /// What.
    pub what: String,
    /// It ended because the firmware locked up: that is the firmware's doing.
    pub lockup: Option<Box<Crash>>,
}

impl QemuError {
    /// This, of QEMU.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            lockup: None,
        }
    }
}
