//! The guard's own process: it waits for the end of a run's beats, and then makes the pump safe.
//!
//! **Invariant:** it never speaks to the pump while the run lives. It takes the right to speak first, which the run needs for each piece that it sends; one
//! that wakes later finds it taken.

use super::guard::{DISMISSED, Order, READY, Report};
use super::plain::Plain;
use super::stop::{Done, end_therapy};
use crate::files::write_whole;
use crate::interrupt;
use pump_hil_rig::{Given, RigFile, Right, Shelf, adopt, host_time};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, getppid, kill_process};
use std::io::Write as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

/// Of the time for which a run may be stopped, it looks so often. A guard that was stopped itself counts no more than one look of it.
const LOOKS: u32 = 10;
/// Tries to get the right to speak from a run that is stopped: it holds it only while it sends a piece.
const TRIES: u32 = 20;
const TRY_EVERY: Duration = Duration::from_millis(10);
/// Looks for which a process may be ending.
const DIES_WITHIN: u32 = 500;
/// The longest order.
const ORDER_MAX: usize = 64 << 10;

/// How the run's beats ended.
enum End {
    /// The pump is as the run left it.
    Dismissed,
    /// The run is dead.
    Died,
    /// The run is stopped.
    Stopped,
}

/// Guards the pump of the run that started this process.
///
/// # Errors
/// It cannot stand by; the run does not begin then.
pub(crate) fn guard() -> Result<(), String> {
    let told = |what: &'static str| move |e: &dyn std::fmt::Display| format!("{what}: {e}");
    // What ends a run does not end its guard.
    interrupt::on_signals(interrupt::pair().0).map_err(|e| told("signals")(&e))?;
    let beats = std::io::stdin();
    let order = order(&beats).map_err(|e| told("the order")(&e))?;
    let order: Order = serde_json::from_slice(&order).map_err(|e| told("the order")(&e))?;
    let shelf = Shelf::new(order.fixtures.clone());
    let file = RigFile::find(&shelf, &order.rig, &Given::default()).map_err(|e| told("the rig file")(&e))?;
    let right = Right::at(&order.right).map_err(|e| told("the right to speak")(&e))?;
    let port = std::io::stdout().as_fd().try_clone_to_owned();
    let port = port.map_err(|e| told("the port")(&e))?;
    std::io::stderr()
        .write_all(format!("{READY}\n").as_bytes())
        .map_err(|e| told("standard error")(&e))?;
    let limit = Duration::from_millis(order.limit_ms);
    loop {
        let end = listen(&beats, limit);
        match end {
            End::Dismissed => return Ok(()),
            End::Stopped if !take(&right, &beats, &order) => {}
            End::Died if !is_dead(&order) || !take(&right, &beats, &order) => return Ok(()),
            End::Died | End::Stopped => {
                act(&file, &port, &order, &end);
                // One that wakes must find the right taken until its end.
                while !matches!(end, End::Died) && !matches!(listen(&beats, limit), End::Died | End::Dismissed) {}
                // Given back by the end of this process, and not before: the next run waits for it, and wants the port for itself.
                std::mem::forget(right);
                return Ok(());
            }
        }
    }
}

/// The order: the first line of what the run says.
fn order(beats: &std::io::Stdin) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    // Byte by byte: what comes behind it are beats, which nobody may take away.
    while rustix::io::read(beats, &mut byte)? == 1 && byte != *b"\n" && line.len() < ORDER_MAX {
        line.extend_from_slice(&byte);
    }
    Ok(line)
}

/// Listens until the beats end.
fn listen(beats: &std::io::Stdin, limit: Duration) -> End {
    let part = limit.checked_div(LOOKS).unwrap_or_default();
    let part = Timespec::try_from(part).unwrap_or_default();
    let mut silent: u32 = 0;
    while silent < LOOKS {
        match poll(&mut [PollFd::new(beats, PollFlags::IN)], Some(&part)) {
            Ok(0) => silent = silent.saturating_add(1),
            Ok(_) => {
                let mut bytes = [0; 64];
                match rustix::io::read(beats, &mut bytes) {
                    Ok(0) => return End::Died,
                    Ok(count) if bytes[..count].contains(&DISMISSED) => return End::Dismissed,
                    Ok(_) => silent = 0,
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                    Err(_) => return End::Died,
                }
            }
            // A signal, which is heard and left alone.
            Err(_) => {}
        }
    }
    End::Stopped
}

/// Takes the right to speak; `false`: the run lives after all, or came to its end.
fn take(right: &Right, beats: &std::io::Stdin, order: &Order) -> bool {
    let lives =
        || poll(&mut [PollFd::new(beats, PollFlags::IN)], Some(&Timespec::default())).is_ok_and(|count| count > 0);
    for _ in 0..TRIES {
        match right.take() {
            // A beat that came meanwhile: it woke before the right was taken. (The end of a dead one's pipe is readable as well.)
            Ok(true) if lives() && is_parent(order) => {
                right.give_back();
                return false;
            }
            Ok(true) => return true,
            Ok(false) if lives() && is_parent(order) => return false,
            // Without the lock it cannot be known who speaks: the pump comes first.
            Err(_) => return !is_parent(order),
            Ok(false) => rest(TRY_EVERY),
        }
    }
    // It was stopped while it sent a piece, and would hold the right for as long as it stands: it is ended, so that it never sends the rest.
    if let Some(pid) = Pid::from_raw(order.process).filter(|_| is_parent(order)) {
        let _ = kill_process(pid, Signal::KILL);
    }
    for _ in 0..TRIES {
        if matches!(right.take(), Ok(true)) {
            return true;
        }
        rest(TRY_EVERY);
    }
    false
}

/// Whether the run is dead, whose pipe has ended: the files of a process are closed a moment before its children are another's.
fn is_dead(order: &Order) -> bool {
    for _ in 0..DIES_WITHIN {
        if !is_parent(order) {
            return true;
        }
        rest(TRY_EVERY);
    }
    false
}

/// Whether the run is still there: it started this process.
fn is_parent(order: &Order) -> bool {
    getppid().map(|pid| pid.as_raw_nonzero().get()) == Some(order.process)
}

fn rest(time: Duration) {
    let time = Timespec::try_from(time).unwrap_or_default();
    let _ = poll(&mut [], Some(&time));
}

/// Makes the pump safe, and writes down what was done.
fn act(file: &RigFile, port: &OwnedFd, order: &Order, end: &End) {
    let began = now();
    let (done, lines) = make_safe(file, port, order);
    // Else nobody who is not root can open it as long as anybody has it open, which of a pseudo-terminal its own far end has (ioctl_tty(2), TIOCEXCL).
    if matches!(end, End::Died) {
        let _ = rustix::termios::ioctl_tiocnxcl(port);
    }
    let report = Report {
        pump_hil_guard: 1,
        process: order.process,
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
