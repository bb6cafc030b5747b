//! Rig files: how to reach a pump.

use super::clock::ClockKind;
use super::device::Device;
use super::error::RigError;
use super::firmware::{self, Firmware};
use super::instrument::{InstrumentAt, observed};
use super::options::{Given, KnownDrug, RigLimits};
use super::probe::{FlashError, ProbeAt, ProbeError, Probes};
use super::pumps::{Opened, Order, Pump};
use super::raw::RawRig;
use super::shelf::{Found, Kind, Shelf, is_path};
use crate::files;
use pump_hil_firmware::Image;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::Measure;
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

/// How to reach a pump; nothing is opened yet.
#[derive(Debug, Clone)]
pub struct RigFile {
    /// Its name.
    pub name: String,
    /// One sentence for people.
    pub summary: String,
    /// Where it was read; of one that is part of the program a path in `built-in`.
    pub path: PathBuf,
    /// Whether it is part of the program.
    pub is_built_in: bool,
    /// Where its device was looked up.
    pub shelf: Shelf,
    /// Its text, for the journal's hash of it.
    pub text: String,
    /// How the pump talks.
    pub profile: Arc<Profile>,
    /// The profile's text.
    pub device_text: String,
    /// The profile's file; `None`: it is part of the program.
    pub device_path: Option<PathBuf>,
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
    /// Instruments beside the pump.
    instruments: Vec<InstrumentAt>,
    /// What the command line said before the file.
    pub given: Given,
    /// Drugs of the user's own. A simulated pump knows them; a real one has its own library.
    pub drugs: Arc<[KnownDrug]>,
    /// Bounds.
    pub limits: RigLimits,
}

impl RigFile {
    /// The simulated rig, the default; it is part of the program.
    ///
    /// # Errors
    /// Never in a build whose tests pass.
    pub fn sim() -> Result<Self, RigError> {
        Self::find(&Shelf::default(), Path::new("sim"), &Given::default())
    }

    /// Reads the rig file at a path. As [`RigFile::find`], without a folder of the user's own.
    ///
    /// # Errors
    /// As [`RigFile::find`].
    pub fn load(path: &Path) -> Result<Self, RigError> {
        Self::find(&Shelf::default(), path, &Given::default())
    }

    /// Reads a rig file, named by its path or by its name on the shelf, and the device profile that it names likewise: by a path relative to the rig file,
    /// or by its name. What is `given` comes before what the file says.
    ///
    /// # Errors
    /// A file that cannot be read or is not right, with its line, or a rig whose chip cannot be flashed.
    pub fn find(shelf: &Shelf, named: &Path, given: &Given) -> Result<Self, RigError> {
        let found = shelf.find(Kind::Rig, named, None)?;
        let folder = found.path.parent().unwrap_or(Path::new(""));
        Self::parse(&found, given, shelf, |device| {
            let named = Path::new(device);
            let file = device.contains('/') || is_path(named);
            let named = if file {
                files::tidy(&folder.join(named))
            } else {
                named.to_owned()
            };
            let beside = (!found.built_in).then(|| folder.join(".."));
            Device::parse(shelf.find(Kind::Device, &named, beside.as_deref())?)
        })
    }

    fn parse(
        found: &Found,
        given: &Given,
        shelf: &Shelf,
        device: impl Fn(&str) -> Result<Device, RigError>,
    ) -> Result<Self, RigError> {
        let (read, mut wrong) = Document::read_in_part::<RawRig>(Subject::Rig, &safe_path(&found.path), &found.text);
        let Some((document, mut raw)) = read else {
            return Err(wrong.into());
        };
        let named = std::mem::take(&mut raw.instruments);
        let folder = found.path.parent().unwrap_or(Path::new(""));
        let parts = Parts::of(raw, &document, (folder, given), &mut wrong);
        let of_pump = parts.device.as_deref().and_then(|named| {
            let device = device(named)
                .and_then(Device::of_a_pump)
                .map_err(|error| of_device(error, named, shelf, &document));
            wrong.part(device)
        });
        let mut instruments = Vec::new();
        for (name, raw) in named {
            let device = device(&raw.device).map_err(|error| of_device(error, &raw.device, shelf, &document));
            let found = device.and_then(|device| raw.validated(&name, device.profile, &document));
            instruments.extend(wrong.part(found));
        }
        // A person reads a file from the top.
        wrong.0.sort();
        let (Some(parts), Some(device)) = (parts.whole(), of_pump) else {
            return Err(wrong.into());
        };
        let mut rig = Self::put_together(parts, device, &document, (found, shelf), given, wrong)?;
        rig.instruments = instruments;
        Ok(rig)
    }

