//! The faults of the test block that are physical, and their book-keeping: on or off, parameter, effect, count.

use crate::Plant;
use crate::battery::Battery;
use crate::catheter::Tip;
use crate::motor::Stall;
use crate::rng::Rng;

/// Fault slots of the test block.
pub const SLOTS: usize = 32;

/// A physical fault; the discriminant is its slot in the test block, where its parameter is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "TEST-BLOCK.md has a row for each")]
#[repr(u8)]
pub enum Fault {
    CatheterOcclusion = 0,
    CatheterPartialOcclusion = 1,
    CatheterCreepingOcclusion = 2,
    CatheterDisconnection = 3,
    CatheterLeak = 4,
    CatheterDislocation = 5,
    MotorStall = 6,
    MotorStallIntermittent = 7,
    OverDelivery = 8,
    UnderDelivery = 9,
    MagneticField = 10,
    EmiWake = 11,
    BatteryLow = 12,
    BatteryFilm = 13,
    BrownOut = 14,
    BatteryDepleted = 15,
    ReservoirLevel = 16,
    PocketFill = 17,
    PropellantMissing = 18,
    PressureSensorOffset = 19,
    ClockJump = 22,
    Temperature = 27,
    FeedthroughShort = 28,
}

impl Fault {
    /// Every physical fault, by slot.
    pub const ALL: [Self; 23] = [
        Self::CatheterOcclusion,
        Self::CatheterPartialOcclusion,
        Self::CatheterCreepingOcclusion,
        Self::CatheterDisconnection,
        Self::CatheterLeak,
        Self::CatheterDislocation,
        Self::MotorStall,
        Self::MotorStallIntermittent,
        Self::OverDelivery,
        Self::UnderDelivery,
        Self::MagneticField,
        Self::EmiWake,
        Self::BatteryLow,
        Self::BatteryFilm,
        Self::BrownOut,
        Self::BatteryDepleted,
        Self::ReservoirLevel,
        Self::PocketFill,
        Self::PropellantMissing,
        Self::PressureSensorOffset,
        Self::ClockJump,
        Self::Temperature,
        Self::FeedthroughShort,
    ];

    /// The physical fault in a slot; None where the slot is the shell's or empty.
    #[must_use]
    pub fn from_slot(slot: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| *fault as usize == slot)
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// Book-keeping of all slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    on: u32,
    param: [i32; SLOTS],
    effect: [u32; SLOTS],
    count: [u32; SLOTS],
}

impl Faults {
    #[inline]
    pub(crate) fn is_on(&self, fault: Fault) -> bool {
        self.on & fault.bit() != 0
    }

    #[inline]
    pub(crate) fn param_if_on(&self, fault: Fault) -> Option<i32> {
        self.is_on(fault).then(|| self.param[fault as usize])
    }

    /// The parameter as a count; 0 where it is negative or the fault is off.
    fn number(&self, fault: Fault) -> u32 {
        self.param_if_on(fault).unwrap_or(0).max(0).cast_unsigned()
    }

    pub(crate) fn set_effect(&mut self, fault: Fault, effect: u32) {
        self.effect[fault as usize] = effect;
    }

    pub(crate) fn acted(&mut self, fault: Fault) {
        self.count[fault as usize] = self.count[fault as usize].wrapping_add(1);
    }

    /// What a stroke moves of what is counted, in percent.
    pub(crate) fn stroke_percent(&self) -> u64 {
        if self.on & (Fault::OverDelivery.bit() | Fault::UnderDelivery.bit()) == 0 {
            return 100;
        }
        (100 + u64::from(self.number(Fault::OverDelivery))).saturating_sub(u64::from(self.number(Fault::UnderDelivery)))
    }

    /// Whether the stroke that begins now is held, and by which fault.
    pub(crate) fn stall_stroke(&mut self, stroke: u64, rng: &mut Rng) -> Stall {
        const HOLDING: u32 = Fault::MotorStall.bit()
            | Fault::MotorStallIntermittent.bit()
            | Fault::MagneticField.bit()
            | Fault::FeedthroughShort.bit();
        if self.on & HOLDING == 0 {
            return Stall::Free;
        }
        if self.is_on(Fault::MagneticField) {
            // The field itself holds the rotor, and only for as long as it is there.
            self.acted(Fault::MagneticField);
            return Stall::Free;
        }
        if self.is_on(Fault::MotorStall) && self.effect[Fault::MotorStall as usize] > 0 {
            self.acted(Fault::MotorStall);
            if self.number(Fault::MotorStall) > 0 {
                self.effect[Fault::MotorStall as usize] -= 1;
            }
            return Stall::Held;
        }
        if self.is_on(Fault::MotorStallIntermittent) && rng.one_in(self.number(Fault::MotorStallIntermittent)) {
            self.acted(Fault::MotorStallIntermittent);
            return Stall::Held;
        }
        if self.is_on(Fault::FeedthroughShort) && stroke.is_multiple_of(3) {
            self.acted(Fault::FeedthroughShort);
            return Stall::Held;
        }
        Stall::Free
    }

    /// Counts the stroke for the faults that change where its volume goes or what it costs.
    pub(crate) fn stroke_met(&mut self) {
        if self.on == 0 {
            return;
        }
        for fault in [
            Fault::CatheterOcclusion,
            Fault::CatheterPartialOcclusion,
            Fault::CatheterCreepingOcclusion,
            Fault::CatheterDisconnection,
            Fault::CatheterLeak,
            Fault::CatheterDislocation,
            Fault::OverDelivery,
            Fault::UnderDelivery,
            Fault::BatteryFilm,
            Fault::PropellantMissing,
        ] {
            if self.is_on(fault) {
                self.acted(fault);
            }
        }
    }
}

impl Plant {
    /// Switches the fault in `slot` on with its parameter, from this instant on; switching a fault on that is on already sets it anew. False where the
    /// slot is none of the plant's.
    pub fn set_fault(&mut self, slot: usize, param: i32) -> bool {
        let Some(fault) = Fault::from_slot(slot) else {
            return false;
        };
        self.faults.on |= fault.bit();
        self.faults.param[slot] = param;
        self.faults.effect[slot] = match fault {
            Fault::MotorStall => param.max(1).cast_unsigned(),
            _ => 1,
        };
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
        self.faults.on &= !fault.bit();
        self.faults.effect[slot] = 0;
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
        self.faults.effect.get(slot).copied().unwrap_or(0)
    }

    /// Times that the fault acted: strokes that met it, or times that it was switched on where no stroke is needed.
    #[must_use]
    pub fn count(&self, slot: usize) -> u32 {
        self.faults.count.get(slot).copied().unwrap_or(0)
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
