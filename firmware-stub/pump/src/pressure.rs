//! The outlet and the reservoir by their pressures: a hard occlusion, one that creeps, a catheter that came off, a reservoir with nothing to give.

use crate::io::Input;
use crate::settings::Settings;

/// Ticks over which the slow average forgets: a day of minutes.
const SLOW: u32 = 1440;
/// Fixed point of the slow average.
const UNIT: i64 = 1 << 16;

/// What the pressures say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Occluded,
    Creeping,
    Disconnected,
    ReservoirEmpty,
}

#[derive(Debug)]
pub(crate) struct Pressure {
    /// Daily average of the outlet pressure, once there was a reading.
    slow: Option<i64>,
    loads: u8,
    ambient: u8,
    empty: u8,
}

/// What a minute's reading moves the average by.
#[inline(never)] // Else a small processor divides though it need not.
fn forgotten(apart: i64) -> i64 {
    let by = match u32::try_from(apart.unsigned_abs()) {
        Ok(near) => i64::from(near / SLOW),
        Err(_) => return apart / i64::from(SLOW),
    };
    if apart < 0 { -by } else { by }
}

impl Pressure {
    pub(crate) const fn new() -> Self {
        Self {
            slow: None,
            loads: 0,
            ambient: 0,
            empty: 0,
        }
    }

    fn slow_pa(&self) -> i32 {
        self.slow.map_or(0, |slow| (slow / UNIT) as i32)
    }

    /// Whether the outlet is above its limit, absolutely or against the slow average.
    pub(crate) fn is_high(&self, pa: i32, limit_pa: i32) -> bool {
        pa >= limit_pa || self.slow.is_some() && pa.saturating_sub(self.slow_pa()) >= limit_pa
    }

    /// After a stroke that was delivered.
    pub(crate) fn after_stroke(&mut self, input: &Input, settings: &Settings) -> Option<Finding> {
        self.loads = if input.motor_ua >= settings.occlusion_load_ua {
            self.loads.saturating_add(1)
        } else {
            0
        };
        if self.loads >= settings.load_strokes {
            return Some(Finding::Occluded);
        }
        let ambient = input.catheter_pa.unsigned_abs() <= settings.ambient_pa.unsigned_abs();
        self.ambient = if ambient { self.ambient.saturating_add(1) } else { 0 };
        if self.ambient >= settings.ambient_strokes {
            return Some(Finding::Disconnected);
        }
        self.reservoir(input, settings)
    }

    /// Each minute.
    pub(crate) fn tick(&mut self, input: &Input, settings: &Settings) -> Option<Finding> {
        let reading = i64::from(input.catheter_pa) * UNIT;
        let slow = self.slow.map_or(reading, |slow| {
            // It rests there, minute after minute: that takes no division.
            let rests = (reading - slow).unsigned_abs() < u64::from(SLOW);
            slow + if rests { 0 } else { forgotten(reading - slow) }
        });
        self.slow = Some(slow);
        if slow >= i64::from(settings.creep_pa) * UNIT {
            return Some(Finding::Creeping);
        }
        None
    }

    /// A reservoir without pressure, seen several times in a row.
    pub(crate) fn reservoir(&mut self, input: &Input, settings: &Settings) -> Option<Finding> {
        let empty = input.reservoir_pa < settings.reservoir_empty_pa;
        self.empty = if empty { self.empty.saturating_add(1) } else { 0 };
        (self.empty >= settings.reservoir_empty_readings).then_some(Finding::ReservoirEmpty)
    }

    /// Strokes at ambient so far.
    pub(crate) const fn at_ambient(&self) -> bool {
        self.ambient > 0
    }

    /// Counts anew after an alarm was cleared.
    pub(crate) fn forgive(&mut self) {
        self.loads = 0;
        self.ambient = 0;
        self.empty = 0;
    }

    /// Takes a new average from the next reading, after the creep alarm was cleared.
    pub(crate) fn forget_average(&mut self) {
        self.slow = None;
    }
}
