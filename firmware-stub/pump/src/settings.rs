//! Every limit and default of the pump in one place; nothing of it is a constant in the code.
//!
//! Sources: the numbers of `PROTOCOL.md`; GIP = Generic Infusion Pump safety requirements v1.0; OPCA = Open PCA Pump System Requirements 1.0.0; the published
//! behaviour of implanted pumps (alarm cadence, 48 h, ERI and EOS, 84 months). What none of them gives is marked *chosen*, with the reason.

use crate::defects::Defect;
use crate::library::{Drug, LIBRARY};

/// The smallest and the largest value allowed, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Smallest.
    pub min: u32,
    /// Largest.
    pub max: u32,
}

impl Range {
    /// From `min` to `max`, both included.
    pub const fn new(min: u32, max: u32) -> Self {
        Self { min, max }
    }
}

/// Hard limits of the prescription fields, in the units of `PROTOCOL.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Basal and flex rate, nl/d; 0 besides for a periodic prescription.
    pub rate: Range,
    /// Periodic bolus and clinician's bolus, nl.
    pub dose: Range,
    /// Their duration, s.
    pub over: Range,
    /// Periodic interval, s.
    pub interval: Range,
    /// Patient bolus, nl; 0 besides for none.
    pub ptm_dose: Range,
    /// Its duration, s.
    pub ptm_over: Range,
    /// Its lockout, s.
    pub ptm_lockout: Range,
    /// Boluses in the window.
    pub ptm_count: Range,
    /// Rolling window, s; the pump remembers at most a day.
    pub ptm_window: Range,
    /// Rolling maximum, nl.
    pub ptm_max: Range,
    /// Low-reservoir threshold, nl.
    pub low: Range,
    /// Catheter volume, nl.
    pub catheter: Range,
    /// Internal tubing volume, nl.
    pub tubing: Range,
    /// Trial time, s; 0 = none.
    pub trial_time: Range,
    /// Trial dose, nl; 0 = none.
    pub trial_dose: Range,
    /// Bridge volume, nl.
    pub bridge_volume: Range,
}

/// Limits and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The drug library, at most 255 drugs.
    pub library: &'static [Drug],
    /// Hard limits of the prescription fields.
    pub limits: Limits,
    /// The safe trickle, 6000 nl/d (PROTOCOL.md).
    pub minimum_rate_nl_d: u32,
    /// Reservoir, 20 mL: nothing bigger is booked at a refill.
    pub reservoir_capacity_nl: u64,
    /// Low-reservoir threshold of a pump that was not told another, 2 mL.
    pub low_default_nl: u32,
    /// Measured and computed residual may be so far apart, %, and …
    pub refill_apart_percent: u32,
    /// … so far, nl (15 % and 1 mL, PROTOCOL.md; both must be passed).
    pub refill_apart_nl: u64,

    /// Motor off between two strokes, 50 ms. *Chosen*: with the stroke's 200 ms this bounds the flow at 2 µL/s.
    pub stroke_rest_ms: u64,
    /// Motor off before a failed stroke is tried again, 10 s. *Chosen*: cools the coil, and a stall is known within half a minute.
    pub stall_retry_ms: u64,
    /// Failed strokes in a row that raise `motor-stall`, 3.
    pub stall_strokes: u32,
    /// Time without a stroke that was due that raises `motor-stall`, 20 min (implanted pumps: about 20 min).
    pub stall_ms: u64,
    /// Stalls within `repeated_stall_ms` that raise `repeated-stall`, 5, at most 8. *Chosen*.
    pub repeated_stalls: u8,
    /// See above, 24 h.
    pub repeated_stall_ms: u64,
    /// Time from one priming stroke to the next, 2 s. *Chosen*: 400 µL take 27 min.
    pub prime_stroke_ms: u64,

    /// Downstream occlusion, 68,900 Pa = 10 psi (OPCA R7.2(5); GIP 1.10.3 allows 20 psi). Also against the slow average, for a sensor with an offset.
    pub occlusion_pa: i32,
    /// Motor current of a blocked outlet, 12,000 µA at the end of `load_strokes` strokes in a row. *Chosen*: healthy is 5,000 µA.
    pub occlusion_load_ua: u32,
    /// See above, 3.
    pub load_strokes: u8,
    /// Daily average of the outlet pressure that says `pressure-creep`, 4,500 Pa. *Chosen*: healthy is 500..3000 Pa.
    pub creep_pa: i32,
    /// Within this of ambient the catheter is off, 150 Pa. *Chosen*: healthy is at least 500 Pa.
    pub ambient_pa: i32,
    /// Strokes in a row at ambient that raise `catheter-disconnection`, 5. *Chosen*: 14 min at 0.5 mL/day.
    pub ambient_strokes: u8,
    /// Whether a disconnection stops therapy; yes: what leaves beside the catheter harms, and the alarm is critical.
    pub disconnection_stops: bool,
    /// Reservoir pressure below which there is no fluid (or no propellant) to draw, 5,000 Pa. *Chosen*: healthy is 20,000 Pa down to the last drop.
    pub reservoir_empty_pa: i32,
    /// Readings in a row (each stroke and each tick) that confirm it, 3.
    pub reservoir_empty_readings: u8,

    /// Filtered open-circuit voltage of the elective replacement indicator, 2,600 mV. *Chosen*: the cell is at 2.8..3.0 V for most of its life.
    pub eri_mv: u16,
    /// Filtered voltage at which service ends at once, 2,100 mV. *Chosen*: above the brown-out threshold of 1,900 mV.
    pub depleted_mv: u16,
    /// Filtered readings in a row below `eri_mv`, 10 (on top of the mean of 10, GIP 5.1.2).
    pub eri_readings: u8,
    /// ERI to EOS: 90 days of 24 h, in ms.
    pub eri_to_eos_ms: u64,
    /// Hard end of life after first power, 84 months.
    pub end_of_life_months: u32,

    /// Longest time between two looks at battery, pressures and memory, 60 s (GIP 5.1.1: battery at least every 3 min; watchdog 90 s).
    pub tick_ms: u64,
    /// Power-on self-test: no stroke and no bolus for so long after boot, 2 s (GIP 3.4.6; 3.4.3 allows 70 s).
    pub post_ms: u64,
    /// Periodic self-test, 60 min (GIP 3.3.3).
    pub self_test_ms: u64,
    /// Periodic dose entries unless told otherwise, 3600 s.
    pub log_every_s: u32,
    /// What a dose-log interval may be, 60..=86400 s.
    pub log_every_range: Range,
    /// State is stored at least so often, 1 h: the most that a reset can make the pump forget.
    pub save_ms: u64,
    /// Stopped for longer than 48 h raises `stopped-48h`.
    pub stopped_ms: u64,
    /// Case temperature, thousandths of a degree, 55 °C (OPCA R6.4(8)).
    pub over_temperature_mc: i32,
    /// RTC and own count apart by more than this many seconds is a clock jump, 2.
    pub clock_jump_s: u64,

    /// Idle programming session: alert after 5 min (GIP 2.2.4).
    pub session_alert_ms: u64,
    /// … and cleared after 10 min (GIP 2.2.5).
    pub session_clear_ms: u64,

    /// Critical tone: every 10 min …
    pub critical_every_ms: u64,
    /// … for 3 s.
    pub critical_tone_ms: u64,
    /// Non-critical tone: every hour …
    pub non_critical_every_ms: u64,
    /// … for 1 s.
    pub non_critical_tone_ms: u64,
    /// Mute, 120 s (GIP 3.2.1: at most 2 min, never permanent).
    pub mute_ms: u64,

    /// The seeded defect of this pump.
    #[cfg(feature = "seeded-defects")]
    pub defect: Option<Defect>,
}

