//! A paced pump as a foreground loop: what `pump-hil sim` runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::shared::{PACED_POLL, Pace};
use super::thread::SimPump;
use crate::machine::Machine;
use crate::panicked::Panicked;

/// Serves a machine on a PTY by the wall clock until `stop` is set. `ready` is told the path of the serial port once it can be opened; `link`, where
/// given, becomes a symbolic link to it for as long as this runs (an older link of that name that leads nowhere is replaced, anything else is an error).
///
/// # Errors
/// No PTY, a link that cannot be made, a PTY that fails, or firmware that panics.
pub fn serve(
    machine: Machine,
    speed: u32,
    link: Option<&Path>,
    stop: &AtomicBool,
    ready: impl FnOnce(&Path),
) -> io::Result<()> {
    let pump = SimPump::spawn_paced(machine, Pace::RealTime { speed })?;
    let link = link.map(|link| Link::make(link, pump.pty_path())).transpose()?;
    ready(link.as_ref().map_or(pump.pty_path(), |link| &link.0));
    while !stop.load(Ordering::Acquire) {
        if pump.has_ended() {
            let told = |panicked: Panicked| {
                let Panicked { what, file, line } = panicked;
                format!("the pump's firmware panicked: {what} ({file}:{line})")
            };
            let what = pump.control().panicked().map(told);
            return Err(io::Error::other(
                what.unwrap_or_else(|| "the simulated pump's serial port failed".to_owned()),
            ));
        }
        std::thread::park_timeout(PACED_POLL / 2);
    }
    Ok(())
}

/// A symbolic link, and where it leads to; it goes away with this value.
struct Link(PathBuf, PathBuf);

impl Link {
    fn make(link: &Path, to: &Path) -> io::Result<Self> {
        if link.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            if link.exists() {
                return Err(io::Error::other(
                    "it leads to something that is there, perhaps another simulated pump: end that first, or name another link",
                ));
            }
            std::fs::remove_file(link)?;
        }
        std::os::unix::fs::symlink(to, link)?;
        Ok(Self(link.to_path_buf(), to.to_path_buf()))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Somebody may have put another one in its place.
        if std::fs::read_link(&self.0).is_ok_and(|to| to == self.1) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}
