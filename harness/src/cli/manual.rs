//! `pump-hil completions` and `pump-hil man`, out of what is known of the arguments.

use super::args::{Cli, Completions, Man};
use super::exit::{CliError, Exit};
use super::print::print;
use clap::CommandFactory as _;
use pump_hil_model::safe_text::safe;

pub(super) fn completions(args: &Completions) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "pump-hil", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Passed)
}

pub(super) fn man(args: &Man) -> Result<Exit, CliError> {
    let mut all = Cli::command();
    // Each command then knows its whole name.
    all.build();
    let page = match &args.of {
        None => all,
        Some(name) => {
            let found = all.find_subcommand(name).filter(|command| !command.is_hide_set());
            let command = found.ok_or_else(|| CliError::usage(format!("there is no command `{}`", safe(name))))?;
            command.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(CliError::rig)?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Passed)
}
