//! When the reservoir must be filled and the pump replaced.

use crate::nv::Nv;
use crate::prescription::{Key, Prescription};
use crate::pump::Pump;
use crate::schedule::most_basal_nl;
use crate::units::Seconds;
use crate::vocabulary::{Mode, State};

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
fn weekly_nl(rx: &Prescription) -> u64 {
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

impl<N: Nv> Pump<N> {
    /// When the pump needs somebody, as far as it knows.
    pub fn forecast(&self) -> Forecast {
        let weekly = match (self.state.state, self.rx()) {
            (State::Running, Some(rx)) => weekly_nl(rx),
            (State::MinimumRate, _) => u64::from(self.settings.minimum_rate_nl_d) * 7,
            _ => 0,
        };
        let left = self.state.reservoir.saturating_sub(self.low_nl());
        let refill = (weekly > 0).then(|| {
            let seconds = u128::from(left) * u128::from(WEEK_S) / u128::from(weekly);
            Seconds(
                self.clock
                    .now(self.now)
                    .0
                    .saturating_add(u64::try_from(seconds).unwrap_or(u64::MAX)),
            )
        });
        let known = self.state.eri_at.is_some();
        Forecast {
            refill,
            eri: self.state.eri_at.map(|at| self.civil(at)),
            eos: known.then(|| self.civil(self.eos_at())),
        }
    }
}
