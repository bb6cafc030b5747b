//! Why bytes are no firmware, and why a name cannot be used.

/// Why bytes are no firmware.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// No ELF file of the kind that Cortex-M firmware is.
    #[error("no 32-bit little-endian ELF file")]
    Kind,
    /// It is cut off, or points beyond its end.
    #[error("the file is cut off, or broken: {what}")]
    Broken {
        /// What the reader stumbled over.
        what: String,
    },
    /// It was stripped.
    #[error(
        "the file has no symbol table, by which the test block, the firmware's log and what scenarios name are found; build it with one: `strip = false` in Cargo's profile, no `-s` for the linker, and name the file from before any `strip` or `objcopy`"
    )]
    Stripped,
    /// It is for another kind of processor.
    #[error("no firmware for an Arm core")]
    Arch,
}

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .help.as_ref().map_or(String::new(), |help| format!(" ({help})")))]
pub struct NameError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl NameError {
    /// What is wrong, with nothing to do about it yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        self.maybe_help(Some(help.into()))
    }

    pub(crate) fn maybe_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

impl From<gimli::Error> for NameError {
    fn from(error: gimli::Error) -> Self {
        Self::new(format!("the debug information cannot be read: {error}"))
    }
}
