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
    /// There is no such program.
    pub(crate) fn absent(program: &str) -> Self {
        Self::new(format!(
            "there is no {program}; install it (Debian: `apt install {program}`)"
        ))
    }

    /// This, of QEMU.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            lockup: None,
        }
    }
}
