//! A look at the QEMU of this host: no machine is started.

use super::error::QemuError;
use super::process::{GUARD, QEMU};
use crate::files::on_path;
use crate::finding::Finding;
use crate::host_time;
use pump_hil_model::safe_text::safe;
use rustix::event::{Timespec, poll};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long it may take to say what it is, and how often it is looked at meanwhile.
const SAYS_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 2_000_000,
};
/// Bytes of its words that are read. All its machines are less than a pipe holds, so that it never waits for us.
const WORDS_MAX: u64 = 60_000;

/// What a rig with this machine needs.
pub fn look(machine: &str) -> Vec<Finding> {
    let version = match version() {
        Ok(version) => version,
        Err(error) => return vec![Finding::wrong("QEMU", error)],
    };
    let mut found = vec![Finding::fine("QEMU", version)];
    found.push(match said(&["-machine", "help"]) {
        Ok(machines) if machines.lines().any(|line| line.split(' ').next() == Some(machine)) => {
            Finding::fine("machine", format!("`{}` is one of QEMU's", safe(machine)))
        }
        Ok(_) => {
            let what = "is none of QEMU's; `qemu-system-arm -machine help` lists them";
            Finding::wrong("machine", format!("`{}` {what}", safe(machine)))
        }
        Err(error) => Finding::wrong("machine", error),
    });
    if !on_path(GUARD) {
        let what = format!("there is no {GUARD} (Debian: util-linux); QEMU lives on where this program is killed");
        found.push(Finding::warning("QEMU", what));
    }
    found
}

/// Which version there is.
pub fn version() -> Result<String, QemuError> {
    if !on_path(QEMU) {
        return Err(QemuError::absent(QEMU));
    }
    let said = said(&["--version"])?;
    Ok(safe(said.lines().next().unwrap_or_default()))
}

/// What it says to these arguments.
fn said(arguments: &[&str]) -> Result<String, QemuError> {
    let wrong = |e: std::io::Error| QemuError::new(format!("{QEMU} does not start: {e}"));
    let mut child = Command::new(QEMU)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(wrong)?;
    let begun = host_time::now();
    while child.try_wait().map_err(wrong)?.is_none() {
        if begun.elapsed() > SAYS_WITHIN {
            // Both may find that it ended just now.
            let _ = child.kill().and_then(|()| child.wait());
            return Err(QemuError::new(format!("{QEMU} {} does not end", arguments.join(" "))));
        }
        let _ = poll(&mut [], Some(&LOOK_EVERY));
    }
    let mut said = String::new();
    if let Some(out) = child.stdout.take() {
        out.take(WORDS_MAX).read_to_string(&mut said).map_err(wrong)?;
    }
    Ok(said)
}
