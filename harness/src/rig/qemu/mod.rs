//! A pump's firmware in QEMU: the process, and its processor as a probe sees it.
//!
//! QEMU has no debug port. What a probe needs is put together from three sockets: GDB's stub for run control and registers, qtest for memory
//! while the machine runs, QMP for reset. **Invariant:** the process and its folder end with [`Process`], whatever happens.

mod core;
mod gdb;
pub mod here;
mod qmp;
mod qtest;
mod socket;

pub(super) use self::core::Machine;

use super::{RigError, host_time};
use gdb::Gdb;
use qmp::Qmp;
use qtest::Qtest;
use rustix::event::{Timespec, poll};
use rustix::fs::{CWD, Mode, mkfifoat};
use socket::Socket;
use std::ffi::OsStr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

const QEMU: &str = "qemu-system-arm";
/// Folders of sockets are named so, with the number of the process and a number of its own behind.
const FOLDER: &str = "pump-hil-qemu-";
/// Part of util-linux: starts a program that ends with whoever started it.
const GUARD: &str = "setpriv";
/// How often a process that starts is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long a process that was killed may take to end, and how often that is looked at.
const LEAVE: Duration = Duration::from_secs(1);
const LEAVE_LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000,
};
/// How long QEMU may take for one request.
const ANSWER: Duration = Duration::from_secs(5);
/// Bytes of QEMU's complaints that are told.
const COMPLAINT_MAX: u64 = 2_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// What went wrong with QEMU.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Trouble(String);

impl Trouble {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// What QEMU is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QemuAt {
    /// Machine of `qemu-system-arm`, such as `microbit`.
    pub machine: String,
    /// The firmware that it starts with; `None`: an empty chip.
    pub elf: Option<PathBuf>,
    /// Further arguments.
    pub args: Vec<String>,
}

/// A QEMU that was started, standing before its first instruction; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    folder: PathBuf,
}

impl Process {
    /// Starts QEMU, and takes over its machine.
    pub async fn start(at: &QemuAt, limit: Duration) -> Result<(Self, Machine), RigError> {
        let wrong = |what: String| RigError::Qemu { what };
        if !on_path(QEMU) {
            return Err(wrong(format!(
                "there is no {QEMU}; install it (Debian: `apt install {QEMU}`)"
            )));
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        if number == 0 {
            sweep();
        }
        let folder = std::env::temp_dir().join(format!("{FOLDER}{}-{number}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|e| wrong(format!("cannot make {}: {e}", folder.display())))?;
        let child = pipes(&folder)
            .and_then(|()| command(at, &folder).spawn())
            .map_err(|e| {
                let _ = std::fs::remove_dir_all(&folder);
                wrong(format!("{QEMU} does not start: {e}"))
            })?;
        let mut process = Self { child, folder };
        let gdb = process.connect("gdb", "QEMU's debug stub", limit).await?;
        let qtest = process.connect("qtest", "QEMU's memory access", limit).await?;
        let qmp = process.connect("qmp", "QEMU's monitor", limit).await?;
        let machine = Gdb::new(gdb).and_then(|gdb| Ok(Machine::new(gdb, Qtest::new(qtest), Qmp::new(qmp)?)));
        match machine {
            Ok(machine) => Ok((process, machine)),
            Err(trouble) => Err(wrong(trouble.to_string())),
        }
    }

    /// The pump's line: named pipes, `.in` and `.out`.
    pub fn line(&self) -> PathBuf {
        self.folder.join("line")
    }

    async fn connect(&mut self, name: &str, what: &'static str, limit: Duration) -> Result<Socket, RigError> {
        let begun = host_time::now();
        loop {
            match Socket::connect(&self.folder.join(name), what, ANSWER) {
                Ok(socket) => return Ok(socket),
                Err(why) if begun.elapsed() > limit => {
                    return Err(RigError::Qemu {
                        what: format!("{what} did not open within {} ms: {why}", limit.as_millis()),
                    });
                }
                Err(_) => {}
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(RigError::Qemu {
                    what: format!("it ended at once ({status}): {}", self.complaint().await),
                });
            }
            host_time::sleep(LOOK_EVERY).await;
        }
    }

    /// What it wrote before it ended.
    async fn complaint(&mut self) -> String {
        let mut text = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            let _ = stderr.take(COMPLAINT_MAX).read_to_end(&mut text).await;
        }
        crate::wire::escape(&text).replace("\\n", " ").trim().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        // It is gone at once, and nobody else takes leave of it where this process ends as well.
        let begun = host_time::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < LEAVE {
            let _ = poll(&mut [], Some(&LEAVE_LOOK));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Takes away the folders of processes that were killed before they could.
fn sweep() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(FOLDER).and_then(|rest| rest.split_once('-'));
        if let Some((pid, _)) = pid.filter(|(pid, _)| pid.parse::<u32>().is_ok())
            && !Path::new("/proc").join(pid).exists()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The pump's line. A byte, and the machine sends one by one, costs a pipe a quarter of what it costs a socket, which is full after 278 of them.
fn pipes(folder: &Path) -> std::io::Result<()> {
    for end in ["line.in", "line.out"] {
        mkfifoat(CWD, folder.join(end), Mode::RUSR | Mode::WUSR)?;
    }
    Ok(())
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn command(at: &QemuAt, folder: &Path) -> Command {
    // In QEMU's options a comma is doubled.
    let path = |name: &str| folder.join(name).display().to_string().replace(',', ",,");
    let socket = |name: &str| format!("unix:{},server=on,wait=off", path(name));
    let mut command = Command::new(QEMU);
    if on_path(GUARD) {
        // Even where this process is ended by a signal that it cannot catch.
        command = Command::new(GUARD);
        command.args(["--pdeathsig", "KILL", QEMU]);
    }
    command
        .args(["-machine", &at.machine, "-nodefaults", "-display", "none", "-S"])
        .arg("-chardev")
        .arg(format!("pipe,id=line,path={}", path("line")))
        .args(["-serial", "chardev:line"])
        .args(["-gdb", &socket("gdb")])
        .args(["-qtest", &socket("qtest"), "-qtest-log", "none", "-accel", "tcg"])
        .args(["-qmp", &socket("qmp")])
        .args(at.elf.iter().flat_map(|elf| [OsStr::new("-kernel"), elf.as_os_str()]))
        .args(&at.args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        // Ctrl-C in a terminal reaches the whole group: the pump must live until it was made safe.
        .process_group(0);
    command
}

#[cfg(test)]
mod intrinsics;
#[cfg(test)]
mod power_loss;
#[cfg(test)]
mod tests;
