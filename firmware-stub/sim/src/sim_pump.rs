//! A thread that puts a [`Machine`] behind a PTY.
//!
//! The thread waits in one place, a poll of the PTY and of a wake-up descriptor, and never blocks anywhere else: a reader that does not read holds up its
//! own bytes and nothing more. Between two advances the machine's time stands still, so that it makes no difference how long the thread or its peer
//! takes; bytes that arrive are answered at the present instant.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use stub_pump::units::Millis;

use crate::cpu::Register;
use crate::machine::{Machine, Stop};
use crate::memory::BusError;
use crate::pty::Pty;

/// Bytes that wait for a slow reader of a paced pump; what comes on top is dropped, as a serial line without flow control drops it.
const BACKLOG_MAX: usize = 64 * 1024;
/// Longest poll of a paced pump, so that its clock moves even where nothing happens.
const PACED_POLL: Duration = Duration::from_millis(100);
/// A paced pump that is behind its clock looks at its line at least this often, in milliseconds of its own time.
const PACED_CHUNK_MS: u64 = 600_000;

/// What an advance came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Where the pump's time is now.
    pub now: Millis,
    /// Bytes that the pump has sent to the PTY since it was made, those included that wait for room in it.
    pub tx_total: u64,
    /// Why it stopped.
    pub stop: Stop,
}

/// The pump's thread has ended: it was dropped, or its PTY failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl core::fmt::Display for Gone {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the simulated pump has ended; start it again")
    }
}

impl std::error::Error for Gone {}

/// How a pump's time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Only in [`SimControl::advance`].
    Fenced,
    /// By the wall clock, so many times as fast; 0 counts as 1.
    RealTime {
        /// Simulated seconds in a second.
        speed: u32,
    },
}

struct AdvanceCall {
    until: Millis,
    rx_total: u64,
    done: Box<dyn FnOnce(Advance) + Send>,
}

struct Shared {
    machine: Mutex<Machine>,
    calls: Mutex<VecDeque<AdvanceCall>>,
    /// Bytes taken and bytes sent in all, published before the latter leave.
    progress: Mutex<(u64, u64)>,
    wake: OwnedFd,
    stop: AtomicBool,
    ended: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere must not keep anybody from making the pump safe.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn wake(&self) {
        // The counter can only be full if the thread is awake anyway.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    fn slept(&self) {
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut count);
    }
}

