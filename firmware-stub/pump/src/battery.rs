//! The battery: its open-circuit voltage, filtered, and what that says of the life that is left.

use crate::settings::Settings;

const SAMPLES: usize = 10;

/// What the voltage says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charge {
    Good,
    /// Elective replacement.
    Low,
    Depleted,
}

/// The mean of the last ten readings, all taken with the motor off.
#[derive(Debug)]
pub(crate) struct Battery {
    samples: [u16; SAMPLES],
    next: usize,
    /// Of all samples.
    sum: u32,
    taken: u8,
    low: u8,
}

impl Battery {
    pub(crate) const fn new() -> Self {
        Self {
            samples: [0; SAMPLES],
            next: 0,
            sum: 0,
            taken: 0,
            low: 0,
        }
    }

    pub(crate) fn sample(&mut self, mv: u16, settings: &Settings) -> Charge {
        let place = &mut self.samples[self.next];
        self.sum = self.sum + u32::from(mv) - u32::from(core::mem::replace(place, mv));
        self.next = if self.next + 1 < SAMPLES { self.next + 1 } else { 0 };
        if usize::from(self.taken) < SAMPLES {
            self.taken += 1;
        }
        let filtered = self.filtered_mv();
        self.low = if filtered < settings.eri_mv {
            self.low.saturating_add(1)
        } else {
            0
        };
        // The mean of a few readings is too little to end a therapy by.
        if usize::from(self.taken) < SAMPLES {
            Charge::Good
        } else if filtered < settings.depleted_mv {
            Charge::Depleted
        } else if self.low >= settings.eri_readings {
            Charge::Low
        } else {
            Charge::Good
        }
    }

    /// Mean of the readings so far, in mV; 0 before the first.
    pub(crate) fn filtered_mv(&self) -> u16 {
        self.sum.checked_div(u32::from(self.taken)).unwrap_or(0) as u16
    }
}
