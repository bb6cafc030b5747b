//! Which basal rate a prescription means at a civil time, and when that changes next.

use pump_hil_model::case::{FlexStep, Mode};
use pump_hil_model::quantity::{Rate, scaled};

/// Rate of the minimum-rate mode, nL/day.
pub(super) const MINIMUM: i64 = 6_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const WEEK_MS: i64 = 7 * DAY_MS;
/// 2000-01-01 was a Saturday: the week that holds it began five days before.
const EPOCH_IN_WEEK_MS: i64 = 5 * DAY_MS;

/// The rate at `civil_ms` (since 2000-01-01), nL/day, and the time of the next change where there is one.
pub(super) fn rate_at(mode: &Mode, civil_ms: i64) -> (i64, Option<i64>) {
    let (rate, next) = match mode {
        Mode::Continuous { rate } | Mode::Periodic { rate, .. } => (rate.0, None),
        Mode::Minimum => (MINIMUM, None),
        Mode::Flex { steps } => flex_at(steps, civil_ms),
    };
    debug_assert!(
        next.is_none_or(|next| next > civil_ms),
        "a change is still to come: {next:?}"
    );
    (rate, next)
}

fn flex_at(steps: &[FlexStep], civil_ms: i64) -> (i64, Option<i64>) {
    // Euclidean: `most_in` asks for times before 2000, where the plain remainder would be negative.
    let in_week = civil_ms.saturating_add(EPOCH_IN_WEEK_MS).rem_euclid(WEEK_MS);
    // Before the first step of the week the last one of the week before holds.
    let rate = steps
        .iter()
        .rfind(|s| begins(s) <= in_week)
        .or(steps.last())
        .map_or(Rate(0), |s| s.rate);
    let next = steps
        .iter()
        .map(begins)
        // Strictly later, or the change that is due now would be named as the next one for ever.
        .find(|&b| b > in_week)
        .or_else(|| steps.first().map(|s| begins(s).saturating_add(WEEK_MS)));
    (rate.0, next.map(|n| civil_ms.saturating_add(n.saturating_sub(in_week))))
}

/// The most that the mode gives by itself in any time of that length, nL.
pub(super) fn most_in(mode: &Mode, window_ms: i64) -> i64 {
    let volume = |rate: i64, ms: i64| scaled(rate, ms, DAY_MS);
    match mode {
        Mode::Continuous { rate } => volume(rate.0, window_ms),
        Mode::Minimum => volume(MINIMUM, window_ms),
        Mode::Periodic {
            rate, dose, interval, ..
        } => {
            // Rounded up: a window that begins with a bolus holds one more than fit whole intervals.
            let begins = window_ms.saturating_add(interval.0.saturating_sub(1));
            let begins = begins.checked_div(interval.0.max(1)).unwrap_or(0);
            volume(rate.0, window_ms).saturating_add(dose.0.saturating_mul(begins))
        }
        // It is largest where it begins or ends with a step.
        Mode::Flex { steps } => steps
            .iter()
            .map(|s| begins(s).saturating_sub(EPOCH_IN_WEEK_MS))
            // Between two such places the volume of the window changes evenly, so its largest value is at one of them.
            .flat_map(|at| [at, at.saturating_sub(window_ms)])
            .map(|from| {
                let (mut at, mut sum) = (from, 0_i64);
                let end = from.saturating_add(window_ms);
                while at < end {
                    let (rate, next) = flex_at(steps, at);
                    let until = next.unwrap_or(i64::MAX).min(end);
                    sum = sum.saturating_add(volume(rate, until.saturating_sub(at)));
                    at = until;
                }
                sum
            })
            .max()
            .unwrap_or(0),
    }
}

/// When a step begins, in ms from the begin of its week.
fn begins(step: &FlexStep) -> i64 {
    let day = i64::from(step.day).saturating_mul(DAY_MS);
    day.saturating_add(i64::from(step.minute).saturating_mul(MINUTE_MS))
}

/// Name of a mode on the line.
pub(super) fn mode_name(mode: &Mode) -> &'static str {
    match mode {
        Mode::Continuous { .. } => "continuous",
        Mode::Flex { .. } => "flex",
        Mode::Periodic { .. } => "periodic",
        Mode::Minimum => "minimum",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::quantity::{Span, Volume};

    const DAY: i64 = DAY_MS;
    /// Monday 2026-01-05 00:00.
    const MONDAY: i64 = 820_886_400_000;

    fn daily(steps: &[(u16, i64)]) -> Mode {
        let steps = (0..7)
            .flat_map(|day| {
                steps.iter().map(move |&(minute, rate)| FlexStep {
                    day,
                    minute,
                    rate: Rate(rate),
                })
            })
            .collect();
        Mode::Flex { steps }
    }

    #[test]
    fn a_day_schedule_changes_at_its_minutes_and_at_midnight() {
        let mode = daily(&[(0, 300_000), (480, 600_000)]);
        assert_eq!(rate_at(&mode, MONDAY - 1), (600_000, Some(MONDAY)));
        assert_eq!(rate_at(&mode, MONDAY), (300_000, Some(MONDAY + 480 * 60_000)));
        assert_eq!(rate_at(&mode, MONDAY + 480 * 60_000), (600_000, Some(MONDAY + DAY)));
    }

    #[test]
    fn the_most_of_a_mode_is_that_of_its_worst_time() {
        let hours = |n: i64| n * 60 * MINUTE_MS;
        let mode = daily(&[(0, 240_000), (480, 720_000), (720, 240_000)]);
        assert_eq!(most_in(&mode, hours(4)), 120_000);
        assert_eq!(most_in(&mode, hours(6)), 140_000);
        assert_eq!(most_in(&mode, DAY), 320_000);
        let mode = Mode::Periodic {
            rate: Rate(24_000),
            dose: Volume(10_000),
            over: Span(600_000),
            interval: Span(hours(6)),
        };
        assert_eq!(most_in(&mode, DAY), 24_000 + 4 * 10_000);
        assert_eq!(most_in(&mode, hours(7)), 7_000 + 2 * 10_000);
    }

    #[test]
    fn a_weekday_has_its_own_steps() {
        let steps = vec![
            FlexStep {
                day: 0,
                minute: 0,
                rate: Rate(100_000),
            },
            FlexStep {
                day: 5,
                minute: 0,
                rate: Rate(200_000),
            },
        ];
        let mode = Mode::Flex { steps };
        assert_eq!(rate_at(&mode, MONDAY).0, 100_000);
        assert_eq!(rate_at(&mode, MONDAY + 5 * DAY - 1), (100_000, Some(MONDAY + 5 * DAY)));
        assert_eq!(rate_at(&mode, MONDAY + 6 * DAY), (200_000, Some(MONDAY + 7 * DAY)));
    }
}
