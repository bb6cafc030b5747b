//! The guard's own process: while a case is played it waits for the end of the run's beats, and then makes the pump safe.
//!
//! **Invariant:** it never speaks to the pump while the run lives. It takes the right to speak first, which the run needs for each piece that it sends; one
//! that wakes later finds it taken.

use super::guard::Report;
use super::plain::Plain;
use super::stop::{Done, end_therapy};
use super::wire::{self, Call, DISMISSED, FREE, GO, Order, READY};
use crate::files::write_whole;
use crate::interrupt;
use pump_hil_rig::{Given, RigFile, Right, Shelf, adopt, host_time};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, getppid, kill_process};
use std::io::Stdin;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// Of the time for which a run may be stopped, it looks so often. A guard that was stopped itself counts no more than one look of it.
const LOOKS: u32 = 10;
/// Tries to get the right to speak from a run that is stopped: it holds it only while it sends a piece.
const TRIES: u32 = 20;
const TRY_EVERY: Duration = Duration::from_millis(10);
/// Looks for which a process may be ending.
const DIES_WITHIN: u32 = 500;

/// How the run's beats ended.
enum End {
    /// The pump is as the run left it.
    Dismissed,
    /// The run is dead.
    Died,
    /// The run is stopped.
    Stopped,
}

/// Guards the pump of the run that started this process, case by case.
///
/// # Errors
/// It cannot be told what to do.
pub(crate) fn guard() -> Result<(), String> {
    let told = |what: &'static str| move |e: &dyn std::fmt::Display| format!("{what}: {e}");
    // What ends a run does not end its guard.
    interrupt::on_signals(interrupt::pair().0).map_err(|e| told("signals")(&e))?;
    let run = std::io::stdin();
    let (call, _) = wire::take(&run).map_err(|e| told("the run")(&e))?;
    let call: Call = serde_json::from_slice(&call).map_err(|e| told("the run")(&e))?;
    let shelf = Shelf::new(call.fixtures.clone());
    let file = RigFile::find(&shelf, &call.rig, &Given::default()).map_err(|e| format!("the rig file: {e}"));
    loop {
        let (message, port) = wire::take(&run).map_err(|e| told("the run")(&e))?;
        let Some(port) = port else {
            // It has no port: who is gone now left no case open.
            if message.is_empty() || message == GO {
                return Ok(());
            }
            continue;
        };
        let order = serde_json::from_slice(&message).map_err(|e| told("the order")(&e));
        let ready = order.and_then(|order| Ok((Watch::new(&run, &call, order)?, file.as_ref()?)));
        let answer = match &ready {
            Ok(_) => READY,
            Err(why) => why,
        };
        wire::say(&run, answer.as_bytes()).map_err(|e| told("the run")(&e))?;
        if let Ok((watch, file)) = ready
            && watch.stands_by(file, &port)
        {
            return Ok(());
        }
        // The run opens the port anew for its next case, which on some boards is a reset: it must be closed before.
        drop(port);
        wire::say(&run, FREE.as_bytes()).map_err(|e| told("the run")(&e))?;
    }
}

/// What a guard has while a case is played.
struct Watch<'r> {
    run: &'r Stdin,
    call: &'r Call,
    order: Order,
    right: Right,
}

impl<'r> Watch<'r> {
    fn new(run: &'r Stdin, call: &'r Call, order: Order) -> Result<Self, String> {
        let right = Right::at(&order.right).map_err(|e| format!("the right to speak: {e}"))?;
        Ok(Self {
            run,
            call,
            order,
            right,
        })
    }

    /// Stands by until the case is over. Tells whether the run is gone, and all is done that could be.
    fn stands_by(self, file: &RigFile, port: &OwnedFd) -> bool {
        let limit = Duration::from_millis(self.order.limit_ms);
        loop {
            let end = self.listen(limit);
            match end {
                End::Dismissed => return false,
                End::Stopped if !self.take() => {}
                End::Died if !self.is_dead() || !self.take() => return true,
                End::Died | End::Stopped => {
                    act(file, port, self.call.process, &self.order, &end);
                    // One that wakes must find the right taken until its end.
                    while !matches!(end, End::Died) && !matches!(self.listen(limit), End::Died | End::Dismissed) {}
                    let _ = wire::say(self.run, FREE.as_bytes());
                    // Given back by the end of this process, and not before: the next run waits for it, and wants the port for itself.
                    std::mem::forget(self.right);
                    return true;
                }
            }
        }
    }

