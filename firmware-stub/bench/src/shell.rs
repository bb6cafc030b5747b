//! What differs between the simulator and a chip.

use crate::Faults;
use stub_pump::io::{Input, Output, ResetReason};
use stub_pump::nv;
use stub_pump::units::{Millis, Nl};
use stub_pump::vocabulary::Cause;

/// The firmware where it runs, and its line. Each call but [`Shell::boot`], [`Shell::stop`] and the lasting memory's comes only while the firmware is up.
pub trait Shell {
    /// The core is halted by a probe: time stands still.
    fn is_halted(&self) -> bool {
        false
    }

    /// Bytes left that nobody took yet.
    fn has_output(&self) -> bool;

    /// How far of what was granted time may go: a probe that held the core may have taken some of it back.
    fn granted_ms(&self, until_ms: u64) -> u64 {
        until_ms
    }

    /// The pump's time is here now.
    fn time_passed(&mut self, _now: Millis) {}

    /// When the firmware must be stepped next.
    fn next_deadline(&self) -> Millis;

    /// Whether a probe lets the firmware come to its next step.
    fn may_step(&mut self) -> bool {
        true
    }

    /// A step of the firmware.
    fn step(&mut self, now: Millis, input: &Input) -> Output;

    /// The motor began a stroke in this step, which is over.
    fn stroke_began(&mut self) {}

    /// Lets the line say what there is to say, and sends it.
    fn speak(&mut self, faults: &mut Faults);

    /// Bytes arrive: how many the line took, and what a refill added.
    fn receive(&mut self, now: Millis, bytes: &[u8]) -> (usize, Option<Nl>);

    /// Has the pump go safe.
    fn go_safe(&mut self, now: Millis, cause: Cause);

    /// Starts the firmware. Where the pump's time is: it knows from its records how late it is.
    fn boot(&mut self, now: Millis, reason: ResetReason, refusing_writes: bool) -> Millis;

    /// Stops the firmware: a reset. On a chip this does not return.
    fn stop(&mut self, reason: ResetReason);

    /// Flips a bit of a record in the lasting memory.
    ///
    /// # Errors
    /// How many bits the record has, where it has no such bit.
    fn flip(&mut self, slot: nv::Slot, bit: usize) -> Result<(), usize>;

    /// Makes every write to the lasting memory fail, or work again.
    fn refuse_writes(&mut self, refuse: bool);

    /// Writes that failed so far.
    fn refused_writes(&self) -> u32;
}
