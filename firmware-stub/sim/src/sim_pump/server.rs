//! The thread's side of a simulated pump: one poll, and everything that can come of it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use stub_pump::units::Millis;

use super::shared::{Advance, AdvanceCall, Call, PACED_POLL, Pace, Shared, lock};
use crate::machine::{Machine, Stop};
use crate::panicked::catch;
use crate::pty::Pty;

/// Bytes that wait for a slow reader of a paced pump; what comes on top is dropped, as a serial line without flow control drops it.
const BACKLOG_MAX: usize = 64 * 1024;
/// Steps of the firmware that are made in a row: then the machine is let go, so that whoever waits for it (a probe, or the end of this thread) has his
/// turn though the firmware is busy for ever.
const STEPS: u32 = 20_000;
/// How long it is let go.
const LET_GO: Duration = Duration::from_micros(200);
/// Bytes that wait for a reader, behind which a pump in fenced time makes no further step: firmware that talks on and on without end fills no memory.
const UNREAD_MAX: usize = 1024 * 1024;
/// A paced pump that is behind its clock looks at its line at least this often, in milliseconds of its own time.
const PACED_CHUNK_MS: u64 = 600_000;

/// The thread's side.
pub(super) struct Server {
    shared: Arc<Shared>,
    pty: Pty,
    pace: Pace,
    started: Instant,
    start_ms: u64,
    calls: VecDeque<AdvanceCall>,
    /// There is more to do than was done in one go.
    busy: bool,
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
    pub(super) fn new(shared: Arc<Shared>, pty: Pty, pace: Pace) -> Self {
        let start_ms = lock(&shared.machine).now().0;
        Self {
            shared,
            pty,
            pace,
            started: Instant::now(),
            start_ms,
            calls: VecDeque::new(),
            busy: false,
            backlog: Vec::new(),
            rx_total: 0,
            tx_total: 0,
        }
    }

    pub(super) fn run(mut self) {
        // Whatever ends this, nobody may wait for it: a guard, because a panic is a way out as well.
        let _end = End(Arc::clone(&self.shared));
        let ended = self.collect_and_flush().and_then(|()| self.serve());
        // A PTY that fails, or firmware that panics, is as good as a line that is cut; whoever waits is told by the guard.
        drop(ended);
    }

    fn serve(&mut self) -> io::Result<()> {
        while !self.shared.stop.load(Ordering::Acquire) {
            let (readable, woken) = self.wait()?;
            if let Pace::RealTime { speed } = self.pace {
                // Before anything is taken: it arrived now and not at the last deadline.
                self.keep_pace(speed)?;
            }
            if readable {
                self.take()?;
            }
            if woken {
                self.shared.slept();
                self.hear_calls();
            }
            match self.pace {
                Pace::Fenced => self.advance_calls()?,
                Pace::RealTime { .. } => self.answer_calls(),
            }
            self.collect_and_flush()?;
        }
        Ok(())
    }

    /// Takes over what was asked since.
    fn hear_calls(&mut self) {
        for call in lock(&self.shared.calls).drain(..) {
            match call {
                Call::Advance(call) => self.calls.push_back(call),
                Call::TakeBack => self.calls.clear(),
            }
        }
    }

    /// Waits until there is something to do.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let mut line = PollFlags::empty();
        // Firmware that is busy by the wall clock takes nothing meanwhile.
        line.set(PollFlags::IN, !self.busy || self.pace == Pace::Fenced);
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
        if self.busy {
            return Some(LET_GO);
        }
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
            self.firmware(|| machine.receive(&buffer[..count]))?;
            self.collect(&mut machine);
        }
        self.flush()
    }

    /// Carries out the calls whose bytes have all arrived, in order, as far as it comes in one go.
    fn advance_calls(&mut self) -> io::Result<()> {
        self.busy = false;
        while self.calls.front().is_some_and(|call| self.rx_total >= call.rx_total) {
            let Some(call) = self.calls.pop_front() else { break };
            let shared = Arc::clone(&self.shared);
            let mut machine = lock(&shared.machine);
            let stop = match self.backlog.len() {
                UNREAD_MAX.. => None,
                _ => self.firmware(|| machine.run_a_while(call.until, STEPS))?,
            };
            let now = machine.now();
            self.collect(&mut machine);
            drop(machine);
            self.flush()?;
            let Some(stop) = stop else {
                self.busy = true;
                self.calls.push_front(call);
                break;
            };
            (call.done)(Advance {
                now,
                tx_total: self.tx_total,
                stop,
            });
        }
        Ok(())
    }

    /// Lets the machine catch up with the wall clock, as far as it comes in one go.
    fn keep_pace(&mut self, speed: u32) -> io::Result<()> {
        let passed_ms = u64::try_from(self.started.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(speed.max(1)));
        let shared = Arc::clone(&self.shared);
        let mut machine = lock(&shared.machine);
        let to_ms = self
            .start_ms
            .saturating_add(passed_ms)
            .min(machine.now().0.saturating_add(PACED_CHUNK_MS));
        let mut stop = self.firmware(|| machine.run_a_while(Millis(to_ms), STEPS))?;
        while stop == Some(Stop::Output) {
            self.collect(&mut machine);
            stop = self.firmware(|| machine.run_a_while(Millis(to_ms), STEPS))?;
        }
        self.busy = stop.is_none();
        self.collect(&mut machine);
        Ok(())
    }

    /// Lets the firmware run; where it panics the pump has ended, and what it said is kept.
    fn firmware<T>(&self, run: impl FnOnce() -> T) -> io::Result<T> {
        catch(run).map_err(|panicked| {
            let what = io::Error::other(panicked.what.clone());
            let _ = self.shared.panicked.set(panicked);
            what
        })
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
