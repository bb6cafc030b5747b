//! A handle on a simulated pump: its time, its memory, and run control.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

use stub_pump::units::Millis;

use super::shared::{Advance, AdvanceCall, Call, Shared, lock};
use crate::cpu::Register;
use crate::machine::Machine;
use crate::memory::BusError;
use crate::panicked::Panicked;

/// The pump's thread has ended: it was dropped, its PTY failed, or its firmware panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl core::fmt::Display for Gone {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the simulated pump has ended; start it again")
    }
}

impl std::error::Error for Gone {}

/// Time, memory and run control of a simulated pump.
#[derive(Clone)]
pub struct SimControl {
    pub(super) shared: Arc<Shared>,
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
        calls.push_back(Call::Advance(AdvanceCall { until, rx_total, done }));
        drop(calls);
        self.shared.wake();
        Ok(())
    }

    /// How its firmware ended, if that is why the thread did.
    #[must_use]
    pub fn panicked(&self) -> Option<Panicked> {
        self.shared.panicked.get().cloned()
    }

    /// Takes back every advance that is not over: the pump's time stays where it has come to, and what they would have called is dropped uncalled.
    pub fn take_back(&self) {
        lock(&self.shared.calls).push_back(Call::TakeBack);
        self.shared.wake();
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
