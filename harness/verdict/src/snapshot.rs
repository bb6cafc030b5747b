//! The dose log of a run beside the one that a person accepted: compared as text and numbers, without a file.

use crate::dose::{Difference, DoseLog, STROKE_NL, compare};
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Came, Expected, Reason, ReasonKind};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Differences of one snapshot that are told.
const DIFFERENCES_SHOWN: usize = 8;

/// One acceptance: a line of the record beside the snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Name of the case.
    pub snapshot: String,
    /// Who accepted it.
    pub who: String,
    /// When, RFC 3339 in UTC.
    pub when: String,
    /// SHA-256 of the text before, hex; `None` for a first one.
    pub old_sha256: Option<String>,
    /// SHA-256 of the text now, hex.
    pub new_sha256: String,
}

/// How a dose log stands to its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The scenario keeps none.
    None,
    /// Inside the tolerance.
    Same,
    /// It was accepted now.
    Accepted(Acceptance),
    /// There is none yet; `pending` is where it waits for review.
    Missing {
        /// `.snap.new`, if it was written.
        pending: Option<PathBuf>,
    },
    /// Beyond the tolerance.
    Differs {
        /// Where.
        differences: Vec<Difference>,
        /// `.snap.new`, if it was written.
        pending: Option<PathBuf>,
    },
}

impl Checked {
    /// The reason of a failure, if it is one; `end` is the time of the run's last event.
    #[must_use]
    pub fn reason(&self, case: &Case, end: Span) -> Option<Reason> {
        let (expected, came) = match self {
            Self::None | Self::Same | Self::Accepted(_) => return None,
            Self::Missing { .. } => (Expected::AcceptedLog, Came::NoLog { case: case.name() }),
            Self::Differs { differences, .. } => {
                let shown = differences.iter().take(DIFFERENCES_SHOWN);
                let came = Came::LogDiffers {
                    shown: shown.map(Difference::to_string).collect(),
                    more: differences.len().saturating_sub(DIFFERENCES_SHOWN),
                };
                (Expected::LogOf { case: case.name() }, came)
            }
        };
        Some(Reason {
            kind: ReasonKind::Snapshot,
            t: end,
            step: None,
            line: None,
            expected,
            came,
        })
    }
}

/// Compares the dose log of a run of `case` with what was accepted then, as its journal has it. Touches no file.
#[must_use]
pub fn against(accepted: &str, case: &Case, log: &DoseLog) -> Checked {
    let Some(tolerance) = case.snapshot else {
        return Checked::None;
    };
    // The journal's header has an empty text where there was none yet (`Header::accepted`).
    if accepted.is_empty() {
        return Checked::Missing { pending: None };
    }
    let differences = differences(accepted, log, &log.to_string(), &tolerance);
    if differences.is_empty() {
        return Checked::Same;
    }
    Checked::Differs {
        differences,
        pending: None,
    }
}

/// An accepted text that is none of a dose log, such as one of an older form, differs as a whole.
#[must_use]
pub fn differences(accepted: &str, log: &DoseLog, text: &str, tolerance: &Tolerance) -> Vec<Difference> {
    if accepted.trim_end() == text.trim_end() {
        return Vec::new();
    }
    // What the harness could ask only later, the pump did later; what else happened at its own time then fell on other strokes.
    let strokes = if log.late > Span(0) { 2 * STROKE_NL } else { 0 };
    let tolerance = Tolerance {
        time: Span(tolerance.time.0.saturating_add(log.late.0)),
        volume_floor: Volume(tolerance.volume_floor.0.saturating_add(strokes)),
        ..*tolerance
    };
    match DoseLog::parse(accepted) {
        Ok(old) => compare(&old, log, &tolerance),
        Err(error) => vec![Difference {
            row: 0,
            t: None,
            column: "text",
            expected: "a dose log of this harness's form".to_owned(),
            came: error.to_string(),
            by: String::new(),
        }],
    }
}
