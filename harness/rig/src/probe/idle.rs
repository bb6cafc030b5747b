//! A core for tests that does nothing but stand or run; what is on its bus is the test's own.

use super::{BusFault, CoreBackend, CoreRegister};
use std::fmt::Debug;

/// What is on the bus.
pub trait Contents: Debug + Send {
    /// As [`CoreBackend::read`].
    fn read(&self, addr: u32, into: &mut [u8]) -> Result<(), BusFault>;

    /// As [`CoreBackend::write`].
    fn write(&self, _: u32, _: &[u8]) -> Result<(), BusFault> {
        Err(BusFault)
    }

    /// As [`CoreBackend::trouble`].
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// The core in front of it.
#[derive(Debug)]
pub struct Idle<C> {
    contents: C,
    halted: bool,
}

impl<C> Idle<C> {
    /// One that runs.
    pub fn new(contents: C) -> Self {
        let halted = false;
        Self { contents, halted }
    }
}

impl<C: Contents> CoreBackend for Idle<C> {
    fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        self.contents.read(addr, into)
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        self.contents.write(addr, bytes)
    }

    fn trouble(&self) -> Option<String> {
        self.contents.trouble()
    }

    fn is_halted(&mut self) -> bool {
        self.halted
    }

    fn halt(&mut self) {
        self.halted = true;
    }

    fn resume(&mut self) {
        self.halted = false;
    }

    fn step(&mut self) {}

    fn reset(&mut self, halt: bool) {
        self.halted = halt;
    }

    fn set_breakpoint(&mut self, _: u32) {}

    fn clear_breakpoint(&mut self, _: u32) {}

    fn read_register(&mut self, _: CoreRegister) -> Option<u32> {
        Some(0)
    }

    fn write_register(&mut self, _: CoreRegister, _: u32) -> bool {
        true
    }
}
