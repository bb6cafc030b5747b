//! What a run wants of the pump that a rig opens, and how long a rig may take for what it does.

use pump_hil_model::quantity::{Concentration, Rate, Span, Volume};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the command line says of a rig. It comes before the rig's file.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// This firmware is to be brought into flash, whatever firmware the file names.
    pub flash: Option<PathBuf>,
    /// The line leads there, wherever it leads in the file.
    pub port: Option<String>,
    /// The file may start programs.
    pub trusted: bool,
}

impl Given {
    /// This firmware is to be brought into flash.
    #[must_use]
    pub fn flash(elf: &Path) -> Self {
        Self {
            flash: Some(elf.to_owned()),
            ..Self::default()
        }
    }
}

/// What a run wants of the pump that a rig opens.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Seed of everything random in a simulated pump.
    pub seed: u64,
    /// Civil time at its first power, in seconds since 2000-01-01T00:00:00.
    pub start_s: i64,
    /// Name of a seeded defect, in a build that has them.
    pub defect: Option<String>,
    /// Program that serves a simulated pump as a process; `None`: this one.
    pub exe: Option<PathBuf>,
    /// A port that is not there is not waited for: it was waited for just now.
    pub at_once: bool,
    /// Only the line of a pump on a bench is opened: its probe, its firmware and its test block are left alone.
    pub line_alone: bool,
}

/// A drug that a simulated pump knows besides those of its own library, or in the place of one of the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownDrug {
    /// Its id.
    pub id: String,
    /// Its concentration.
    pub concentration: Concentration,
    /// Rate beyond which the clinician must confirm.
    pub soft_rate: Rate,
    /// Rate that is never accepted.
    pub hard_rate: Rate,
    /// Bolus beyond which the clinician must confirm.
    pub soft_bolus: Volume,
    /// Bolus that is never accepted.
    pub hard_bolus: Volume,
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
    /// Pump's time in which set-up waits for what is left of the pump's past.
    pub settle: Span,
    /// Whether the rig file says so; else it is the default.
    pub settle_is_said: bool,
    /// Bytes of a case's journal; what the memory holds of a case grows with it.
    pub journal: u64,
    /// Bytes that a pump may say on its line in a case.
    pub line: u64,
    /// The longest that a pump is watched after it was told to stop; `None` where the rig file does not say.
    pub watch: Option<Duration>,
    /// How long this program may be stopped before its guard makes the pump safe.
    pub guard: Duration,
}

impl RigLimits {
    /// Opening a port, where the rig file does not say.
    pub const OPEN: Duration = Duration::from_secs(10);
    /// Writing one piece, likewise.
    pub const WRITE: Duration = Duration::from_secs(10);
    /// One grant of virtual time, likewise.
    pub const FENCE: Duration = Duration::from_secs(60);
    /// How long this program may be stopped, where the rig file does not say.
    pub const GUARD: Duration = Duration::from_secs(10);

    /// How long the pump's time may stand where it is granted, whatever else goes on: as long as a start takes.
    #[must_use]
    pub fn standing(&self) -> Duration {
        self.fence.min(self.open)
    }
}
