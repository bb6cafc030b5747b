//! The four ends of a scenario, and their reasons. A failure of the pump and a failure of the rig are different verdicts.

mod came;
mod expected;
mod words;

pub use came::{Came, Did, Seen};
pub use expected::{Account, Allowed, Answer, Asker, DueAlarm, Expected, Firmware, Forbids, Records};

use crate::event::StepId;
use crate::quantity::Span;
use crate::trouble::Trouble;
use serde::{Deserialize, Serialize};

/// How a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything held.
    Passed,
    /// The pump did something wrong.
    Failed {
        /// Each thing, in the order of the journal.
        reasons: Vec<Reason>,
    },
    /// Rig, journal or clock broke: nothing is said about the pump.
    Inconclusive {
        /// What, in the order in which it came.
        why: Vec<Trouble>,
    },
    /// This rig cannot run it.
    Skipped {
        /// What is missing.
        why: String,
    },
}

/// One thing that the pump did wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Kind of failure.
    pub kind: ReasonKind,
    /// Scenario time; in set-up, the time since set-up began.
    pub t: Span,
    /// It was in set-up, before the scenario began.
    pub in_set_up: bool,
    /// Step, where it belongs to one.
    pub step: Option<StepId>,
    /// Line of the scenario's file.
    pub line: Option<u32>,
    /// What was expected.
    pub expected: Expected,
    /// What came.
    pub came: Came,
}

/// A finding of oracle or reconciliation: a reason without a place in the scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kind.
    pub kind: ReasonKind,
    /// When.
    pub t: Span,
    /// What was expected.
    pub expected: Expected,
    /// What came.
    pub came: Came,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// An `expect` did not hold.
    Expectation,
    /// A request was refused that should not have been, or the other way round.
    Refusal,
    /// An `always` was broken.
    Invariant,
    /// An alarm that nothing announced.
    UnexpectedAlarm,
    /// The oracle allows another dose.
    Oracle,
    /// Reported, actuated and delivered volume part.
    Reconciliation,
    /// The pump's numbering shows a gap that no fault explains.
    Gap,
    /// The pump's records go back in number or time, or say what cannot be.
    Record,
    /// The pump's clock goes wrong.
    Clock,
    /// The pump does not answer.
    NoReply,
    /// The firmware faulted, such as by a HardFault.
    FirmwareFault,
    /// The pump started again, and nothing explains it.
    UnaskedStart,
    /// The firmware hangs.
    Hang,
    /// The pump was told to stop, and went on.
    NotStopped,
    /// The dose log differs from its snapshot.
    Snapshot,
}

impl Verdict {
    /// Whether nothing is wrong, or nothing but that the dose log differs from the accepted one.
    #[must_use]
    pub fn is_right_but_for_the_snapshot(&self) -> bool {
        match self {
            Self::Passed => true,
            Self::Failed { reasons } => reasons.iter().all(|reason| reason.kind == ReasonKind::Snapshot),
            Self::Inconclusive { .. } | Self::Skipped { .. } => false,
        }
    }

    /// One word for tables.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "FAILED",
            Self::Inconclusive { .. } => "INCONCLUSIVE",
            Self::Skipped { .. } => "skipped",
        }
    }
}

impl Reason {
    /// A stable name of what went wrong: by this programs and documents name it, whatever its words are.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.kind {
            // The same answer is expected of a pump that says the wrong thing, and of one that says nothing.
            ReasonKind::NoReply => "no-reply",
            _ => self.expected.code(),
        }
    }
}

#[cfg(test)]
mod tests;
