//! Rig files: how to reach a pump.

use super::clock::ClockKind;
use super::error::RigError;
use super::firmware::{self, FileError, Firmware};
use super::options::RigLimits;
use super::probe::{FlashError, ProbeAt, ProbeError, Probes};
use super::pumps::Pump;
use super::raw::{self, RawRig};
use crate::files;
use pump_hil_firmware::Image;
use pump_hil_model::capability::Capability;
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::fault::{CATALOGUE, FaultName};
use pump_hil_model::mistake::{Mistake, Subject};
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::yaml::document::Document;
use pump_hil_model::yaml::schema::published;
use pump_hil_talk::device::Profile;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SIM_RIG: &str = include_str!("../../../fixtures/rigs/sim.yaml");
const STUB_DEVICE: &str = include_str!("../../../fixtures/devices/stub.yaml");

/// How to reach a pump; nothing is opened yet.
#[derive(Debug, Clone)]
pub struct RigFile {
    /// Its name.
    pub name: String,
    /// One sentence for people.
    pub summary: String,
    /// Where it was read.
    pub path: PathBuf,
    /// Its text, for the journal's hash of it.
    pub text: String,
    /// How the pump talks.
    pub profile: Arc<Profile>,
    /// The profile's text.
    pub device_text: String,
    /// The firmware that runs on the rig's own chip.
    pub(super) firmware: Option<Firmware>,
    /// Where its probe is looked for.
    pub(super) probes: Probes,
    /// The firmware: the one that the rig runs, else the one that the device profile names.
    pub image: Option<Arc<Image>>,
    /// The pump.
    pub(super) pump: Arc<dyn Pump>,
    /// How time passes.
    pub clock: ClockKind,
    /// How far the pump's clock may be off, where time is the host's.
    pub drift: Percent,
    /// The debug probe.
    pub probe: Option<ProbeAt>,
    /// Bounds.
    pub limits: RigLimits,
}

impl RigFile {
    /// The simulated rig, the default; it is part of the program.
    ///
    /// # Errors
    /// Never in a build whose tests pass.
    pub fn sim() -> Result<Self, RigError> {
        Self::parse(SIM_RIG, Path::new("fixtures/rigs/sim.yaml"), None, |_| Device::stub())
    }

    /// Reads a rig file and the device profile that it names: a path relative to it, or a name of `../devices`.
    ///
    /// # Errors
    /// A file that cannot be read or is not right, with its line.
    pub fn load(path: &Path) -> Result<Self, RigError> {
        Self::read(path, None)
    }

    /// As [`RigFile::load`], and `elf` is to be brought into flash, whatever firmware the file names.
    ///
    /// # Errors
    /// As [`RigFile::load`], or a rig whose chip cannot be flashed.
    pub fn load_with(path: &Path, elf: &Path) -> Result<Self, RigError> {
        Self::read(path, Some(elf))
    }

