//! What the pump's thread and those who hold it have in common.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use stub_pump::units::Millis;

use crate::machine::{Machine, Stop};
use crate::panicked::Panicked;

/// Longest poll of a paced pump, so that its clock moves even where nothing happens.
pub(super) const PACED_POLL: Duration = Duration::from_millis(100);

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

/// How a pump's time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Only in [`SimControl::advance`](super::SimControl::advance).
    Fenced,
    /// By the wall clock, so many times as fast; 0 counts as 1.
    RealTime {
        /// Simulated seconds in a second.
        speed: u32,
    },
}

pub(super) struct AdvanceCall {
    pub(super) until: Millis,
    pub(super) rx_total: u64,
    pub(super) done: Box<dyn FnOnce(Advance) + Send>,
}

/// What is asked of the thread, in its order.
pub(super) enum Call {
    /// Let time pass.
    Advance(AdvanceCall),
    /// Nobody waits any more for what was asked before.
    TakeBack,
}

pub(super) struct Shared {
    pub(super) machine: Mutex<Machine>,
    pub(super) calls: Mutex<VecDeque<Call>>,
    /// Bytes taken and bytes sent in all, published before the latter leave.
    pub(super) progress: Mutex<(u64, u64)>,
    pub(super) wake: OwnedFd,
    pub(super) stop: AtomicBool,
    pub(super) ended: AtomicBool,
    /// Its firmware panicked, by which the thread ends.
    pub(super) panicked: OnceLock<Panicked>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere must not keep anybody from making the pump safe.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn wake(&self) {
        // The counter can only be full if the thread is awake anyway.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    pub(super) fn slept(&self) {
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut count);
    }
}
