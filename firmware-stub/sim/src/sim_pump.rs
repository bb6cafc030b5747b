//! A thread that puts a [`Machine`] behind a PTY.
//!
//! The thread waits in one place, a poll of the PTY and of a wake-up descriptor, and never blocks anywhere else: a reader that does not read holds up its
//! own bytes and nothing more. Between two advances the machine's time stands still, so that it makes no difference how long the thread or its peer
//! takes; bytes that arrive are answered at the present instant.

mod serve;
mod server;

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use stub_pump::units::Millis;

use crate::cpu::Register;
use crate::machine::{Machine, Stop};
use crate::memory::BusError;
use crate::pty::Pty;

pub use serve::serve;
use server::Server;

/// Longest poll of a paced pump, so that its clock moves even where nothing happens.
const PACED_POLL: Duration = Duration::from_millis(100);

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
