//! The first line of a journal.

use pump_hil_model::case::Case;
use serde::{Deserialize, Serialize};

/// Version of the format that this harness writes; `docs/formats.md` says what changed.
pub const FORMAT: u32 = 3;
/// The oldest version that is still read and judged.
pub const OLDEST: u32 = 1;
/// From this version on each event has its number.
pub(super) const NUMBERED: u32 = 2;
/// From this version on an event may have the line of the pump that says it.
pub(super) const WITH_LINES: u32 = 3;

/// First line of a journal: what ran, on what, and when. Together with the events it is all that a replay needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`] of the harness that wrote it.
    pub pump_hil_journal: u32,
    /// Version and build of the harness.
    pub harness: String,
    /// Civil time of the start in UTC, RFC 3339. Only for people; nothing is decided by it.
    pub started: String,
    /// Name of the host.
    pub host: String,
    /// Name of the rig.
    pub rig: String,
    /// SHA-256 of the rig file's text, hex.
    pub rig_sha256: String,
    /// SHA-256 of the device profile's text, hex.
    pub device_sha256: String,
    /// The line to the pump that was taken instead of the rig file's, by `run --port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The whole case, resolved.
    pub case: Case,
    /// The accepted dose log that the run is held to; empty: there is none yet. `None`: it is held to none, because the scenario keeps none,
    /// or because what comes is being accepted.
    #[serde(default)]
    pub accepted: Option<String>,
    /// How the prescription changed since that dose log was accepted, in words; empty where it did not, or nobody knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prescription_changed: Vec<String>,
}

impl Header {
    /// A header for `case`, written by `harness` (name and version of the program), started at `started`, which the caller takes from its clock as RFC 3339; the
    /// caller fills in the rest.
    #[must_use]
    pub fn new(harness: &str, case: Case, started: &impl std::fmt::Display) -> Self {
        Self {
            pump_hil_journal: FORMAT,
            harness: harness.to_owned(),
            started: started.to_string(),
            host: String::new(),
            rig: String::new(),
            rig_sha256: String::new(),
            device_sha256: String::new(),
            port: None,
            case,
            accepted: None,
            prescription_changed: Vec::new(),
        }
    }
}