/// A simulated pump behind a PTY; dropping it ends its thread and closes the PTY.
pub struct SimPump {
    shared: Arc<Shared>,
    path: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl SimPump {
    /// Puts a machine behind a new PTY, in fenced time.
    ///
    /// # Errors
    /// Whatever keeps the system from giving a PTY, an event descriptor or a thread.
    pub fn spawn(machine: Machine) -> io::Result<Self> {
        Self::spawn_paced(machine, Pace::Fenced)
    }

    /// Puts a machine behind a new PTY.
    ///
    /// # Errors
    /// As [`Self::spawn`].
    pub fn spawn_paced(machine: Machine, pace: Pace) -> io::Result<Self> {
        let pty = Pty::open()?;
        let path = pty.path().to_path_buf();
        let shared = Arc::new(Shared {
            machine: Mutex::new(machine),
            calls: Mutex::default(),
            progress: Mutex::default(),
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            stop: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let server = Server::new(Arc::clone(&shared), pty, pace);
        let thread = std::thread::Builder::new()
            .name("sim-pump".into())
            .spawn(move || server.run())?;
        Ok(Self {
            shared,
            path,
            thread: Some(thread),
        })
    }

    /// The serial port to open.
    #[must_use]
    pub fn pty_path(&self) -> &Path {
        &self.path
    }

    /// A handle on the machine, as many as are wanted.
    #[must_use]
    pub fn control(&self) -> SimControl {
        SimControl {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for SimPump {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.wake();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

/// Time, memory and run control of a simulated pump.
#[derive(Clone)]
pub struct SimControl {
    shared: Arc<Shared>,
}

impl SimControl {
    /// Takes from the PTY until `rx_total` bytes in all have arrived at the pump since it was made, then lets time pass until `until`, or until bytes were
    /// sent, or a breakpoint. Waits for that.
    ///
    /// # Errors
    /// [`Gone`] where the thread has ended.
    pub fn advance(&self, until: Millis, rx_total: u64) -> Result<Advance, Gone> {
        let (send, receive) = mpsc::channel();
        self.advance_with(
            until,
            rx_total,
            Box::new(move |advance| {
                let _ = send.send(advance);
            }),
        )?;
        receive.recv().map_err(|_| Gone)
    }

    /// As [`Self::advance`], without waiting: `done` is called on the pump's thread and must not block. It is dropped uncalled where the thread ends first.
    ///
    /// # Errors
    /// [`Gone`] where the thread has ended already.
    pub fn advance_with(
        &self,
        until: Millis,
        rx_total: u64,
        done: Box<dyn FnOnce(Advance) + Send>,
    ) -> Result<(), Gone> {
        let mut calls = lock(&self.shared.calls);
        // Under the lock: a thread that ends clears the calls after it said so.
        if self.shared.ended.load(Ordering::Acquire) {
            return Err(Gone);
        }
        calls.push_back(AdvanceCall { until, rx_total, done });
        drop(calls);
        self.shared.wake();
        Ok(())
    }

    /// Bytes that the pump has taken from the PTY and bytes that it has sent to it, in all. What was sent is counted before it can be read, so who has
    /// read an answer finds the whole of it counted here.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        *lock(&self.shared.progress)
    }

    /// Does something with the machine at the present instant; what it sends leaves by the PTY.
    pub fn with<T>(&self, act: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = lock(&self.shared.machine);
        let result = act(&mut machine);
        if machine.has_output() {
            self.shared.wake();
        }
        result
    }

    /// Where the pump's time is.
    #[must_use]
    pub fn now(&self) -> Millis {
        lock(&self.shared.machine).now()
    }

    /// Reads memory as a debug probe does.
    ///
    /// # Errors
    /// [`BusError`] where an address is not mapped.
    pub fn read(&self, addr: u32, into: &mut [u8]) -> Result<(), BusError> {
        lock(&self.shared.machine).read(addr, into)
    }

    /// Writes memory as a debug probe does.
    ///
    /// # Errors
    /// [`BusError`] where an address is not mapped, or is flash.
    pub fn write(&self, addr: u32, bytes: &[u8]) -> Result<(), BusError> {
        self.with(|machine| machine.write(addr, bytes))
    }

    /// Halts the core; the pump's time stands still.
    pub fn halt(&self) {
        self.with(Machine::halt);
    }

    /// Lets the core go on.
    pub fn resume(&self) {
        self.with(Machine::resume);
    }

    /// Steps over one instruction of a halted core.
    pub fn step_instruction(&self) {
        self.with(Machine::step_instruction);
    }

    /// Whether the core is halted.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        lock(&self.shared.machine).is_halted()
    }

    /// Resets the processor, and holds it halted at its reset vector if asked to.
    pub fn reset(&self, halt: bool) {
        self.with(|machine| machine.reset(halt));
    }

    /// Puts a hardware breakpoint.
    pub fn set_breakpoint(&self, addr: u32) {
        lock(&self.shared.machine).set_breakpoint(addr);
    }

    /// Takes a breakpoint away.
    pub fn clear_breakpoint(&self, addr: u32) {
        lock(&self.shared.machine).clear_breakpoint(addr);
    }

    /// A core register; None where there is no such register.
    #[must_use]
    pub fn register(&self, register: Register) -> Option<u32> {
        lock(&self.shared.machine).register(register)
    }

    /// Writes a core register; false where there is no such register.
    pub fn set_register(&self, register: Register, value: u32) -> bool {
        lock(&self.shared.machine).set_register(register, value)
    }
}

/// Serves a machine on a PTY by the wall clock until `stop` is set. `ready` is told the path of the serial port once it can be opened; `link`, where
/// given, becomes a symbolic link to it for as long as this runs (an older link of that name is replaced, anything else is an error).
///
/// # Errors
/// No PTY, a link that cannot be made, or a PTY that fails.
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
        if pump.shared.ended.load(Ordering::Acquire) {
            return Err(io::Error::other("the simulated pump's serial port failed"));
        }
        std::thread::park_timeout(PACED_POLL / 2);
    }
    Ok(())
}

/// A symbolic link that goes away with this value.
struct Link(PathBuf);

impl Link {
    fn make(link: &Path, to: &Path) -> io::Result<Self> {
        if link.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            std::fs::remove_file(link)?;
        }
        std::os::unix::fs::symlink(to, link)?;
        Ok(Self(link.to_path_buf()))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The thread's side.
struct Server {
    shared: Arc<Shared>,
    pty: Pty,
    pace: Pace,
    started: Instant,
    start_ms: u64,
    calls: VecDeque<AdvanceCall>,
    /// Bytes that left the machine and wait for room in the PTY.
    backlog: Vec<u8>,
    rx_total: u64,
    tx_total: u64,
}

impl Server {
    #[allow(
        clippy::disallowed_methods,
        reason = "a paced pump follows the wall clock; in fenced time nothing looks at it"
    )]
    fn new(shared: Arc<Shared>, pty: Pty, pace: Pace) -> Self {
        let start_ms = lock(&shared.machine).now().0;
        Self {
            shared,
            pty,
            pace,
            started: Instant::now(),
            start_ms,
            calls: VecDeque::new(),
            backlog: Vec::new(),
            rx_total: 0,
            tx_total: 0,
        }
    }

    fn run(mut self) {
        // Whatever ends this, nobody may wait for it: a guard, because a panic is a way out as well.
        let _end = End(Arc::clone(&self.shared));
        let ended = self.collect_and_flush().and_then(|()| self.serve());
        // A PTY that fails is as good as a line that is cut; whoever waits is told by the guard.
        drop(ended);
    }

    fn serve(&mut self) -> io::Result<()> {
        while !self.shared.stop.load(Ordering::Acquire) {
            let (readable, woken) = self.wait()?;
            if let Pace::RealTime { speed } = self.pace {
                // Before anything is taken: it arrived now and not at the last deadline.
                self.keep_pace(speed);
            }
            if readable {
                self.take()?;
            }
            if woken {
                self.shared.slept();
                self.calls.append(&mut lock(&self.shared.calls));
            }
            match self.pace {
                Pace::Fenced => self.advance_calls()?,
                Pace::RealTime { .. } => self.answer_calls(),
            }
            self.collect_and_flush()?;
        }
        Ok(())
    }

    /// Waits until there is something to do.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let mut line = PollFlags::IN;
        line.set(PollFlags::OUT, !self.backlog.is_empty());
        let pty = self.pty.fd();
        let mut fds = [
            PollFd::from_borrowed_fd(pty, line),
            PollFd::new(&self.shared.wake, PollFlags::IN),
        ];
        let timeout = self.timeout().map(|timeout| Timespec {
            tv_sec: timeout.as_secs().cast_signed(),
            tv_nsec: timeout.subsec_nanos().into(),
        });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok((
            fds[0].revents().contains(PollFlags::IN),
            fds[1].revents().contains(PollFlags::IN),
        ))
    }

    /// How long to wait at most; None in fenced time, where only the line and calls matter.
    fn timeout(&self) -> Option<Duration> {
        let Pace::RealTime { speed } = self.pace else {
            return None;
        };
        let due_ms = lock(&self.shared.machine).next_deadline().map_or(u64::MAX, |due| due.0);
        let due = Duration::from_millis(due_ms.saturating_sub(self.start_ms) / u64::from(speed.max(1)));
        // One more millisecond, so that the deadline is past when it is looked at.
        Some(
            due.saturating_sub(self.started.elapsed())
                .saturating_add(Duration::from_millis(1))
                .min(PACED_POLL),
        )
    }

    /// Takes what the far end wrote, and answers it at the present instant.
    fn take(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let count = self.pty.read(&mut buffer)?;
        if count > 0 {
            self.rx_total += count as u64;
            let shared = Arc::clone(&self.shared);
            let mut machine = lock(&shared.machine);
            machine.receive(&buffer[..count]);
            self.collect(&mut machine);
        }
        self.flush()
    }

    /// Carries out the calls whose bytes have all arrived, in order.
    fn advance_calls(&mut self) -> io::Result<()> {
        while self.calls.front().is_some_and(|call| self.rx_total >= call.rx_total) {
            let Some(call) = self.calls.pop_front() else { break };
            let shared = Arc::clone(&self.shared);
            let mut machine = lock(&shared.machine);
            let stop = machine.run_until(call.until);
            let now = machine.now();
            self.collect(&mut machine);
            drop(machine);
            self.flush()?;
            (call.done)(Advance {
                now,
                tx_total: self.tx_total,
                stop,
            });
        }
        Ok(())
    }

    /// Lets the machine catch up with the wall clock.
    fn keep_pace(&mut self, speed: u32) {
        let passed_ms = u64::try_from(self.started.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(speed.max(1)));
        let shared = Arc::clone(&self.shared);
        let mut machine = lock(&shared.machine);
        let to_ms = self
            .start_ms
            .saturating_add(passed_ms)
            .min(machine.now().0 + PACED_CHUNK_MS);
        while machine.run_until(Millis(to_ms)) == Stop::Output {
            self.collect(&mut machine);
        }
        self.collect(&mut machine);
    }

    /// Answers advances of a paced pump: time is not theirs to move, they learn where it is.
    fn answer_calls(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            let now = lock(&self.shared.machine).now();
            (call.done)(Advance {
                now,
                tx_total: self.tx_total,
                stop: Stop::Fence,
            });
        }
    }

    fn collect_and_flush(&mut self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        self.collect(&mut lock(&shared.machine));
        self.flush()
    }

    /// Takes over what the machine sent.
    fn collect(&mut self, machine: &mut Machine) {
        let before = self.backlog.len();
        machine.take_output(&mut self.backlog);
        if self.pace != Pace::Fenced && self.backlog.len() > BACKLOG_MAX {
            // Nobody reads. What came last is dropped up to a line's end, so that the reader finds whole lines when it comes back.
            let whole = self.backlog[..BACKLOG_MAX]
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1);
            self.backlog.truncate(whole.max(before));
        }
        self.tx_total += (self.backlog.len() - before) as u64;
        *lock(&self.shared.progress) = (self.rx_total, self.tx_total);
    }

    /// Writes as much as the PTY takes.
    fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        while written < self.backlog.len() {
            match self.pty.write(&self.backlog[written..])? {
                0 => break,
                count => written += count,
            }
        }
        self.backlog.drain(..written);
        Ok(())
    }
}

/// Says that the thread has ended and drops the calls that nobody will answer.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        let mut calls = lock(&self.0.calls);
        self.0.ended.store(true, Ordering::Release);
        calls.clear();
    }
}
