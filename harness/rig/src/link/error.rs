//! What can be wrong with a line.

use super::address::{look_at, noun};

/// The line does not open, is gone, or does not carry what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It cannot be opened.
    #[error("{}: {why}", noun(.port))]
    Open {
        /// The port.
        port: String,
        /// Why.
        why: String,
    },
    /// There is no such port, or nobody at its far end, at least not now.
    #[error("{}: it is not there; {there}", noun(.port))]
    Absent {
        /// The port.
        port: String,
        /// Which there are, or what to look at.
        there: String,
    },
    /// The guard of this program took over: it must not speak any more.
    #[error(
        "this program was stopped for longer than the rig's limit `guard` allows, and its guard made the pump on {port} safe; nothing more is sent"
    )]
    TakenOver {
        /// The port.
        port: String,
    },
    /// The line is gone.
    #[error("the line to the pump on {port} is gone ({why}); {}, then run again", look_at(.port))]
    Lost {
        /// The port.
        port: String,
        /// Why.
        why: String,
    },
    /// The port does not take what is sent.
    #[error("{port} took no more bytes within {limit_ms} ms; does something block the far end?")]
    Stuck {
        /// The port.
        port: String,
        /// The limit.
        limit_ms: u64,
    },
    /// Bytes that the pump sent do not come.
    #[error(
        "{port}: {missing} bytes that the pump sent did not come within {limit_ms} ms; is it this board's port? Else check cable and speed, then run again"
    )]
    Missing {
        /// The port.
        port: String,
        /// How many.
        missing: u64,
        /// The limit.
        limit_ms: u64,
    },
    /// Bytes that were sent do not come to the pump.
    #[error(
        "{port}: {missing} bytes did not come to the pump within {limit_ms} ms, which does what needs no more of them; check cable and speed, then run again"
    )]
    Untaken {
        /// The port.
        port: String,
        /// How many.
        missing: u32,
        /// The limit.
        limit_ms: u64,
    },
    /// The port never rests.
    #[error("{port} goes on sending for {limit_ms} ms though the pump is halted; is it this pump's line?")]
    Restless {
        /// The port.
        port: String,
        /// The limit.
        limit_ms: u64,
    },
}

impl LinkError {
    /// The name of those by which a line is not open.
    pub const CLOSED: &'static str = "rig-line-closed";

    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } | Self::Absent { .. } => Self::CLOSED,
            Self::TakenOver { .. } => "rig-taken-over",
            Self::Lost { .. } => "rig-line-lost",
            Self::Stuck { .. } => "rig-line-stuck",
            Self::Missing { .. } => "rig-line-missing",
            Self::Untaken { .. } => "rig-line-untaken",
            Self::Restless { .. } => "rig-line-restless",
        }
    }

    /// Whether the line is gone.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Stuck { .. })
    }
}
