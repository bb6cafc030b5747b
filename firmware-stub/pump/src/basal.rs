//! Basal dose arithmetic: rate times time, exact, in whole strokes with the remainder carried.

use crate::io::STROKE_NL;
use crate::units::{DAY_MS, NEVER};

/// One stroke in nl/d times ms: what the accumulator counts in, so that no rate and no time is ever rounded.
const STROKE: u64 = STROKE_NL * DAY_MS;

/// What is owed to the patient at a rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Basal {
    rate_nl_d: u64,
    owed: u64,
    at: u64,
    due: u64,
}

impl Basal {
    pub(crate) const fn new(now: u64) -> Self {
        Self {
            rate_nl_d: 0,
            owed: 0,
            at: now,
            due: NEVER,
        }
    }

    pub(crate) const fn rate(&self) -> u64 {
        self.rate_nl_d
    }

    /// When the next stroke is owed.
    #[inline]
    pub(crate) const fn due(&self) -> u64 {
        self.due
    }

    /// Books the time until `now` at the rate. While the motor is held no more than a stroke and a remainder stay owed: a lost dose is not made up.
    fn settle(&mut self, now: u64) {
        let since = now.saturating_sub(self.at);
        self.owed = self
            .owed
            .saturating_add(self.rate_nl_d.saturating_mul(since))
            .min(2 * STROKE - 1);
        self.at = self.at.max(now);
    }

    fn plan(&mut self) {
        self.due = if self.rate_nl_d == 0 {
            NEVER
        } else {
            self.at
                .saturating_add(STROKE.saturating_sub(self.owed).div_ceil(self.rate_nl_d))
        };
    }

    /// From now on this rate; what the old one left over is kept.
    pub(crate) fn set_rate(&mut self, now: u64, rate_nl_d: u64) {
        self.settle(now);
        self.rate_nl_d = rate_nl_d;
        self.plan();
    }

    /// Strokes were delivered.
    #[inline]
    pub(crate) fn delivered(&mut self, now: u64, strokes: u64) {
        self.settle(now);
        self.owed = self.owed.saturating_sub(strokes.saturating_mul(STROKE));
        self.plan();
    }

    /// Drops what is owed: after a fault nothing is made up.
    pub(crate) fn forgive(&mut self, now: u64) {
        self.settle(now);
        self.owed = 0;
        self.plan();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the rates and however long they hold, strokes are the floor of rate times time, exactly.
        #[test]
        fn no_sequence_of_rates_loses_or_gains(steps in prop::collection::vec((0..24_000_000_u64, 1..200_000_000_u64), 1..12)) {
            let mut basal = Basal::new(0);
            let (mut now, mut exact, mut strokes) = (0_u64, 0_u128, 0_u64);
            for (rate, hold) in steps {
                // At most some thousand strokes a step keep the test quick.
                let hold = STROKE.checked_div(rate).map_or(hold, |stroke| hold.min(stroke * 2_000 + 1));
                basal.set_rate(now, rate);
                let until = now + hold;
                exact += u128::from(rate) * u128::from(hold);
                while basal.due() <= until {
                    now = basal.due();
                    basal.delivered(now, 1);
                    strokes += 1;
                }
                now = until;
            }
            basal.set_rate(now, 0);
            prop_assert_eq!(u128::from(strokes), exact / u128::from(STROKE));
        }
    }

    #[test]
    fn ten_years_of_an_awkward_rate_are_exact() {
        let mut basal = Basal::new(0);
        let rate = 499_999;
        basal.set_rate(0, rate);
        let until = 3652 * DAY_MS + 12_345;
        let mut strokes = 0_u128;
        while basal.due() <= until {
            // The encoder confirms a stroke 200 ms after it was due.
            let now = basal.due() + 200;
            basal.delivered(now, 1);
            strokes += 1;
        }
        assert_eq!(strokes, u128::from(rate) * u128::from(until) / u128::from(STROKE));
    }
}
