//! A program whose standard input and output are the line to a pump.

use crate::host_time;
use pump_hil_model::safe_text::safe;
use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType, shutdown, socketpair};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child as Process, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a program may take to end by itself once its line is closed, and how often it is looked at.
const ENDS_WITHIN: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How long its last words may take to be heard. Whoever has its standard error from it may hold that open for ever.
const HEARD_WITHIN: Duration = Duration::from_millis(100);
/// Its last words that are kept, in bytes.
const WORDS_MAX: usize = 512;

/// A program that was started; it ends when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    /// Our end of the line once more: a guard may hold another, and the program must see the end all the same.
    line: OwnedFd,
    /// Its last words, and who listens to them.
    words: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts a program with its arguments; gives it, and our end of the line to it.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(program: &str, args: &[String]) -> std::io::Result<(Self, OwnedFd)> {
        // One socket for both ways, as a port has one descriptor: so it can be handed to a guard.
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let mut process = Command::new(program)
            .args(args)
            .stdin(Stdio::from(theirs.try_clone()?))
            .stdout(Stdio::from(theirs))
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal reaches the whole group: the pump must be within reach until it was made safe.
            .process_group(0)
            .spawn()?;
        let words = Arc::default();
        let listener = process.stderr.take().map(|stderr| listen(stderr, &words));
        let line = ours.try_clone()?;
        let child = Self {
            process,
            line,
            words,
            listener,
        };
        Ok((child, ours))
    }

    /// How it ended, in words; `None`: it runs still.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.wait_for(ENDS_WITHIN)?;
        let listens = |listener: &JoinHandle<()>| !listener.is_finished();
        let begun = host_time::now();
        while self.listener.as_ref().is_some_and(listens) && begun.elapsed() < HEARD_WITHIN {
            std::thread::park_timeout(LOOK_EVERY);
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = String::from_utf8_lossy(&words);
        let said = match words.trim() {
            "" => String::new(),
            words => format!("; it said: {}", safe(words)),
        };
        Some(format!("its program ended, {status}{said}"))
    }

    fn wait_for(&mut self, limit: Duration) -> Option<ExitStatus> {
        let begun = host_time::now();
        loop {
            match self.process.try_wait() {
                Ok(None) if begun.elapsed() < limit => std::thread::park_timeout(LOOK_EVERY),
                ended => return ended.ok().flatten(),
            }
        }
    }
}

/// Keeps the last of what a program says on its standard error: a pipe that nobody reads would hold it up.
fn listen(mut stderr: ChildStderr, words: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let words = Arc::clone(words);
    // It ends with the program, and whoever has its standard error from it.
    std::thread::spawn(move || {
        let mut piece = [0; 256];
        while let Ok(count @ 1..) = stderr.read(&mut piece) {
            let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
            words.extend_from_slice(&piece[..count]);
            let over = words.len().saturating_sub(WORDS_MAX);
            words.drain(..over);
        }
    })
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = shutdown(&self.line, Shutdown::Both);
        if self.wait_for(ENDS_WITHIN).is_none() {
            // With whatever it started itself.
            let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
            let _ = self.process.wait();
        }
    }
}
