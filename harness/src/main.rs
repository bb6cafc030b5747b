//! The `pump-hil` command.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    pump_hil::cli::main(pump_hil::cli::Cli::parse()).into()
}
