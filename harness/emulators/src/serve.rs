//! A device on a line: bytes in, time on, frames out, what is delivered into a file.

use crate::clock::{Clock, Now};
use crate::device::{Device, Out};
use crate::mischief::{Mischief, Sent};
use crate::options::Options;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::pty::OpenptFlags;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The longest time in which nobody looks at what was delivered, or whether it is to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The device that the command line asks for, until its peer is gone.
///
/// # Errors
/// The line cannot be opened, or breaks.
pub fn program(options: &Options) -> io::Result<()> {
    let mut served = Served::new(options)?;
    let never = AtomicBool::new(false);
    if let Some(port) = options.listen {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        told(&format!("tcp:{}", listener.local_addr()?))?;
        return served.serve(&listener, options.again, &never);
    }
    if let Some(path) = &options.pty {
        // The other end is kept open: without it reading fails until somebody opens it.
        let (ours, _theirs) = pseudo_terminal(path)?;
        told("ready")?;
        let ended = served.talk(ours.as_fd(), ours.as_fd(), &never);
        let _ = std::fs::remove_file(path);
        return ended;
    }
    served.talk(io::stdin().as_fd(), io::stdout().as_fd(), &never)
}

/// That somebody may come now.
fn told(where_it_is: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{where_it_is}")?;
    out.flush()
}

