//! Reset and supply: the firmware is stopped, and started again from what lasts.

use stub_pump::Pump;
use stub_pump::io::{ResetReason, Tone};
use stub_pump::line::LineServer;
use stub_pump::units::Millis;

use super::Machine;
use super::line::IDENTITY;
use crate::cpu::symbol;
use crate::faults;
use crate::nv::MemoryNv;

/// The processor: running firmware, or held in reset with only the lasting memory left.
// One machine holds one of these: that the variants differ in size costs nothing.
#[allow(clippy::large_enum_variant)]
pub(super) enum Core {
    Up(Pump<MemoryNv>),
    Down { nv: MemoryNv, reason: ResetReason },
}

impl Machine {
    /// Stops the firmware and starts it again, at this instant if there is supply and the core is not halted.
    pub(super) fn restart(&mut self, reason: ResetReason) {
        self.drive(false);
        self.tone = Tone::Silent;
        self.hung = false;
        self.slots.slots[faults::MAIN_LOOP_HANG].effect = 0;
        self.coil_off_ms = None;
        self.interrupt = false;
        self.line = LineServer::new(IDENTITY);
        self.resets = self.resets.wrapping_add(1);
        self.cpu.reset();
        let nv = core::mem::take(self.nv_mut());
        self.core = Core::Down { nv, reason };
    }

    /// Starts the firmware if there is supply.
    pub(super) fn boot(&mut self) {
        let Core::Down { nv, reason } = &mut self.core else {
            return;
        };
        if self.plant.browned_out() {
            return;
        }
        let (nv, reason) = (core::mem::take(nv), *reason);
        self.reset_reason = reason;
        self.last_kick_ms = self.now_ms;
        self.cpu.set_pc(symbol::IDLE);
        self.core = Core::Up(Pump::boot(self.settings.pump, nv, Millis(self.now_ms), reason));
        self.speak();
    }

    pub(crate) fn nv(&self) -> &MemoryNv {
        match &self.core {
            Core::Up(pump) => pump.nv(),
            Core::Down { nv, .. } => nv,
        }
    }

    pub(crate) fn nv_mut(&mut self) -> &mut MemoryNv {
        match &mut self.core {
            Core::Up(pump) => pump.nv_mut(),
            Core::Down { nv, .. } => nv,
        }
    }

    pub(crate) fn reset_reason_code(&self) -> u32 {
        match self.reset_reason {
            ResetReason::PowerOn => 0,
            ResetReason::Watchdog => 1,
            ResetReason::BrownOut => 2,
            ResetReason::Software => 3,
            ResetReason::Debug => 4,
        }
    }
}
