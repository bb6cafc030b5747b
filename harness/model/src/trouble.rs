//! What keeps a run from saying anything about its pump, as data with a stable code; the words are made here, once.
//!
//! A trouble is never the pump's failure: those are [`Reason`](crate::verdict::Reason)s.

use crate::event::StepId;
use crate::fault::FaultName;
use crate::quantity::Span;

pub use crate::trouble_code::TroubleCode;

/// Why nothing is said about the pump. [`Display`](std::fmt::Display) gives what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A layer that the judge does not know, such as the rig or the disk, tells its own trouble.
    #[error("{what}")]
    Told {
        /// Which.
        code: TroubleCode,
        /// What, and what to do.
        what: String,
    },
    /// A fault could not be confirmed, or cleared: what the pump did was no answer to it.
    #[error("fault `{fault}` could not be confirmed: {why}")]
    FaultUnconfirmed {
        /// Which.
        fault: FaultName,
        /// Why.
        why: String,
    },
    /// The person or the system asked to stop.
    #[error("interrupted by {by}")]
    Interrupted {
        /// The signal.
        by: String,
    },
    /// The firmware hangs. That is a reason of its own; as a trouble it ends what can be said of the run.
    #[error("the firmware hangs in {place}: no answer within {limit_ms} ms of host time")]
    FirmwareHangs {
        /// Function and line.
        place: String,
        /// How long it was given, in milliseconds of host time.
        limit_ms: u64,
    },
    /// The pump's time is so far behind that its entries belong to no instant of the run.
    #[error(
        "the pump's time is {lag} behind the rig's, so its reports cannot be compared; check the clock in the rig file"
    )]
    ClockBehind {
        /// By how much.
        lag: Span,
    },
    /// What the pump said was lost, and its log could not make it good.
    #[error(
        "{what} was not heard, and was not read back: {why}; check the line from the pump, and run the scenario again"
    )]
    NotHeard {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
    /// The pump answers, and tells nothing of its own.
    #[error(
        "the pump answered requests, but no event or dose entry came since {}: check the line from the pump",
        .since.clock()
    )]
    OnlyAnswers {
        /// The last time that it did.
        since: Span,
    },
    /// What the rig or the journal says is beyond all that can be.
    #[error("the rig or the journal has a number that is impossible; check the probe and the test block")]
    ImpossibleNumber,
    /// The journal tells of a step that its case does not have.
    #[error("the journal names step {}, which the case does not have", .step.0)]
    UnknownStep {
        /// Which.
        step: StepId,
    },
    /// The journal's last event is not that the run is over.
    #[error("the journal has no end: the harness was killed, or the disk was full; run the scenario again")]
    JournalWithoutEnd,
    /// The journal's last line is not whole.
    #[error("the journal is cut off in line {line}: the harness was killed, or the disk was full")]
    JournalTorn {
        /// From 1.
        line: u64,
    },
    /// Something that each whole run writes down does not stand in the journal.
    #[error(
        "the journal is not complete: {what}; lines were left out of it, or the harness did not write them, and from there on it is not evidence"
    )]
    JournalIncomplete {
        /// What is missing.
        what: String,
    },
    /// The run noted that its case did not pass, and by the journal it does.
    #[error(
        "judged from the journal the case passes, but the journal has a record that it did not: its case, its accepted dose log or its events are not those of the run, or this harness judges in another way"
    )]
    JournalContradicts,
    /// The run ended before its last step, and nothing says why.
    #[error("the steps did not finish: the harness broke off; run the scenario again")]
    BrokeOff,
    /// The pump was left as it should not be.
    #[error("the pump was not left safe: {what}")]
    NotSafe {
        /// What is not safe.
        what: String,
    },
}

impl Trouble {
    /// A trouble of another layer in its own words.
    #[must_use]
    pub fn told(code: TroubleCode, what: impl Into<String>) -> Self {
        Self::Told {
            code,
            what: what.into(),
        }
    }

    /// Which it is: by this programs and documents name it, whatever its words are.
    #[must_use]
    pub fn code(&self) -> TroubleCode {
        match self {
            Self::Told { code, .. } => code.clone(),
            Self::FaultUnconfirmed { .. } => TroubleCode::of("fault-unconfirmed"),
            Self::Interrupted { .. } => TroubleCode::of("interrupted"),
            Self::FirmwareHangs { .. } => TroubleCode::of("firmware-hangs"),
            Self::ClockBehind { .. } => TroubleCode::of("clock-behind"),
            Self::NotHeard { .. } => TroubleCode::of("not-heard"),
            Self::OnlyAnswers { .. } => TroubleCode::of("only-answers"),
            Self::ImpossibleNumber => TroubleCode::of("impossible-number"),
            Self::UnknownStep { .. } => TroubleCode::of("journal-step"),
            Self::JournalWithoutEnd => TroubleCode::of("journal-without-end"),
            Self::JournalTorn { .. } => TroubleCode::of("journal-torn"),
            Self::JournalIncomplete { .. } => TroubleCode::of("journal-incomplete"),
            Self::JournalContradicts => TroubleCode::of("journal-contradicts"),
            Self::BrokeOff => TroubleCode::of("broke-off"),
            Self::NotSafe { .. } => TroubleCode::of("not-safe"),
        }
    }
}
