//! A serial device on a TCP port, on a pseudo-terminal, or on standard input and output.

use clap::Parser as _;
use pump_hil_emulators::options::Options;
use pump_hil_emulators::serve;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match serve::program(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "emulator: {why}");
            ExitCode::FAILURE
        }
    }
}
