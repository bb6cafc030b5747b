//! The accepted dose logs: `scenarios/snapshots/NAME.snap`, kept in insta's form and compared through an insta comparator.
//!
//! Invariants. Inside the tolerance the accepted text stays as it is, byte for byte. Outside it nothing is accepted unless a person says so, and
//! who and when stand in `ACCEPTED.jsonl`. In CI nothing is written at all.

mod accept;
mod review;

pub use accept::{Acceptance, By, pending_path, snapshot_path};
pub use review::{Choice, Reviewed, review};

use crate::dose::{Difference, DoseLog, compare};
use crate::quantity::Span;
use crate::scenario::case::{Case, Tolerance};
use crate::verdict::{Reason, ReasonKind};
use std::path::{Path, PathBuf};

/// Differences of one snapshot that are told.
const DIFFERENCES_SHOWN: usize = 8;

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Nothing: in CI, or with `INSTA_UPDATE=no`.
    Never,
    /// A differing log is put beside the accepted one as `.snap.new`, for `pump-hil review` or `cargo insta review`.
    Pending,
    /// It is accepted, by this person and now.
    Accept(By),
}

impl Update {
    /// What the environment allows, when nobody asked for `--accept`.
    #[must_use]
    pub fn from_env() -> Self {
        if is_ci() || std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "no") {
            Self::Never
        } else {
            Self::Pending
        }
    }

    /// Whether what comes is accepted, whatever it is.
    #[must_use]
    pub fn accepts(&self) -> bool {
        matches!(self, Self::Accept(_))
    }

    /// `--accept`, at `now`.
    ///
    /// # Errors
    /// [`SnapshotError::AcceptInCi`].
    pub fn accept(now: jiff::Timestamp) -> Result<Self, SnapshotError> {
        By::this_person(now).map(Self::Accept)
    }
}

fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|v| !matches!(v.as_str(), "" | "0" | "false"))
}

/// Why snapshots cannot be compared or kept.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read or written.
    #[error("snapshot `{path}`: cannot {what} it: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no snapshot of insta.
    #[error("snapshot `{path}` cannot be read: {why}; restore it, or delete it and accept a new one")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// CI does not accept.
    #[error(
        "nothing is accepted in CI (the variable `CI` is set); run `pump-hil run --accept` on your own machine, review, and commit"
    )]
    AcceptInCi,
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

/// What a run of `case` is held to, for the header of its journal; `None` where it keeps no snapshot, empty where none was accepted yet.
///
/// # Errors
/// [`SnapshotError`] where the file cannot be read.
pub fn accepted(folder: &Path, case: &Case) -> Result<Option<String>, SnapshotError> {
    if case.snapshot.is_none() {
        return Ok(None);
    }
    accept::read(&snapshot_path(folder, &case.name())).map(|text| Some(text.unwrap_or_default()))
}

/// Compares the dose log of a run of `case` with what was accepted then, as its journal has it. Touches no file.
#[must_use]
pub fn against(accepted: &str, case: &Case, log: &DoseLog) -> Checked {
    let Some(tolerance) = case.snapshot else {
        return Checked::None;
    };
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

/// Compares the dose log of a run of `case` with its snapshot in `folder`, and writes what `update` allows.
///
/// # Errors
/// [`SnapshotError`] where a file cannot be read or written; that is no failure of the pump.
pub fn check(folder: &Path, case: &Case, log: &DoseLog, update: &Update) -> Result<Checked, SnapshotError> {
    let Some(tolerance) = case.snapshot else {
        return Ok(Checked::None);
    };
    let path = snapshot_path(folder, &case.name());
    let text = log.to_string();
    let accepted = accept::read(&path)?;
    let differences = accepted.as_ref().map(|old| differences(old, log, &text, &tolerance));
    if differences.as_ref().is_some_and(Vec::is_empty) {
        return keep(folder, case, &text, tolerance);
    }
    let pending = match update {
        Update::Accept(by) => {
            return accept::accept(folder, case, &text, by).map(Checked::Accepted);
        }
        Update::Pending => Some(accept::write_pending(folder, case, &text)?),
        Update::Never => None,
    };
    Ok(match differences {
        None => Checked::Missing { pending },
        Some(differences) => Checked::Differs { differences, pending },
    })
}

/// An accepted text that is none of a dose log, such as one of an older form, differs as a whole.
fn differences(accepted: &str, log: &DoseLog, text: &str, tolerance: &Tolerance) -> Vec<Difference> {
    if accepted.trim_end() == text.trim_end() {
        return Vec::new();
    }
    match DoseLog::parse(accepted) {
        Ok(old) => compare(&old, log, tolerance),
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

/// The comparator that insta asks, here and under `cargo test`.
#[derive(Debug, Clone, Copy)]
pub struct DoseComparator(pub Tolerance);

impl insta::Comparator for DoseComparator {
    fn matches(&self, reference: &insta::Snapshot, test: &insta::Snapshot) -> bool {
        let (Some(old), Some(new)) = (reference.as_text(), test.as_text()) else {
            return false;
        };
        let (old, new) = (old.to_string(), new.to_string());
        if old == new {
            return true;
        }
        match (DoseLog::parse(&old), DoseLog::parse(&new)) {
            (Ok(old), Ok(new)) => compare(&old, &new, &self.0).is_empty(),
            _ => false,
        }
    }

    fn dyn_clone(&self) -> Box<dyn insta::Comparator> {
        Box::new(*self)
    }
}

/// A log inside the tolerance goes through insta's own assertion, which keeps the accepted text and clears away a pending one.
fn keep(folder: &Path, case: &Case, text: &str, tolerance: Tolerance) -> Result<Checked, SnapshotError> {
    let mut settings = insta::Settings::new();
    // insta takes a relative path as relative to this source file, not to where the person stands.
    settings.set_snapshot_path(std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_comparator(Box::new(DoseComparator(tolerance)));
    let name = case.name();
    let path = snapshot_path(folder, &name);
    let read = || std::fs::read(&path).map_err(|e| accept::trouble(&path, "read", e));
    let before = read()?;
    let kept = || settings.bind(|| insta::assert_snapshot!(name.clone(), text));
    // Nothing that the assertion touches is used again after a panic.
    let same = std::panic::catch_unwind(std::panic::AssertUnwindSafe(kept));
    if same.is_err() {
        // Another process changed the file in between.
        return Ok(Checked::Differs {
            differences: Vec::new(),
            pending: None,
        });
    }
    // `INSTA_UPDATE=force` has insta replace what matches as well: nobody accepted that.
    if read()? != before {
        accept::write(&path, &before)?;
    }
    Ok(Checked::Same)
}

#[cfg(test)]
mod tests;
