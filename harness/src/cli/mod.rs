//! The command line: reads arguments, calls the library, prints. The only layer that prints.

mod args;
mod check;
mod exit;
pub(crate) mod inputs;
mod list;
mod out;
mod print;
mod progress;
mod replay;
mod review;
mod run;
#[cfg(feature = "sim")]
mod sim;
mod summary;

pub use args::Cli;
pub use exit::{CliError, Exit};

use args::Command;
use print::eprint;

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
        error.exit()
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
