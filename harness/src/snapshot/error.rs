//! Why snapshots cannot be compared or kept.

use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_verdict::dose::ParseError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why snapshots cannot be compared or kept.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file cannot be read or written.
    #[error("snapshot `{path}`: cannot {what} it: {source}", path = safe_path(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// What lies there is no dose log that this harness kept.
    #[error("snapshot `{path}` is damaged: {why}; restore it, or delete it and accept a new one", path = safe_path(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The same of one that waits for review.
    #[error("`{path}` is damaged: {why}; it cannot be accepted: delete it, and run the scenario again", path = safe_path(.path))]
    PendingDamaged {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Nobody accepted what lies there.
    #[error(
        "snapshot `{path}` is not the dose log that was accepted: its SHA-256 is not the last one of `{name}` in ACCEPTED.jsonl, \
         so it was changed by hand or by another tool; restore it, or accept what comes with `pump-hil run --accept`",
        path = safe_path(.path), name = safe(.name)
    )]
    NotAccepted {
        /// The file.
        path: PathBuf,
        /// Name of the case.
        name: String,
    },
    /// Nobody can say who accepted it.
    #[error(
        "snapshot `{path}` has no record of who accepted it: there is no ACCEPTED.jsonl beside it; restore that file (was it left out of a commit?), \
         or accept what comes with `pump-hil run --accept`",
        path = safe_path(.path)
    )]
    NoRecord {
        /// The file.
        path: PathBuf,
    },
    /// The record of acceptances cannot be believed.
    #[error("the record of who accepted which dose log, `{path}`, is damaged: {why}; restore it", path = safe_path(.path))]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// What a journal has of it, from a harness that wrote another form.
    #[error("the dose log that was accepted when `{path}` was written cannot be read: {why}", path = safe_path(.path))]
    InJournal {
        /// The journal.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// CI does not accept.
    #[error(
        "nothing is accepted in CI (the variable `{variable}` is set); run `pump-hil run --accept` on your own machine, review, and commit"
    )]
    AcceptInCi {
        /// By which variable this is a CI.
        variable: &'static str,
    },
    /// Nobody can answer for what is accepted.
    #[error(
        "who accepts is kept in ACCEPTED.jsonl, and nobody knows who you are: set `git config user.name NAME` and `git config user.email ADDRESS`, \
         or the variable `USER`"
    )]
    Nobody,
}

impl SnapshotError {
    /// Whether it is about a place where this user may not write.
    pub(super) fn is_forbidden(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        matches!(
            source.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        )
    }

    /// The accepted log in the header of a journal cannot be read.
    #[must_use]
    pub fn of_journal(journal: &Path, error: &ParseError) -> Self {
        Self::InJournal {
            path: journal.to_owned(),
            why: error.to_string(),
        }
    }

    /// Why nothing is said about the pump.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let code = match self {
            Self::Damaged { .. } | Self::PendingDamaged { .. } | Self::InJournal { .. } => {
                TroubleCode::of("snapshot-damaged")
            }
            Self::NotAccepted { .. } | Self::NoRecord { .. } => TroubleCode::of("snapshot-not-accepted"),
            Self::Io { .. } | Self::Record { .. } | Self::AcceptInCi { .. } | Self::Nobody => TroubleCode::SNAPSHOT,
        };
        Trouble::told(code, self.to_string())
    }
}
