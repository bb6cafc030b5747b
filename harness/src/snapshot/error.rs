//! Why snapshots cannot be compared or kept.

use std::path::PathBuf;

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
