//! What can be wrong with QEMU.

/// QEMU does not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("QEMU: {what}")]
pub struct QemuError {
    /// What.
    pub what: String,
}

impl QemuError {
    /// This, of QEMU.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}
