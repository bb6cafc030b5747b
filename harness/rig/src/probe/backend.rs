//! What a virtual probe needs of whatever stands behind it: memory, run control and registers.
//!
//! The simulator implements this, and an emulator can; the debug port and the system control space in front of it are shared.

/// The bus refused an access: nothing is there, or it cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusFault;

/// A core register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreRegister {
    /// r0 to r15; 13 is the stack pointer, 14 the link register, 15 the program counter.
    R(u8),
    /// The program status register.
    Xpsr,
}

/// A core and its memory. Each call is done when it returns: probe-rs waits for a halt, a step or a reset no longer than 100 ms.
pub trait CoreBackend: Send + std::fmt::Debug {
    /// Reads memory; all of it is of one instant.
    ///
    /// # Errors
    /// Something of it is not mapped; nothing is read then.
    fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault>;

    /// Writes memory.
    ///
    /// # Errors
    /// Something of it cannot be written; nothing is written then.
    fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault>;

    /// What keeps it from answering at all, where something does: refusals are not the bus's then.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Whether the core is halted, by whatever halted it.
    fn is_halted(&mut self) -> bool;

    /// Halts the core.
    fn halt(&mut self);

    /// Lets the core go on.
    fn resume(&mut self);

    /// Lets a halted core carry out one instruction.
    fn step(&mut self);

    /// Resets the core, and holds it halted before its first instruction if asked to.
    fn reset(&mut self, halt: bool);

    /// Lets the core halt before the instruction at `addr`.
    fn set_breakpoint(&mut self, addr: u32);

    /// Takes that back.
    fn clear_breakpoint(&mut self, addr: u32);

    /// A register; `None` where the core has no such.
    fn read_register(&mut self, which: CoreRegister) -> Option<u32>;

    /// Writes a register; false where the core has no such.
    fn write_register(&mut self, which: CoreRegister, value: u32) -> bool;
}
