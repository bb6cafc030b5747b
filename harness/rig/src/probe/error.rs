//! What can be wrong with a probe, with what it is wired to, and with what it brings into flash.

use super::selector::Selector;
use probe_rs::probe::DebugProbeError;

/// The probe did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The chip, or the probe, refuses it.
    #[error("debug probe: {doing}: {why}")]
    Refused {
        /// What was to be done.
        doing: String,
        /// Why it was not.
        why: String,
    },
    /// The probe does not work any more.
    #[error("the debug probe failed while {doing}: {why}; check its cable and the board's supply, then run again")]
    Lost {
        /// What was to be done.
        doing: String,
        /// Why it was not.
        why: String,
    },
    /// A real probe, or what it is wired to, is not as the rig file says.
    #[error(transparent)]
    Usb(#[from] UsbError),
    /// The firmware could not be brought into flash.
    #[error(transparent)]
    Flash(#[from] FlashError),
}

impl ProbeError {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "rig-probe-refused",
            Self::Lost { .. } => "rig-probe-gone",
            Self::Usb(error) => error.code(),
            Self::Flash(error) => error.code(),
        }
    }

    /// Whether the probe is gone.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }
}

/// What is wrong with a probe or what it is wired to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsbError {
    /// None at all.
    #[error("no debug probe on USB; is the board plugged in, with a cable that carries data?")]
    None,
    /// None that is meant.
    #[error("no debug probe is {wanted}; there is: {}; correct `selector` in the rig file, or plug that one in", list(.there))]
    NoMatch {
        /// The selector.
        wanted: Selector,
        /// Those that there are.
        there: Vec<Selector>,
    },
    /// More than one.
    #[error("{} debug probes could be meant: {}; say which in the rig file, as `selector: \"{}\"`", .there.len(), list(.there), .there[0])]
    Several {
        /// Those that match; at least two.
        there: Vec<Selector>,
    },
    /// The system does not let this user have it.
    #[error(
        "debug probe {which}: this user may not open it; install the udev rule (`sudo cp fixtures/udev/70-pump-hil.rules /etc/udev/rules.d/ && sudo udevadm control --reload`), then unplug the board and plug it in again"
    )]
    Forbidden {
        /// Which.
        which: Selector,
    },
    /// It does not open.
    #[error(
        "debug probe {which} does not open: {why}; does another program (a debugger, an IDE, another pump-hil) hold it? Else unplug it and plug it in again"
    )]
    Closed {
        /// Which.
        which: Selector,
        /// Why.
        why: String,
    },
    /// A clock that it cannot have.
    #[error("debug probe {which} cannot do {khz} kHz: {why}; take another `speed` in the rig file, or none")]
    Speed {
        /// Which.
        which: Selector,
        /// What was wanted.
        khz: u32,
        /// Why not.
        why: String,
    },
    /// No chip answers.
    #[error(
        "debug probe {which} reaches no {chip}: {why}; has the board power, and are the wires to the chip connected?"
    )]
    Silent {
        /// Which.
        which: Selector,
        /// The chip that is wanted.
        chip: String,
        /// Why.
        why: String,
    },
    /// The chip lets nobody in.
    #[error(
        "debug probe {which}: the {chip} is locked against debuggers; to unlock it erases all that is in it, so it is left to you: `probe-rs erase --chip {chip} --allow-erase-all`"
    )]
    Locked {
        /// Which.
        which: Selector,
        /// The chip.
        chip: String,
    },
    /// Another chip.
    #[error(
        "debug probe {which} is wired to {found}, and the rig file says `chip: {wanted}`; nothing was written to it"
    )]
    WrongChip {
        /// Which.
        which: Selector,
        /// The chip that is wanted.
        wanted: String,
        /// What is there, in words.
        found: String,
    },
}

impl UsbError {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "rig-probe-none",
            Self::NoMatch { .. } => "rig-probe-no-match",
            Self::Several { .. } => "rig-probe-several",
            Self::Forbidden { .. } => "rig-probe-forbidden",
            Self::Closed { .. } => "rig-probe-closed",
            Self::Speed { .. } => "rig-probe-speed",
            Self::Silent { .. } => "rig-probe-silent",
            Self::Locked { .. } => "rig-probe-locked",
            Self::WrongChip { .. } => "rig-probe-wrong-chip",
        }
    }
}

fn list(selectors: &[Selector]) -> String {
    let told: Vec<String> = selectors.iter().map(ToString::to_string).collect();
    told.join(", ")
}

/// Why an image is not in flash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlashError {
    /// It has bytes where the chip has no flash.
    #[error(
        "the image has {len} bytes at {addr:#010x}, where {chip} has no flash (it has {flash}); was it built for another chip? Nothing was erased"
    )]
    Fit {
        /// The chip.
        chip: String,
        /// Where it begins.
        addr: u64,
        /// How many.
        len: usize,
        /// Where there is flash.
        flash: String,
    },
    /// There is nothing to flash.
    #[error(
        "this rig has no chip that can be flashed: `--flash` wants a rig file with a probe of kind `usb`, or of kind `qemu` with its `chip`"
    )]
    NoChip,
    /// It has nothing.
    #[error("the image has nothing to load; is it the linked firmware?")]
    Empty,
    /// It broke off.
    #[error(
        "flashing broke off while {doing}: {why}; the chip now holds no whole firmware, and {core}: check cable and supply, and flash it again before anything else"
    )]
    BrokeOff {
        /// What was being done.
        doing: &'static str,
        /// Why.
        why: String,
        /// What its core does now.
        core: &'static str,
    },
    /// It was written, and reads otherwise.
    #[error(
        "the flash reads otherwise than it was written; the chip now holds no whole firmware, and {core}: flash it again, and if that does not help either the flash is worn or protected"
    )]
    Verify {
        /// What its core does now.
        core: &'static str,
    },
}

impl FlashError {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fit { .. } => "rig-flash-fit",
            Self::NoChip => "rig-flash-no-chip",
            Self::Empty => "rig-flash-empty",
            Self::BrokeOff { .. } => "rig-flash-broke-off",
            Self::Verify { .. } => "rig-flash-verify",
        }
    }
}

/// What probe-rs could not do.
pub(super) fn failed(doing: &str, error: &probe_rs::Error) -> ProbeError {
    let doing = doing.to_owned();
    // What the chip refuses is another matter than a probe that does not do its work.
    match causes(error).find(|cause| cause.is::<DebugProbeError>()) {
        Some(lost) => ProbeError::Lost {
            doing,
            why: chain(causes(lost).nth(1).unwrap_or(lost)),
        },
        None => ProbeError::Refused {
            doing,
            why: chain(error),
        },
    }
}

/// An error, what caused it, what caused that.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut told: Vec<String> = causes(error)
        .map(|cause| cause.to_string().trim_end_matches('.').to_owned())
        .collect();
    told.dedup();
    told.join(": ")
}
