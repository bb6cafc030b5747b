//! Who else has a port open: a terminal or a logger that takes no lock takes bytes away that the pump says to us.
//!
//! As `fuser` looks: the open files of each process, in `/proc`. What this user may not read there is passed over: it is no error.

use super::error::LinkError;
use rustix::net::getpeername;
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
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

/// Nobody else on this host is connected to `peer`, as far as can be seen: who speaks there may speak to the same pump.
///
/// # Errors
/// [`LinkError::Open`]: who is.
pub fn nobody_else_at(peer: SocketAddr, name: &str) -> Result<(), LinkError> {
    match talkers(Path::new("/proc"), peer) {
        None => Ok(()),
        Some(why) => Err(LinkError::Open {
            port: name.to_owned(),
            why,
        }),
    }
}

/// Where a connection leads to; `None` of what is none.
pub fn peer_of(line: &OwnedFd) -> Option<SocketAddr> {
    getpeername(line).ok().flatten()?.try_into().ok()
}

/// Says who has `port` open besides this process, those that it started, and the far end of a PTY; `None`: nobody that can be seen. `proc` is where the
/// kernel tells of processes.
fn strangers(proc: &Path, port: &Path) -> Option<String> {
    // Every program has `/dev/null` open, which is no port.
    const MEMORY: u32 = 1;
    let is_port = |of: &Metadata| of.file_type().is_char_device() && rustix::fs::major(of.rdev()) != MEMORY;
    let port = std::fs::metadata(port).ok().filter(is_port)?;
    let found = told(proc, |process| has_open(process, &port))?;
    Some(format!(
        "another program has it open as well, and would take away what the pump says: {found}; end that first"
    ))
}

/// Says who is connected to `peer` besides this process and those that it started; `None`: nobody that can be seen.
fn talkers(proc: &Path, peer: SocketAddr) -> Option<String> {
    let connections = ["tcp", "tcp6"].iter().flat_map(|table| {
        let text = std::fs::read_to_string(proc.join("net").join(table)).unwrap_or_default();
        text.lines()
            .filter_map(|line| connected(line, peer))
            .collect::<Vec<_>>()
    });
    let sockets: BTreeSet<String> = connections.map(|inode| format!("socket:[{inode}]")).collect();
    if sockets.is_empty() {
        return None;
    }
    let found = told(proc, |process| {
        let files = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        targets.any(|to| to.to_str().is_some_and(|to| sockets.contains(to)))
    })?;
    Some(format!(
        "another program is connected to it as well, and may speak to the same pump: {found}; end that first"
    ))
}

/// The processes that `is_one` holds of, but for this one and those that it started; `None` where there is none.
fn told(proc: &Path, is_one: impl Fn(&Path) -> bool) -> Option<String> {
    let found: Vec<String> = processes(proc)
        .into_iter()
        .filter(|pid| is_one(&proc.join(pid.to_string())) && !is_ours(proc, *pid))
        .take(TOLD_MAX)
        .map(|pid| words(proc, pid))
        .collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// A process in words: its number and its command, where that can be seen.
#[must_use]
pub fn process_words(pid: u32) -> String {
    words(Path::new("/proc"), pid)
}

fn words(proc: &Path, pid: u32) -> String {
    format!("process {pid} ({})", command(&proc.join(pid.to_string())))
}

/// The inode of the socket of a line in the kernel's table of connections, where it is connected to `peer` (proc(5), /proc/net/tcp).
fn connected(line: &str, peer: SocketAddr) -> Option<u64> {
    const ESTABLISHED: &str = "01";
    let mut fields = line.split_ascii_whitespace();
    let remote = fields.nth(2)?;
    let is_up = fields.next()? == ESTABLISHED;
    let inode: u64 = fields.nth(5)?.parse().ok()?;
    (is_up && inode != 0 && address(remote)? == (peer.ip().to_canonical(), peer.port())).then_some(inode)
}

/// An address as the kernel's table has it: words of 32 bits in this host's own order, and the port.
fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = text.split_once(':')?;
    let words = (0..ip.len()).step_by(8).map(|at| {
        let word = u32::from_str_radix(ip.get(at..at.checked_add(8)?)?, 16).ok()?;
        Some(word.to_ne_bytes())
    });
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.concat();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(Ipv4Addr::from(four)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some((ip.to_canonical(), u16::from_str_radix(port, 16).ok()?))
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
    fn a_program_that_is_connected_to_the_same_server_is_named() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let at = server.local_addr().expect("an address");
        let ours = std::net::TcpStream::connect(at).expect("connected");
        let (_theirs, _) = server.accept().expect("accepted");
        let proc = Path::new("/proc");
        assert_eq!(talkers(proc, at), None, "it is our own, and the server is no talker");
        // The kernel's own table, and a process that has our socket.
        let inode = std::fs::metadata(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&ours)));
        let inode = inode.expect("a socket").ino();
        let tree = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(tree.path().join("4194305/fd")).expect("made");
        std::fs::create_dir(tree.path().join("net")).expect("made");
        let table = std::fs::read_to_string("/proc/net/tcp").expect("read");
        std::fs::write(tree.path().join("net/tcp"), table).expect("written");
        std::fs::write(tree.path().join("4194305/cmdline"), "telnet\0bench\0").expect("written");
        let socket = tree.path().join("4194305/fd/3");
        std::os::unix::fs::symlink(format!("socket:[{inode}]"), socket).expect("linked");
        let told = talkers(tree.path(), at).expect("a talker");
        assert!(told.contains("process 4194305 (telnet bench)"), "{told}");
        let other = SocketAddr::new(at.ip(), at.port() ^ 1);
        assert_eq!(talkers(tree.path(), other), None);
    }

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let little = cfg!(target_endian = "little");
        if little {
            let v4 = address("0100007F:0FA0").expect("an address");
            assert_eq!(v4, ("127.0.0.1".parse().unwrap(), 4000));
            let mapped = address("0000000000000000FFFF00000100007F:0FA0").expect("an address");
            assert_eq!(mapped, v4);
            let v6 = address("00000000000000000000000001000000:0050").expect("an address");
            assert_eq!(v6, ("::1".parse().unwrap(), 80));
        }
        for wrong in [
            "",
            ":",
            "01:1",
            "0100007F",
            "0100007G:0FA0",
            "0100007F:1FFFF",
            "0100007F0100007F:1",
        ] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
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
