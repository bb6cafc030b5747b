//! A rig's file as it is written.

use super::clock::ClockKind;
use super::link::{Address, Flow, Level, Parity, Settings};
use super::listed::OneOf;
use super::options::{Given, RigLimits};
use super::probe::{self, ProbeAt, ProbeKind};
use super::pumps::{self, Pump, PumpKind};
use super::raw_instrument::RawInstrument;
use crate::files;
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{DRIFT, Percent, Span};
use pump_hil_model::yaml::document::Document;
use pump_hil_model::yaml::raw::{Quantity, QuantityKind, Time};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A share, for the schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share;

impl QuantityKind for Share {
    const NAME: &'static str = "share";
    const EXAMPLE: &'static str = "1 %";
    fn units() -> Vec<&'static str> {
        Percent::UNITS.iter().map(|unit| unit.0).collect()
    }
}

/// How to reach a pump.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a rig file"))]
pub(super) struct RawRig {
    /// Its name.
    #[schemars(required)]
    pub rig: Option<String>,
    /// One sentence for people.
    #[schemars(required)]
    pub summary: Option<String>,
    /// How the pump talks: a name of your own `fixtures/devices` or a built-in one, or a path relative to this file.
    #[schemars(required)]
    pub device: Option<String>,
    /// Where the pump is.
    #[schemars(required)]
    pub pump: Option<RawPump>,
    /// How time passes.
    #[schemars(required)]
    pub clock: Option<RawClock>,
    /// The debug probe, if there is one.
    pub probe: Option<RawProbe>,
    /// Instruments beside the pump, by the names that a device profile has for them (`observe: {delivered: {instrument: NAME}}`).
    #[serde(default)]
    pub instruments: BTreeMap<String, RawInstrument>,
    /// Limits in host time. Each has a default.
    pub limits: Option<RawLimits>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`pump`", "x-meant" = serde_json::json!({
    "baudrate": "baud", "baud-rate": "baud", "speed": "baud", "bitrate": "baud",
    "device": "port", "path": "port", "tty": "port", "address": "port",
    "databits": "data-bits", "bits": "data-bits", "stopbits": "stop-bits", "flow-control": "flow",
    "type": "kind", "command": "program", "image": "elf", "firmware": "elf",
})))]
pub(super) struct RawPump {
    /// The stub pump in this process, the same in a process of its own, firmware in QEMU, or a pump on a serial line.
    #[schemars(required)]
    pub kind: Option<OneOf<PumpKind>>,
    /// `sim`: months that its battery is made for.
    pub service_months: Option<u32>,
    /// `sim`: `new`: each case has its own pump; `kept`: all cases of a run have the same one. Default: `new`.
    pub power: Option<Powered>,
    /// `qemu`: machine of qemu-system-arm, such as `microbit`.
    pub machine: Option<String>,
    /// `qemu`, `serial`: the firmware, relative to this file. The flash of the chip must have this firmware.
    pub elf: Option<String>,
    /// `qemu`: further arguments.
    pub args: Option<Vec<String>>,
    /// `serial`: where the line leads to. A path of a serial port, `usb:VID:PID` or `usb:VID:PID:SERIAL`, `tcp:HOST:PORT`,
    /// `rfc2217:HOST:PORT`, `unix:PATH`, or `of-the-probe`: the port on the same USB plug as the probe.
    pub port: Option<String>,
    /// `serial`: instead of `port`, a program and its arguments, whose standard input and output are the line. A program with a `/`
    /// is relative to this file. It is started only with `--trust-rig`.
    pub program: Option<Vec<String>>,
    /// `serial`: bits a second. A serial port needs it; over `rfc2217` the default is what the server has.
    pub baud: Option<u32>,
    /// `serial`: bits of a character, 7 or 8. Default: 8. As the keys that follow it is for a serial port, here or over `rfc2217`.
    pub data_bits: Option<u8>,
    /// `serial`: default: `none`.
    pub parity: Option<Parity>,
    /// `serial`: 1 or 2. Default: 1.
    pub stop_bits: Option<u8>,
    /// `serial`: flow control by the lines RTS and CTS (`hardware`), or by XON and XOFF (`software`). Default: `none`.
    pub flow: Option<Flow>,
    /// `serial`: the line DTR once the port is open. Default: as the system has it, which is `on` on Linux.
    pub dtr: Option<Level>,
    /// `serial`: the line RTS, likewise.
    pub rts: Option<Level>,
    /// `serial`: a break of this length once the port is open, at most 5 s. Default: none.
    #[serde(rename = "break")]
    #[schemars(with = "Option<Quantity<Time>>")]
    pub break_for: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "way to power a pump"))]
