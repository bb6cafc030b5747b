//! What came of comparing a dose log with its snapshot.

use super::accept::Acceptance;
use crate::dose::Difference;
use crate::quantity::Span;
use crate::scenario::case::Case;
use crate::verdict::{Reason, ReasonKind};
use std::path::PathBuf;

/// Differences of one snapshot that are told.
const DIFFERENCES_SHOWN: usize = 8;

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
            Self::Missing { .. } => (
                "an accepted dose log".to_owned(),
                format!("none yet at snapshots/{}.snap", case.name()),
            ),
            Self::Differs { differences, .. } => {
                let mut came: Vec<String> = differences
                    .iter()
                    .take(DIFFERENCES_SHOWN)
                    .map(Difference::to_string)
                    .collect();
                if differences.len() > DIFFERENCES_SHOWN {
                    came.push(format!("and {} more", differences.len() - DIFFERENCES_SHOWN));
                }
                (
                    format!("the dose log of snapshots/{}.snap", case.name()),
                    came.join("\n"),
                )
            }
        };
        // The same wherever it ran, so that a replay gives the same verdict.
        let hint = "outside CI, look at it with `pump-hil review`";
        Some(Reason {
            kind: ReasonKind::Snapshot,
            t: end,
            step: None,
            line: None,
            expected,
            came: format!("{came}\n{hint}"),
        })
    }
}
