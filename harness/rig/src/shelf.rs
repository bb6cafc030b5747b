//! Where rig files and device profiles are found by their names: in a folder of the user's own, and in the program.

use super::files;
use super::firmware::FileError;
use crate::RigError;
use pump_hil_model::safe_text::safe_path;
use pump_hil_talk::device::Profile;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

macro_rules! built_in {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../fixtures/", $path)))),*]
    };
}

/// What is part of the program, so that it runs without its source tree. A list that a test holds against the folder: a build script or a crate would do
/// no more.
const BUILT_IN: &[(&str, &str)] = built_in![
    "devices/aa-pump.yaml",
    "devices/console-pump.yaml",
    "devices/json-pump.yaml",
    "devices/julabo.yaml",
    "devices/modbus-pump.yaml",
    "devices/mt-sics.yaml",
    "devices/pace.yaml",
    "devices/plain-c.yaml",
    "devices/slip-pump.yaml",
    "devices/stub.yaml",
    "devices/syringe.yaml",
    "rigs/microbit.yaml",
    "rigs/nrf52840-dk.yaml",
    "rigs/qemu-microbit.yaml",
    "rigs/serial.yaml",
    "rigs/sim-kept.yaml",
    "rigs/sim-long-life.yaml",
    "rigs/sim-realtime.yaml",
    "rigs/sim.yaml",
];

/// What stands on a shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rig files.
    Rig,
    /// Device profiles.
    Device,
}

impl Kind {
    /// The folder of these files.
    fn folder(self) -> &'static str {
        match self {
            Self::Rig => "rigs",
            Self::Device => "devices",
        }
    }
}

/// Where a name is looked up: in the user's own folder `fixtures`, where there is one, then in the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelf {
    own: Option<PathBuf>,
}

/// A file that was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Where; of what is part of the program its path in `built-in`.
    pub path: PathBuf,
    /// What stands in it.
    pub text: Cow<'static, str>,
    /// Whether it is part of the program.
    pub built_in: bool,
}

impl Shelf {
    /// With a folder of the user's own.
    #[must_use]
    pub fn new(own: Option<PathBuf>) -> Self {
        Self { own }
    }

    /// The user's own folder.
    #[must_use]
    pub fn own(&self) -> Option<&Path> {
        self.own.as_deref()
    }

    /// All names of a kind, and the file of each; `None`: it is part of the program. What is the user's own goes before that.
    #[must_use]
    pub fn names(&self, kind: Kind) -> BTreeMap<String, Option<PathBuf>> {
        let folder = kind.folder();
        let stem = |path: &Path| Some(path.file_stem()?.to_str()?.to_owned());
        let built_in = BUILT_IN.iter().map(|(path, _)| Path::new(*path));
        let built_in = built_in.filter(|path| path.starts_with(folder));
        let mut names: BTreeMap<_, _> = built_in.filter_map(|path| Some((stem(path)?, None))).collect();
        let own = self
            .own
            .iter()
            .filter_map(|own| std::fs::read_dir(own.join(folder)).ok());
        let own = own
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_yaml(path));
        names.extend(own.filter_map(|path| Some((stem(&path)?, Some(path)))));
        names
    }

    /// The profile of a device, by its name.
    ///
    /// # Errors
    /// There is none of this name, or it is wrong.
    pub fn profile(&self, device: &str) -> Result<Profile, RigError> {
        let found = self.find(Kind::Device, Path::new(device), None)?;
        Ok(Profile::parse(&found.text, &safe_path(&found.path))?)
    }

    /// The text of a device's profile, by its name or its path.
    ///
    /// # Errors
    /// There is none of this name, or it cannot be read.
    pub fn profile_text(&self, device: &Path) -> Result<Cow<'static, str>, RigError> {
        Ok(self.find(Kind::Device, device, None)?.text)
    }

    /// The file that a person named: by its path, where it looks like one, else by its name. `beside`: a folder whose files go before those of
    /// the program.
    ///
    /// # Errors
    /// It cannot be read, or there is none of this name.
    pub(super) fn find(&self, kind: Kind, named: &Path, beside: Option<&Path>) -> Result<Found, FileError> {
        if is_path(named) {
            return read(named);
        }
        // A name goes first: a file that happens to be called `sim` must not stand for the rig of that name.
        let file = Path::new(kind.folder()).join(format!("{}.yaml", named.to_string_lossy()));
        let own = self.own.as_deref().map(Path::to_owned);
        let beside = beside.map(files::tidy);
        let both = |folder: PathBuf| [folder.join(&file), folder.join(&file).with_extension("yml")];
        if let Some(path) = own.into_iter().chain(beside).flat_map(both).find(|path| path.exists()) {
            return read(&path);
        }
        let built_in = BUILT_IN.iter().find(|(path, _)| Path::new(path) == file);
        let found = built_in.map(|(path, text)| Found {
            path: Path::new("built-in").join(path),
            text: Cow::Borrowed(*text),
            built_in: true,
        });
        if found.is_none() && named.is_file() {
            return read(named);
        }
        found.ok_or_else(|| FileError::NoSuchName {
            kind: match kind {
                Kind::Rig => "rig",
                Kind::Device => "device",
            },
            name: named.to_owned(),
            known: self.names(kind).into_keys().collect(),
        })
    }
}

/// Whether a file is meant: a name has neither a folder nor an ending.
#[must_use]
pub fn is_path(named: &Path) -> bool {
    named.components().count() != 1 || is_yaml(named)
}

fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    ending.is_some_and(|ending| ending == "yaml" || ending == "yml")
}

fn read(path: &Path) -> Result<Found, FileError> {
    let unread = |why| FileError::Unread {
        path: path.to_owned(),
        why,
    };
    let bytes = files::read_bounded(path).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|_| unread(std::io::Error::other("the file is not valid UTF-8")))?;
    Ok(Found {
        path: path.to_owned(),
        text: Cow::Owned(text),
        built_in: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rigs_and_devices_of_the_repository_are_part_of_the_program() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        for kind in [Kind::Rig, Kind::Device] {
            let on_disk = Shelf::new(Some(fixtures.clone())).names(kind);
            let own = on_disk.iter().filter(|(_, path)| path.is_some());
            let own: Vec<&String> = own.map(|(name, _)| name).collect();
            let built_in = Shelf::default().names(kind);
            assert!(!own.is_empty() && own.iter().copied().eq(built_in.keys()), "{own:?}");
        }
    }

    #[test]
    fn what_is_the_users_own_goes_before_what_is_part_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let own = Shelf::new(Some(folder.path().to_owned()));
        let find = |name: &str| own.find(Kind::Device, Path::new(name), None);
        assert!(find("stub").unwrap().built_in, "an empty folder adds nothing");
        std::fs::create_dir(folder.path().join("devices")).unwrap();
        std::fs::write(folder.path().join("devices/stub.yaml"), "own").unwrap();
        let found = find("stub").unwrap();
        assert_eq!((found.built_in, &*found.text), (false, "own"));
        std::fs::write(folder.path().join("devices/mine.yml"), "mine").unwrap();
        assert!(own.names(Kind::Device).contains_key("mine"));
        assert_eq!(find("mine").unwrap().text, "mine");
        let told = find("stubb").unwrap_err().to_string();
        assert_eq!(
            told,
            "there is no device `stubb` (did you mean `stub`?); a file `devices/stubb.yaml` in your own folder `fixtures` adds it"
        );
    }
}
