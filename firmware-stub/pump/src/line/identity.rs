//! Who a pump says that it is.

/// Who this pump is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Model.
    pub model: &'static str,
    /// Serial number.
    pub serial: &'static str,
    /// How the firmware was built: the shell's name.
    pub build: &'static str,
}
