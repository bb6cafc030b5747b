//! Who else has a port open: a terminal or a logger that takes no lock takes bytes away that the pump says to us.
//!
//! As `fuser` looks: the open files of each process, in `/proc`. What this user may not read there is passed over: it is no error.

use super::error::LinkError;
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

/// Programs that are told at most.
const TOLD_MAX: usize = 4;
/// Bytes of a command that are told at most.
const COMMAND_MAX: usize = 80;
/// Processes between us and the first of all at most.
const DEPTH_MAX: usize = 64;

/// Nobody else has `port` open, as far as can be seen.
///
/// # Errors
/// [`LinkError::Open`]: who has.
pub fn nobody_else(port: &str) -> Result<(), LinkError> {
    match strangers(Path::new("/proc"), Path::new(port)) {
        None => Ok(()),
        Some(why) => Err(LinkError::Open {
            port: port.to_owned(),
            why,
        }),
    }
}

/// Says who has `port` open besides this process, those that it started, and the far end of a PTY; `None`: nobody that can be seen. `proc` is where the
/// kernel tells of processes.
fn strangers(proc: &Path, port: &Path) -> Option<String> {
    let port = std::fs::metadata(port)
        .ok()
        .filter(|port| port.file_type().is_char_device())?;
    let found: Vec<String> = processes(proc)
        .into_iter()
        .filter(|pid| has_open(&proc.join(pid.to_string()), &port) && !is_ours(proc, *pid))
        .take(TOLD_MAX)
        .map(|pid| format!("process {pid} ({})", command(&proc.join(pid.to_string()))))
        .collect();
    (!found.is_empty()).then(|| {
        format!(
            "another program has it open as well, and would take away what the pump says: {}; end that first",
            found.join(", ")
        )
    })
}

/// All processes that can be seen, in the order of their numbers.
fn processes(proc: &Path) -> BTreeSet<u32> {
    let entries = std::fs::read_dir(proc).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Whether a process has the device open, and is not the far end of it.
fn has_open(process: &Path, port: &Metadata) -> bool {
    let files = || std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let is_port = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|file| file.file_type().is_char_device() && file.rdev() == port.rdev())
    };
    let minor = u64::from(rustix::fs::minor(port.rdev()));
    // Whoever keeps a PTY has its own end open besides, so that the far end is not hung up when we close ours.
    let is_far_end = || files().any(|file| pty_of(&process.join("fdinfo").join(file.file_name())) == Some(minor));
    files().any(|file| is_port(&file.path())) && !is_far_end()
}

/// Number of the PTY whose far end an open file is (proc_pid_fdinfo(5)).
fn pty_of(info: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(info).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("tty-index:")?.trim().parse().ok())
}

/// Whether a process is this one, or one that it started.
fn is_ours(proc: &Path, pid: u32) -> bool {
    let own = std::process::id();
    let mut next = Some(pid);
    for _ in 0..DEPTH_MAX {
        match next {
            Some(pid) if pid == own => return true,
            Some(pid) if pid > 1 => next = parent(&proc.join(pid.to_string())),
            _ => return false,
        }
    }
    false
}

fn parent(process: &Path) -> Option<u32> {
    let status = std::fs::read_to_string(process.join("status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

/// The command line of a process, printable.
fn command(process: &Path) -> String {
    let bytes = std::fs::read(process.join("cmdline")).unwrap_or_default();
    let words: Vec<_> = bytes.split(|b| *b == 0).filter(|word| !word.is_empty()).collect();
    let text = String::from_utf8_lossy(&words.join(&b' ')).into_owned();
    let shown: String = text
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .take(COMMAND_MAX)
        .collect();
    if shown.is_empty() {
        "its name cannot be read".to_owned()
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    /// A PTY, and the path of the end that is opened as a port.
    fn pty() -> (std::os::fd::OwnedFd, PathBuf) {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a PTY");
        grantpt(&far).expect("granted");
        unlockpt(&far).expect("unlocked");
        let name = ptsname(&far, Vec::new()).expect("a name");
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes()));
        (far, path)
    }

    #[test]
    fn a_program_that_reads_along_is_named_unless_it_is_ours() {
        let (_far, path) = pty();
        let proc = Path::new("/proc");
        assert_eq!(strangers(proc, &path), None, "we have only the far end");
        let open = std::fs::File::open(&path).expect("opens");
        let mut reader = Command::new("sleep")
            .arg("30")
            .stdin(Stdio::from(open))
            .spawn()
            .expect("starts");
        assert_eq!(strangers(proc, &path), None, "it is our child");
        // As another process sees it: the kernel's tree without the line that says whose child it is.
        let tree = tempfile::tempdir().expect("a folder");
        let pid = reader.id().to_string();
        std::fs::create_dir(tree.path().join(&pid)).expect("made");
        for part in ["fd", "fdinfo", "cmdline"] {
            std::os::unix::fs::symlink(proc.join(&pid).join(part), tree.path().join(&pid).join(part)).expect("linked");
        }
        let mut told = None;
        // It takes a moment until the child is that program.
        for _ in 0..500 {
            told = strangers(tree.path(), &path);
            if told.as_ref().is_some_and(|told| told.contains("sleep")) {
                break;
            }
            let moment = rustix::event::Timespec {
                tv_sec: 0,
                tv_nsec: 10_000_000,
            };
            rustix::event::poll(&mut [], Some(&moment)).expect("waited");
        }
        reader.kill().expect("killed");
        reader.wait().expect("waited for");
        let told = told.expect("a stranger");
        assert!(told.contains(&format!("process {pid} (sleep 30)")), "{told}");
    }

    #[test]
    fn what_is_no_device_or_cannot_be_read_is_passed_over() {
        let tree = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(tree.path().join("17")).expect("made");
        assert_eq!(strangers(tree.path(), Path::new("/dev/null")), None);
        assert_eq!(strangers(Path::new("/proc"), tree.path()), None);
        assert_eq!(strangers(&tree.path().join("not-there"), Path::new("/dev/null")), None);
    }
}
