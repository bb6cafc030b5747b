//! The `pump-hil` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    pump_hil::cli::main(pump_hil::cli::typed()).into()
}
