//! Why a case is not played to its end.

use pump_hil_rig::RigError;
use pump_hil_verdict::journal::JournalError;

/// Why playing a case stopped before its end. All of it is in the journal already.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The rig broke.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// The journal cannot be written: the evidence would be incomplete.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The person or the system asked to stop.
    #[error("interrupted by {0}")]
    Interrupted(&'static str),
    /// The pump does not do what every pump must.
    #[error("the pump is unfit for the case")]
    Unfit,
    /// The pump cannot be brought to where the scenario begins.
    #[error("set-up: {0}")]
    Setup(String),
}
