//! The command line: reads arguments, calls the library, prints. The only layer that prints.

mod adapt_args;
mod again;
mod args;
mod bench;
mod check;
mod chosen;
mod colour;
mod decode;
mod doctor;
mod estimate;
mod examples;
mod exit;
mod explain;
mod feasible;
pub(crate) mod inputs;
mod learn;
mod line_args;
mod list;
mod listed;
mod manual;
mod names;
mod new;
mod os_words;
mod out;
mod own_pump;
mod played;
mod print;
mod progress;
mod project;
mod replay;
mod review;
mod run;
mod running;
mod runs;
mod scenario_lines;
mod shell;
mod show;
#[cfg(feature = "sim")]
mod sim;
mod snapshots;
mod summary;
mod values;
mod waits;
mod watch;
mod width;

pub use args::Cli;
pub use exit::{CliError, Exit};

use args::Command;
use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};
use print::eprint;
use project::Project;
use pump_hil_model::safe_text::safe;
#[cfg(feature = "sim")]
use pump_hil_rig::Shelf;
use std::path::PathBuf;

/// Runs what was asked for.
#[must_use]
pub fn main(cli: Cli) -> Exit {
    tell_panics();
    start_log(cli.log.as_deref());
    colour::choose(cli.color);
    // A guard, or one who judges a journal, does not depend on where they stand.
    let project = |named: &[PathBuf]| Project::of(named, cli.fixtures.clone());
    // Who needs nothing of a project does not depend on it.
    let for_device = |device: bool| if device { project(&[]) } else { Ok(Project::quietly()) };
    let done = match cli.command {
        Command::Run(args) => project(&args.select.what).and_then(|project| run::run(&args, &project)),
        Command::Check(args) => project(&args.select.what).and_then(|project| check::check(&args, &project)),
        Command::List(args) => project(&args.select.what).and_then(|project| list::list(&args, &project)),
        Command::Replay(args) => replay::replay(&args, scenario_folders()),
        Command::Show(args) => project(&args.what).and_then(|project| show::show(&args, &project)),
        Command::Runs(args) => project(&[]).and_then(|project| runs::runs(&args, &project)),
        Command::Review(args) => project(&args.select.what).and_then(|project| review::review(&args, &project)),
        Command::New(args) => for_device(args.device.is_some()).and_then(|project| new::new(&args, &project)),
        Command::Schema(args) => project(&[]).and_then(|project| list::schema(&args, &project)),
        Command::Decode(args) => project(&[]).and_then(|project| decode::decode(&args, &project)),
        Command::Doctor(args) => project(&[]).and_then(|project| doctor::doctor(&args, &project)),
        Command::Explain(args) => {
            for_device(args.device.is_some()).and_then(|project| explain::explain(&args, &project))
        }
        Command::Learn(args) => learn::learn(&args),
        Command::Shell(args) => project(&[]).and_then(|project| shell::shell(&args, &project)),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
        Command::Guard => crate::safety::guard().map(|()| Exit::Passed).map_err(CliError::rig),
        #[cfg(feature = "sim")]
        // What a rig file starts is a pump, and needs no project that is right.
        Command::Sim(args) if args.with_parent.is_none() => {
            project(&[]).and_then(|project| sim::serve(&args, &project.shelf(&[])?))
        }
        #[cfg(feature = "sim")]
        Command::Sim(args) => sim::serve(&args, &Shelf::new(cli.fixtures)),
    };
    done.unwrap_or_else(|error| {
        if !error.is_told() {
            eprint(&format!("error: {error}\n"));
        }
        error.exit()
    })
}

/// Where scenarios are found from here. A journal is judged all the same where a project's file is wrong.
fn scenario_folders() -> Vec<PathBuf> {
    Project::quietly().scenarios(&[])
}

/// What was typed. Where it is wrong, or a help text was asked for, that is told, and the process ends.
#[must_use]
pub fn typed() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| harmless(error).exit())
}

/// An error about arguments that shows them harmlessly: a script may have built them of somebody else's file names.
fn harmless(mut error: clap::Error) -> clap::Error {
    let all: Vec<(ContextKind, ContextValue)> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    let spoilt = |text: &String| safe(text) != *text;
    for (kind, value) in all {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(safe(&text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| safe(text)).collect()),
            // A piece of advice that repeats an argument is coloured already, and is no use where the argument is not what it looks like.
            ContextValue::StyledStrs(_) if std::env::args_os().any(|arg| spoilt(&arg.to_string_lossy().into())) => {
                ContextValue::None
            }
            other => other,
        };
        error.insert(kind, value);
    }
    error
}

/// Tells panics as all else is told.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // Else what is told stands on a screen that is gone in a moment, and the terminal takes no lines any more.
        review::leave_terminal();
        eprint(&told_of(panic));
    }));
}

/// A panic in words, with the calls that led to it where `RUST_BACKTRACE` asks for them. What failed may repeat a pump's text.
fn told_of(panic: &std::panic::PanicHookInfo<'_>) -> String {
    let calls = std::backtrace::Backtrace::capture();
    let thread = std::thread::current();
    let mut told = format!("thread '{}' {panic}\n", thread.name().unwrap_or("without a name"));
    if calls.status() == std::backtrace::BacktraceStatus::Captured {
        told.push_str(&format!("{calls}\n"));
    }
    told
}

/// The log goes to standard error, so that standard output stays the result.
fn start_log(filter: Option<&str>) {
    let filter = filter.map(str::to_owned).or_else(|| std::env::var("RUST_LOG").ok());
    if let Some(filter) = filter {
        let filter = match tracing_subscriber::EnvFilter::try_new(&filter) {
            Ok(filter) => filter,
            Err(error) => return eprint(&format!("no log: `{filter}` is not a filter of it: {error}\n")),
        };
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(|| print::Log)
            // It would tell of a closed terminal on that very terminal, which panics, on the way to safety as well.
            .log_internal_errors(false)
            .init();
    }
}
