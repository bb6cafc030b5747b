//! Board, probe and firmware must belong together before anything is asked of the pump: what is in flash is the rig's image, and the pump that answers on the
//! line is the one that the image makes.

use super::disagreement::Disagreement;
use super::error::RigError;
use super::firmware::Firmware;
use super::host_time;
use super::probe::{self, CoreBackend, Debug, flash};
use pump_hil_model::event::{Body, InFlash};
use pump_hil_model::safe_text::safe_path;
use pump_hil_talk::device::Profile;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Sees to it that the chip's flash holds the rig's firmware; gives what is to be journaled of it. Where it was written the core stands before its first
/// instruction.
///
/// # Errors
/// It holds other firmware and may not be flashed, or flashing failed.
pub(super) fn look_into_flash(debug: &mut Debug, firmware: &Firmware, build: Option<&str>) -> Result<Body, RigError> {
    let begun = host_time::now();
    let segments = firmware.image.segments();
    let in_flash = match flash::differs(debug, &segments)? {
        None => InFlash::Already,
        Some(at) if !firmware.flash => {
            let elf = firmware.elf.clone();
            return Err(Disagreement::Flash { elf, at }.into());
        }
        Some(_) => {
            flash::write(debug, &segments)?;
            // The core stands in the routine that programmed the flash.
            debug.reset_and_halt()?;
            InFlash::Written
        }
    };
    Ok(note(firmware, build, in_flash, host_time::ms(begun.elapsed())))
}

/// What is to be journaled of the firmware; `build` is the symbol of its build's text.
pub(super) fn note(firmware: &Firmware, build: Option<&str>, in_flash: InFlash, took_ms: u64) -> Body {
    Body::Firmware {
        elf: safe_path(&firmware.elf),
        sha256: firmware.image.sha256(),
        build: build.and_then(|symbol| firmware.image.text(symbol)).map(str::to_owned),
        in_flash,
        took_ms,
    }
}

/// What the pump on the line must be.
#[derive(Debug)]
pub(super) struct Expected {
    profile: Arc<Profile>,
    firmware: Option<Firmware>,
}

impl Expected {
    /// The pump that this profile describes and this firmware makes.
    pub fn new(profile: Arc<Profile>, firmware: Option<Firmware>) -> Self {
        Self { profile, firmware }
    }

    /// Whether the pump that answered `identify` with these fields is that one. Nothing is expected where neither says anything.
    ///
    /// # Errors
    /// [`Disagreement`].
    pub fn agrees(&self, fields: &BTreeMap<String, String>) -> Result<(), Disagreement> {
        let profile = &self.profile;
        // A pump that says nothing of itself is not taken for the right one either.
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
            return Err(Disagreement::NoBuild { elf, symbol });
        };
        match said("build") == build {
            true => Ok(()),
            false => Err(identity("build", said("build"), build, safe_path(&elf))),
        }
    }
}

fn identity(what: &'static str, said: String, expected: &str, from: String) -> Disagreement {
    Disagreement::Identity {
        what,
        said,
        expected: expected.to_owned(),
        from,
    }
}