    /// Listens until the beats end.
    fn listen(&self, limit: Duration) -> End {
        let part = limit.checked_div(LOOKS).unwrap_or_default();
        let mut silent: u32 = 0;
        while silent < LOOKS {
            match wire::hear(self.run, part) {
                Ok(None) => silent = silent.saturating_add(1),
                Ok(Some(message)) if message.is_empty() => return End::Died,
                Ok(Some(message)) if message == DISMISSED => return End::Dismissed,
                Ok(Some(_)) => silent = 0,
                Err(_) => return End::Died,
            }
        }
        End::Stopped
    }

    /// Takes the right to speak; `false`: the run lives after all, or came to its end.
    fn take(&self) -> bool {
        let lives = || {
            poll(&mut [PollFd::new(self.run, PollFlags::IN)], Some(&Timespec::default())).is_ok_and(|count| count > 0)
        };
        for _ in 0..TRIES {
            match self.right.take() {
                // A beat that came meanwhile: it woke before the right was taken. (The end of a dead one's pipe is readable as well.)
                Ok(true) if lives() && self.is_parent() => {
                    self.right.give_back();
                    return false;
                }
                Ok(true) => return true,
                Ok(false) if lives() && self.is_parent() => return false,
                // Without the lock it cannot be known who speaks: the pump comes first.
                Err(_) => return !self.is_parent(),
                Ok(false) => rest(TRY_EVERY),
            }
        }
        // It was stopped while it sent a piece, and would hold the right for as long as it stands: it is ended, so that it never sends the rest.
        if let Some(pid) = Pid::from_raw(self.call.process).filter(|_| self.is_parent()) {
            let _ = kill_process(pid, Signal::KILL);
        }
        for _ in 0..TRIES {
            if matches!(self.right.take(), Ok(true)) {
                return true;
            }
            rest(TRY_EVERY);
        }
        false
    }

    /// Whether the run is dead, whose pipe has ended: the files of a process are closed a moment before its children are another's.
    fn is_dead(&self) -> bool {
        for _ in 0..DIES_WITHIN {
            if !self.is_parent() {
                return true;
            }
            rest(TRY_EVERY);
        }
        false
    }

    /// Whether the run is still there: it started this process.
    fn is_parent(&self) -> bool {
        getppid().map(|pid| pid.as_raw_nonzero().get()) == Some(self.call.process)
    }
}

fn rest(time: Duration) {
    let time = Timespec::try_from(time).unwrap_or_default();
    let _ = poll(&mut [], Some(&time));
}

/// Makes the pump safe, and writes down what was done.
fn act(file: &RigFile, port: &OwnedFd, process: i32, order: &Order, end: &End) {
    let began = now();
    let (done, lines) = make_safe(file, port, order);
    // Else nobody who is not root can open it as long as anybody has it open, which of a pseudo-terminal its own far end has (ioctl_tty(2), TIOCEXCL).
    if matches!(end, End::Died) {
        let _ = rustix::termios::ioctl_tiocnxcl(port);
    }
    let report = Report {
        pump_hil_guard: 1,
        process,
        began,
        ended: now(),
        why: match end {
            End::Stopped => format!("the run was stopped for longer than {} ms", order.limit_ms),
            End::Died | End::Dismissed => "the run died".to_owned(),
        },
        did: done.did,
        failed: done.failed,
        lines,
    };
    let text = serde_json::to_vec_pretty(&report).unwrap_or_default();
    for path in [Report::path_for_next(&order.right), Report::path(&order.journal)] {
        // Whole or not at all: the run that wakes, and the next one, look for it.
        let _ = write_whole(&path, &text);
    }
}

fn make_safe(file: &RigFile, port: &OwnedFd, order: &Order) -> (Done, Vec<String>) {
    let mut all = (Done::default(), Vec::new());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        all.0
            .failed
            .push("no event loop: SWITCH THE PUMP OFF BY HAND".to_owned());
        return all;
    };
    // The line alone first: a probe may be held by a run that is only stopped, or take long to answer.
    for by_probe in [false, true] {
        if by_probe && file.probe.is_none() {
            break;
        }
        let _context = runtime.enter();
        let adopted = port
            .try_clone()
            .map_err(|e| e.to_string())
            .and_then(|port| adopt(file, port, &order.port, by_probe).map_err(|e| e.to_string()));
        let mut rig = match adopted {
            Ok(rig) => rig,
            Err(error) => {
                all.0.failed.push(format!("{error}: SWITCH THE PUMP OFF BY HAND"));
                break;
            }
        };
        let done = runtime.block_on(async {
            if by_probe {
                // A block that does not stand is no reason not to ask by the line once more.
                let _ = rig.boot().await;
            }
            let mut pump = Plain::new(&mut rig);
            let done = end_therapy(&mut pump).await;
            all.1.append(&mut pump.lines);
            done
        });
        let safe = done.failed.is_empty();
        all.0 = done;
        if safe {
            break;
        }
    }
    all
}

fn now() -> String {
    host_time::utc().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