impl Settings {
    /// Whether this pump was built with that defect.
    #[cfg(feature = "seeded-defects")]
    #[inline]
    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// No defect without the feature.
    #[cfg(not(feature = "seeded-defects"))]
    #[inline(always)]
    pub(crate) const fn has(&self, _: Defect) -> bool {
        false
    }

    /// Shortest time in which so many strokes can be delivered, in ms.
    pub(crate) const fn shortest_ms(&self, strokes: u64) -> u64 {
        strokes.saturating_mul(crate::io::STROKE_MS + self.stroke_rest_ms)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

impl Limits {
    /// The hard limits of `PROTOCOL.md`.
    pub const fn new() -> Self {
        Self {
            rate: Range::new(48_000, 24_000_000),
            dose: Range::new(500, 1_000_000),
            over: Range::new(60, 86_400),
            interval: Range::new(3_600, 604_800),
            ptm_dose: Range::new(500, 200_000),
            ptm_over: Range::new(60, 3_600),
            ptm_lockout: Range::new(300, 86_400),
            ptm_count: Range::new(1, 48),
            ptm_window: Range::new(3_600, 86_400),
            ptm_max: Range::new(500, 24_000_000),
            low: Range::new(0, 10_000_000),
            catheter: Range::new(0, 1_000_000),
            tubing: Range::new(0, 500_000),
            trial_time: Range::new(0, 31_536_000),
            trial_dose: Range::new(0, 100_000_000),
            bridge_volume: Range::new(500, 1_500_000),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

impl Settings {
    /// The numbers of `PROTOCOL.md`.
    pub const fn new() -> Self {
        const MIN: u64 = 60_000;
        Self {
            library: &LIBRARY,
            limits: Limits::new(),
            minimum_rate_nl_d: 6_000,
            reservoir_capacity_nl: 20_000_000,
            low_default_nl: 2_000_000,
            refill_apart_percent: 15,
            refill_apart_nl: 1_000_000,
            stroke_rest_ms: 50,
            stall_retry_ms: 10_000,
            stall_strokes: 3,
            stall_ms: 20 * MIN,
            repeated_stalls: 5,
            repeated_stall_ms: 1440 * MIN,
            prime_stroke_ms: 2_000,
            occlusion_pa: 68_900,
            occlusion_load_ua: 12_000,
            load_strokes: 3,
            creep_pa: 4_500,
            ambient_pa: 150,
            ambient_strokes: 5,
            disconnection_stops: true,
            reservoir_empty_pa: 5_000,
            reservoir_empty_readings: 3,
            eri_mv: 2_600,
            depleted_mv: 2_100,
            eri_readings: 10,
            eri_to_eos_ms: 90 * 1440 * MIN,
            end_of_life_months: 84,
            tick_ms: MIN,
            post_ms: 2_000,
            self_test_ms: 60 * MIN,
            log_every_s: 3_600,
            log_every_range: Range::new(60, 86_400),
            save_ms: 60 * MIN,
            stopped_ms: 48 * 60 * MIN,
            over_temperature_mc: 55_000,
            clock_jump_s: 2,
            session_alert_ms: 5 * MIN,
            session_clear_ms: 10 * MIN,
            critical_every_ms: 10 * MIN,
            critical_tone_ms: 3_000,
            non_critical_every_ms: 60 * MIN,
            non_critical_tone_ms: 1_000,
            mute_ms: 120_000,
            #[cfg(feature = "seeded-defects")]
            defect: None,
        }
    }
}
