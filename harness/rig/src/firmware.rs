//! The firmware that a rig runs, read from its file.

use crate::files;
use pump_hil_firmware::{Image, ImageError};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::safe_text::safe_path;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No firmware's ELF file is larger, with all its debug information.
const ELF_BYTES_MAX: usize = 256 << 20;

/// A file of the rig that cannot be made use of.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read `{path}`: {why}", path = safe_path(.path))]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// There is none of this name.
    #[error("there is no {kind} `{name}`{meant}; a file `{kind}s/{name}.yaml` in your own folder `fixtures` adds it", name = safe_path(.name), meant = meant(.name, .known))]
    NoSuchName {
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: PathBuf,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It is no firmware for this.
    #[error("{path}: {why}", path = safe_path(.path))]
    Elf {
        /// The file.
        path: PathBuf,
        /// Why.
        why: ImageError,
    },
}

impl FileError {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unread { .. } | Self::NoSuchName { .. } => "rig-file-unread",
            Self::Elf { .. } => "rig-elf",
        }
    }

    /// What is wrong with an ELF file, to be told where a person named it.
    pub(super) fn of_elf(&self) -> String {
        match self {
            Self::Unread { path, why } if why.kind() == ErrorKind::NotFound => {
                format!("there is no file `{}`: build the firmware first", safe_path(path))
            }
            _ => self.to_string(),
        }
    }
}

/// Which of the names was probably meant.
fn meant(name: &Path, known: &[String]) -> String {
    let meant = suggest(&name.to_string_lossy(), known.iter().map(String::as_str));
    meant.map_or(String::new(), |meant| format!(" ({meant})"))
}

/// The firmware that a rig runs: a file, and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Firmware {
    pub elf: PathBuf,
    pub image: Arc<Image>,
    /// It is to be brought into flash where it is not there yet.
    pub flash: bool,
}

impl Firmware {
    /// Reads it.
    pub fn read(elf: &Path, flash: bool) -> Result<Self, FileError> {
        Ok(Self {
            elf: elf.to_owned(),
            image: image(elf)?,
            flash,
        })
    }
}

/// A firmware's ELF file.
pub(super) fn image(path: &Path) -> Result<Arc<Image>, FileError> {
    let path = || path.to_owned();
    let bytes = files::read_at_most(&path(), ELF_BYTES_MAX).map_err(|why| FileError::Unread { path: path(), why })?;
    let image = Image::parse(bytes).and_then(Image::for_arm);
    image.map(Arc::new).map_err(|why| FileError::Elf { path: path(), why })
}
