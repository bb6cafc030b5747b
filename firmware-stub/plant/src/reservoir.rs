//! The reservoir and the propellant that presses on it.

use crate::quotient::{Divisor, product};
use crate::settings::PlantSettings;
use crate::stroke::FX_PER_NL;

/// Propellant pressure that one degree adds, in pascals.
const PA_PER_DEGREE: i64 = 800;

#[derive(Clone, Debug)]
pub(crate) struct Reservoir {
    pub(crate) volume_fx: u64,
    /// What left through the motor since first power.
    pub(crate) displaced_fx: u64,
    capacity_nl: u64,
    capacity_ul: Divisor,
    propellant_pa: i32,
    /// What the propellant presses with at 37 degrees, by the volume.
    by_volume_pa: i64,
    /// What it presses with beyond that, by the temperature.
    by_heat_pa: i64,
}

impl Reservoir {
    pub(crate) fn new(settings: &PlantSettings) -> Self {
        let mut reservoir = Self {
            volume_fx: 0,
            displaced_fx: 0,
            capacity_nl: settings.reservoir_capacity_nl.max(1),
            capacity_ul: Divisor::new((settings.reservoir_capacity_nl >> 10).max(1)),
            propellant_pa: settings.propellant_pa,
            by_volume_pa: 0,
            by_heat_pa: 0,
        };
        reservoir.warm(settings.temperature_mc);
        reservoir.refill(settings.reservoir_nl);
        reservoir
    }

    /// Sets the volume; more than fits is not taken in.
    pub(crate) fn refill(&mut self, nl: u64) {
        self.volume_fx = nl.min(self.capacity_nl) * FX_PER_NL;
        self.press();
    }

    /// Draws up to `fx` out and returns what there was.
    pub(crate) fn take(&mut self, fx: u64) -> u64 {
        let taken = fx.min(self.volume_fx);
        let before_ul = self.volume_ul();
        self.volume_fx -= taken;
        self.displaced_fx += taken;
        if self.volume_ul() != before_ul {
            self.press();
        }
        taken
    }

    /// Volumes are at most a few litres in microlitres here.
    fn volume_ul(&self) -> u32 {
        (self.volume_fx >> 20) as u32
    }

    /// Works out the pressure anew.
    fn press(&mut self) {
        let full = u64::from(self.propellant_pa.max(0).cast_unsigned());
        let by_volume_pa = full + self.capacity_ul.into(product(full, self.volume_ul().into()));
        self.by_volume_pa = by_volume_pa.cast_signed();
    }

    /// Sets the temperature, in thousandths of a degree.
    pub(crate) fn warm(&mut self, temperature_mc: i32) {
        self.by_heat_pa = (i64::from(temperature_mc) - 37_000) * PA_PER_DEGREE / 1000;
    }

    /// Pressure against ambient: the more drug, the more the propellant is compressed; nothing presses on an empty reservoir's outlet.
    #[inline]
    pub(crate) fn pressure_pa(&self) -> i32 {
        if self.volume_fx == 0 {
            return 0;
        }
        (self.by_volume_pa + self.by_heat_pa).clamp(0, i64::from(i32::MAX)) as i32
    }
}