pub(super) enum Powered {
    New,
    Kept,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`clock`"))]
pub(super) struct RawClock {
    /// `virtual`: the harness grants time to the pump, without sleeping. `real`: the host's clock.
    #[schemars(required)]
    pub kind: Option<ClockWord>,
    /// `real`: seconds of the pump in one second of the host. Default: 1.
    pub scale: Option<u32>,
    /// `real`: how far the pump's clock may differ from the host's, 0.01 % to 50 %. Default: 1 %. `clock-drift` of a scenario comes first.
    #[schemars(with = "Option<Quantity<Share>>")]
    pub drift: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "kind of clock", "x-meant" = serde_json::json!({
    "host": "did you mean `real`?", "wall": "did you mean `real`?", "realtime": "did you mean `real`?",
    "sim": "did you mean `virtual`?", "simulated": "did you mean `virtual`?", "granted": "did you mean `virtual`?",
})))]
pub(super) enum ClockWord {
    Virtual,
    Real,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`probe`"))]
pub(super) struct RawProbe {
    /// The virtual probe of the simulated chip, or of the chip in QEMU; or a real one on USB.
    #[schemars(required)]
    pub kind: Option<OneOf<ProbeKind>>,
    /// Symbol of the test block, in the device profile or the firmware. Without it there is no test block.
    pub test_block: Option<String>,
    /// `usb`, `qemu`: the chip, by its name in probe-rs, such as `nRF51822_xxAA`. Without it, QEMU may have any machine.
    pub chip: Option<String>,
    /// `usb`: which probe, as `VID:PID` or `VID:PID:SERIAL`. Without it: the only probe that is there.
    pub selector: Option<String>,
    /// `usb`: kHz of its clock line. Without it, the probe chooses.
    pub speed: Option<u32>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`limits`"))]
pub(super) struct RawLimits {
    /// Opening a port, or starting a process. Every limit is at least 1 s. Default: 10 s.
    #[schemars(with = "Option<Quantity<Time>>")]
    pub open: Option<String>,
    /// Writing one piece. Default: 10 s.
    #[schemars(with = "Option<Quantity<Time>>")]
    pub write: Option<String>,
    /// How long the pump may take to reach the virtual time that it was granted. Default: 60 s.
    #[schemars(with = "Option<Quantity<Time>>")]
    pub fence: Option<String>,
    /// How long, in the pump's time, the set-up waits for what an earlier run left behind, such as a lockout. Default: 2 d of virtual
    /// time; by the host's clock what passes in 2 min.
    #[schemars(with = "Option<Quantity<Time>>")]
    pub settle: Option<String>,
    /// MiB of the journal of a case. Beyond it the case ends as inconclusive. Default: 256.
    #[schemars(range(min = 1, max = 65536))]
    pub journal_mib: Option<u64>,
    /// MiB that a pump may send on its line in a case, likewise. Default: 256.
    #[schemars(range(min = 1, max = 65536))]
    pub line_mib: Option<u64>,
    /// How long a pump is watched after it was told to stop. Default: 10 s; where time is granted, the time of a stroke at minimum rate on
    /// the pump's clock.
    #[schemars(with = "Option<Quantity<Time>>")]
    pub watch: Option<String>,
    /// How long this program may be stopped before its guard makes the pump safe. Default: 10 s.
    #[schemars(with = "Option<Quantity<Time>>")]
    pub guard: Option<String>,
}

/// MiB of a journal, and of what a line may say, where a rig file says nothing; and the most that it may say.
const MIB: u64 = 256;
const MIB_MAX: u64 = 65_536;

/// A host that has something else to do keeps everybody waiting for a part of this.
const LIMIT_LEAST_MS: u64 = 1_000;

/// No key of `part` is given that its kind does not have; `given` tells of each whether it is given.
fn only(document: &Document, part: &str, given: &[(&str, bool)], kind: &[&str]) -> Result<(), WrongFile> {
    let foreign = given.iter().filter(|(key, given)| *given && !kind.contains(key));
    let wrong = foreign.flat_map(|(key, _)| {
        let what = format!("a {part} of this kind has no `{key}`");
        document.wrong(Mistake::KeyCombination, &[part, key], what).0
    });
    let wrong: Vec<_> = wrong.collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(WrongFile(wrong))
    }
}

impl RawPump {
    /// `folder` is where its file lies; `given`: what the command line says before the file.
    pub fn validated(mut self, document: &Document, folder: &Path, given: &Given) -> Result<Box<dyn Pump>, WrongFile> {
        // That none is said was told before.
        let Some(OneOf(kind)) = self.kind else {
            return Err(WrongFile(Vec::new()));
        };
        only(document, "pump", &self.given(), kind.keys)?;
        if let Some(port) = &given.port {
            if !kind.keys.contains(&"port") {
                let what = "a pump of this kind has no port, so `--port` has nothing to replace";
                return Err(document.wrong(Mistake::KeyCombination, &["pump", "kind"], what));
            }
            self.goes_through(port);
        }
        let mut wrong = WrongFile(Vec::new());
        let break_for = wrong.part(self.break_time(document)).flatten();
        let settings = self.settings(break_for);
        let program = self.program.map(|mut words| {
            // As a shell takes it: a name is looked up, what has a folder is a file.
            if let Some(program) = words.first_mut().filter(|program| program.contains('/')) {
                *program = folder.join(&*program).to_string_lossy().into_owned();
            }
            words
        });
        let keys = pumps::Keys {
            service_months: self.service_months,
            kept: self.power.map(|power| power == Powered::Kept),
            machine: self.machine,
            elf: self.elf.map(|elf| files::tidy(&folder.join(elf))),
            args: self.args,
            port: self.port,
            program,
            settings,
        };
        let described = (kind.described)(keys).map_err(|wrong| wrong.of(document, "pump"));
        match wrong.part(described) {
            Some(pump) if wrong.0.is_empty() => Ok(pump),
            _ => Err(wrong),
        }
    }

