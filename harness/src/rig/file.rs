//! Rig files: how to reach a pump.

use super::RigError;
use super::agree::Firmware;
use super::probe::{FlashError, Probes, UsbAt};
use super::qemu::QemuAt;
use super::raw::{self, RawRig};
use crate::capability::Capability;
use crate::device::Profile;
use crate::diagnostic::WrongFile;
use crate::fault::{CATALOGUE, FaultName};
use crate::files;
use crate::firmware::Image;
use crate::quantity::Span;
use crate::yaml::document::Document;
use crate::yaml::schema::published;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// No firmware's ELF file is larger, with all its debug information.
const ELF_BYTES_MAX: usize = 256 << 20;
const SIM_RIG: &str = include_str!("../../../fixtures/rigs/sim.yaml");
const STUB_DEVICE: &str = include_str!("../../../fixtures/devices/stub.yaml");

/// How to reach a pump; nothing is opened yet.
#[derive(Debug, Clone)]
pub struct RigFile {
    /// Its name.
    pub name: String,
    /// One sentence for people.
    pub summary: String,
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
    pub pump: PumpAt,
    /// How time passes.
    pub clock: ClockKind,
    /// The debug probe.
    pub probe: Option<ProbeAt>,
    /// Bounds.
    pub limits: RigLimits,
}

/// Where the pump is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PumpAt {
    /// The stub pump on a thread of this process, behind a PTY.
    Sim {
        /// Months that its battery is made for; as the stub pump is by itself where nothing is said.
        service_months: Option<u32>,
    },
    /// The stub pump in a process of its own, behind a PTY.
    SimProcess,
    /// Firmware in QEMU.
    Qemu(QemuAt),
    /// A pump on a serial port.
    Serial(SerialAt),
}

/// A pump on a serial port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialAt {
    /// Path of the port, or [`OF_THE_PROBE`].
    pub port: String,
    /// Bits a second.
    pub baud: u32,
    /// Its firmware.
    pub elf: Option<PathBuf>,
}

/// Instead of a port's path: the port on the same USB plug as the probe.
pub const OF_THE_PROBE: &str = "of-the-probe";

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// The harness grants it: from deadline to deadline, nothing sleeps.
    Virtual,
    /// The host's clock, `scale` times as fast.
    Real {
        /// Pump seconds in a host second.
        scale: u32,
    },
}

/// The debug probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAt {
    /// The virtual probe of the simulated chip.
    Sim {
        /// Symbol of the test block in the device profile; without it there is none.
        test_block: Option<String>,
    },
    /// The virtual probe of the chip in QEMU.
    Qemu {
        /// Its name in probe-rs, which the machine is held to, and by which its flash is programmed; `None`: any.
        chip: Option<String>,
        /// Symbol of the test block in the device profile or the firmware; without it there is none.
        test_block: Option<String>,
    },
    /// A probe on USB.
    Usb {
        /// Which one, and what it is wired to.
        at: UsbAt,
        /// Symbol of the test block in the device profile or the firmware; without it there is none.
        test_block: Option<String>,
    },
}

impl ProbeAt {
    /// Symbol of the test block; `None`: there is none.
    #[must_use]
    pub fn test_block(&self) -> Option<&str> {
        match self {
            Self::Sim { test_block } | Self::Qemu { test_block, .. } | Self::Usb { test_block, .. } => {
                test_block.as_deref()
            }
        }
    }
}

/// Bounds in host time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RigLimits {
    /// Opening a port, or starting a process.
    pub open: Duration,
    /// Writing one piece.
    pub write: Duration,
    /// One grant of virtual time.
    pub fence: Duration,
}

