//! How a command ends, and why it could not do its work.

use crate::report::ScenarioResult;
use crate::reporter::ReportError;
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::Verdict;
use std::path::Path;
use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was played passed.
    Passed,
    /// A pump failed.
    Failed,
    /// Files or arguments are wrong.
    Usage,
    /// The rig broke, or a result could not be written.
    Rig,
    /// All that is wrong is that new dose logs wait for a review.
    Waits,
    /// No case was played, so that nothing was tested: the rig lacks what all of them need.
    Untested,
    /// Stopped by Ctrl-C or another signal.
    Interrupted,
}

/// What came of a command's work: all that its exit code depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Came {
    /// A pump failed.
    failed: bool,
    /// A case is right, and nobody has accepted its dose log yet.
    new: bool,
    /// A case was played, whatever came of it.
    played: bool,
    /// A case was left out because the rig cannot play it.
    skipped: bool,
    /// The rig broke, a journal cannot be judged, or a result could not be written.
    pub broke: bool,
    /// Somebody asked to stop.
    interrupted: bool,
}

impl Came {
    /// Nothing yet, of a command that was interrupted or not.
    pub fn new(interrupted: bool) -> Self {
        Self {
            interrupted,
            ..Self::default()
        }
    }

    /// Takes the result of one more case.
    pub fn count(&mut self, result: &ScenarioResult) {
        match &result.outcome.verdict {
            Verdict::Passed => self.played = true,
            Verdict::Failed { .. } if result.is_new() => (self.played, self.new) = (true, true),
            Verdict::Failed { .. } => (self.played, self.failed) = (true, true),
            Verdict::Skipped { .. } => self.skipped = true,
            Verdict::Inconclusive { why } => {
                self.played = true;
                // A case that was broken off by the same signal as the run broke nothing; nor did firmware that hung when it was to be made safe.
                let of_the_rig = |why: &Trouble| !["interrupted", "firmware-hangs"].contains(&why.code().as_str());
                let by_signal = !why.iter().any(of_the_rig);
                self.broke |= !(self.interrupted && by_signal);
            }
        }
    }

    /// Not all could be told. Where somebody interrupted by closing the terminal, nothing can be told there any more, and that is no result.
    pub fn untold(&mut self, error: &ReportError) {
        self.broke |= !(self.interrupted && matches!(error, ReportError::Output(_)));
    }

    /// The exit code: the first of these that holds. What a pump did outweighs whatever became of the words about it.
    pub fn exit(self) -> Exit {
        if self.failed {
            Exit::Failed
        } else if self.broke {
            Exit::Rig
        } else if self.interrupted {
            Exit::Interrupted
        } else if self.new {
            // The same at a desk and at night: never green, and no failure.
            Exit::Waits
        } else if self.skipped && !self.played {
            // A `needs` too much, or a rig file that lost its probe, must not turn a suite green without one test.
            Exit::Untested
        } else {
            Exit::Passed
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
            Exit::Waits => 5,
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

    /// Files are wrong, and that was told with line and column.
    pub(super) fn told() -> Self {
        Self {
            exit: Exit::Usage,
            message: String::new(),
        }
    }

    /// Whether it was told already.
    pub(super) fn is_told(&self) -> bool {
        self.message.is_empty()
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
    use super::*;
    use pump_hil_model::trouble::TroubleCode;
    use pump_hil_verdict::judge::Outcome;
    use std::time::Duration;

    fn result(verdict: Verdict) -> ScenarioResult {
        let case = pump_hil_testing::situation::case(Vec::new());
        ScenarioResult::new(&case, "sim", Duration::ZERO, Outcome::without_run(&case, verdict))
    }

    #[test]
    fn a_terminal_that_was_closed_is_no_result_that_could_not_be_written() {
        let error = || std::io::Error::other("closed");
        let terminal = ReportError::Output(error());
        let file = ReportError::File {
            path: "results.json".into(),
            source: error(),
        };
        let exit = |interrupted, error| {
            let mut came = Came::new(interrupted);
            came.untold(error);
            came.exit()
        };
        assert_eq!(exit(true, &terminal), Exit::Interrupted);
        assert_eq!(exit(true, &file), Exit::Rig);
        assert_eq!(exit(false, &terminal), Exit::Rig);
    }

    fn inconclusive(codes: &[&'static str]) -> Verdict {
        let told = |code: &&'static str| Trouble::told(TroubleCode::of(code), "so");
        Verdict::Inconclusive {
            why: codes.iter().map(told).collect(),
        }
    }

    #[test]
    fn the_exit_code_is_the_first_that_holds() {
        let failed = || Verdict::Failed { reasons: Vec::new() };
        let skipped = || Verdict::Skipped { why: String::new() };
        let broke = || inconclusive(&["rig-line-lost"]);
        let by_signal = || inconclusive(&["interrupted"]);
        let hung_by_signal = || inconclusive(&["interrupted", "firmware-hangs"]);
        let unsafe_by_signal = || inconclusive(&["interrupted", "not-safe"]);
        let nothing = Came::new(false);
        let unwritten = Came { broke: true, ..nothing };
        let interrupted = Came::new(true);
        let both = Came {
            broke: true,
            ..interrupted
        };
        let table = [
            (nothing, vec![], Exit::Passed),
            (nothing, vec![Verdict::Passed, skipped()], Exit::Passed),
            (nothing, vec![skipped()], Exit::Untested),
            (nothing, vec![skipped(), broke()], Exit::Rig),
            (nothing, vec![Verdict::Passed, broke()], Exit::Rig),
            // Of a journal that is judged again: this command was not interrupted.
            (nothing, vec![by_signal()], Exit::Rig),
            (nothing, vec![failed()], Exit::Failed),
            (nothing, vec![broke(), failed(), skipped()], Exit::Failed),
            (unwritten, vec![], Exit::Rig),
            (unwritten, vec![Verdict::Passed], Exit::Rig),
            (unwritten, vec![skipped()], Exit::Rig),
            (unwritten, vec![failed()], Exit::Failed),
            (interrupted, vec![], Exit::Interrupted),
            (interrupted, vec![Verdict::Passed, by_signal()], Exit::Interrupted),
            (interrupted, vec![hung_by_signal()], Exit::Interrupted),
            (interrupted, vec![skipped()], Exit::Interrupted),
            (interrupted, vec![broke()], Exit::Rig),
            (interrupted, vec![unsafe_by_signal()], Exit::Rig),
            (interrupted, vec![failed(), by_signal()], Exit::Failed),
            (both, vec![], Exit::Rig),
            (both, vec![failed()], Exit::Failed),
        ];
        for (mut came, verdicts, exit) in table {
            let before = came;
            let results: Vec<ScenarioResult> = verdicts.into_iter().map(result).collect();
            for result in &results {
                came.count(result);
            }
            let verdicts: Vec<&Verdict> = results.iter().map(|result| &result.outcome.verdict).collect();
            assert_eq!(came.exit(), exit, "{before:?}, {verdicts:?}");
        }
    }
}