    /// Of each key whether it is given.
    fn given(&self) -> [(&'static str, bool); 15] {
        [
            ("service-months", self.service_months.is_some()),
            ("power", self.power.is_some()),
            ("machine", self.machine.is_some()),
            ("elf", self.elf.is_some()),
            ("args", self.args.is_some()),
            ("port", self.port.is_some()),
            ("program", self.program.is_some()),
            ("baud", self.baud.is_some()),
            ("data-bits", self.data_bits.is_some()),
            ("parity", self.parity.is_some()),
            ("stop-bits", self.stop_bits.is_some()),
            ("flow", self.flow.is_some()),
            ("dtr", self.dtr.is_some()),
            ("rts", self.rts.is_some()),
            ("break", self.break_for.is_some()),
        ]
    }

    /// Another line than the one in the file. How the file sets a serial port is kept for another one, and means nothing for any other line.
    fn goes_through(&mut self, port: &str) {
        (self.port, self.program) = (Some(port.to_owned()), None);
        if Address::parse(port).is_ok_and(|address| !address.kind().is_serial()) {
            (self.baud, self.data_bits, self.stop_bits) = (None, None, None);
            (self.parity, self.flow, self.dtr, self.rts, self.break_for) = (None, None, None, None, None);
        }
    }

    fn break_time(&self, document: &Document) -> Result<Option<Duration>, WrongFile> {
        let wrong = |mistake: Mistake, what: String| document.wrong(mistake, &["pump", "break"], what);
        let time = self.break_for.as_deref().map(|text| match text.parse::<Span>() {
            Ok(span) => u64::try_from(span.0)
                .map(Duration::from_millis)
                .map_err(|_| wrong(Mistake::Range, "`break` must be more than 0".to_owned())),
            Err(error) => Err(document.no_quantity(&["pump", "break"], text, &error)),
        });
        time.transpose()
    }

    fn settings(&self, break_for: Option<Duration>) -> Settings {
        Settings {
            baud: self.baud,
            data_bits: self.data_bits,
            parity: self.parity,
            stop_bits: self.stop_bits,
            flow: self.flow,
            dtr: self.dtr,
            rts: self.rts,
            break_for,
        }
    }
}

/// A pump's clock is held to this where no file says otherwise: watch crystals are a hundred times better.
const DRIFT_DEFAULT: Percent = Percent(1_000);

impl RawClock {
    /// How far the pump's clock may be off.
    pub fn drift(&self, document: &Document) -> Result<Percent, WrongFile> {
        let Some(text) = &self.drift else {
            return Ok(DRIFT_DEFAULT);
        };
        let wrong = |mistake: Mistake, what: String| document.wrong(mistake, &["clock", "drift"], what);
        if matches!(self.kind, Some(ClockWord::Virtual)) {
            let what = "virtual time has no `drift`: the pump's time is what is granted";
            return Err(wrong(Mistake::KeyCombination, what.to_owned()));
        }
        let share: Percent = text
            .parse()
            .map_err(|error| document.no_quantity(&["clock", "drift"], text, &error))?;
        if DRIFT.contains(&share) {
            return Ok(share);
        }
        let (least, most) = (DRIFT.start(), DRIFT.end());
        Err(wrong(
            Mistake::Range,
            format!("`drift` must be between {least} and {most}"),
        ))
    }

