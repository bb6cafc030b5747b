//! A device profile as its file has it.

use super::error::RigError;
use super::firmware::{self, Firmware};
use super::shelf::Found;
use crate::files;
use pump_hil_firmware::Image;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::safe_text::safe_path;
use pump_hil_talk::device::{DeviceKind, Profile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A device profile as its file has it.
#[derive(Debug)]
pub(super) struct Device {
    pub profile: Profile,
    pub text: String,
    pub file: PathBuf,
    /// It is part of the program.
    pub built_in: bool,
}

impl Device {
    pub fn parse(found: Found) -> Result<Self, RigError> {
        let profile = Profile::parse(&found.text, &safe_path(&found.path))?;
        Ok(Self {
            profile,
            text: found.text.into_owned(),
            file: found.path,
            built_in: found.built_in,
        })
    }

    /// That it is a pump's.
    pub fn of_a_pump(self) -> Result<Self, RigError> {
        if self.profile.kind == DeviceKind::Pump {
            return Ok(self);
        }
        let what = "this device is no pump (`kind`): a rig names it under `instruments`".to_owned();
        let file = safe_path(&self.file);
        Err(Profile::wrong(Mistake::Reference, &self.text, &file, "kind", what).into())
    }

    /// With the places of the firmware's symbols: the one that runs on the rig's own chip, else the one that the profile names.
    pub fn with_firmware(mut self, own: Option<&Firmware>) -> Result<(Self, Option<Arc<Image>>), RigError> {
        let image = match own {
            Some(own) => {
                // The image itself knows where its things are; the profile's places are another's.
                self.profile.symbols.clear();
                Some(Arc::clone(&own.image))
            }
            None => self.image()?,
        };
        for (name, symbol) in image.iter().flat_map(|image| image.symbols()) {
            // What a person wrote in the profile goes before what its ELF says.
            self.profile.symbols.entry(name.to_owned()).or_insert(symbol.addr);
        }
        Ok((self, image))
    }

    /// The firmware that it names.
    fn image(&self) -> Result<Option<Arc<Image>>, RigError> {
        let Some(elf) = &self.profile.elf else {
            return Ok(None);
        };
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let image = firmware::image(&files::tidy(&folder.join(elf)));
        image.map(Some).map_err(|error| {
            let file = safe_path(&self.file);
            Profile::wrong(Mistake::Elf, &self.text, &file, "elf", error.of_elf()).into()
        })
    }
}
