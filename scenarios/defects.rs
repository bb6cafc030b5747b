//! Each seeded defect of the stub pump as a test of its own: at least one scenario must catch it. Prints which did.

use libtest_mimic::{Arguments, Failed, Trial};
use pump_hil::shipped::{SEEDED_DEFECTS, Shipped};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let shipped = Arc::new(Shipped::load(
        Path::new(env!("CARGO_MANIFEST_DIR")),
        Path::new(env!("CARGO_TARGET_TMPDIR")),
    ));
    let trials = SEEDED_DEFECTS.iter().map(|&defect| {
        let shipped = Arc::clone(&shipped);
        Trial::test(defect, move || {
            let caught = shipped.catchers(defect);
            #[allow(
                clippy::print_stdout,
                reason = "the table of who caught what is what people run this for"
            )]
            {
                println!(
                    "{defect}: {}",
                    if caught.is_empty() {
                        "NOT CAUGHT".to_owned()
                    } else {
                        caught.join(", ")
                    }
                );
            }
            if caught.is_empty() {
                return Err(Failed::from("no scenario fails with this defect in the pump"));
            }
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
