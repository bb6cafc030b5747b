//! How a command ends, and why it could not do its work.

use crate::report::Tally;
use crate::reporter::ReportError;
use pump_hil_model::safe_text::safe_path;
use std::path::Path;
use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything passed.
    Passed,
    /// A pump failed.
    Failed,
    /// Files or arguments are wrong.
    Usage,
    /// The rig broke: nothing is said about the pump.
    Rig,
    /// No case was played, so that nothing was tested: the rig lacks what all of them need.
    Untested,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

impl Exit {
    /// A pump's failure outweighs the rig's trouble.
    pub(super) fn of(tally: Tally) -> Self {
        match (tally.failed, tally.inconclusive) {
            (0, 0) if tally.passed == 0 && tally.skipped > 0 => Self::Untested,
            (0, 0) => Self::Passed,
            (0, _) => Self::Rig,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            // As clap ends for arguments that it refuses itself.
            Exit::Usage => 2,
            Exit::Rig => 3,
            Exit::Untested => 4,
            // 128 and the number of SIGINT, as a shell tells of a command that it ended.
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command could not do its work; printed as one message with what to do.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    exit: Exit,
    message: String,
}

impl CliError {
    /// How the process ends for it.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    pub(super) fn usage(message: impl ToString) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    pub(super) fn no_such_path(path: &Path) -> Self {
        Self::usage(format!("there is no file or folder `{}`", safe_path(path)))
    }

    pub(super) fn rig(message: impl ToString) -> Self {
        Self {
            exit: Exit::Rig,
            message: message.to_string(),
        }
    }
}

impl From<ReportError> for CliError {
    fn from(error: ReportError) -> Self {
        Self::rig(error)
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Tally};

    #[test]
    fn the_exit_code_tells_pump_from_rig() {
        let exit = |failed, inconclusive| {
            Exit::of(Tally {
                passed: 1,
                failed,
                inconclusive,
                skipped: 1,
            })
        };
        assert_eq!(
            [exit(0, 0), exit(1, 0), exit(0, 1), exit(1, 1)],
            [Exit::Passed, Exit::Failed, Exit::Rig, Exit::Failed]
        );
        let skipped = |skipped| {
            Exit::of(Tally {
                skipped,
                ..Tally::default()
            })
        };
        // An empty part of a run is nothing wrong.
        assert_eq!([skipped(1), skipped(0)], [Exit::Untested, Exit::Passed]);
    }
}
