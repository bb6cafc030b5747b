//! Draws plans: valid prescriptions of all modes, and what clinicians, patients and supplies do to them within days.
//!
//! Every number is mapped from a die, so that what is drawn is valid, and what shrinks goes to the plainest.

use crate::plan::{DRUGS, Drug, Mode, Nl, Plan, Ptm, Rx, Timed, What};
use proptest::collection::vec;
use proptest::prelude::*;

/// A die that is laid over a range later.
pub type Die = u32;
const FACES: Die = 10_000;

fn die() -> impl Strategy<Value = Die> {
    0..FACES
}

/// From `low` to `high`, each power of ten as often as the others; whole strokes, whole microlitres, or neither.
pub fn volume(die: Die, low: Nl, high: Nl) -> Nl {
    let value = spread(die, low, high);
    let step = [500, 1_000, 1][die as usize % 3];
    (value / step * step).clamp(low, high)
}

pub fn spread(die: Die, low: u64, high: u64) -> u64 {
    let high = high.max(low);
    let ratio = high as f64 / low.max(1) as f64;
    let value = low as f64 * ratio.powf(f64::from(die) / f64::from(FACES - 1));
    (value as u64).clamp(low, high)
}

/// A rate; whole microlitres a day more often than not.
fn rate(die: Die, most: Nl) -> Nl {
    let value = spread(die, 48_000, most.max(48_000));
    if die.is_multiple_of(4) {
        value
    } else {
        (value / 1_000 * 1_000).max(48_000)
    }
}

/// The least time that the motor needs for a dose, s.
fn motor_s(dose: Nl) -> u64 {
    (dose.div_ceil(500) * 250).div_ceil(1_000)
}

/// The most that a mode gives in a window, nL; never too little.
pub fn programmed(mode: &Mode, window_s: u64) -> Nl {
    let of = |rate: Nl| rate * window_s / 86_400 + 1;
    match mode {
        Mode::Continuous { rate } => of(*rate),
        Mode::Minimum => of(6_000),
        Mode::Flex { daily, weekend } => of(daily.iter().chain(weekend).map(|step| step.1).max().unwrap_or(0)),
        Mode::Periodic {
            rate, dose, interval_s, ..
        } => of(*rate) + dose * window_s.div_ceil(*interval_s),
    }
}

fn mode(kind: Die, dice: &[Die; 8], drug: Drug) -> Mode {
    let most = drug.soft_rate.min(6_000_000);
    match kind % 10 {
        0..=3 => Mode::Continuous {
            rate: rate(dice[0], most),
        },
        4..=6 => {
            let day = |from: usize, count: Die| {
                let mut steps: Vec<(u16, Nl)> = (0..=count as usize % 4)
                    .map(|k| {
                        let minute = if k == 0 {
                            0
                        } else {
                            (k as u32 * 360 - dice[(from + k) % 8] % 350) as u16
                        };
                        (minute, rate(dice[(from + 2 * k) % 8], most))
                    })
                    .collect();
                steps.dedup_by_key(|step| step.0);
                steps
            };
            let weekend = if dice[6].is_multiple_of(3) {
                day(3, dice[7])
            } else {
                Vec::new()
            };
            Mode::Flex {
                daily: day(0, dice[5]),
                weekend,
            }
        }
        7 | 8 => {
            let interval_s = spread(dice[0], 3_600, 172_800) / 60 * 60;
            // Dose and basal together stay below the drug's soft limit (recall R01).
            let room = (most * interval_s / 86_400).min(drug.soft_bolus);
            let dose = volume(dice[1], 500, (room / 2).max(500));
            let left = most.saturating_sub((dose * 86_400).div_ceil(interval_s));
            let rate = if dice[2].is_multiple_of(3) || left < 48_000 {
                0
            } else {
                rate(dice[3], left)
            };
            let over_s = spread(dice[4], motor_s(dose).max(60), (interval_s - 60).min(86_400));
            Mode::Periodic {
                rate,
                dose,
                over_s,
                interval_s,
            }
        }
        _ => Mode::Minimum,
    }
}

fn ptm(dice: &[Die; 8], mode: &Mode, drug: Drug) -> Ptm {
    let dose = volume(dice[0], 500, drug.soft_bolus.min(200_000));
    let window_s = spread(dice[1], 3_600, 86_400);
    let over_s = spread(dice[2], motor_s(dose).max(60), 3_600);
    let lockout_s = spread(dice[3], over_s.max(300), 86_400);
    // Room for some boluses beside what the mode gives by itself; now and then for none.
    let room = programmed(mode, window_s) + dose * u64::from(dice[4] % 8) + dose / 2;
    Ptm {
        dose,
        over_s,
        lockout_s,
        count: 1 + u64::from(dice[5] % 12),
        window_s,
        max: room.clamp(dose, 24_000_000),
    }
}

