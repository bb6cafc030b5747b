//! Ctrl-C, `kill` and a terminal that is closed: seen by every running case, which then leaves its pump safe.

use crate::descriptors;
use rustix::process::Signal;
use std::time::Duration;
use tokio::sync::watch;

/// Descriptors that waiting for signals takes, and a few more: an event loop has two, tokio's pipe of signals three.
const DESCRIPTORS: usize = 8;

/// Tells whether the run was asked to stop. Cheap to clone; every case holds one.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<Option<&'static str>>);

/// The other end: stops the run. Dropping it stops nothing.
#[derive(Debug, Clone)]
pub struct Interrupter(std::sync::Arc<watch::Sender<Option<&'static str>>>);

/// A pair of ends.
#[must_use]
pub fn pair() -> (Interrupter, Interrupt) {
    let (sender, receiver) = watch::channel(None);
    (Interrupter(std::sync::Arc::new(sender)), Interrupt(receiver))
}

impl Interrupter {
    /// Stops the run; `by` is `SIGINT`, `SIGTERM` or another word for the journal.
    pub fn interrupt(&self, by: &'static str) {
        self.0.send_replace(Some(by));
    }
}

impl Interrupt {
    /// What stopped the run, if anything did.
    #[must_use]
    pub fn by(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits for it, without an event loop.
    ///
    /// # Errors
    /// When the system gives no event loop to wait in.
    pub fn wait_blocking(&mut self) -> std::io::Result<&'static str> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(runtime.block_on(self.wait()))
    }

    /// Waits for it no longer than this, without an event loop; `None`: it did not come.
    ///
    /// # Errors
    /// When the system gives no event loop to wait in.
    pub fn wait_within(&mut self, limit: Duration) -> std::io::Result<Option<&'static str>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(runtime.block_on(async { tokio::time::timeout(limit, self.wait()).await.ok() }))
    }

    /// Waits for it; for ever, if it never comes.
    pub async fn wait(&mut self) -> &'static str {
        loop {
            if let Some(by) = *self.0.borrow_and_update() {
                return by;
            }
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Signals that would end a process which has no handler for them (signal(7)); those that tell of a fault of the process itself are not among them.
const SIGNALS: [(Signal, &str); 13] = [
    (Signal::INT, "SIGINT"),
    (Signal::TERM, "SIGTERM"),
    (Signal::QUIT, "SIGQUIT"),
    (Signal::HUP, "SIGHUP"),
    (Signal::USR1, "SIGUSR1"),
    (Signal::USR2, "SIGUSR2"),
    (Signal::XCPU, "SIGXCPU"),
    (Signal::ALARM, "SIGALRM"),
    (Signal::VTALARM, "SIGVTALRM"),
    (Signal::PROF, "SIGPROF"),
    (Signal::IO, "SIGIO"),
    (Signal::POWER, "SIGPWR"),
    (Signal::STKFLT, "SIGSTKFLT"),
];

/// Turns each signal that would end the process into an interrupt, on a thread of its own, until the process ends. A second one changes nothing:
/// leaving a pump safe is bounded in time, and is not skipped. Who started the process with SIGHUP ignored (`nohup`) keeps that. A file that grew
/// beyond what the shell allows (`ulimit -f`) is an error of the write, and not the end of the process.
///
/// # Errors
/// When the system does not let the process handle signals.
pub fn on_signals(interrupter: Interrupter) -> std::io::Result<()> {
    // tokio panics where it gets no descriptors for its pipe of signals.
    descriptors::available(DESCRIPTORS)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (heard, file_size) = {
        let _context = runtime.enter();
        let mut heard = Vec::new();
        for (number, name) in SIGNALS {
            if number != Signal::HUP || !hangup_is_ignored() {
                heard.push((listen(number)?, name));
            }
        }
        // SIGXFSZ ends a process that has no handler for it; with one the write fails with EFBIG (setrlimit(2), RLIMIT_FSIZE).
        (heard, listen(Signal::XFSZ)?)
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        let _heard_and_left_alone = file_size;
        runtime.block_on(async {
            let listeners = heard.into_iter().map(|(mut signal, name)| {
                let interrupter = interrupter.clone();
                tokio::spawn(async move {
                    while signal.recv().await.is_some() {
                        interrupter.interrupt(name);
                    }
                })
            });
            for listener in listeners.collect::<Vec<_>>() {
                let _ = listener.await;
            }
        });
    })?;
    Ok(())
}

fn listen(number: Signal) -> std::io::Result<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::from_raw(number.as_raw()))
}

/// Whether this process was started with SIGHUP ignored.
fn hangup_is_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// Whether the kernel's account of a process says that SIGHUP, signal 1, is ignored.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_is_ignored_is_seen_in_the_kernels_account() {
        assert!(ignores_hangup("SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\n"));
        assert!(!ignores_hangup(""));
    }

    #[test]
    fn every_holder_sees_an_interrupt_and_the_first_cause_is_told() {
        let (interrupter, mut interrupt) = pair();
        let other = interrupt.clone();
        assert_eq!(other.by(), None);
        interrupter.interrupt("SIGTERM");
        assert_eq!(
            (other.by(), interrupt.wait_blocking().ok()),
            (Some("SIGTERM"), Some("SIGTERM"))
        );
    }
}
