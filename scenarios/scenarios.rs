//! Each case of each scenario as a test of its own, on the simulated rig; under `cargo test` and nextest alike.

use libtest_mimic::{Arguments, Failed, Trial};
use pump_hil::shipped::Shipped;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let shipped = Arc::new(Shipped::load(
        Path::new(env!("CARGO_MANIFEST_DIR")),
        Path::new(env!("CARGO_TARGET_TMPDIR")),
    ));
    let trials = shipped.case_names().into_iter().enumerate().map(|(at, name)| {
        let shipped = Arc::clone(&shipped);
        Trial::test(name, move || shipped.check(at).map_err(Failed::from))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
