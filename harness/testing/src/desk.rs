//! A shell as somebody has it who sits at a desk, whatever build server plays the test.

use std::path::Path;
use std::process::{Command, Stdio};

/// A shell for this line in the folder `here`, in which `program` is found by its name. It knows neither `build_servers`, by which a build server is known, nor
/// colours, nor a log; notes of runs go into `here`.
///
/// # Panics
/// The program has no folder, or a name in `PATH` cannot be written there.
#[must_use]
pub fn shell(program: &Path, here: &Path, line: &str, build_servers: &[&str]) -> Command {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folder = program.parent().expect("a program in a folder").to_owned();
    let paths = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&paths)));
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(here).stdin(Stdio::null());
    for name in build_servers.iter().chain(&["RUST_LOG"]) {
        shell.env_remove(name);
    }
    shell.env("PATH", paths.expect("names without a colon"));
    shell.env("NO_COLOR", "1").env("PUMP_HIL_STATE", here.join("state"));
    // Somebody must answer for what is accepted.
    shell.env("USER", "tester");
    shell
}