/// A device in a thread of this process, on a TCP port; it ends with this.
#[derive(Debug)]
pub struct Running {
    /// Its port.
    pub port: u16,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// The device of this command line, without the program's name and `--listen`, for one peer after the other.
    ///
    /// # Errors
    /// The command line is not one, or there is no port.
    pub fn start(arguments: &[&str]) -> Result<Self, Box<dyn std::error::Error>> {
        let arguments = std::iter::once(&"emulator").chain(arguments);
        let options = <Options as clap::Parser>::try_parse_from(arguments)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        let mut served = Served::new(&options)?;
        let thread = std::thread::spawn(move || {
            // Nobody can be told of a line that broke; whoever is at its other end sees it.
            let _ = served.serve(&listener, true, &told);
        });
        Ok(Self {
            port,
            ended,
            thread: Some(thread),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A device with its clock and its misbehaviour.
struct Served {
    device: Box<dyn Device>,
    clock: Clock,
    mischief: Mischief,
    beaker: Option<Beaker>,
    /// What is to be sent, and when by the line.
    due: VecDeque<(u64, Vec<u8>)>,
}

impl Served {
    fn new(options: &Options) -> io::Result<Self> {
        let density = options.density;
        let beaker = options.delivers_to.as_deref().map(|path| Beaker::open(path, density));
        Ok(Self {
            device: options.build(),
            clock: Clock::start(options.speed),
            mischief: Mischief::new(&options.misbehave),
            beaker: beaker.transpose()?,
            due: VecDeque::new(),
        })
    }

    /// One peer, or one after the other, until the device is dead or it is to end.
    fn serve(&mut self, listener: &TcpListener, again: bool, end: &AtomicBool) -> io::Result<()> {
        while !end.load(Ordering::Acquire) && !self.mischief.is_dead() {
            // Time passes while nobody is there, and what is said then is lost.
            let wait = self.turn(&[]);
            self.due.clear();
            self.deliver()?;
            if !ready(Some(listener.as_fd()), wait)? {
                continue;
            }
            let stream = listener.accept()?.0;
            stream.set_nodelay(true)?;
            let talked = self.talk(stream.as_fd(), stream.as_fd(), end);
            if !again {
                return talked;
            }
        }
        Ok(())
    }

    /// Until the peer is gone, the device is dead, or it is to end.
    fn talk(&mut self, from: BorrowedFd<'_>, to: BorrowedFd<'_>, end: &AtomicBool) -> io::Result<()> {
        let mut bytes = [0; 4096];
        while !end.load(Ordering::Acquire) {
            let wait = self.turn(&[]);
            // Before it is told: who hears that a dose is done finds it on the balance.
            self.deliver()?;
            if !self.send(to)? || self.mischief.is_dead() && self.due.is_empty() {
                return Ok(());
            }
            if !ready(Some(from), wait)? {
                continue;
            }
            match rustix::io::read(from, &mut bytes) {
                Ok(0) | Err(rustix::io::Errno::CONNRESET | rustix::io::Errno::IO) => return self.drain(to),
                Ok(count) => drop(self.turn(&bytes[..count])),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(())
    }

    /// What was asked before the peer closed its end is answered still.
    fn drain(&mut self, to: BorrowedFd<'_>) -> io::Result<()> {
        while let Some((at, _)) = self.due.front() {
            let now = self.clock.now();
            let wait = self.clock.wait(now, None, Some(*at)).unwrap_or_default();
            ready(None, wait)?;
            if !self.send(to)? {
                self.due.clear();
            }
        }
        self.deliver()
    }

    /// What was delivered so far is in the file.
    fn deliver(&mut self) -> io::Result<()> {
        match &mut self.beaker {
            Some(beaker) => beaker.add(self.device.delivered_nl()),
            None => Ok(()),
        }
    }

    /// Time comes on, and these bytes come; how long nothing else happens.
    fn turn(&mut self, bytes: &[u8]) -> Duration {
        let (now, mut out) = (self.clock.now(), Out::default());
        // Moment by moment, in order, however late the host is: what happens in the device depends on its own clock alone.
        let mut last = None;
        while let Some(at) = self
            .device
            .wake()
            .device
            .filter(|at| *at < now.device && Some(*at) > last)
        {
            last = Some(at);
            let moment = Now { device: at, ..now };
            self.device.tick(moment, &mut out);
        }
        self.device.tick(now, &mut out);
        if !bytes.is_empty() {
            self.device.hear(now, bytes, &mut out);
        }
        for frame in out.frames {
            for Sent { bytes, pause_ms } in self.mischief.send(frame) {
                let before = self.due.back().map_or(now.line, |(at, _)| now.line.max(*at));
                let at = before.saturating_add(pause_ms.saturating_mul(1_000));
                self.due.push_back((at, bytes));
            }
        }
        let wake = self.device.wake();
        let due = self.due.front().map(|(at, _)| *at);
        let line = wake.line.into_iter().chain(due).min();
        let wait = self.clock.wait(now, wake.device, line);
        wait.map_or(LOOK_EVERY, |wait| wait.min(LOOK_EVERY))
    }

    /// Sends what is due; `false`: nobody is there.
    fn send(&mut self, to: BorrowedFd<'_>) -> io::Result<bool> {
        let now = self.clock.now().line;
        while self.due.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, bytes)) = self.due.pop_front() else { break };
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                match rustix::io::write(to, rest) {
                    Ok(count) => rest = &rest[count..],
                    Err(rustix::io::Errno::INTR) => {}
                    Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => return Ok(false),
                    Err(why) => return Err(why.into()),
                }
            }
        }
        Ok(true)
    }
}

/// Waits for bytes; `false`: none came.
fn ready(from: Option<BorrowedFd<'_>>, wait: Duration) -> io::Result<bool> {
    let wait = Timespec {
        tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: wait.subsec_nanos().into(),
    };
    let mut ends: Vec<PollFd<'_>> = from
        .into_iter()
        .map(|end| PollFd::from_borrowed_fd(end, PollFlags::IN))
        .collect();
    match poll(&mut ends, Some(&wait)) {
        Ok(count) => Ok(count > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(why) => Err(why.into()),
    }
}

/// Both ends, without a terminal's manners, and a link to the other one.
fn pseudo_terminal(path: &Path) -> io::Result<(OwnedFd, File)> {
    let ours = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&ours)?;
    rustix::pty::unlockpt(&ours)?;
    let name = rustix::pty::ptsname(&ours, Vec::new())?;
    let name = name.to_str().map_err(io::Error::other)?.to_owned();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let theirs = File::from(rustix::fs::open(&name, flags, rustix::fs::Mode::empty())?);
    let mut manners = rustix::termios::tcgetattr(&theirs)?;
    manners.make_raw();
    rustix::termios::tcsetattr(&theirs, rustix::termios::OptionalActions::Now, &manners)?;
    if path.is_symlink() {
        std::fs::remove_file(path)?;
    }
    std::os::unix::fs::symlink(&name, path)?;
    Ok((ours, theirs))
}

/// What a pump delivers into, for a balance to weigh.
struct Beaker {
    file: File,
    density: u64,
    written: u64,
}

impl Beaker {
    fn open(path: &Path, density: u64) -> io::Result<Self> {
        Ok(Self {
            file: File::options().append(true).create(true).open(path)?,
            density,
            written: 0,
        })
    }

    /// All that was delivered so far.
    fn add(&mut self, nanolitres: u64) -> io::Result<()> {
        let all = u128::from(nanolitres) * u128::from(self.density) / 1_000;
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        let more = all.saturating_sub(self.written);
        if more > 0 {
            // One write a line: who reads it never sees half of a number with an end.
            self.file.write_all(format!("{more}\n").as_bytes())?;
            self.written = all;
        }
        Ok(())
    }
}
