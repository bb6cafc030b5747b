//! What a kind of pump is to a rig: a word and keys in its file, and a way to open it.

use crate::clock::{Asked, Clock, ClockKind, Host};
use crate::error::RigError;
use crate::finding::Finding;
use crate::firmware::Firmware;
use crate::link::{Line, LinkAt, Settings};
use crate::listed::WrongKey;
use crate::options::{KnownDrug, OpenOptions, RigLimits};
use crate::probe::{Debug, ProbeAt, Probes};
use async_trait::async_trait;
use pump_hil_model::event::Body;
use std::fmt;
use std::path::{Path, PathBuf};

/// A kind of pump.
#[derive(Debug)]
pub struct PumpKind {
    /// Its word in rig files.
    pub word: &'static str,
    /// Those of [`Keys`] that it has.
    pub keys: &'static [&'static str],
    /// Makes a pump of its keys; else which key is wrong, and how.
    pub described: fn(Keys) -> Result<Box<dyn Pump>, WrongKey>,
}

/// The keys that only some kinds have, as a rig file gives them.
#[derive(Debug, Default)]
pub struct Keys {
    /// Months that a simulated pump's battery is made for.
    pub service_months: Option<u32>,
    /// A simulated pump stays powered between the cases of a run.
    pub kept: Option<bool>,
    /// Machine of an emulator.
    pub machine: Option<String>,
    /// The firmware's file.
    pub elf: Option<PathBuf>,
    /// Further arguments of an emulator.
    pub args: Option<Vec<String>>,
    /// Where a line leads to, as it is written.
    pub port: Option<String>,
    /// A program whose standard input and output are the line, and its arguments.
    pub program: Option<Vec<String>>,
    /// How a serial port is set.
    pub settings: Settings,
}

/// What of a rig does not go together: the part and its key that are wrong, and why.
pub type Contradiction = ([&'static str; 2], &'static str);

/// A pump that is not opened yet.
#[async_trait]
pub trait Pump: fmt::Debug + Send + Sync {
    /// Whether each case gets a pump of its own, so that cases can run side by side.
    fn is_simulated(&self) -> bool;

    /// What of the rig's clock and probe does not go with it.
    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction>;

    /// The program that its rig file starts, or may start.
    fn starts(&self) -> Option<String> {
        None
    }

    /// Looks who else has its line, before it is opened.
    fn look_ahead(&self) {}

    /// What names it among the pumps of this host, where it lives on without this program; `rig` is its rig's name.
    fn identity(&self, _rig: &str) -> Option<String> {
        None
    }

    /// The firmware that its own chip runs.
    fn elf(&self) -> Option<&Path> {
        None
    }

    /// Other firmware is to be brought into its chip's flash; `same` tells whether a file holds just that.
    fn is_flashed(&mut self, _same: &dyn Fn(&Path) -> bool) {}

    /// What can be seen of it without opening it.
    fn look(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Starts the pump where that is ours to do, opens the line, attaches the probe, lets the firmware go.
    ///
    /// # Errors
    /// What is wrong with the bench, and what to do.
    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError>;
}

/// What is wanted of a pump that is opened.
pub struct Order<'a> {
    /// What the run wants.
    pub options: &'a OpenOptions,
    /// Drugs of the user's own, which a simulated pump is to know, and the folder of fixtures in which they stand.
    pub own: (&'a [KnownDrug], Option<&'a Path>),
    /// How long anything may take.
    pub limits: RigLimits,
    /// How time passes.
    pub clock: ClockKind,
    /// Its probe.
    pub probe: Option<&'a ProbeAt>,
    /// The devices on USB.
    pub usb: &'a Probes,
    /// Its firmware.
    pub firmware: Option<&'a Firmware>,
    /// Symbol of the text in its firmware that says which build it is.
    pub build: Option<&'a str>,
    /// Where its test block will stand.
    pub block: Option<u64>,
}

impl Order<'_> {
    /// The clock of a chip: its time is granted by requests, or goes as the host's does.
    pub fn chip_clock(&self) -> Box<dyn Clock> {
        match self.clock.scale() {
            None => Box::new(Asked::default()),
            Some(scale) => Box::new(Host::new(scale)),
        }
    }
}

/// A pump that was opened. It is dropped from above: probe and line are closed before their far end is gone.
pub struct Opened {
    /// The line to it.
    pub line: Line,
    /// Its time.
    pub clock: Box<dyn Clock>,
    /// Its probe, attached.
    pub debug: Option<Debug>,
    /// What the line goes through, where that may go away and come back.
    pub port: Option<LinkAt>,
    /// What is to be journaled of its firmware.
    pub firmware: Option<Body>,
    /// It was powered just now, for the first time: it has no past.
    pub new: bool,
    /// It was reset on a line that has glitches: what it says counts from this start on.
    pub on_a_wire: bool,
    /// What keeps it up.
    pub power: Box<dyn Power>,
}

/// What must end with the rig: a pump that was started for it. To drop it ends that.
pub trait Power: fmt::Debug + Send {
    /// Whether there is no pump any more to be reached.
    fn is_gone(&mut self) -> bool {
        false
    }

    /// What an error is about: a probe or a line that is gone because the pump is.
    fn explain(&mut self, error: RigError) -> RigError {
        error
    }

    /// Why a pump that cannot be made safe is no hazard all the same.
    fn harmless(&mut self, _hangs: bool) -> Option<&'static str> {
        None
    }
}

/// A pump of its own, which stays when the rig is closed.
impl Power for () {}

/// Lets the firmware run, with its faults caught from its first instruction on.
pub fn let_go(debug: &mut Debug) -> Result<(), RigError> {
    debug.catch_faults(true)?;
    debug.run_if_halted()?;
    Ok(())
}

/// Whether granted time cannot reach a chip: that goes through its test block.
pub fn lacks_block(clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
    match probe.map(ProbeAt::test_block) {
        _ if !clock.is_granted() => None,
        None => Some((
            ["clock", "kind"],
            "virtual time is granted to a chip through its test block; add `probe`, with `test-block`",
        )),
        Some(None) => Some((
            ["probe", "kind"],
            "virtual time is granted to a chip through its test block; name its symbol in `test-block`",
        )),
        Some(Some(_)) => None,
    }
}

/// Whether a probe is of another kind than a pump has.
pub fn is_other(probe: Option<&ProbeAt>, own: &str) -> bool {
    probe.is_some_and(|at| at.probe().word() != own)
}
