//! The process of QEMU: started with its sockets and pipes in a folder of its own, watched, and ended.
//!
//! **Invariant:** the process and its folder end with [`Process`], whatever happens.

use super::core::Machine;
use super::error::QemuError;
use super::gdb::Gdb;
use super::lockup;
use super::qmp::Qmp;
use super::qtest::Qtest;
use super::socket::Socket;
use crate::files::on_path;
use crate::host_time::{self, Waited};
use crate::probe::CoreBackend as _;
use pump_hil_model::safe_text::safe_path;
use rustix::event::{Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, fcntl_setfl, mkfifoat};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::process::{Child, ChildStderr, Command};

/// The program.
pub const QEMU: &str = "qemu-system-arm";
/// Folders of sockets are named so, with the number of the process and a number of its own behind.
pub(super) const FOLDER: &str = "pump-hil-qemu-";
/// The longest of the names in there, and the longest path that a socket can have, in bytes: `sun_path` has one more, for its end (unix(7)).
const LONGEST_NAME: &str = "qtest";
const SOCKET_PATH_MAX: usize = 107;
/// Part of util-linux: starts a program that ends with whoever started it.
pub(super) const GUARD: &str = "setpriv";
/// How often a process that starts is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long a process that was killed may take to end, and how often that is looked at.
pub const LEAVE: Duration = Duration::from_secs(1);
const LEAVE_LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000,
};
/// How long QEMU may take for one request.
const ANSWER: Duration = Duration::from_secs(5);
/// Bytes of QEMU's last words that are kept: all registers of a processor with a floating-point unit, where it ends over that.
const WORDS_MAX: usize = 16_000;
/// Those of them that are told.
const TOLD_MAX: usize = 2_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

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
pub struct Process {
    pub(super) child: Child,
    words: Words,
    pub(super) folder: PathBuf,
    ended: Option<QemuError>,
    /// Whoever reaches for it finds out first whether it answers.
    machine: Option<Machine>,
}

/// The last of what it says on standard error, read as it comes: a pipe that nobody reads would hold it up once it is full.
#[derive(Debug)]
struct Words(Option<JoinHandle<Vec<u8>>>);

impl Words {
    fn of(stderr: Option<ChildStderr>) -> std::io::Result<Self> {
        let Some(stderr) = stderr else {
            return Ok(Self(None));
        };
        let mut stderr = File::from(stderr.into_owned_fd()?);
        // The event loop had it return at once where nothing is there; the thread that reads it now waits.
        fcntl_setfl(&stderr, OFlags::empty())?;
        let read = move || {
            let (mut last, mut chunk) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = stderr.read(&mut chunk) {
                last.extend_from_slice(&chunk[..count]);
                last.drain(..last.len().saturating_sub(WORDS_MAX));
            }
            last
        };
        Ok(Self(Some(std::thread::Builder::new().name("qemu".into()).spawn(read)?)))
    }

