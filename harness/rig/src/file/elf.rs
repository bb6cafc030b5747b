//! The firmware that a rig runs: the ELF file that a rig file, a device profile or `--flash` names.

use super::{ProbeAt, PumpAt};
use crate::RigError;
use crate::agree::Firmware;
use crate::files;
use crate::probe::FlashError;
use pump_hil_firmware::Image;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No firmware's ELF file is larger, with all its debug information.
const ELF_BYTES_MAX: usize = 256 << 20;

/// The firmware that runs on a rig's own chip; with `flash` that one.
pub(super) fn of_chip(
    pump: &mut PumpAt,
    probe: Option<&ProbeAt>,
    flash: Option<&Path>,
) -> Result<Option<Firmware>, RigError> {
    let own = match pump {
        PumpAt::Qemu(at) => at.elf.as_ref(),
        PumpAt::Serial(at) => at.elf.as_ref(),
        PumpAt::Sim { .. } | PumpAt::SimProcess => None,
    };
    let Some(elf) = flash else {
        let firmware = |elf: &PathBuf| {
            Ok(Firmware {
                elf: elf.clone(),
                image: image(elf)?,
                flash: false,
            })
        };
        return own.map(firmware).transpose();
    };
    let programs = matches!(probe, Some(ProbeAt::Usb { .. } | ProbeAt::Qemu { chip: Some(_), .. }));
    if !programs {
        return Err(FlashError::NoChip.into());
    }
    let firmware = Firmware {
        elf: elf.to_owned(),
        image: image(elf)?,
        flash: true,
    };
    if let PumpAt::Qemu(at) = pump
        && let Some(own) = at.elf.take()
        && image(&own).is_ok_and(|own| own.sha256() == firmware.image.sha256())
    {
        // QEMU puts back what it started with whenever it resets the chip: only where that is the same may it start with anything.
        at.elf = Some(own);
    }
    Ok(Some(firmware))
}

/// A firmware's ELF file.
pub(super) fn image(path: &Path) -> Result<Arc<Image>, RigError> {
    let path = || path.to_owned();
    let bytes = files::read_at_most(&path(), ELF_BYTES_MAX).map_err(|why| RigError::File { path: path(), why })?;
    let image = Image::parse(bytes).and_then(Image::for_arm);
    image.map(Arc::new).map_err(|why| RigError::Elf { path: path(), why })
}

/// What is wrong with a file, to be told where a person named it; `None` where it is not about the file.
pub(super) fn unusable(error: &RigError) -> Option<String> {
    match error {
        RigError::File { path, why } if why.kind() == ErrorKind::NotFound => Some(format!(
            "there is no file `{}`: build the firmware first",
            path.display()
        )),
        RigError::File { .. } | RigError::Elf { .. } => Some(error.to_string()),
        _ => None,
    }
}