    /// A rig of its parts, if nothing was or is wrong with them.
    fn put_together(
        mut parts: Whole,
        device: Device,
        document: &Document,
        (found, shelf): (&Found, &Shelf),
        given: &Given,
        mut wrong: WrongFile,
    ) -> Result<Self, RigError> {
        let probe = parts.probe.as_ref();
        if let Some((key, what)) = parts.pump.contradicts(parts.clock, probe) {
            wrong.0.extend(document.wrong(Mistake::KeyCombination, &key, what).0);
        }
        if !wrong.0.is_empty() {
            return Err(wrong.into());
        }
        let firmware = match given.flash.as_deref() {
            Some(elf) => Some(flashed(&mut *parts.pump, probe, elf)?),
            None => {
                let own = parts.pump.elf().map(|elf| Firmware::read(elf, false)).transpose();
                own.map_err(|error| {
                    let how = if found.built_in { HOW_TO_GET } else { "" };
                    document.wrong(Mistake::Elf, &["pump", "elf"], error.of_elf() + how)
                })?
            }
        };
        let (device, image) = device.with_firmware(firmware.as_ref())?;
        let profile = device.profile;
        if let Some(symbol) = probe.and_then(ProbeAt::test_block)
            && !profile.symbols.contains_key(symbol)
        {
            let what = format!("device profile `{}` has no symbol `{symbol}`", profile.device);
            return Err(document
                .wrong(Mistake::Reference, &["probe", "test-block"], what)
                .into());
        }
        Ok(Self {
            name: parts.name,
            summary: parts.summary,
            path: found.path.clone(),
            is_built_in: found.built_in,
            shelf: shelf.clone(),
            text: found.text.to_string(),
            profile: Arc::new(profile),
            device_text: device.text,
            device_path: (!device.built_in).then_some(device.file),
            image,
            firmware,
            probes: Probes::default(),
            pump: Arc::from(parts.pump),
            clock: parts.clock,
            drift: parts.drift,
            probe: parts.probe,
            instruments: Vec::new(),
            given: given.clone(),
            drugs: Arc::default(),
            limits: parts.limits,
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

    /// Whether its pump is one of this program, or of QEMU: to open it starts it, and nobody else has it.
    #[must_use]
    pub fn is_emulated(&self) -> bool {
        self.pump.identity(&self.name).is_none()
    }

    /// The program that its file starts, where nobody allowed that.
    #[must_use]
    pub fn untrusted(&self) -> Option<RigError> {
        let program = self.pump.starts().filter(|_| !self.given.trusted)?;
        Some(RigError::Untrusted { program })
    }

    /// Opens its pump. No program is started that nobody allowed.
    pub(super) async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        match self.untrusted() {
            Some(error) => Err(error),
            None => self.pump.open(order).await,
        }
    }

    /// What names its pump among those of this host that live on without this program; `None` of an emulated one, and where time is granted: it stands then.
    #[must_use]
    pub fn lives_on(&self) -> Option<String> {
        let identity = self.pump.identity(&self.name);
        identity.filter(|_| !self.clock.is_granted())
    }

    /// Looks who else has its line, so that it need not be looked when the line is opened, unless somebody opens it in between.
    pub fn look_ahead(&self) {
        self.pump.look_ahead();
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

    /// The instrument that its pump is weighed with; none where time is granted: a balance has its own.
    #[must_use]
    pub fn instrument(&self) -> Option<InstrumentAt> {
        let weighs = self.profile.observing.delivered.as_ref();
        let weighs = weighs.filter(|_| !self.clock.is_granted())?;
        let mut all = self.instruments.iter();
        all.find(|one| one.name == weighs.instrument).cloned()
    }

    /// What a run on this rig may need. Opening it checks that it is so.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        let mut can = BTreeSet::from([Capability::RawSerial]);
        can.extend(self.profile.lacks.known().map(Capability::Lacks));
        let observing = &self.profile.observing;
        can.extend(observed(observing, self.instrument().is_some(), self.probe.is_some()));
        if self.clock.is_granted() {
            can.insert(Capability::VirtualTime);
        }
        if let Some(probe) = &self.probe {
            can.extend([Capability::Probe, Capability::RunControl]);
            can.extend(self.image.as_ref().map(|_| Capability::Symbols));
            if probe.test_block().is_some() {
                can.insert(Capability::TestBlock);
                can.extend(Measure::of_the_test_block().map(Capability::Shows));
                let faults = CATALOGUE.iter().filter_map(|f| FaultName::find(f.name));
                can.extend(faults.map(Capability::Fault));
            }
        }
        can
    }
}

/// How to get the firmware of a rig that is part of the program.
const HOW_TO_GET: &str = "; the firmware is no part of this program: take the sources of pump-hil, run `firmware-stub/board/build` there (its README.md \
     says what that takes), and come back to that folder, or name the file with `--flash ELF`";

/// The parts of a rig file, each where nothing is wrong with it.
struct Parts {
    name: Option<String>,
    summary: Option<String>,
    device: Option<String>,
    pump: Option<Box<dyn Pump>>,
    clock: Option<ClockKind>,
    drift: Option<Percent>,
    probe: Option<Option<ProbeAt>>,
    limits: Option<RigLimits>,
}

/// The parts of a rig file with which nothing is wrong.
struct Whole {
    name: String,
    summary: String,
    pump: Box<dyn Pump>,
    clock: ClockKind,
    drift: Percent,
    probe: Option<ProbeAt>,
    limits: RigLimits,
}

impl Parts {
    fn of(raw: RawRig, document: &Document, (folder, given): (&Path, &Given), wrong: &mut WrongFile) -> Self {
        // It becomes part of the names of files.
        if raw.rig.as_deref().is_some_and(|name| !is_name(name)) {
            let what = "a rig's name has lower-case letters, digits and `-`, at most 80";
            wrong.0.extend(document.wrong(Mistake::Name, &["rig"], what).0);
        }
        // What was told with a key of a part does not follow once more from what is left of that part.
        let new = |part: &str, mut found: WrongFile| {
            let hurt = document.is_wrong_in(part);
            found
                .0
                .retain(|told| !hurt || told.code.mistake() != Mistake::MissingKey);
            found
        };
        let pump = raw.pump.and_then(|pump| {
            let pump = pump.validated(document, folder, given);
            wrong.part(pump.map_err(|found| new("pump", found)))
        });
        let of_clock = raw.clock.as_ref();
        let clock = of_clock.and_then(|clock| wrong.part(clock.validated(document)));
        let drift = of_clock.and_then(|clock| wrong.part(clock.drift(document)));
        let probe = raw.probe.map(|probe| probe.validated(document)).transpose();
        let probe = probe.map_err(|found| new("probe", found));
        let scale = clock.and_then(|clock| clock.scale());
        let limits = raw.limits.unwrap_or_default().validated(document, scale);
        Self {
            name: raw.rig,
            summary: raw.summary,
            device: raw.device,
            pump,
            clock,
            drift,
            probe: wrong.part(probe),
            limits: wrong.part(limits),
        }
    }

    fn whole(self) -> Option<Whole> {
        Some(Whole {
            name: self.name?,
            summary: self.summary?,
            pump: self.pump?,
            clock: self.clock?,
            drift: self.drift?,
            probe: self.probe?,
            limits: self.limits?,
        })
    }
}

/// What is wrong with the device that a rig file names: told in its own file, or where it is named.
fn of_device(error: RigError, named: &str, shelf: &Shelf, document: &Document) -> WrongFile {
    let stem = Path::new(named).file_stem().and_then(|stem| stem.to_str());
    let known = stem.filter(|stem| *stem != named && shelf.names(Kind::Device).contains_key(*stem));
    match (error, known) {
        (RigError::Wrong(wrong), _) => wrong,
        (error, Some(name)) => {
            let what =
                format!("{error}; a path is relative to this file. Did you mean the device `{name}`, by its name?");
            document.wrong(Mistake::Reference, &["device"], what)
        }
        (error, None) => document.wrong(Mistake::Reference, &["device"], error.to_string()),
    }
}

/// Whether a text can name a rig.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // It is a part of a journal's file name, `CASE@RIG.jsonl`. Bytes are counted, which are characters here: all that fit are ASCII.
    (1..=80).contains(&text.len()) && text.chars().all(fits)
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

#[cfg(test)]
mod tests;
