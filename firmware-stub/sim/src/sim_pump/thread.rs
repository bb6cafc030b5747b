//! The pump's thread: started, and ended with the value that holds it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, eventfd};

use super::control::SimControl;
use super::server::Server;
use super::shared::{Pace, Shared};
use crate::machine::Machine;
use crate::pty::Pty;

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
            panicked: OnceLock::new(),
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

    /// Whether the thread has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Acquire)
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