    fn read(path: &Path, flash: Option<&Path>) -> Result<Self, RigError> {
        let text = read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, path, flash, |device| {
            let file = device_path(folder, device);
            Device::parse(read(&file)?, file)
        })
    }

    fn parse(
        text: &str,
        path: &Path,
        flash: Option<&Path>,
        device: impl FnOnce(&str) -> Result<Device, RigError>,
    ) -> Result<Self, RigError> {
        let (document, raw) = Document::read::<RawRig>(Subject::Rig, &safe_path(path), text)?;
        let mut wrong = WrongFile(Vec::new());
        // It becomes part of the names of files.
        if !raw::is_name(&raw.rig) {
            let what = "a rig's name has lower-case letters, digits and `-`, at most 80";
            wrong.0.extend(document.wrong(Mistake::Name, &["rig"], what).0);
        }
        let pump = raw.pump.validated(&document, path.parent().unwrap_or(Path::new("")));
        let clock = raw.clock.validated(&document);
        let drift = raw.clock.drift(&document);
        let probe = raw.probe.map(|probe| probe.validated(&document)).transpose();
        let scale = clock.as_ref().ok().and_then(|clock| clock.scale());
        let limits = raw.limits.validated(&document, scale);
        let parts = (
            wrong.part(pump),
            wrong.part(clock),
            wrong.part(probe),
            wrong.part(limits),
            wrong.part(drift),
        );
        let (Some(mut pump), Some(clock), Some(probe), Some(limits), Some(drift), true) =
            (parts.0, parts.1, parts.2, parts.3, parts.4, wrong.0.is_empty())
        else {
            return Err(wrong.into());
        };
        if let Some((key, what)) = pump.contradicts(clock, probe.as_ref()) {
            return Err(document.wrong(Mistake::KeyCombination, &key, what).into());
        }
        let device = device(&raw.device)?;
        let firmware = match flash {
            Some(elf) => Some(flashed(&mut *pump, probe.as_ref(), elf)?),
            None => {
                let own = pump.elf().map(|elf| Firmware::read(elf, false)).transpose();
                own.map_err(|error| document.wrong(Mistake::Elf, &["pump", "elf"], error.of_elf()))?
            }
        };
        let (device, image) = device.with_firmware(firmware.as_ref())?;
        let profile = device.profile;
        if let Some(symbol) = probe.as_ref().and_then(ProbeAt::test_block)
            && !profile.symbols.contains_key(symbol)
        {
            let what = format!("device profile `{}` has no symbol `{symbol}`", profile.device);
            return Err(document
                .wrong(Mistake::Reference, &["probe", "test-block"], what)
                .into());
        }
        Ok(Self {
            name: raw.rig,
            summary: raw.summary,
            path: path.to_owned(),
            text: text.to_owned(),
            profile: Arc::new(profile),
            device_text: device.text,
            image,
            firmware,
            probes: Probes::default(),
            pump: Arc::from(pump),
            clock,
            drift,
            probe,
            limits,
        })
    }

    /// Its probe is looked for among these, and no more on this host's USB.
    #[cfg(feature = "for-tests")]
    pub fn look_for_probes_in(&mut self, probes: Probes) {
        self.probes = probes;
    }

    /// The same rig, with this between it and its pump. Its time must be granted.
    #[cfg(feature = "for-tests")]
    #[must_use]
    pub fn behind(mut self, between: impl super::cable::Between + 'static) -> Self {
        let between = Arc::new(between);
        self.pump = Arc::new(super::pumps::Cabled {
            pump: self.pump,
            between,
        });
        self
    }

    /// The JSON Schema of a rig file, as text, for editors.
    #[must_use]
    pub fn schema() -> String {
        published::<RawRig>()
    }

    /// Whether each case gets a simulated pump of its own, so that cases can run side by side.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.pump.is_simulated()
    }

    /// What names its pump among those of this host that live on without this program; `None` of an emulated one, and where time is granted: it stands then.
    #[must_use]
    pub fn lives_on(&self) -> Option<String> {
        let identity = self.pump.identity(&self.name);
        identity.filter(|_| !self.clock.is_granted())
    }

    /// Where the test block is, where there is one.
    pub(super) fn block_addr(&self) -> Option<u64> {
        let symbol = self.probe.as_ref().and_then(ProbeAt::test_block)?;
        self.profile.symbols.get(symbol).copied()
    }

    /// Whether the firmware that is known to be there has the test block at its place.
    pub(super) fn block_is_of_the_image(&self) -> bool {
        let symbol = self.probe.as_ref().and_then(ProbeAt::test_block);
        let found = symbol
            .zip(self.image.as_ref())
            .and_then(|(symbol, image)| image.symbol(symbol));
        found.is_some_and(|found| Some(found.addr) == self.block_addr())
    }

    /// How far the times of a run may be apart from those of another: nothing where time is granted, and what a busy host costs by the wall clock.
    #[must_use]
    pub fn time_slack(&self) -> Span {
        self.clock.slack()
    }

    /// What a run on this rig may need. Opening it checks that it is so.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        let mut can = BTreeSet::from([Capability::RawSerial]);
        if self.clock.is_granted() {
            can.insert(Capability::VirtualTime);
        }
        if let Some(probe) = &self.probe {
            can.extend([Capability::Probe, Capability::RunControl]);
            can.extend(self.image.as_ref().map(|_| Capability::Symbols));
            if probe.test_block().is_some() {
                can.insert(Capability::TestBlock);
                let faults = CATALOGUE.iter().filter_map(|f| FaultName::find(f.name));
                can.extend(faults.map(Capability::Fault));
            }
        }
        can
    }
}

/// A device profile as its file has it.
struct Device {
    profile: Profile,
    text: String,
    file: PathBuf,
}

impl Device {
    fn parse(text: String, file: PathBuf) -> Result<Self, RigError> {
        let profile = Profile::parse(&text, &safe_path(&file))?;
        Ok(Self { profile, text, file })
    }

    /// The stub pump's, which is part of the program.
    fn stub() -> Result<Self, RigError> {
        Self::parse(STUB_DEVICE.to_owned(), PathBuf::from("fixtures/devices/stub.yaml"))
    }

    /// With the places of the firmware's symbols: the one that runs on the rig's own chip, else the one that the profile names.
    fn with_firmware(mut self, own: Option<&Firmware>) -> Result<(Self, Option<Arc<Image>>), RigError> {
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

/// The firmware that `--flash` names.
fn flashed(pump: &mut dyn Pump, probe: Option<&ProbeAt>, elf: &Path) -> Result<Firmware, RigError> {
    if probe.and_then(|at| at.probe().chip()).is_none() {
        return Err(ProbeError::from(FlashError::NoChip).into());
    }
    let firmware = Firmware::read(elf, true)?;
    let sha256 = firmware.image.sha256();
    pump.is_flashed(&|own| firmware::image(own).is_ok_and(|own| own.sha256() == sha256));
    Ok(firmware)
}

fn read(path: &Path) -> Result<String, RigError> {
    let file = |why| FileError::Unread {
        path: path.to_owned(),
        why,
    };
    let bytes = files::read_bounded(path).map_err(file)?;
    String::from_utf8(bytes).map_err(|_| file(std::io::Error::other("the file is not valid UTF-8")).into())
}

/// A device is a path where it looks like one, else a name.
fn device_path(folder: &Path, device: &str) -> PathBuf {
    let ending = Path::new(device).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    if device.contains('/') || ending.is_some_and(|ending| ending == "yaml" || ending == "yml") {
        return files::tidy(&folder.join(device));
    }
    let beside = files::tidy(&folder.join("..").join("devices").join(format!("{device}.yaml")));
    if beside.exists() || !Path::new("fixtures/devices").exists() {
        return beside;
    }
    Path::new("fixtures/devices").join(format!("{device}.yaml"))
}

#[cfg(test)]
mod tests;
