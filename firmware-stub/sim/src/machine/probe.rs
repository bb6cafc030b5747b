//! What a debug probe asks of the machine: run control, and the requests and fault switches of the test block.

use stub_plant::STROKE_MS;
use stub_pump::io::ResetReason;
use stub_pump::nv::Slot;
use stub_pump::record::Cause;
use stub_pump::units::Millis;

use super::Machine;
use super::power::Core;
use crate::cpu::{Register, symbol};
use crate::faults::{self, SHELL};

impl Machine {
    /// Halts the core; the pump's time stands still until [`Self::resume`].
    pub fn halt(&mut self) {
        if !self.cpu.halted {
            let pc = if matches!(self.core, Core::Up(_)) {
                symbol::IDLE
            } else {
                symbol::RESET
            };
            self.cpu.halt_at(pc);
        }
    }

    /// Lets the core go on; one that was reset and held boots now.
    pub fn resume(&mut self) {
        if self.cpu.halted {
            self.cpu.halted = false;
            self.cpu.passed |= self.cpu.breaks_at(self.cpu.pc());
            self.boot();
        }
    }

    /// Steps over one instruction of a halted core.
    pub fn step_instruction(&mut self) {
        if self.cpu.halted {
            self.cpu.passed = true;
            let pc = self.cpu.pc();
            self.cpu.set_register(Register::R(15), pc.wrapping_add(2));
        }
    }

    /// Whether the core is halted.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.cpu.halted
    }

    /// Resets the processor by the debug port. With `halt` it stands halted at its reset vector and boots when it is resumed; without, it boots now.
    pub fn reset(&mut self, halt: bool) {
        self.restart(ResetReason::Debug);
        self.cpu.halted = halt;
        if !halt {
            self.boot();
        }
    }

    /// Puts a hardware breakpoint on an address of [`symbol`]; on others it never holds.
    pub fn set_breakpoint(&mut self, addr: u32) {
        self.cpu.set_breakpoint(addr);
    }

    /// Takes a breakpoint away.
    pub fn clear_breakpoint(&mut self, addr: u32) {
        self.cpu.clear_breakpoint(addr);
    }

    /// A core register; None where there is no such register.
    #[must_use]
    pub fn register(&self, register: Register) -> Option<u32> {
        self.cpu.register(register)
    }

    /// Writes a core register; false where there is no such register.
    pub fn set_register(&mut self, register: Register, value: u32) -> bool {
        self.cpu.set_register(register, value)
    }

    pub(crate) fn beat(&mut self, value: u32) {
        if value != self.heartbeat {
            self.heartbeat = value;
            self.last_beat_ms = Some(self.now_ms);
        }
    }

    pub(crate) fn set_heartbeat_limit(&mut self, limit_ms: u32) {
        self.heartbeat_limit_ms = limit_ms;
        self.last_beat_ms = Some(self.now_ms);
    }

    pub(crate) fn go_safe(&mut self) {
        self.make_safe(Cause::Command);
    }

    pub(super) fn make_safe(&mut self, cause: Cause) {
        if let Core::Up(pump) = &mut self.core {
            pump.go_safe(Millis(self.now_ms), cause);
        }
        self.speak();
    }

    /// A slot as the block shows it.
    pub(crate) fn slot(&self, slot: usize) -> faults::Slot {
        let mut state = self.slots.slots[slot];
        if !SHELL.contains(&slot) {
            state.effect = self.plant.effect(slot);
            state.count = self.plant.count(slot);
        } else if slot == faults::FLASH_WRITE_FAILURE {
            state.count = self.nv().refused();
        }
        state
    }

    pub(crate) fn set_param(&mut self, slot: usize, param: i32) {
        self.slots.slots[slot].param = param;
    }

    /// Switches a fault on or off at this instant.
    pub(crate) fn switch(&mut self, slot: usize, switch: u32) {
        let was_on = self.slots.is_on(slot);
        self.slots.slots[slot].switch = switch;
        let on = switch != 0;
        if !on && !was_on {
            return;
        }
        if SHELL.contains(&slot) {
            self.slots.slots[slot].effect = u32::from(on);
            self.switch_shell(slot, on);
        } else if on {
            let param = self.slots.slots[slot].param;
            self.plant.set_fault(slot, param);
        } else {
            self.plant.clear_fault(slot);
        }
        // Hall sensor, telemetry coil and supply monitor interrupt the processor.
        self.interrupt = true;
    }

    fn switch_shell(&mut self, slot: usize, on: bool) {
        match slot {
            faults::MEMORY_BIT_FLIP if on => self.flip(),
            faults::MAIN_LOOP_HANG if on => {
                self.hung = true;
                self.slots.acted(slot);
                self.coil_off_ms = self.motor.then_some(self.coil_on_ms + STROKE_MS);
            }
            faults::MAIN_LOOP_HANG => self.hung = false,
            faults::FLASH_WRITE_FAILURE => self.nv_mut().refuse_writes(on),
            _ => self.slots.refresh(),
        }
    }

    /// Flips a bit of the stored prescription: of copy A, or of B behind it, or of both.
    fn flip(&mut self) {
        const BOTH: usize = 100_000;
        let bit = self.slots.slots[faults::MEMORY_BIT_FLIP].param.max(0).cast_unsigned() as usize;
        let nv = self.nv_mut();
        let mut flip = |slot, bit| flip_bit(nv.record_mut(slot), bit);
        let flipped = if bit >= BOTH {
            let (a, b) = (
                flip(Slot::PrescriptionA, bit - BOTH),
                flip(Slot::PrescriptionB, bit - BOTH),
            );
            a.is_ok() && b.is_ok()
        } else {
            flip(Slot::PrescriptionA, bit)
                .or_else(|bits| flip(Slot::PrescriptionB, bit - bits))
                .is_ok()
        };
        let state = &mut self.slots.slots[faults::MEMORY_BIT_FLIP];
        state.effect = u32::from(flipped);
        state.count = state.count.wrapping_add(u32::from(flipped));
    }

    /// After a probe wrote: a supply that went away takes the processor down at once.
    pub(crate) fn after_poke(&mut self) {
        if matches!(self.core, Core::Up(_)) && self.plant.browned_out() {
            self.restart(ResetReason::BrownOut);
        }
    }
}

/// Flips a bit of a record.
///
/// # Errors
/// How many bits the record has, where it has no such bit.
fn flip_bit(record: Option<&mut Vec<u8>>, bit: usize) -> Result<(), usize> {
    let Some(record) = record else { return Err(0) };
    let bits = record.len() * 8;
    let byte = record.get_mut(bit / 8).ok_or(bits)?;
    *byte ^= 1 << (bit % 8);
    Ok(())
}
