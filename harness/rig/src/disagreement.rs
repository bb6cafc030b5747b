//! Board, probe and firmware that do not belong together.

use pump_hil_model::safe_text::safe_path;
use std::path::PathBuf;

/// What does not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// Other firmware is in flash.
    #[error(
        "the chip's flash is not {}: it differs from {at:#010x} on; flash it with `--flash {}`, or name the firmware that is in it as `elf` in the rig file", safe_path(.elf), safe_path(.elf)
    )]
    Flash {
        /// The rig's firmware.
        elf: PathBuf,
        /// Where they differ first.
        at: u64,
    },
    /// QEMU emulates another chip.
    #[error(
        "QEMU's machine `{machine}` is {found}, and the rig file says `chip: {chip}`; correct `machine` or `chip` there; nothing was run"
    )]
    Machine {
        /// Its name.
        machine: String,
        /// What it is, in words.
        found: String,
        /// The chip that is wanted.
        chip: String,
    },
    /// The image is of another chip.
    #[error(
        "{} has bytes at {at:#010x}, where {chip} has no memory; take the firmware that was built for this chip, or correct `chip` in the rig file; nothing was run", safe_path(.elf)
    )]
    Misplaced {
        /// The rig's firmware.
        elf: PathBuf,
        /// The chip.
        chip: String,
        /// Where its first such part begins.
        at: u64,
    },
    /// The image does not say of which build it is.
    #[error(
        "{} has no text `{symbol}`, which the device profile calls its build; is it firmware for this profile?", safe_path(.elf)
    )]
    NoBuild {
        /// The rig's firmware.
        elf: PathBuf,
        /// The symbol.
        symbol: String,
    },
    /// The pump says something else of itself.
    #[error(
        "the pump on the line says `{what}={said}`, and {from} has `{expected}`: the line and the probe lead to two boards, or the pump did not start anew; check the cables and `port` in the rig file"
    )]
    Identity {
        /// Which field of the reply.
        what: &'static str,
        /// What it says.
        said: String,
        /// What was expected.
        expected: String,
        /// Where that is from.
        from: String,
    },
}

impl Disagreement {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Flash { .. } => "rig-flash-differs",
            Self::Machine { .. } => "rig-wrong-machine",
            Self::Misplaced { .. } => "rig-image-misplaced",
            Self::NoBuild { .. } => "rig-image-without-build",
            Self::Identity { .. } => "rig-another-pump",
        }
    }
}
