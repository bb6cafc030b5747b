//! What a debug probe asks of the machine: run control.

use stub_pump::io::ResetReason;

use crate::cpu::{Register, symbol};
use crate::machine::Machine;

impl Machine {
    /// Halts the core; the pump's time stands still until [`Self::resume`].
    pub fn halt(&mut self) {
        if !self.is_halted() {
            let pc = if self.bench.is_up() {
                symbol::IDLE
            } else {
                symbol::RESET
            };
            self.shell.cpu.halt_at(pc);
        }
    }

    /// Lets the core go on; one that was reset and held boots now.
    pub fn resume(&mut self) {
        let cpu = &mut self.shell.cpu;
        if cpu.halted {
            cpu.halted = false;
            cpu.passed |= cpu.breaks_at(cpu.pc());
            self.bench.boot(&mut self.shell);
        }
    }

    /// Steps over one instruction of a halted core.
    pub fn step_instruction(&mut self) {
        let cpu = &mut self.shell.cpu;
        if cpu.halted {
            cpu.passed = true;
            let pc = cpu.pc();
            cpu.set_register(Register::R(15), pc.wrapping_add(2));
        }
    }

    /// Whether the core is halted.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.shell.cpu.halted
    }

    /// Resets the processor by the debug port. With `halt` it stands halted at its reset vector and boots when it is resumed; without, it boots now.
    pub fn reset(&mut self, halt: bool) {
        self.bench.restart(&mut self.shell, ResetReason::Debug);
        self.shell.cpu.halted = halt;
        if !halt {
            self.bench.boot(&mut self.shell);
        }
    }

    /// Puts a hardware breakpoint on an address of [`symbol`]; on others it never holds.
    pub fn set_breakpoint(&mut self, addr: u32) {
        self.shell.cpu.set_breakpoint(addr);
    }

    /// Takes a breakpoint away.
    pub fn clear_breakpoint(&mut self, addr: u32) {
        self.shell.cpu.clear_breakpoint(addr);
    }

    /// A core register; None where there is no such register.
    #[must_use]
    pub fn register(&self, register: Register) -> Option<u32> {
        self.shell.cpu.register(register)
    }

    /// Writes a core register; false where there is no such register.
    pub fn set_register(&mut self, register: Register, value: u32) -> bool {
        self.shell.cpu.set_register(register, value)
    }
}
