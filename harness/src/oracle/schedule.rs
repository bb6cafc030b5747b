//! Which basal rate a prescription means at a civil time, and when that changes next.

use crate::quantity::Rate;
use crate::scenario::case::{FlexStep, Mode};

/// Rate of the minimum-rate mode, nL/day.
pub(super) const MINIMUM: i64 = 6_000;
const MINUTE_MS: i64 = 60_000;
const WEEK_MS: i64 = 7 * 24 * 60 * MINUTE_MS;
/// 2000-01-01 was a Saturday: the week that holds it began five days before.
const EPOCH_IN_WEEK_MS: i64 = 5 * 24 * 60 * MINUTE_MS;

/// The rate at `civil_ms` (since 2000-01-01), nL/day, and the time of the next change where there is one.
pub(super) fn rate_at(mode: &Mode, civil_ms: i64) -> (i64, Option<i64>) {
    match mode {
        Mode::Continuous { rate } | Mode::Periodic { rate, .. } => (rate.0, None),
        Mode::Minimum => (MINIMUM, None),
        Mode::Flex { steps } => flex_at(steps, civil_ms),
    }
}

fn flex_at(steps: &[FlexStep], civil_ms: i64) -> (i64, Option<i64>) {
    let in_week = (civil_ms + EPOCH_IN_WEEK_MS).rem_euclid(WEEK_MS);
    let begins = |s: &FlexStep| (i64::from(s.day) * 24 * 60 + i64::from(s.minute)) * MINUTE_MS;
    // Before the first step of the week the last one of the week before holds.
    let rate = steps
        .iter()
        .rfind(|s| begins(s) <= in_week)
        .or(steps.last())
        .map_or(Rate(0), |s| s.rate);
    let next = steps
        .iter()
        .map(begins)
        .find(|&b| b > in_week)
        .or_else(|| steps.first().map(|s| begins(s) + WEEK_MS));
    (rate.0, next.map(|n| civil_ms + n - in_week))
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

    const DAY: i64 = 86_400_000;
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
