//! Board, probe and firmware must belong together before anything is asked of the pump: what is in flash is the rig's image, and the pump that answers on the
//! line is the one that the image makes.

use super::probe::{self, CoreBackend};
use super::{Rig, RigError, host_time};
use pump_hil_firmware::Image;
use pump_hil_model::event::{Body, InFlash};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What does not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// Other firmware is in flash.
    #[error(
        "the chip's flash is not {}: it differs from {at:#010x} on; flash it with `--flash {}`, or name the firmware that is in it as `elf` in the rig file", .elf.display(), .elf.display()
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
        "{} has bytes at {at:#010x}, where {chip} has no memory; take the firmware that was built for this chip, or correct `chip` in the rig file; nothing was run", .elf.display()
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
        "{} has no text `{symbol}`, which the device profile calls its build; is it firmware for this profile?", .elf.display()
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

/// The firmware that a rig runs: a file, and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Firmware {
    pub elf: PathBuf,
    pub image: Arc<Image>,
    /// It is to be brought into flash where it is not there yet.
    pub flash: bool,
}

/// Whether the chip that the rig file names, the machine that QEMU emulates and the firmware can belong together.
///
/// # Errors
/// [`Disagreement`].
pub(super) fn in_qemu(
    machine: &str,
    core: &mut dyn CoreBackend,
    chip: &str,
    firmware: Option<&Firmware>,
) -> Result<(), Disagreement> {
    let chip = chip.to_owned();
    if let Some(found) = probe::is_not(core, &chip) {
        let machine = machine.to_owned();
        return Err(Disagreement::Machine { machine, found, chip });
    }
    match firmware.and_then(|firmware| Some((firmware, probe::misplaced(&chip, &firmware.image.segments())?))) {
        Some((firmware, at)) => Err(Disagreement::Misplaced {
            elf: firmware.elf.clone(),
            chip,
            at,
        }),
        None => Ok(()),
    }
}

impl Rig {
    /// Sees to it that the chip's flash holds the rig's firmware. Where it was written the core stands before its first instruction.
    ///
    /// # Errors
    /// It holds other firmware and may not be flashed, or flashing failed.
    pub(super) fn look_into_flash(&mut self, firmware: &Firmware) -> Result<(), RigError> {
        let Some(debug) = &mut self.debug else {
            return Ok(());
        };
        let begun = host_time::now();
        let segments = firmware.image.segments();
        let in_flash = match debug.flash_differs(&segments)? {
            None => InFlash::Already,
            Some(at) if !firmware.flash => {
                let elf = firmware.elf.clone();
                return Err(Disagreement::Flash { elf, at }.into());
            }
            Some(_) => {
                debug.flash(&segments)?;
                debug.reset_and_halt()?;
                InFlash::Written
            }
        };
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.note_firmware(firmware, in_flash, took_ms);
        Ok(())
    }

    /// Keeps for the journal which firmware this is.
    pub(super) fn note_firmware(&mut self, firmware: &Firmware, in_flash: InFlash, took_ms: u64) {
        let build = self.profile.build_symbol.as_ref();
        self.opened.push(Body::Firmware {
            elf: firmware.elf.display().to_string(),
            sha256: firmware.image.sha256(),
            build: build.and_then(|symbol| firmware.image.text(symbol)).map(str::to_owned),
            in_flash,
            took_ms,
        });
    }

    /// Whether the pump that answered `identify` with these fields is the one that the rig's firmware and its device profile make. Nothing is expected where
    /// neither says anything.
    ///
    /// # Errors
    /// [`Disagreement`].
    pub fn agrees(&self, fields: &BTreeMap<String, String>) -> Result<(), RigError> {
        let profile = &self.profile;
        let said = |what: &str| fields.get(what).cloned().unwrap_or_default();
        if let Some(model) = &profile.model
            && said("model") != *model
        {
            return Err(identity(
                "model",
                said("model"),
                model,
                format!("device profile `{}`", profile.device),
            ));
        }
        let (Some(symbol), Some(firmware)) = (&profile.build_symbol, &self.firmware) else {
            return Ok(());
        };
        let elf = firmware.elf.clone();
        let Some(build) = firmware.image.text(symbol) else {
            let symbol = symbol.clone();
            return Err(Disagreement::NoBuild { elf, symbol }.into());
        };
        match said("build") == build {
            true => Ok(()),
            false => Err(identity("build", said("build"), build, elf.display().to_string())),
        }
    }
}

fn identity(what: &'static str, said: String, expected: &str, from: String) -> RigError {
    Disagreement::Identity {
        what,
        said,
        expected: expected.to_owned(),
        from,
    }
    .into()
}
