//! The command line: reads arguments, calls the library, prints. The only layer that prints.

mod args;
mod check;
pub(crate) mod inputs;
mod list;
mod out;
mod progress;
mod replay;
mod review;
mod run;
#[cfg(feature = "sim")]
mod sim;

pub use args::Cli;

use crate::report::Tally;
use args::Command;
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
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

impl Exit {
    /// A pump's failure outweighs the rig's trouble.
    fn of(tally: Tally) -> Self {
        match (tally.failed, tally.inconclusive) {
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
            Exit::Usage => 2,
            Exit::Rig => 3,
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
    fn usage(message: impl ToString) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    fn no_such_path(path: &Path) -> Self {
        Self::usage(format!("there is no file or folder `{}`", path.display()))
    }

    fn rig(message: impl ToString) -> Self {
        Self {
            exit: Exit::Rig,
            message: message.to_string(),
        }
    }
}

/// Runs what was asked for.
#[must_use]
pub fn main(cli: Cli) -> Exit {
    start_log(cli.log.as_deref());
    let done = match cli.command {
        Command::Run(args) => run::run(&args, cli.fixtures.as_deref()),
        Command::Check(args) => check::check(&args, cli.fixtures.as_deref()),
        Command::List(args) => list::list(&args, cli.fixtures.as_deref()),
        Command::Replay(args) => replay::replay(&args),
        Command::Review(args) => review::review(&args),
        Command::Schema(args) => list::schema(&args, cli.fixtures.as_deref()),
        #[cfg(feature = "sim")]
        Command::Sim(args) => sim::serve(&args),
    };
    done.unwrap_or_else(|error| {
        eprint(&format!("error: {error}\n"));
        error.exit
    })
}

/// The log goes to standard error, so that standard output stays the result.
fn start_log(filter: Option<&str>) {
    let filter = filter.map(str::to_owned).or_else(|| std::env::var("RUST_LOG").ok());
    if let Some(filter) = filter {
        let filter = tracing_subscriber::EnvFilter::new(filter);
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            // It would tell of a closed terminal on that very terminal, which panics, on the way to safety as well.
            .log_internal_errors(false)
            .init();
    }
}

/// Prints to standard output; a closed pipe (`pump-hil list | head`) is not an error, a full disk is.
fn print(text: &str) -> Result<(), CliError> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    // Flushed here: what is left in a buffer when the process ends is lost without a word.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::rig(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// Prints to standard error.
fn eprint(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
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
    }
}