pub fn rx() -> impl Strategy<Value = Rx> {
    let dice = || prop::array::uniform8(die());
    (die(), die(), dice(), dice(), dice()).prop_map(|(drug, kind, a, b, c)| {
        let drug = DRUGS[drug as usize % DRUGS.len()];
        let mode = mode(kind, &a, drug);
        let patient = b[7] % 2 == 0 && !matches!(mode, Mode::Minimum);
        Rx {
            ptm: patient.then(|| ptm(&b, &mode, drug)),
            low: (c[0] % 3 == 0).then(|| volume(c[1], 100_000, 5_000_000)),
            catheter: (c[2] % 2 == 0).then(|| volume(c[3], 5_000, 300_000)),
            tubing: (c[2] % 4 == 0).then(|| volume(c[4], 5_000, 300_000)),
            trial_s: (c[5] % 8 == 0).then(|| spread(c[6], 600, 200_000)),
            trial_nl: (c[5] % 8 == 1).then(|| volume(c[6], 10_000, 2_000_000)),
            drug,
            mode,
        }
    })
}

/// What happens, by weight.
fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        6 => Just(What::Start),
        3 => Just(What::Stop),
        2 => Just(What::Minimum),
        6 => Just(What::PatientBolus),
        5 => (die(), die()).prop_map(|(dose, over)| {
            let dose = volume(dose, 500, 200_000);
            What::Bolus { dose, over_s: spread(over, motor_s(dose).max(60), 20_000) }
        }),
        1 => Just(What::Prime),
        2 => (die(), die()).prop_map(|(volume_, rate_)| What::Bridge {
            volume: volume(volume_, 500, 400_000),
            rate: spread(rate_, 6_000, 2_000_000),
        }),
        1 => die().prop_map(|die| What::Refill { added: volume(die, 50_000, 20_000_000) }),
        1 => (die(), any::<bool>()).prop_map(|(die, back)| {
            let by = spread(die, 60, 200_000) as i64 / 60 * 60;
            What::SetClock { by_s: if back { -by } else { by } }
        }),
        3 => rx().prop_map(|rx| What::Program(Box::new(rx))),
        1 => (rx(), 1..200_u64).prop_map(|(rx, s)| What::Aborted(Box::new(rx), s)),
        1 => (20..3_000_u64).prop_map(|ms| What::BrownOut { ms }),
        1 => die().prop_map(|die| What::BatteryOut { s: spread(die, 30, 20_000) }),
        1 => Just(What::Reset),
        2 => prop::sample::select(vec!["battery-reset", "reservoir-empty", "trial-ended", "stopped-48h"]).prop_map(What::ClearAlarm),
        1 => Just(What::SelfTest),
        1 => die().prop_map(|die| What::LogEvery { s: spread(die, 600, 43_200) }),
    ]
}

/// What patients' boluses are counted over: new prescriptions with other windows, and resets.
fn demand() -> impl Strategy<Value = What> {
    let rx = rx().prop_filter("no bolus for the patient", |rx| rx.ptm.is_some());
    prop_oneof![
        8 => Just(What::PatientBolus),
        2 => rx.prop_map(|rx| What::Program(Box::new(rx))),
        2 => Just(What::Start),
        1 => (die(), die()).prop_map(|(dose, over)| {
            let dose = volume(dose, 500, 100_000);
            What::Bolus { dose, over_s: spread(over, motor_s(dose).max(60), 3_600) }
        }),
        1 => Just(What::Reset),
        1 => (20..3_000_u64).prop_map(|ms| What::BrownOut { ms }),
        1 => Just(What::ClearAlarm("battery-reset")),
        1 => Just(What::Minimum),
    ]
}

/// Seconds more often than minutes, minutes than hours: events must meet.
fn gap() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => 1..60_u64,
        3 => 60..1_200_u64,
        3 => 1_200..14_400_u64,
        1 => 14_400..86_400_u64,
    ]
}

fn timed(what: impl Strategy<Value = What>) -> impl Strategy<Value = Timed> {
    (gap(), what).prop_map(|(gap_s, what)| Timed { gap_s, what })
}

fn steps() -> impl Strategy<Value = Vec<Timed>> {
    prop_oneof![
        4 => vec(timed(what()), 0..14),
        1 => vec(timed(demand()), 6..24),
    ]
}

/// Days since 2000 of 2026 and two years more.
fn start_s() -> impl Strategy<Value = i64> {
    (9_497..10_592_i64, 0..1_440_i64).prop_map(|(day, minute)| day * 86_400 + minute * 60)
}

/// A whole plan; it begins with `start` as a rule.
pub fn plan() -> impl Strategy<Value = Plan> {
    let begin = prop_oneof![9 => Just(What::Start), 1 => Just(What::Wait)];
    (
        rx(),
        start_s(),
        die(),
        die(),
        1..1_000_u32,
        (gap(), begin),
        steps(),
        gap(),
    )
        .prop_map(
            |(rx, start_s, reservoir, log, seed, (gap_s, begin), mut steps, tail_s)| {
                steps.insert(0, Timed { gap_s, what: begin });
                Plan {
                    start_s,
                    rx,
                    reservoir: if reservoir % 4 == 0 {
                        volume(reservoir, 60_000, 3_000_000)
                    } else {
                        20_000_000
                    },
                    log_every_s: if log % 2 == 0 { 3_600 } else { spread(log, 600, 21_600) },
                    seed,
                    steps,
                    tail_s,
                }
            },
        )
}
