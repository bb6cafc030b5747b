//! When the reservoir must be filled and the pump replaced.

use crate::prescription::{Key, Prescription};
use crate::schedule::most_basal_nl;
use crate::units::Seconds;
use crate::vocabulary::Mode;

const WEEK_S: u64 = 7 * 86_400;

/// Dates as civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// When the reservoir reaches its low threshold if every allotted bolus is used; none while nothing is delivered.
    pub refill: Option<Seconds>,
    /// Elective replacement, once it was seen.
    pub eri: Option<Seconds>,
    /// End of service, once it is known.
    pub eos: Option<Seconds>,
}

/// The most that a week of the prescription takes out of the reservoir, in nl.
pub(crate) fn weekly_nl(rx: &Prescription) -> u64 {
    let basal = most_basal_nl(rx, WEEK_S);
    let periodic = match rx.get(Key::Interval) {
        Some(interval) if rx.mode() == Mode::Periodic => rx.or(Key::Dose, 0) * WEEK_S / u64::from(interval.max(1)),
        _ => 0,
    };
    let patient = if rx.has_ptm() {
        let window = rx.or(Key::PtmWindow, 86_400).max(1);
        let by_count = rx.or(Key::PtmCount, 0) * WEEK_S / window;
        let by_lockout = WEEK_S / rx.or(Key::PtmLockout, 86_400).max(1);
        let by_volume = (rx.or(Key::PtmMax, 0) * WEEK_S / window).saturating_sub(basal + periodic);
        (by_count.min(by_lockout) * rx.or(Key::PtmDose, 0)).min(by_volume)
    } else {
        0
    };
    basal + periodic + patient
}

/// When the volume that is left is used up at so much a week; none where nothing is delivered.
pub(crate) fn refill_at(now: Seconds, left_nl: u64, weekly_nl: u64) -> Option<Seconds> {
    (weekly_nl > 0).then(|| {
        let seconds = u128::from(left_nl) * u128::from(WEEK_S) / u128::from(weekly_nl);
        Seconds(now.0.saturating_add(u64::try_from(seconds).unwrap_or(u64::MAX)))
    })
}
