//! What a rig can do. A scenario needs capabilities; what a rig lacks is a visible skip, never a pass.

use crate::fault::FaultName;
use crate::lack::{Lack, Lacks};
use crate::measure::Measure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// One thing that a rig can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Sends raw bytes on the line.
    RawSerial,
    /// Time is granted by the harness: days take milliseconds, and every run gives the same bytes.
    VirtualTime,
    /// A debug probe that reads and writes memory.
    Probe,
    /// Halting, resetting and breakpoints by the probe.
    RunControl,
    /// The firmware's image is known, with its debug information: memory is read by names and types, code is found by functions.
    Symbols,
    /// The pump has a test block: strokes, truly delivered volume, fault switches.
    TestBlock,
    /// What this measures is seen there: a pump alone does not tell it.
    Shows(Measure),
    /// The rig can cause this fault, and confirm it.
    Fault(FaultName),
    /// Its pump is asked for its alarms every so often, by its device profile: one that comes and goes in between is not seen. No case needs it.
    PolledAlarms,
    /// A dose log is made of what its pump is asked for, by its device profile. No case needs it.
    SampledLog,
    /// The rig's pump lacks this, by its device profile. It stands among what a rig can do, so that whoever asks for that learns it as well; no case needs it.
    Lacks(Lack),
}

/// What the pump of a rig that can do this lacks; the reasons stand in its device profile.
#[must_use]
pub fn lacks_of(can: &BTreeSet<Capability>) -> Lacks {
    let lacks = can.iter().filter_map(|capability| match capability {
        Capability::Lacks(lack) => Some((*lack, String::new())),
        _ => None,
    });
    lacks.collect()
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RawSerial => f.write_str("raw-serial"),
            Self::VirtualTime => f.write_str("virtual-time"),
            Self::Probe => f.write_str("probe"),
            Self::RunControl => f.write_str("run-control"),
            Self::Symbols => f.write_str("symbols"),
            Self::TestBlock => f.write_str("test-block"),
            Self::Shows(measure) => f.write_str(measure.name()),
            Self::Fault(name) => write!(f, "fault:{name}"),
            Self::SampledLog => f.write_str("sampled dose log"),
            Self::PolledAlarms => f.write_str("polled alarms"),
            Self::Lacks(lack) => write!(f, "no {lack}"),
        }
    }
}
