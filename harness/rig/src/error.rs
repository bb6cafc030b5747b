//! What can be wrong with a bench. None of it is about the pump: a run that meets one of these is Inconclusive.

use std::path::PathBuf;

/// What went wrong with the rig, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// A file that cannot be read.
    #[error("cannot read `{path}`: {why}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// A rig file or a device profile that is not right.
    #[error(transparent)]
    Wrong(#[from] pump_hil_model::diagnostic::WrongFile),
    /// A firmware's ELF file that cannot be made use of.
    #[error("{path}: {why}", path = .path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// Why.
        why: pump_hil_firmware::ImageError,
    },
    /// The serial port cannot be opened.
    #[error("serial port {port}: {why}")]
    Open {
        /// The port.
        port: String,
        /// Why.
        why: String,
    },
    /// The line is gone.
    #[error("the line to the pump on {port} is gone ({why}); check cable and supply, then run again")]
    Lost {
        /// The port.
        port: String,
        /// Why.
        why: String,
    },
    /// The port does not take what is sent.
    #[error("{port} took no more bytes within {limit_ms} ms; does something block the far end?")]
    Stuck {
        /// The port.
        port: String,
        /// The limit.
        limit_ms: u64,
    },
    /// Bytes that the pump sent do not come.
    #[error(
        "{port}: {missing} bytes that the pump sent did not come within {limit_ms} ms; is it this board's port? Else check cable and speed, then run again"
    )]
    Missing {
        /// The port.
        port: String,
        /// How many.
        missing: u64,
        /// The limit.
        limit_ms: u64,
    },
    /// Bytes that were sent do not come to the pump.
    #[error(
        "{port}: {missing} bytes did not come to the pump within {limit_ms} ms, which does what needs no more of them; check cable and speed, then run again"
    )]
    Untaken {
        /// The port.
        port: String,
        /// How many.
        missing: u32,
        /// The limit.
        limit_ms: u64,
    },
    /// The port never rests.
    #[error("{port} goes on sending for {limit_ms} ms though the pump is halted; is it this pump's line?")]
    Restless {
        /// The port.
        port: String,
        /// The limit.
        limit_ms: u64,
    },
    /// The simulated pump is gone.
    #[error("the simulated pump has ended; open the rig again")]
    SimGone,
    /// The pump does not come back from granted time.
    #[error(
        "the pump did not reach its fence within {limit_ms} ms of host time; where a step is that much to compute, raise `fence` in the rig file"
    )]
    FenceTimeout {
        /// The limit.
        limit_ms: u64,
    },
    /// The pump's firmware does nothing that it is asked, and its time stands.
    #[error(
        "the pump's firmware hangs: it did not do what it was asked within {limit_ms} ms of host time, and its own time stood"
    )]
    Hangs {
        /// The limit.
        limit_ms: u64,
    },
    /// The simulated pump's process does not start.
    #[error("the simulated pump's process: {what}")]
    Process {
        /// What.
        what: String,
    },
    /// QEMU does not do what it should.
    #[error("QEMU: {what}")]
    Qemu {
        /// What.
        what: String,
    },
    /// The rig has no such part.
    #[error("rig `{rig}` has no {part}, which {wanted} needs")]
    Lacks {
        /// The rig.
        rig: String,
        /// Which part.
        part: &'static str,
        /// For what.
        wanted: String,
    },
    /// A real probe, or what it is wired to, is not as the rig file says.
    #[error(transparent)]
    Usb(#[from] super::probe::UsbError),
    /// The firmware could not be brought into flash.
    #[error(transparent)]
    Flash(#[from] super::probe::FlashError),
    /// Board, probe and firmware do not belong together.
    #[error(transparent)]
    Disagree(#[from] super::agree::Disagreement),
    /// The probe did not do it.
    #[error("debug probe: {doing}: {why}")]
    Probe {
        /// What was to be done.
        doing: String,
        /// Why it was not.
        why: String,
    },
    /// The probe does not work any more.
    #[error("the debug probe failed while {doing}: {why}; check its cable and the board's supply, then run again")]
    ProbeLost {
        /// What was to be done.
        doing: String,
        /// Why it was not.
        why: String,
    },
    /// The test block is not as it should be.
    #[error("test block at {addr:#010x}: {what}")]
    TestBlock {
        /// Where it should be.
        addr: u64,
        /// What.
        what: String,
    },
    /// The firmware does not even start.
    #[error("the firmware faulted before its test block at {addr:#010x} stood; was it built for this chip?")]
    BootFault {
        /// Where it should be.
        addr: u64,
    },
    /// A name that no symbol has.
    #[error("no symbol `{name}` on device `{device}`{help}; or write an address as 0x20000000")]
    Symbol {
        /// The name.
        name: String,
        /// The profile.
        device: String,
        /// What may have been meant.
        help: String,
    },
    /// A name of the firmware's source that does not lead to what was wanted.
    #[error(transparent)]
    Name(#[from] pump_hil_firmware::NameError),
    /// This build cannot.
    #[error("this build of pump-hil has no simulator; build it with the feature `sim`, or give a rig with `--rig`")]
    NoSimulator,
    /// A defect that the stub does not have, or a build without defects.
    #[error("no seeded defect `{name}`: {why}")]
    Defect {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
}

impl RigError {
    /// Whether the line or the probe is gone.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Stuck { .. } | Self::ProbeLost { .. })
    }
}
