//! What can be wrong with a bench, put together of what can be wrong with its parts. None of it is about the pump, but where its firmware hangs or faults: a
//! run that meets one of these is Inconclusive.

use super::disagreement::Disagreement;
use super::fence::FenceError;
use super::firmware::FileError;
use super::link::LinkError;
use super::probe::ProbeError;
use super::process::ProcessError;
use super::qemu::QemuError;
use super::test_block::{BlockError, WrongBlock};
use pump_hil_firmware::NameError;
use pump_hil_model::crash::Crash;
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::trouble::{Trouble, TroubleCode};

/// What went wrong with the rig, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// A file that cannot be made use of.
    #[error(transparent)]
    File(#[from] FileError),
    /// A rig file or a device profile that is not right.
    #[error(transparent)]
    Wrong(#[from] WrongFile),
    /// A program of the rig file, which nobody allowed.
    #[error(
        "the rig file starts a program, `{program}`, and a program can do on this host what you can; read the rig file, and if you trust it add `--trust-rig`"
    )]
    Untrusted {
        /// The program and its arguments.
        program: String,
    },
    /// The line does not carry what it should.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The probe did not do it.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// Granted time does not pass.
    #[error(transparent)]
    Fence(#[from] FenceError),
    /// The simulated pump's process does not start.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// QEMU does not do what it should.
    #[error(transparent)]
    Qemu(#[from] QemuError),
    /// Board, probe and firmware do not belong together.
    #[error(transparent)]
    Disagree(#[from] Disagreement),
    /// The test block is not as it should be.
    #[error(transparent)]
    TestBlock(#[from] WrongBlock),
    /// The pump's firmware does nothing that it is asked, and its time stands.
    #[error(
        "the pump's firmware hangs: it did not do what it was asked within {limit_ms} ms of host time, and its own time stood"
    )]
    Hangs {
        /// The limit.
        limit_ms: u64,
    },
    /// The firmware does not even start.
    #[error("the firmware faulted before its test block at {addr:#010x} stood; was it built for this chip?")]
    BootFault {
        /// Where it should be.
        addr: u64,
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
    /// The pump says more than any case holds.
    #[error(
        "the pump said more than {limit} bytes on its line, the limit of a case (`line-mib` in the rig file); does it babble, or is it another line?"
    )]
    Babble {
        /// The limit.
        limit: u64,
    },
    /// An instrument beside the pump.
    #[error("instrument `{name}`: {why}")]
    Instrument {
        /// Its name in the rig file.
        name: String,
        /// What is wrong with it.
        why: String,
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
    Name(#[from] NameError),
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

impl From<BlockError> for RigError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Probe(error) => error.into(),
            BlockError::Wrong(error) => error.into(),
        }
    }
}

impl RigError {
    /// Its stable name, by which a rig's trouble is told from another without reading its text.
    #[must_use]
    pub fn code(&self) -> TroubleCode {
        TroubleCode::of(match self {
            Self::File(error) => error.code(),
            Self::Wrong(_) => "rig-file",
            Self::Untrusted { .. } => "rig-not-trusted",
            Self::Link(error) => error.code(),
            Self::Probe(error) => error.code(),
            Self::Fence(error) => error.code(),
            Self::Process(_) => "rig-process",
            Self::Qemu(_) => "rig-qemu",
            Self::Disagree(error) => error.code(),
            Self::TestBlock(_) => "rig-test-block",
            Self::Hangs { .. } => "rig-firmware-hangs",
            Self::BootFault { .. } => "rig-boot-fault",
            Self::Lacks { .. } => "rig-lacks",
            Self::Babble { .. } => return TroubleCode::BABBLE,
            Self::Instrument { .. } => "rig-instrument",
            Self::Symbol { .. } => "rig-symbol",
            Self::Name(_) => "rig-firmware-name",
            Self::NoSimulator => "rig-no-simulator",
            Self::Defect { .. } => "rig-defect",
        })
    }

    /// The trouble that it is to a run.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::told(self.code(), self.to_string())
    }

    /// The crash record of firmware that locked up or panicked, and took the emulator or the simulator down with it.
    #[must_use]
    pub fn lockup(&self) -> Option<&Crash> {
        match self {
            Self::Qemu(error) => error.lockup.as_deref(),
            Self::Fence(FenceError::Panicked(crash)) => Some(crash),
            _ => None,
        }
    }

    /// Whether the line or the probe is gone.
    pub(super) fn is_loss(&self) -> bool {
        match self {
            Self::Link(error) => error.is_loss(),
            Self::Probe(error) => error.is_loss(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_has_the_code_and_the_words_of_the_part_that_it_is_of() {
        let port = || "/dev/ttyACM0".to_owned();
        let troubles: [(RigError, _, _); 5] = [
            (
                LinkError::Stuck {
                    port: port(),
                    limit_ms: 5,
                }
                .into(),
                "rig-line-stuck",
                "/dev/ttyACM0 took no more bytes within 5 ms; does something block the far end?",
            ),
            (
                ProbeError::from(crate::probe::UsbError::None).into(),
                "rig-probe-none",
                "no debug probe on USB; is the board plugged in, with a cable that carries data?",
            ),
            (
                FenceError::Gone.into(),
                "rig-pump-gone",
                "the simulated pump has ended; open the rig again",
            ),
            (QemuError::new("it ended").into(), "rig-qemu", "QEMU: it ended"),
            (
                BlockError::from(WrongBlock {
                    addr: 0x2000_0000,
                    what: "version 2; this harness knows 1".to_owned(),
                })
                .into(),
                "rig-test-block",
                "test block at 0x20000000: version 2; this harness knows 1",
            ),
        ];
        for (trouble, code, text) in troubles {
            assert_eq!((trouble.code().as_str(), trouble.to_string().as_str()), (code, text));
            assert_eq!(trouble.trouble().to_string(), text);
        }
    }
}
