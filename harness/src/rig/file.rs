//! Rig files: how to reach a pump.

use super::RigError;
use crate::capability::Capability;
use crate::device::Profile;
use crate::fault::{CATALOGUE, FaultName};
use crate::quantity::Span;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PumpAt {
    /// The stub pump on a thread of this process, behind a PTY.
    #[serde(rename_all = "kebab-case")]
    Sim {
        /// Months that its battery is made for; as the stub pump is by itself where nothing is said.
        #[serde(default)]
        service_months: Option<u32>,
    },
    /// The stub pump in a process of its own, behind a PTY.
    SimProcess,
    /// A pump on a serial port.
    Serial {
        /// Path of the port.
        port: String,
        /// Bits a second.
        baud: u32,
    },
}

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProbeAt {
    /// The virtual probe of the simulated chip.
    Sim {
        /// Symbol of the test block in the device profile; without it there is none.
        #[serde(rename = "test-block")]
        test_block: Option<String>,
    },
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawRig {
    rig: String,
    summary: String,
    device: String,
    pump: PumpAt,
    clock: ClockKind,
    #[serde(default)]
    probe: Option<ProbeAt>,
    limits: RawLimits,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawLimits {
    open: String,
    write: String,
    fence: String,
}

impl RigFile {
    /// The simulated rig, the default; it is part of the program.
    ///
    /// # Errors
    /// Never in a build whose tests pass.
    pub fn sim() -> Result<Self, RigError> {
        let profile = Profile::parse(STUB_DEVICE, "fixtures/devices/stub.yaml")?;
        Self::parse(SIM_RIG, "fixtures/rigs/sim.yaml", |_| {
            Ok((profile, STUB_DEVICE.to_owned()))
        })
    }

    /// Reads a rig file and the device profile that it names: a path relative to it, or a name of `../devices`.
    ///
    /// # Errors
    /// A file that cannot be read or is not right, with its line.
    pub fn load(path: &Path) -> Result<Self, RigError> {
        let text = read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, &path.display().to_string(), |device| {
            let file = device_path(folder, device);
            let text = read(&file)?;
            let mut profile = Profile::parse(&text, &file.display().to_string())?;
            if let Some(elf) = &profile.elf {
                let path = file.parent().unwrap_or(Path::new("")).join(elf);
                add_symbols(&mut profile, path)?;
            }
            Ok((profile, text))
        })
    }

    fn parse(
        text: &str,
        file: &str,
        device: impl FnOnce(&str) -> Result<(Profile, String), RigError>,
    ) -> Result<Self, RigError> {
        let raw: RawRig = serde_yaml::from_str(text).map_err(|e| RigError::Rig {
            file: file.to_owned(),
            line: e.location().map_or(1, |l| l.line()),
            what: e.to_string(),
        })?;
        let wrong = |key: &str, what: String| RigError::Rig {
            file: file.to_owned(),
            line: text.lines().position(|l| l.contains(key)).map_or(1, |i| i + 1),
            what,
        };
        let time = |key: &str, value: &str| -> Result<Duration, RigError> {
            let span: Span = value.parse().map_err(|e| wrong(key, format!("`{key}`: {e}")))?;
            match u64::try_from(span.0) {
                Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
                _ => Err(wrong(key, format!("`{key}` must be more than 0"))),
            }
        };
        let limits = RigLimits {
            open: time("open", &raw.limits.open)?,
            write: time("write", &raw.limits.write)?,
            fence: time("fence", &raw.limits.fence)?,
        };
        match (&raw.pump, raw.clock, &raw.probe) {
            (PumpAt::SimProcess | PumpAt::Serial { .. }, ClockKind::Virtual, _) => {
                return Err(wrong("clock", "only a pump of kind `sim` has virtual time".to_owned()));
            }
            (PumpAt::Sim { .. }, ClockKind::Real { .. }, _) => {
                return Err(wrong(
                    "clock",
                    "a pump of kind `sim` has virtual time; take `sim-process`".to_owned(),
                ));
            }
            (_, ClockKind::Real { scale: 0 }, _) => {
                return Err(wrong("scale", "`scale` must be at least 1".to_owned()));
            }
            (PumpAt::SimProcess | PumpAt::Serial { .. }, _, Some(ProbeAt::Sim { .. })) => {
                return Err(wrong(
                    "probe",
                    "only a pump of kind `sim` has the probe `sim`".to_owned(),
                ));
            }
            _ => {}
        }
        let (profile, device_text) = device(&raw.device)?;
        if let Some(ProbeAt::Sim {
            test_block: Some(symbol),
        }) = &raw.probe
            && !profile.symbols.contains_key(symbol)
        {
            let what = format!("device profile `{}` has no symbol `{symbol}`", profile.device);
            return Err(wrong("test-block", what));
        }
        Ok(Self {
            name: raw.rig,
            summary: raw.summary,
            text: text.to_owned(),
            profile: Arc::new(profile),
            device_text,
            pump: raw.pump,
            clock: raw.clock,
            probe: raw.probe,
            limits,
        })
    }

    /// Whether each case gets a simulated pump of its own, so that cases can run side by side.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self.pump, PumpAt::Sim { .. } | PumpAt::SimProcess)
    }

    /// What a run on this rig may need. Opening it checks that it is so.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        let mut can = BTreeSet::from([Capability::RawSerial]);
        if self.clock == ClockKind::Virtual {
            can.insert(Capability::VirtualTime);
        }
        if let Some(ProbeAt::Sim { test_block }) = &self.probe {
            can.extend([Capability::Probe, Capability::RunControl]);
            if test_block.is_some() {
                can.insert(Capability::TestBlock);
                let faults = CATALOGUE.iter().filter_map(|f| FaultName::find(f.name));
                can.extend(faults.map(Capability::Fault));
            }
        }
        can
    }
}

/// Adds the symbols of an ELF file; those that the profile writes itself stay as they are.
fn add_symbols(profile: &mut Profile, path: PathBuf) -> Result<(), RigError> {
    let file = std::fs::read(&path).map_err(|why| RigError::File {
        path: path.clone(),
        why,
    })?;
    let found = crate::device::elf_symbols(&file).map_err(|why| RigError::Elf { path, why })?;
    for (name, addr) in found {
        profile.symbols.entry(name).or_insert(addr);
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, RigError> {
    std::fs::read_to_string(path).map_err(|why| RigError::File {
        path: path.to_owned(),
        why,
    })
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
        let profile = |_: &str| Ok((Profile::parse(STUB_DEVICE, "stub.yaml")?, STUB_DEVICE.to_owned()));
        RigFile::parse(&text, "sim.yaml", profile)
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
        assert!(error.starts_with(&format!("sim.yaml:{line}: ")), "{error}");
    }
}