impl RigFile {
    /// The simulated rig, the default; it is part of the program.
    ///
    /// # Errors
    /// Never in a build whose tests pass.
    pub fn sim() -> Result<Self, RigError> {
        let profile = Profile::parse(STUB_DEVICE, "fixtures/devices/stub.yaml")?;
        Self::parse(SIM_RIG, Path::new("fixtures/rigs/sim.yaml"), None, |_| {
            Ok((profile, STUB_DEVICE.to_owned(), None))
        })
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
            let text = read(&file)?;
            let profile = Profile::parse(&text, &file.display().to_string())?;
            let elf = profile.elf.as_ref();
            let elf = elf.map(|elf| file.parent().unwrap_or(Path::new("")).join(elf));
            Ok((profile, text, elf))
        })
    }

    fn parse(
        text: &str,
        path: &Path,
        flash: Option<&Path>,
        device: impl FnOnce(&str) -> Result<(Profile, String, Option<PathBuf>), RigError>,
    ) -> Result<Self, RigError> {
        let (document, raw) = Document::read::<RawRig>(&path.display().to_string(), text)?;
        let mut wrong = WrongFile(Vec::new());
        // It becomes part of the names of files.
        if !raw::is_name(&raw.rig) {
            let what = "a rig's name has lower-case letters, digits and `-`, at most 80";
            wrong.0.extend(document.wrong(&["rig"], what).0);
        }
        let pump = raw.pump.validated(&document, path.parent().unwrap_or(Path::new("")));
        let clock = raw.clock.validated(&document);
        let probe = raw.probe.map(|probe| probe.validated(&document)).transpose();
        let limits = raw.limits.validated(&document);
        let parts = (
            wrong.part(pump),
            wrong.part(clock),
            wrong.part(probe),
            wrong.part(limits),
        );
        let (Some(mut pump), Some(clock), Some(probe), Some(limits), true) =
            (parts.0, parts.1, parts.2, parts.3, wrong.0.is_empty())
        else {
            return Err(wrong.into());
        };
        if let Some((key, what)) = contradiction(&pump, clock, probe.as_ref()) {
            return Err(document.wrong(&key, what).into());
        }
        let (mut profile, device_text, named) = device(&raw.device)?;
        let firmware = firmware(&mut pump, probe.as_ref(), flash).map_err(|error| match error {
            RigError::File { path, why } if flash.is_none() => {
                let what = format!("{}: {why}; build the firmware first", path.display());
                document.wrong(&["pump", "elf"], what).into()
            }
            other => other,
        })?;
        let image = match (&firmware, named) {
            (Some(firmware), _) => {
                // The image itself knows where its things are; the profile's places are another's.
                profile.symbols.clear();
                Some(Arc::clone(&firmware.image))
            }
            (None, elf) => elf.map(image).transpose()?,
        };
        for (name, symbol) in image.iter().flat_map(|image| image.symbols()) {
            profile.symbols.entry(name.to_owned()).or_insert(symbol.addr);
        }
        if let Some(symbol) = probe.as_ref().and_then(ProbeAt::test_block)
            && !profile.symbols.contains_key(symbol)
        {
            let what = format!("device profile `{}` has no symbol `{symbol}`", profile.device);
            return Err(document.wrong(&["probe", "test-block"], what).into());
        }
        Ok(Self {
            name: raw.rig,
            summary: raw.summary,
            text: text.to_owned(),
            profile: Arc::new(profile),
            device_text,
            image,
            firmware,
            probes: Probes::default(),
            pump,
            clock,
            probe,
            limits,
        })
    }

    /// The JSON Schema of a rig file, as text, for editors.
    #[must_use]
    pub fn schema() -> String {
        published::<RawRig>()
    }

    /// Whether each case gets a simulated pump of its own, so that cases can run side by side.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self.pump, PumpAt::Sim { .. } | PumpAt::SimProcess | PumpAt::Qemu(_))
    }

    /// Where the test block is, where there is one.
    pub(super) fn block_addr(&self) -> Option<u64> {
        let symbol = self.probe.as_ref().and_then(ProbeAt::test_block)?;
        self.profile.symbols.get(symbol).copied()
    }

    /// How far the times of a run may be apart from those of another: nothing where time is granted, and what a busy host costs by the wall clock.
    #[must_use]
    pub fn time_slack(&self) -> Span {
        match self.clock {
            ClockKind::Virtual => Span(0),
            ClockKind::Real { scale } => Span(i64::from(scale) * 50),
        }
    }

    /// What a run on this rig may need. Opening it checks that it is so.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        let mut can = BTreeSet::from([Capability::RawSerial]);
        if self.clock == ClockKind::Virtual {
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

/// What of a rig does not go together: the keys that are wrong, and why.
fn contradiction(
    pump: &PumpAt,
    clock: ClockKind,
    probe: Option<&ProbeAt>,
) -> Option<([&'static str; 2], &'static str)> {
    let own = match (pump, probe) {
        (PumpAt::Sim { .. }, Some(ProbeAt::Qemu { .. } | ProbeAt::Usb { .. })) => {
            "a pump of kind `sim` has the probe `sim`"
        }
        (PumpAt::Qemu(_), Some(ProbeAt::Sim { .. } | ProbeAt::Usb { .. })) => {
            "a pump of kind `qemu` has the probe `qemu`"
        }
        (PumpAt::Serial(_), Some(ProbeAt::Sim { .. } | ProbeAt::Qemu { .. })) => {
            "a pump of kind `serial` has the probe `usb`, or none"
        }
        (PumpAt::SimProcess, Some(_)) => "a pump of kind `sim-process` has no probe",
        _ => "",
    };
    if !own.is_empty() {
        return Some((["probe", "kind"], own));
    }
    if let PumpAt::Serial(at) = pump
        && at.port == OF_THE_PROBE
        && probe.is_none()
    {
        return Some((
            ["pump", "port"],
            "there is no probe whose port it could be; name the port's path, or add `probe`",
        ));
    }
    match (clock, pump) {
        (ClockKind::Virtual, PumpAt::Sim { .. }) => None,
        (ClockKind::Real { .. }, PumpAt::Sim { .. }) => Some((
            ["clock", "kind"],
            "a pump of kind `sim` has virtual time; take `sim-process`",
        )),
        (ClockKind::Virtual, PumpAt::SimProcess) => Some((
            ["clock", "kind"],
            "a pump of kind `sim-process` runs by the host's clock; take `kind: real`",
        )),
        (ClockKind::Virtual, PumpAt::Qemu(_) | PumpAt::Serial(_)) => match probe.map(ProbeAt::test_block) {
            None => Some((
                ["clock", "kind"],
                "virtual time is granted to a chip through its test block; add `probe`, with `test-block`",
            )),
            Some(None) => Some((
                ["probe", "kind"],
                "virtual time is granted to a chip through its test block; name its symbol in `test-block`",
            )),
            Some(Some(_)) => None,
        },
        (ClockKind::Real { .. }, _) => None,
    }
}

/// The firmware that runs on a rig's own chip; with `flash` that one.
fn firmware(pump: &mut PumpAt, probe: Option<&ProbeAt>, flash: Option<&Path>) -> Result<Option<Firmware>, RigError> {
    let own = match pump {
        PumpAt::Qemu(at) => at.elf.as_ref(),
        PumpAt::Serial(at) => at.elf.as_ref(),
        PumpAt::Sim { .. } | PumpAt::SimProcess => None,
    };
    let Some(elf) = flash else {
        let firmware = |elf: &PathBuf| {
            Ok(Firmware {
                elf: elf.clone(),
                image: image(elf.clone())?,
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
        image: image(elf.to_owned())?,
        flash: true,
    };
    if !firmware.image.is_arm() {
        return Err(FlashError::Arch { elf: firmware.elf }.into());
    }
    if let PumpAt::Qemu(at) = pump
        && let Some(own) = at.elf.take()
        && image(own.clone()).is_ok_and(|own| own.sha256() == firmware.image.sha256())
    {
        // QEMU puts back what it started with whenever it resets the chip: only where that is the same may it start with anything.
        at.elf = Some(own);
    }
    Ok(Some(firmware))
}

/// A firmware's ELF file.
fn image(path: PathBuf) -> Result<Arc<Image>, RigError> {
    let bytes = files::read_at_most(&path, ELF_BYTES_MAX).map_err(|why| RigError::File {
        path: path.clone(),
        why,
    })?;
    let image = Image::parse(bytes).map_err(|why| RigError::Elf { path, why })?;
    Ok(Arc::new(image))
}

fn read(path: &Path) -> Result<String, RigError> {
    let file = |why| RigError::File {
        path: path.to_owned(),
        why,
    };
    let bytes = files::read_bounded(path).map_err(file)?;
    String::from_utf8(bytes).map_err(|_| file(std::io::Error::other("the file is not valid UTF-8")))
}

/// A device is a path where it looks like one, else a name.
fn device_path(folder: &Path, device: &str) -> PathBuf {
    if device.contains('/') || device.ends_with(".yaml") {
        return folder.join(device);
    }
    let beside = folder.join("..").join("devices").join(format!("{device}.yaml"));
    if beside.exists() || !Path::new("fixtures/devices").exists() {
        return beside;
    }
    Path::new("fixtures/devices").join(format!("{device}.yaml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoilt(from: &str, to: &str) -> String {
        assert!(SIM_RIG.contains(from), "`{from}` is not in the file");
        let text = SIM_RIG.replacen(from, to, 1);
        let profile = |_: &str| Ok((Profile::parse(STUB_DEVICE, "stub.yaml")?, STUB_DEVICE.to_owned(), None));
        RigFile::parse(&text, Path::new("sim.yaml"), None, profile)
            .expect_err("a spoilt rig must not load")
            .to_string()
    }

    #[test]
    fn the_simulated_rig_can_do_everything() {
        let rig = RigFile::sim().expect("the built-in rig loads");
        let can = rig.capabilities();
        assert!(can.contains(&Capability::VirtualTime) && can.contains(&Capability::TestBlock));
        assert_eq!(
            can.iter().filter(|c| matches!(c, Capability::Fault(_))).count(),
            CATALOGUE.len()
        );
    }

    #[test]
    fn the_shipped_rig_files_load() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rigs");
        for (name, can) in [("sim", true), ("sim-realtime", false)] {
            let rig = RigFile::load(&folder.join(format!("{name}.yaml"))).expect("it loads");
            assert_eq!(rig.name, name);
            assert_eq!(rig.capabilities().contains(&Capability::TestBlock), can);
        }
    }

    #[test]
    fn what_is_wrong_with_a_rig_file_is_told_with_its_line() {
        assert!(spoilt("clock:", "clok:").contains("clok"));
        assert!(spoilt("kind: virtual", "kind: real, scale: 1").contains("take `sim-process`"));
        assert!(spoilt("fence: 60 s", "fence: 60 furlongs").contains("unknown unit `furlongs`"));
        let error = spoilt("PUMP_HIL_BLOCK", "PUMP_HIL_BLOK");
        let line = SIM_RIG
            .lines()
            .position(|l| l.contains("PUMP_HIL_BLOCK"))
            .expect("there")
            + 1;
        assert!(error.starts_with(&format!("sim.yaml:{line}:32: ")), "{error}");
    }

    #[test]
    fn all_misspelt_words_of_a_rig_file_are_told_at_once() {
        let error = spoilt("clock: {kind: virtual}", "clock: {kind: virtul}\nfoo: 3");
        assert!(
            error.contains("unknown kind of clock `virtul` (did you mean `virtual`?)"),
            "{error}"
        );
        assert!(error.contains("unknown key `foo` in a rig file"), "{error}");
    }

    #[test]
    fn firmware_in_qemu_needs_an_image_and_granted_time_needs_its_test_block() {
        let in_qemu = |pump: &str, probe: &str| {
            let text = SIM_RIG
                .replace("pump: {kind: sim}", pump)
                .replace("probe: {kind: sim, test-block: PUMP_HIL_BLOCK}", probe);
            let profile = |_: &str| Ok((Profile::parse(STUB_DEVICE, "stub.yaml")?, STUB_DEVICE.to_owned(), None));
            RigFile::parse(&text, Path::new("qemu.yaml"), None, profile)
                .expect_err("it must not load")
                .to_string()
        };
        let probe = "probe: {kind: qemu, test-block: PUMP_HIL_BLOCK}";
        let pump = "pump: {kind: qemu, machine: microbit, elf: absent.elf}";
        assert!(in_qemu(pump, probe).contains("absent.elf: No such file"));
        assert!(in_qemu("pump: {kind: qemu, machine: microbit}", probe).contains("needs its `machine` and `elf`"));
        assert!(in_qemu(pump, "probe: {kind: qemu}").contains("name its symbol in `test-block`"));
        assert!(in_qemu(pump, "").contains("add `probe`, with `test-block`"));
        assert!(in_qemu(pump, "probe: {kind: sim}").contains("has the probe `qemu`"));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        assert!(spoilt("rig: sim", "rig: ../../sim").contains("a rig's name has"));
        assert!(spoilt("kind: sim}", "kind: sim, baud: 9600}").contains("has no `baud`"));
        assert!(spoilt("kind: sim}", "kind: sim, service-months: 0}").contains("more than 0"));
        assert!(spoilt("kind: sim}", "kind: serial}").contains("needs its `port` and `baud`"));
        assert!(spoilt("kind: virtual", "kind: virtual, scale: 2").contains("virtual time has no `scale`"));
        assert!(spoilt("kind: virtual", "kind: real").contains("real time needs its `scale`"));
    }

    /// A board's rig file with one text replaced.
    fn board(from: &str, to: &str) -> Result<RigFile, RigError> {
        let shipped = include_str!("../../../fixtures/rigs/nrf52840-dk.yaml");
        assert!(shipped.contains(from), "`{from}` is not in the file");
        let text = shipped
            .replace(from, to)
            .replace(", elf: ../../firmware-stub/board/target/nrf52840-dk.elf", "");
        let profile = |_: &str| Ok((Profile::parse(STUB_DEVICE, "stub.yaml")?, STUB_DEVICE.to_owned(), None));
        RigFile::parse(&text, Path::new("dk.yaml"), None, profile)
    }

    fn wrong_board(from: &str, to: &str) -> String {
        board(from, to).expect_err("it must not load").to_string()
    }

    #[test]
    fn a_board_can_do_what_the_chip_in_qemu_can() {
        let all = RigFile::sim().expect("loads").capabilities();
        assert_eq!(board("speed: 4000, ", "").expect("it loads").capabilities(), all);
        // Firmware without a block: memory and run control, by the wall clock.
        let bare = "clock: {kind: real, scale: 1}\nprobe: {kind: usb, chip: nRF52840_xxAA}\nlimits";
        let shipped = include_str!("../../../fixtures/rigs/nrf52840-dk.yaml");
        let from = &shipped[shipped.find("clock").expect("there")..shipped.find(": {open").expect("there")];
        let can = board(from, bare).expect("it loads").capabilities();
        let wanted = [Capability::RawSerial, Capability::Probe, Capability::RunControl];
        assert_eq!(can, BTreeSet::from(wanted));
    }

    #[test]
    fn what_is_wrong_with_a_board_s_file_is_told_with_its_line() {
        let chip = wrong_board("chip: nRF52840_xxAA", "chip: nRF52840_xxAB");
        assert!(
            chip.starts_with("dk.yaml:9:26: probe-rs knows no chip `nRF52840_xxAB` (did you mean `nRF52840_xxAA`?)"),
            "{chip}"
        );
        let part = wrong_board("chip: nRF52840_xxAA", "chip: nRF52840");
        assert!(part.contains("did you mean `nRF52840_xxAA`?"), "{part}");
        assert!(wrong_board("chip: nRF52840_xxAA", "chip: zzzzzzzzzz").contains("`probe-rs chip list` shows them"));
        assert!(wrong_board("chip: nRF52840_xxAA, ", "").contains("a probe of kind `usb` needs its `chip`"));
        assert!(wrong_board("speed: 4000", "speed: 0").contains("`speed` must be more than 0"));
        assert!(wrong_board("speed: 4000", "selector: jlink").contains("`jlink` selects no probe: write `VID:PID`"));
        assert!(wrong_board("kind: usb", "kind: sim").contains("a probe of this kind has no `chip`"));
        assert!(wrong_board(", test-block: PUMP_HIL_BLOCK", "").contains("name its symbol in `test-block`"));
        assert!(wrong_board("PUMP_HIL_BLOCK", "PUMP_HIL_BLOK").contains("has no symbol `PUMP_HIL_BLOK`"));
        let probe = "probe: {kind: usb, chip: nRF52840_xxAA, speed: 4000, test-block: PUMP_HIL_BLOCK}";
        assert!(wrong_board(probe, "").contains("there is no probe whose port it could be"));
        assert!(
            wrong_board(probe, "probe: {kind: qemu, test-block: PUMP_HIL_BLOCK}")
                .contains("has the probe `usb`, or none")
        );
    }

    #[test]
    fn all_that_is_wrong_with_a_board_s_file_is_told_at_once() {
        let text = include_str!("../../../fixtures/rigs/nrf52840-dk.yaml")
            .replace("rig: nrf52840-dk", "rig: The DK")
            .replace("baud: 115200", "baud: 115200, machine: microbit, args: []")
            .replace("kind: virtual", "kind: virtual, scale: 2")
            .replace("speed: 4000", "speed: 0")
            .replace("write: 10 s", "write: 10 furlongs");
        let profile = |_: &str| -> Result<_, RigError> { panic!("the device is not looked at") };
        let error = RigFile::parse(&text, Path::new("dk.yaml"), None, profile)
            .expect_err("all wrong")
            .to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 6, "{error}");
        for (line, what) in lines.iter().zip([
            "a rig's name",
            "no `machine`",
            "no `args`",
            "no `scale`",
            "`speed`",
            "furlongs",
        ]) {
            assert!(line.starts_with("dk.yaml:") && line.contains(what), "{line}");
        }
    }

    #[test]
    fn a_device_that_never_ends_is_no_rig_file() {
        let error = RigFile::load(Path::new("/dev/zero")).expect_err("it is no file");
        assert_eq!(error.to_string(), "cannot read `/dev/zero`: not a file");
    }
}
