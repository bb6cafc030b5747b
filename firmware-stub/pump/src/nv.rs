//! The port to the memory that outlives a reset.
//!
//! A slot is written whole or not at all, and what was there before stays readable until the new record is complete: a flash log store such as
//! `stub-store` gives that on a board, a map in memory gives it in the simulator. The pump puts a CRC in every record all the same.

/// Longest record of any slot, in bytes.
pub const RECORD_MAX: usize = 1024;

/// A slot of the store. The dose and event rings are one slot a copy of a record, all first copies before all second ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The prescription's first copy.
    PrescriptionA,
    /// The prescription's second copy.
    PrescriptionB,
    /// Totals, alarms, battery dates and counters, first copy.
    StateA,
    /// The same, second copy.
    StateB,
    /// A copy of a dose entry, by its place in the rings.
    Dose(u16),
    /// A copy of an event record, by its place in the rings.
    Event(u16),
}

/// A write did not reach the memory; the slot still holds what it held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteFailed;

/// Memory that outlives a reset.
pub trait Nv {
    /// The slot's record where it lies, bit flips included, or `None` where the slot was never written. Lent and not copied: the pump compares both
    /// prescription copies with its own before every stroke, and small processors have no room for a copy.
    fn read(&self, slot: Slot) -> Option<&[u8]>;

    /// Replaces the slot's record.
    ///
    /// # Errors
    /// [`WriteFailed`] when the memory refuses; the old record is still there.
    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed>;
}
