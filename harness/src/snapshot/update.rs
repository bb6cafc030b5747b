//! What a run may write into the folder of snapshots, and who allowed it.

use super::error::SnapshotError;

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Nothing: in CI, or with `INSTA_UPDATE=no`.
    Never,
    /// A differing log is put beside the accepted one as `.snap.new`, for `pump-hil review`.
    Pending,
    /// It is accepted, by this person and now.
    Accept(By),
}

impl Update {
    /// What the environment allows, when nobody asked for `--accept`.
    #[must_use]
    pub fn from_env() -> Self {
        if build_server().is_some() || std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "no") {
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

    /// `--accept`, at `now`, for this reason.
    ///
    /// # Errors
    /// [`SnapshotError::AcceptInCi`].
    pub fn accept(now: jiff::Timestamp, reason: Option<String>) -> Result<Self, SnapshotError> {
        By::this_person(now, reason).map(Self::Accept)
    }
}

/// That logs were accepted without a reason, and how to give one.
pub const NO_REASON: &str = "without a reason; `--reason TEXT` keeps one in ACCEPTED.jsonl";

/// Who accepts, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Name and address as git knows them, else the login name.
    pub who: String,
    /// Civil time in UTC, by the caller's clock.
    pub when: jiff::Timestamp,
    /// Why, where it is known beforehand; else a review asks.
    pub reason: Option<String>,
}

impl By {
    /// The person at this machine.
    ///
    /// # Errors
    /// [`SnapshotError::AcceptInCi`]: nobody is there. [`SnapshotError::Nobody`]: it is not known who is.
    pub fn this_person(when: jiff::Timestamp, reason: Option<String>) -> Result<Self, SnapshotError> {
        if let Some(variable) = build_server() {
            return Err(SnapshotError::AcceptInCi { variable });
        }
        let git = |key: &str| {
            let output = std::process::Command::new("git").args(["config", key]).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            let text = text.trim();
            (output.status.success() && !text.is_empty()).then(|| text.to_owned())
        };
        let who = match (git("user.name"), git("user.email")) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => {
                let login = std::env::var("USER").ok().filter(|name| !name.trim().is_empty());
                login.ok_or(SnapshotError::Nobody)?
            }
        };
        Ok(Self { who, when, reason })
    }
}

/// What build servers set. Not all of them set `CI`.
pub const BUILD_SERVERS: &[&str] = &[
    "CI",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "JENKINS_URL",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "CODEBUILD_BUILD_ID",
];

/// The variable by which this is a build server; `None` at a desk.
fn build_server() -> Option<&'static str> {
    let says = |name: &&str| std::env::var(name).is_ok_and(|v| !matches!(v.as_str(), "" | "0" | "false" | "False"));
    BUILD_SERVERS.iter().copied().find(says)
}