    /// Of a process that has ended.
    fn last(&mut self) -> String {
        let begun = host_time::now();
        while self.0.as_ref().is_some_and(|reader| !reader.is_finished()) && begun.elapsed() < LEAVE {
            let _ = poll(&mut [], Some(&LEAVE_LOOK));
        }
        // Joined only once it is over: `join` itself waits without a limit.
        let reader = self.0.take().filter(JoinHandle::is_finished);
        let text = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// In one line.
    fn told(words: &str) -> String {
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
        let words = lines.collect::<Vec<_>>().join("; ");
        if words.is_empty() {
            return "it said nothing".to_owned();
        }
        let last = &words.as_bytes()[words.len().saturating_sub(TOLD_MAX)..];
        format!("it said: {}", pump_hil_talk::wire::escape(last))
    }
}

impl Process {
    /// Starts QEMU, and takes over its machine.
    pub async fn start(at: &QemuAt, limit: Duration) -> Result<(Self, Machine), QemuError> {
        let wrong = |what: String| QemuError::new(what);
        if !on_path(QEMU) {
            return Err(QemuError::absent(QEMU));
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Once a process: what this one leaves behind is its own to take away.
        if number == 0 {
            sweep();
        }
        let folder = private_folder(&std::env::temp_dir(), number).map_err(wrong)?;
        // The pipes first: QEMU opens them when it starts.
        let started = pipes(&folder)
            .and_then(|()| command(at, &folder).spawn())
            .and_then(|mut child| Ok((Words::of(child.stderr.take())?, child)));
        let (words, child) = started.map_err(|e| {
            let _ = std::fs::remove_dir_all(&folder);
            wrong(format!("{QEMU} does not start: {e}"))
        })?;
        let mut process = Self {
            child,
            words,
            folder,
            ended: None,
            machine: None,
        };
        let gdb = process.connect("gdb", "its debug stub", limit).await?;
        let qtest = process.connect("qtest", "its memory access", limit).await?;
        let qmp = process.connect("qmp", "its monitor", limit).await?;
        let machine = Gdb::new(gdb).and_then(|gdb| Ok(Machine::new(gdb, Qtest::new(qtest), Qmp::new(qmp)?)));
        match machine {
            Ok(machine) => {
                process.machine = Some(machine.clone());
                Ok((process, machine))
            }
            Err(error) => Err(error),
        }
    }

    /// The pump's line: named pipes, `.in` and `.out`.
    pub fn line(&self) -> PathBuf {
        self.folder.join("line")
    }

    async fn connect(&mut self, name: &str, what: &'static str, limit: Duration) -> Result<Socket, QemuError> {
        let mut waited = Waited::of(limit);
        loop {
            match Socket::connect(&self.folder.join(name), what, ANSWER) {
                Ok(socket) => return Ok(socket),
                Err(why) if waited.so_far() > limit => {
                    let limit_ms = limit.as_millis();
                    return Err(QemuError::new(format!(
                        "{what} did not open within {limit_ms} ms: {why}"
                    )));
                }
                Err(_) => {}
            }
            if let Some(how) = self.ended(Duration::ZERO) {
                return Err(how.clone());
            }
            host_time::sleep(LOOK_EVERY).await;
        }
    }

    /// How it ended, with its last words; `None` while it runs. Looks for at most `wait`: sockets close before a process is gone.
    pub fn ended(&mut self, wait: Duration) -> Option<&QemuError> {
        let begun = host_time::now();
        while self.ended.is_none() {
            if let Ok(Some(status)) = self.child.try_wait() {
                let words = self.words.last();
                self.ended = Some(QemuError {
                    what: format!("it ended ({status}); {}", Words::told(&words)),
                    lockup: lockup::crash(&words).map(Box::new),
                });
            } else if begun.elapsed() >= wait {
                break;
            } else {
                let _ = poll(&mut [], Some(&LEAVE_LOOK));
            }
        }
        self.ended.as_ref()
    }

    /// Why there is nothing more to be had from it: how it ended, looked for as [`Process::ended`] does, or why it is not asked any more.
    pub fn gone(&mut self, wait: Duration) -> Option<QemuError> {
        let trouble = self.machine.as_ref().and_then(|machine| machine.trouble());
        // Whatever it does not answer by, it may be about to end: its sockets close before it is gone.
        let wait = if trouble.is_some() { LEAVE } else { wait };
        self.ended(wait).cloned().or_else(|| trouble.map(QemuError::new))
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
        // What cannot be removed now is swept away by a later run.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder of its own for the sockets and pipes of a machine.
pub(super) fn private_folder(within: &Path, number: u32) -> Result<PathBuf, String> {
    let folder = within.join(format!("{FOLDER}{}-{number}", std::process::id()));
    let bytes = folder.join(LONGEST_NAME).as_os_str().len();
    if bytes > SOCKET_PATH_MAX {
        return Err(format!(
            "the paths of its sockets in {} would have {bytes} bytes, and a socket's has at most {SOCKET_PATH_MAX}; \
             set TMPDIR to a folder with a shorter path, such as /tmp",
            safe_path(within)
        ));
    }
    // The sockets in it control the machine, and `/tmp` is everybody's.
    match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
        Ok(()) => Ok(folder),
        Err(e) => Err(format!(
            "cannot make a folder for its sockets in {}: {e}; set TMPDIR to a folder that can be written into",
            safe_path(within)
        )),
    }
}

/// Takes away the folders of processes that were killed before they could.
pub(super) fn sweep() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(FOLDER).and_then(|rest| rest.split_once('-'));
        // Anybody may name a folder so: only a number is looked up in `/proc`.
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

fn command(at: &QemuAt, folder: &Path) -> Command {
    // In QEMU's options a comma is doubled.
    let path = |name: &str| folder.join(name).to_string_lossy().replace(',', ",,");
    let socket = |name: &str| format!("unix:{},server=on,wait=off", path(name));
    let mut command = Command::new(QEMU);
    if on_path(GUARD) {
        // Even where this process is ended by a signal that it cannot catch; the shell sees to it that it was not before the guard stood.
        command = Command::new(GUARD);
        command.args(["--pdeathsig", "KILL", "sh", "-c", r#"[ "$PPID" = "$0" ] && exec "$@""#]);
        command.args([&std::process::id().to_string(), QEMU]);
    }
    command
        // `-S`: it stands until the probe is there, so that a fault of its first instruction is caught.
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
