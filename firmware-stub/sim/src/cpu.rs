//! The simulated processor as a debug probe sees it: halted or not, registers, breakpoints.
//!
//! There is no instruction set behind it: the program counter stands at the symbol that the firmware has come to, and a step moves it by two.

use crate::block::{RAM_ADDR, RAM_SIZE};

/// Addresses of the simulated image that breakpoints can stand on.
pub mod symbol {
    /// Where a reset begins.
    pub const RESET: u32 = 0x0000_0100;
    /// Where the firmware waits for its next deadline.
    pub const IDLE: u32 = 0x0000_0200;
    /// Before a step of the firmware.
    pub const PUMP_STEP: u32 = 0x0000_1000;
    /// A motor stroke began.
    pub const MOTOR_STROKE: u32 = 0x0000_1040;
    /// An alarm was raised.
    pub const ALARM_RAISE: u32 = 0x0000_1080;
    /// A prescription came into force.
    pub const PRESCRIPTION_COMMIT: u32 = 0x0000_10C0;
    /// A bolus began.
    pub const BOLUS_START: u32 = 0x0000_1100;
}

/// A core register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// r0 to r15; 13 is the stack pointer, 14 the link register, 15 the program counter.
    R(u8),
    /// The program status register.
    Xpsr,
}

const SP: usize = 13;
const LR: usize = 14;
const PC: usize = 15;
const XPSR: usize = 16;
/// The Thumb bit.
const XPSR_T: u32 = 0x0100_0000;

/// What a probe can see and change of the processor.
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    registers: [u32; 17],
    pub(crate) halted: bool,
    breakpoints: Vec<u32>,
    /// The instruction at the program counter was stepped over: its breakpoint does not hold it again.
    pub(crate) passed: bool,
}

impl Cpu {
    pub(crate) fn new() -> Self {
        let mut cpu = Self {
            registers: [0; 17],
            halted: false,
            breakpoints: Vec::new(),
            passed: false,
        };
        cpu.reset();
        cpu
    }

    /// Registers as after a reset; breakpoints stay.
    pub(crate) fn reset(&mut self) {
        self.registers = [0; 17];
        self.registers[SP] = RAM_ADDR + RAM_SIZE;
        self.registers[LR] = 0xFFFF_FFFF;
        self.registers[PC] = symbol::RESET;
        self.registers[XPSR] = XPSR_T;
        self.passed = false;
    }

    pub(crate) fn pc(&self) -> u32 {
        self.registers[PC]
    }

    pub(crate) fn set_pc(&mut self, pc: u32) {
        self.registers[PC] = pc;
        self.registers[LR] = symbol::IDLE | 1;
    }

    pub(crate) fn register(&self, register: Register) -> Option<u32> {
        self.registers.get(Self::place(register)).copied()
    }

    pub(crate) fn set_register(&mut self, register: Register, value: u32) -> bool {
        match self.registers.get_mut(Self::place(register)) {
            Some(place) => {
                *place = value;
                true
            }
            None => false,
        }
    }

    fn place(register: Register) -> usize {
        match register {
            Register::R(number @ 0..=15) => usize::from(number),
            Register::R(_) => usize::MAX,
            Register::Xpsr => XPSR,
        }
    }

    pub(crate) fn has_breakpoints(&self) -> bool {
        !self.breakpoints.is_empty()
    }

    pub(crate) fn breaks_at(&self, addr: u32) -> bool {
        self.breakpoints.contains(&addr)
    }

    pub(crate) fn set_breakpoint(&mut self, addr: u32) {
        // The lowest bit only says Thumb.
        let addr = addr & !1;
        if !self.breaks_at(addr) {
            self.breakpoints.push(addr);
        }
    }

    pub(crate) fn clear_breakpoint(&mut self, addr: u32) {
        self.breakpoints.retain(|&at| at != addr & !1);
    }

    pub(crate) fn halt_at(&mut self, pc: u32) {
        self.halted = true;
        self.set_pc(pc);
    }
}
