//! The faults of the test block that are physical, and their book-keeping: on or off, parameter, effect, count.

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
    pub(crate) fn number(&self, fault: Fault) -> u32 {
        self.param_if_on(fault).unwrap_or(0).max(0).cast_unsigned()
    }

    /// Switches a fault on; one that is on already begins anew.
    pub(crate) fn switch_on(&mut self, fault: Fault, param: i32) {
        self.on |= fault.bit();
        self.param[fault as usize] = param;
        self.effect[fault as usize] = match fault {
            // Strokes to hold; without a count it holds them all, and one stands for that.
            Fault::MotorStall => param.max(1).cast_unsigned(),
            _ => 1,
        };
    }

    pub(crate) fn switch_off(&mut self, fault: Fault) {
        self.on &= !fault.bit();
        self.effect[fault as usize] = 0;
    }

    pub(crate) fn effect(&self, slot: usize) -> u32 {
        self.effect.get(slot).copied().unwrap_or(0)
    }

    pub(crate) fn count(&self, slot: usize) -> u32 {
        self.count.get(slot).copied().unwrap_or(0)
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
