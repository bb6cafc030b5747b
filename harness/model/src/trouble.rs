//! What keeps a run from saying anything about its pump, as data with a stable code; the words are made here, once.
//!
//! A trouble is never the pump's failure: those are [`Reason`](crate::verdict::Reason)s.

use crate::event::StepId;
use crate::fault::FaultName;
use crate::quantity::Span;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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
        "the pump's time is {lag} behind the rig's, so that what it reports cannot be compared; check the clock in the rig file"
    )]
    ClockBehind {
        /// By how much.
        lag: Span,
    },
    /// What the rig or the journal says is beyond all that can be.
    #[error("the rig or the journal holds a number that cannot be; check the probe and the test block")]
    ImpossibleNumber,
    /// The journal tells of a step that its case does not have.
    #[error("the journal names step {}, which the case has not", .step.0)]
    UnknownStep {
        /// Which.
        step: StepId,
    },
    /// The journal's last event is not that the run is over.
    #[error("the journal has no end: the harness was killed, or the disk was full; run the scenario again")]
    JournalWithoutEnd,
    /// The journal's last line is not whole.
    #[error("the journal breaks off in line {line}: the harness was killed, or the disk was full")]
    JournalTorn {
        /// From 1.
        line: u64,
    },
    /// The run ended before its last step, and nothing says why.
    #[error("the steps did not come to their end: the harness broke off; run the scenario again")]
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
            Self::ImpossibleNumber => TroubleCode::of("impossible-number"),
            Self::UnknownStep { .. } => TroubleCode::of("journal-step"),
            Self::JournalWithoutEnd => TroubleCode::of("journal-without-end"),
            Self::JournalTorn { .. } => TroubleCode::of("journal-torn"),
            Self::BrokeOff => TroubleCode::of("broke-off"),
            Self::NotSafe { .. } => TroubleCode::of("not-safe"),
        }
    }
}

/// A stable name of a kind of trouble: words of small letters and digits, joined by `-`, such as `rig-line-lost`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TroubleCode(Cow<'static, str>);

impl TroubleCode {
    /// The rig, with no word on what of it: so journals from before there were codes.
    pub const RIG: Self = Self::of("rig");
    /// The journal's file cannot be written or read.
    pub const JOURNAL: Self = Self::of("journal");
    /// The accepted dose logs cannot be read or written.
    pub const SNAPSHOT: Self = Self::of("snapshot");
    /// The harness itself failed.
    pub const HARNESS: Self = Self::of("harness-failed");

    /// A code of a layer's own.
    ///
    /// # Panics
    /// If `name` is none; in a `const`, that is when it is compiled.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        assert!(is_code(name), "a code is kebab-case");
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Most bytes of a code.
const CODE_MAX: usize = 48;

const fn is_code(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    // What stood before: a word may neither be empty nor is there one behind the last `-`.
    let mut in_word = false;
    while at < bytes.len() {
        match bytes[at] {
            b'a'..=b'z' | b'0'..=b'9' => in_word = true,
            b'-' if in_word => in_word = false,
            _ => return false,
        }
        at += 1;
    }
    in_word && bytes.len() <= CODE_MAX
}

impl std::fmt::Display for TroubleCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TroubleCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        // A later harness may know more codes than this one: any that has the form is read.
        if is_code(&name) {
            Ok(Self(Cow::Owned(name)))
        } else {
            Err(serde::de::Error::custom(format!("`{name}` is no code of a trouble")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Body;

    #[test]
    fn a_code_is_kebab_case() {
        for right in ["rig", "rig-line-lost", "no-reply-2"] {
            assert!(is_code(right), "{right}");
        }
        for wrong in ["", "-", "rig-", "-rig", "rig--lost", "Rig", "rig lost", "rig\u{1b}[2J"] {
            assert!(!is_code(wrong), "{wrong:?}");
        }
        assert!(!is_code(&"a".repeat(CODE_MAX + 1)));
    }

    #[test]
    fn a_journal_from_before_there_were_codes_reads_and_writes_as_it_was() {
        let old = r#"{"event":"rig-trouble","what":"the line is gone"}"#;
        let body: Body = serde_json::from_str(old).unwrap();
        let Body::RigTrouble { code: None, .. } = &body else {
            panic!("{body:?}");
        };
        assert_eq!(serde_json::to_string(&body).unwrap(), old);
        let new = r#"{"event":"rig-trouble","code":"rig-line-lost","what":"the line is gone"}"#;
        let body: Body = serde_json::from_str(new).unwrap();
        assert_eq!(serde_json::to_string(&body).unwrap(), new);
        let forged = new.replace("rig-line-lost", "rig lost");
        assert!(serde_json::from_str::<Body>(&forged).is_err());
    }
}
