//! When and where a run was: what a CI keeps says it, also where the journals are gone.

use std::time::Duration;

/// What the reports of a run begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunInfo {
    /// When it began.
    pub started: jiff::Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Name of the machine.
    pub host: String,
    /// Name and version of the program.
    pub harness: &'static str,
}
