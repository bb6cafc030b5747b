//! The switches of the test block: which part of the plant a fault acts on.

use crate::battery::Battery;
use crate::catheter::Tip;
use crate::fault::{Fault, Faults};
use crate::plant::Plant;

impl Plant {
    /// Switches the fault in `slot` on with its parameter, from this instant on; switching a fault on that is on already sets it anew. False where the
    /// slot is none of the plant's.
    pub fn set_fault(&mut self, slot: usize, param: i32) -> bool {
        let Some(fault) = Fault::from_slot(slot) else {
            return false;
        };
        self.faults.switch_on(fault, param);
        match fault {
            Fault::BrownOut => {
                self.supply_back_ms = Some(self.now_ms.saturating_add(u64::from(param.max(1).cast_unsigned())));
                self.faults.acted(fault);
                self.battery.note(self.now_ms, 0);
            }
            Fault::ReservoirLevel => {
                self.reservoir.refill(u64::from(param.max(0).cast_unsigned()));
                self.faults.acted(fault);
            }
            Fault::ClockJump => {
                self.rtc.jump(self.now_ms, param);
                self.faults.acted(fault);
            }
            Fault::CatheterCreepingOcclusion => self
                .catheter
                .set_creep(self.now_ms, Some(u64::from(param.max(0).cast_unsigned()))),
            Fault::MagneticField
            | Fault::EmiWake
            | Fault::BatteryLow
            | Fault::BatteryDepleted
            | Fault::PressureSensorOffset
            | Fault::Temperature => self.faults.acted(fault),
            _ => {}
        }
        self.reshape(fault);
        self.weigh();
        true
    }

    /// Switches the fault in `slot` off, from this instant on. What it did stays done: volume that was lost, a clock that jumped, a reservoir's level.
    pub fn clear_fault(&mut self, slot: usize) {
        let Some(fault) = Fault::from_slot(slot) else {
            return;
        };
        if !self.faults.is_on(fault) {
            return;
        }
        self.faults.switch_off(fault);
        match fault {
            Fault::BrownOut => self.supply_back_ms = None,
            Fault::CatheterCreepingOcclusion => self.catheter.set_creep(self.now_ms, None),
            _ => {}
        }
        self.reshape(fault);
        self.weigh();
    }

    /// Nonzero while the fault is in effect: 1, the strokes still to be held (`motor-stall` with a count), or the percent that has closed
    /// (`catheter-creeping-occlusion`). A fault that acts once stays in effect until it is switched off.
    #[must_use]
    pub fn effect(&self, slot: usize) -> u32 {
        self.faults.effect(slot)
    }

    /// Times that the fault acted: strokes that met it, or times that it was switched on where no stroke is needed.
    #[must_use]
    pub fn count(&self, slot: usize) -> u32 {
        self.faults.count(slot)
    }

    /// Brings the part that a fault acts on in line with the faults that are on.
    fn reshape(&mut self, fault: Fault) {
        let faults = &self.faults;
        match fault {
            Fault::CatheterOcclusion | Fault::CatheterPartialOcclusion => {
                let closed = if faults.is_on(Fault::CatheterOcclusion) {
                    100
                } else {
                    faults.number(Fault::CatheterPartialOcclusion).min(99)
                };
                self.catheter.set_closed(self.now_ms, closed);
            }
            Fault::CatheterLeak => self.catheter.set_leak(self.now_ms, faults.number(fault)),
            Fault::CatheterDisconnection | Fault::CatheterDislocation => {
                let tip = if faults.is_on(Fault::CatheterDisconnection) {
                    Tip::Disconnected
                } else if faults.is_on(Fault::CatheterDislocation) {
                    Tip::Dislocated
                } else {
                    Tip::InPlace
                };
                self.catheter.set_tip(self.now_ms, tip);
            }
            Fault::BatteryLow | Fault::BatteryDepleted | Fault::BatteryFilm => impose(faults, &mut self.battery),
            Fault::Temperature => {
                self.temperature_mc = faults.param_if_on(fault).unwrap_or(self.settings.temperature_mc);
                self.reservoir.warm(self.temperature_mc);
            }
            _ => {}
        }
    }
}

fn impose(faults: &Faults, battery: &mut Battery) {
    const DEPLETED_MV: u16 = 1500;
    battery.imposed_mv = if faults.is_on(Fault::BatteryDepleted) {
        Some(DEPLETED_MV)
    } else {
        faults
            .param_if_on(Fault::BatteryLow)
            .map(|mv| mv.clamp(0, i32::from(u16::MAX)) as u16)
    };
    battery.film_ohm = faults.number(Fault::BatteryFilm);
}