    pub fn validated(&self, document: &Document) -> Result<ClockKind, WrongFile> {
        match (self.kind, self.scale) {
            (None, _) => Err(WrongFile(Vec::new())),
            (Some(ClockWord::Virtual), None) => Ok(ClockKind::Virtual),
            (Some(ClockWord::Virtual), Some(_)) => Err(document.wrong(
                Mistake::KeyCombination,
                &["clock", "scale"],
                "virtual time has no `scale`: nothing waits for it",
            )),
            // The clock divides by it.
            (Some(ClockWord::Real), Some(0)) => {
                Err(document.wrong(Mistake::Range, &["clock", "scale"], "`scale` must be at least 1"))
            }
            (Some(ClockWord::Real), scale) => Ok(ClockKind::Real {
                scale: scale.unwrap_or(1),
            }),
        }
    }
}

impl RawProbe {
    pub fn validated(self, document: &Document) -> Result<ProbeAt, WrongFile> {
        let given = [
            ("chip", self.chip.is_some()),
            ("selector", self.selector.is_some()),
            ("speed", self.speed.is_some()),
        ];
        let Some(OneOf(kind)) = self.kind else {
            return Err(WrongFile(Vec::new()));
        };
        only(document, "probe", &given, kind.keys)?;
        let keys = probe::Keys {
            chip: self.chip,
            selector: self.selector,
            speed: self.speed,
        };
        let described = (kind.described)(keys).map_err(|wrong| wrong.of(document, "probe"))?;
        Ok(ProbeAt::new(described, self.test_block))
    }
}

/// Where a rig file says nothing of it: a day's lockout or window, and as much again.
const SETTLE_GRANTED: Span = Span(2 * 86_400_000);
/// Where the host's clock goes: as long as a person waits who thinks that something hangs.
const SETTLE_HOST_MS: i64 = 120_000;

impl RawLimits {
    /// `scale`: the pump's seconds in one of the host; `None` where time is granted.
    pub fn validated(&self, document: &Document, scale: Option<u32>) -> Result<RigLimits, WrongFile> {
        let time = |key: &str, value: &str| {
            let wrong = |mistake: Mistake, what: String| document.wrong(mistake, &["limits", key], what);
            let span: Span = value
                .parse()
                .map_err(|error| document.no_quantity(&["limits", key], value, &error))?;
            match u64::try_from(span.0) {
                Ok(ms) if ms >= LIMIT_LEAST_MS => Ok(Duration::from_millis(ms)),
                _ => Err(wrong(
                    Mistake::Range,
                    format!(
                        "`{key}` must be at least 1 s: within less a busy host makes a pump that is well look as if it hung"
                    ),
                )),
            }
        };
        let mib = |key: &str, value: Option<u64>| match value.unwrap_or(MIB) {
            mib @ 1..=MIB_MAX => Ok(mib << 20),
            _ => Err(document.wrong(
                Mistake::Range,
                &["limits", key],
                format!("`{key}` must be from 1 to {MIB_MAX}"),
            )),
        };
        let mut wrong = WrongFile(Vec::new());
        let mut of = |key: &str, value: &Option<String>| {
            let limit = value.as_ref().map(|value| time(key, value)).transpose();
            wrong.part(limit).flatten()
        };
        let (open, write, fence) = (
            of("open", &self.open),
            of("write", &self.write),
            of("fence", &self.fence),
        );
        let (settle, watch, guard) = (
            of("settle", &self.settle),
            of("watch", &self.watch),
            of("guard", &self.guard),
        );
        let journal = wrong.part(mib("journal-mib", self.journal_mib));
        let line = wrong.part(mib("line-mib", self.line_mib));
        let (Some(journal), Some(line), true) = (journal, line, wrong.0.is_empty()) else {
            return Err(wrong);
        };
        let settle_host = |scale: u32| Span(SETTLE_HOST_MS.saturating_mul(scale.into()));
        Ok(RigLimits {
            open: open.unwrap_or(RigLimits::OPEN),
            write: write.unwrap_or(RigLimits::WRITE),
            fence: fence.unwrap_or(RigLimits::FENCE),
            settle_is_said: settle.is_some(),
            settle: match settle {
                Some(settle) => Span(i64::try_from(settle.as_millis()).unwrap_or(i64::MAX)),
                None => scale.map_or(SETTLE_GRANTED, settle_host),
            },
            journal,
            line,
            watch,
            guard: guard.unwrap_or(RigLimits::GUARD),
        })
    }
}
