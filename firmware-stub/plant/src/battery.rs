//! The battery: charge, open-circuit voltage, internal resistance.

use crate::quotient;
use crate::settings::PlantSettings;

/// Open-circuit voltage over the share of the capacity that is used: (parts per million, millivolts), falling.
const CURVE: [(u64, u64); 6] = [
    (0, 3050),
    (50_000, 2950),
    (850_000, 2800),
    (928_000, 2600),
    (1_000_000, 2400),
    (1_400_000, 1500),
];

const MINUTE_MS: u64 = 60_000;
/// No battery is looked at for longer (35 years), and none is drained by more than 8 mA at rest: so their product needs no check, at every look.
const AGE_MAX_MS: u64 = 1 << 40;
const QUIESCENT_MAX_NA: u64 = 1 << 23;

/// An open-circuit voltage and the used charge up to which it holds.
#[derive(Clone, Copy, Debug)]
struct Level {
    mv: u16,
    until_pc: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Battery {
    /// One millionth of the capacity, in picocoulombs.
    millionth_pc: u64,
    quiescent_na: u64,
    /// Charge that was taken, in picocoulombs: kept and not worked out from the time, which would be a long multiplication at every look.
    used_pc: u64,
    ohm: u32,
    /// Resistance of a film that grew on an electrode.
    pub(crate) film_ohm: u32,
    /// Open-circuit voltage that a fault imposes.
    pub(crate) imposed_mv: Option<u16>,
    level: Level,
    /// When the minute ends whose lowest voltage is noted.
    minute_ends_ms: u64,
    lowest_mv: u16,
    lowest_before_mv: u16,
}

impl Battery {
    pub(crate) fn new(settings: &PlantSettings) -> Self {
        Self {
            // 1 mC / 1e6 = 1 nC = 1000 pC
            millionth_pc: (settings.battery_mc * 1000).max(1),
            quiescent_na: settings.quiescent_na.min(QUIESCENT_MAX_NA),
            used_pc: 0,
            ohm: settings.battery_ohm,
            film_ohm: 0,
            imposed_mv: None,
            level: Level {
                mv: CURVE[0].1 as u16,
                until_pc: 0,
            },
            minute_ends_ms: MINUTE_MS,
            lowest_mv: u16::MAX,
            lowest_before_mv: u16::MAX,
        }
    }

    /// Time passes, a stroke at most where the motor is driven, in which it takes so much: nanoamperes times milliseconds are picocoulombs.
    pub(crate) fn pass(&mut self, ms: u64, motor_ua: u32) {
        let load_na = self.quiescent_na + quotient::product(motor_ua.into(), 1000);
        self.used_pc = self
            .used_pc
            .saturating_add(quotient::product(ms.min(AGE_MAX_MS), load_na));
        if self.used_pc >= self.level.until_pc {
            self.level = self.level_at(self.used_pc);
        }
    }

    /// Voltage without load, in millivolts.
    #[inline]
    pub(crate) fn open_mv(&self) -> u16 {
        self.imposed_mv.unwrap_or(self.level.mv)
    }

    /// Voltage at a used charge, and the charge at which it falls by the next millivolt: charge only ever grows, and years pass without a division.
    fn level_at(&self, used_pc: u64) -> Level {
        let used_ppm = used_pc / self.millionth_pc;
        let mut from = CURVE[0];
        for to in CURVE {
            if used_ppm < to.0 {
                let (span_ppm, drop_mv) = (to.0 - from.0, from.1 - to.1);
                let fallen_mv = drop_mv * (used_ppm - from.0) / span_ppm;
                let next_ppm = from.0 + ((fallen_mv + 1) * span_ppm).div_ceil(drop_mv);
                return Level {
                    mv: (from.1 - fallen_mv) as u16,
                    until_pc: next_ppm.saturating_mul(self.millionth_pc),
                };
            }
            from = to;
        }
        Level {
            mv: from.1 as u16,
            until_pc: u64::MAX,
        }
    }

    /// How far a load pulls the voltage down, in millivolts: microamperes times ohms are microvolts. `near_mv` is what it may be near to.
    pub(crate) fn sag_mv(&self, load_ua: u32, near_mv: u64) -> u64 {
        let uv = quotient::product(load_ua.into(), self.ohm.saturating_add(self.film_ohm).into());
        quotient::thousandth(uv, near_mv)
    }

    /// Remembers a loaded voltage.
    pub(crate) fn note(&mut self, now_ms: u64, mv: u16) {
        self.turn(now_ms);
        self.lowest_mv = self.lowest_mv.min(mv);
    }

    /// Lowest voltage of this minute and the one before, `present_mv` included.
    pub(crate) fn lowest_mv(&self, now_ms: u64, present_mv: u16) -> u16 {
        if now_ms < self.minute_ends_ms {
            present_mv.min(self.lowest_mv).min(self.lowest_before_mv)
        } else if now_ms < self.minute_ends_ms + MINUTE_MS {
            present_mv.min(self.lowest_mv)
        } else {
            present_mv
        }
    }

    fn turn(&mut self, now_ms: u64) {
        if now_ms < self.minute_ends_ms {
            return;
        }
        self.lowest_before_mv = self.lowest_mv;
        self.minute_ends_ms += MINUTE_MS;
        if now_ms >= self.minute_ends_ms {
            self.lowest_before_mv = u16::MAX;
            // Strokes are minutes apart, seldom more: those are counted off without a division.
            if now_ms - self.minute_ends_ms > 8 * MINUTE_MS {
                self.minute_ends_ms = now_ms / MINUTE_MS * MINUTE_MS;
            }
            while self.minute_ends_ms <= now_ms {
                self.minute_ends_ms += MINUTE_MS;
            }
        }
        self.lowest_mv = u16::MAX;
    }
}
