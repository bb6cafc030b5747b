//! What counts against the rolling maximum: boluses on demand, one by one, and the programmed dose in time buckets.

use crate::bytes::{Reader, Writer};
use crate::units::DAY_MS;

/// Boluses that are remembered; beyond that the two that ended closest together are joined, on the safe side.
pub(crate) const REMEMBERED: usize = 48;
const BUCKETS: usize = 96;
/// The largest number of 24 bits.
const MOST: u32 = 0x00FF_FFFF;

/// The end of a bolus that still runs.
pub(crate) const RUNNING: u64 = u64::MAX;

/// A bolus on demand: what it gave, or what it is committed to give while it runs. Or several of them, joined: then it began and ended as the last of them.
/// Packed: 48 of them are remembered.
#[repr(C, packed(4))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) start: u64,
    /// When it ended, or [`RUNNING`].
    pub(crate) end: u64,
    pub(crate) nl: u32,
    /// How many of them the patient asked for.
    pub(crate) patient: u8,
}

impl Given {
    fn is_in(&self, now: u64, window_ms: u64) -> bool {
        self.end.saturating_add(window_ms) > now
    }
}

/// Boluses on demand of the last day, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    list: [Given; REMEMBERED],
    len: usize,
}

impl Demand {
    /// Nothing was asked for yet.
    pub(crate) const fn new() -> Self {
        // A constant as a whole: else it is made on the stack, of which a small processor has too little.
        const NONE: [Given; REMEMBERED] = [Given {
            start: 0,
            end: 0,
            nl: 0,
            patient: 0,
        }; REMEMBERED];
        Self { list: NONE, len: 0 }
    }

    fn all(&self) -> &[Given] {
        &self.list[..self.len.min(REMEMBERED)]
    }

    /// A bolus begins.
    pub(crate) fn push(&mut self, given: Given) {
        let gone = self
            .all()
            .iter()
            .take_while(|old| !old.is_in(given.start, DAY_MS))
            .count();
        self.list.rotate_left(gone);
        self.len -= gone;
        if self.len == REMEMBERED {
            self.join();
        }
        self.list[self.len] = given;
        self.len += 1;
    }

    /// Makes one of the two that ended closest together.
    fn join(&mut self) {
        let pairs = self.list.windows(2).enumerate();
        let closest = pairs.min_by_key(|(_, pair)| pair[1].end.saturating_sub(pair[0].end));
        let at = closest.map_or(0, |(at, _)| at);
        // They stand in the order of their ends, so what is joined counts for as long as the later of them.
        let before = self.list[at];
        let joined = &mut self.list[at + 1];
        joined.nl = joined.nl.saturating_add(before.nl);
        joined.patient = joined.patient.saturating_add(before.patient);
        self.list[at..].rotate_left(1);
        self.len -= 1;
    }

    /// The last bolus ended having given this much.
    pub(crate) fn end(&mut self, now: u64, nl: u32) {
        if let Some(last) = self.len.checked_sub(1).and_then(|at| self.list.get_mut(at)) {
            last.end = now.max(last.start);
            last.nl = nl;
        }
    }

    /// Given or committed within the window that ends now: a bolus counts whole until its last drop has left the window.
    pub(crate) fn sum_nl(&self, now: u64, window_ms: u64) -> u64 {
        self.all()
            .iter()
            .filter(|given| given.is_in(now, window_ms))
            .map(|given| u64::from(given.nl))
            .sum()
    }

    /// Patient boluses that started within the window.
    pub(crate) fn count(&self, now: u64, window_ms: u64) -> usize {
        self.all()
            .iter()
            .filter(|given| given.start.saturating_add(window_ms) > now)
            .map(|given| usize::from(given.patient))
            .sum()
    }

    /// When the latest patient bolus started.
    pub(crate) fn last_patient(&self) -> Option<u64> {
        self.all()
            .iter()
            .rev()
            .find(|given| given.patient > 0)
            .map(|given| given.start)
    }

    pub(crate) fn put(&self, out: &mut Writer<'_>) {
        out.u8(self.len as u8);
        for given in self.all() {
            // 40 bits of milliseconds last 34 years, 24 bits of seconds and nanolitres 194 days and 16 mL: 12 bytes a bolus keep the record short.
            out.bytes(&given.start.to_le_bytes()[..5]);
            let seconds = (given.end - given.start).div_ceil(1000).min(u64::from(MOST)) as u32;
            out.bytes(&seconds.to_le_bytes()[..3]);
            out.bytes(&given.nl.min(MOST).to_le_bytes()[..3]);
            out.u8(given.patient);
        }
    }

    pub(crate) fn get(&mut self, input: &mut Reader<'_>) -> Option<()> {
        self.len = 0;
        for _ in 0..input.u8()? {
            let start = u64::from(input.u32()?) | u64::from(input.u8()?) << 32;
            let seconds = u64::from(input.u16()?) | u64::from(input.u8()?) << 16;
            let nl = u32::from(input.u16()?) | u32::from(input.u8()?) << 16;
            let given = Given {
                start,
                end: if seconds < u64::from(MOST) {
                    start + seconds * 1000
                } else {
                    RUNNING
                },
                // What no record can hold is without bound.
                nl: if nl < MOST { nl } else { u32::MAX },
                patient: input.u8()?,
            };
            *self.list.get_mut(self.len)? = given;
            self.len += 1;
        }
        Some(())
    }
}

/// The programmed dose (basal and periodic boluses) of the rolling window, in buckets of a 96th of it. The oldest bucket counts by the part of it that is
/// still inside.
#[derive(Clone, Debug)]
pub(crate) struct Programmed {
    bucket_ms: u64,
    /// When the newest bucket began, a whole number of buckets after first power.
    newest_at: u64,
    /// Its place.
    newest: usize,
    buckets: [u32; BUCKETS + 1],
    sum: u64,
}

impl Programmed {
    /// An empty window.
    pub(crate) const fn new(window_ms: u64, now: u64) -> Self {
        let bucket_ms = if window_ms < BUCKETS as u64 {
            1
        } else {
            window_ms / BUCKETS as u64
        };
        Self {
            bucket_ms,
            newest_at: now - now % bucket_ms,
            newest: 0,
            buckets: [0; BUCKETS + 1],
            sum: 0,
        }
    }

    /// An empty window of that length takes the place of this one.
    #[inline(never)] // In one place, for want of room.
    pub(crate) fn begin(&mut self, window_s: u64, now: u64) {
        *self = Self::new(window_s * 1000, now);
    }

    /// A window in which the pump may have given as much as `nl`, evenly: what a reset makes of it, on the safe side.
    pub(crate) fn assume(&mut self, now: u64, nl: u64) {
        self.advance(now);
        let share = nl.div_ceil(BUCKETS as u64).min(u64::from(u32::MAX));
        self.buckets = [share as u32; BUCKETS + 1];
        self.buckets[self.newest] = (share * (now - self.newest_at) / self.bucket_ms) as u32;
        self.sum = self.buckets.iter().map(|&nl| u64::from(nl)).sum();
    }

    fn advance(&mut self, now: u64) {
        let mut passed = 0;
        while now >= self.newest_at + self.bucket_ms {
            // Bounded: a pump that was off for years must not walk through them by quarters of an hour.
            if passed > BUCKETS {
                // All of them are empty by now.
                self.newest_at = now - now % self.bucket_ms;
                return;
            }
            passed += 1;
            self.newest_at += self.bucket_ms;
            self.newest = (self.newest + 1) % (BUCKETS + 1);
            let place = &mut self.buckets[self.newest];
            self.sum -= u64::from(core::mem::take(place));
        }
    }

    pub(crate) fn add(&mut self, now: u64, nl: u32) {
        self.advance(now);
        let place = &mut self.buckets[self.newest];
        let before = core::mem::replace(place, place.saturating_add(nl));
        self.sum += u64::from(*place - before);
    }

    /// Volume in the window that ends now, the oldest bucket whole: never less than [`Programmed::sum_nl`], and cheap.
    pub(crate) fn at_most_nl(&mut self, now: u64) -> u64 {
        self.advance(now);
        self.sum
    }

    /// Volume in the window that ends now.
    pub(crate) fn sum_nl(&mut self, now: u64) -> u64 {
        self.advance(now);
        let oldest = u64::from(self.buckets[(self.newest + 1) % (BUCKETS + 1)]);
        let gone = oldest * (now - self.newest_at) / self.bucket_ms;
        self.sum - gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    const HOUR: u64 = 3_600_000;

    #[test]
    fn a_bolus_leaves_the_window_with_its_last_drop() {
        let mut demand = Demand::new();
        demand.push(Given {
            start: 1_000,
            end: 61_000,
            nl: 5_000,
            patient: 1,
        });
        assert_eq!(demand.sum_nl(3_660_999, 3_600_000), 5_000);
        assert_eq!(demand.sum_nl(3_661_000, 3_600_000), 0);
        assert_eq!(demand.count(3_600_999, 3_600_000), 1);
        assert_eq!(demand.count(3_601_000, 3_600_000), 0);
    }

    proptest! {
        /// Whatever was asked for and when, the memory never knows less than was given, and forgets a day later.
        #[test]
        fn more_boluses_than_are_remembered_loosen_no_limit(
            asked in prop::collection::vec((1..HOUR, 1..20 * HOUR / 1000, 1..1_000_000_u32, any::<bool>()), 1..200),
            window_ms in HOUR..=DAY_MS,
        ) {
            let (mut demand, mut all, mut now) = (Demand::new(), Vec::new(), 0);
            for (over, wait, nl, patient) in asked {
                let given = Given { start: now, end: RUNNING, nl, patient: u8::from(patient) };
                demand.push(given);
                prop_assert!(demand.sum_nl(now + DAY_MS, window_ms) >= u64::from(nl), "it counts for as long as it runs");
                now += over;
                demand.end(now, nl);
                all.push(Given { end: now, ..given });
                now += wait;
                let exact = all.iter().filter(|given| given.is_in(now, window_ms));
                prop_assert!(demand.sum_nl(now, window_ms) >= exact.map(|given| u64::from(given.nl)).sum());
                let exact = all.iter().filter(|given| given.patient > 0 && given.start + window_ms > now);
                prop_assert!(demand.count(now, window_ms) >= exact.count());
                let last = all.iter().rev().find(|given| given.patient > 0).map(|given| given.start);
                prop_assert!(demand.last_patient() >= last);
            }
            prop_assert_eq!(demand.sum_nl(now + DAY_MS, window_ms), 0);
        }
    }

    #[test]
    fn an_assumed_window_holds_what_was_assumed() {
        for now in [0, 1, 1_234_567, 36_000_000] {
            let mut window = Programmed::new(86_400_000, now);
            window.assume(now, 500_000);
            let sum = window.sum_nl(now);
            assert!((499_900..=500_200).contains(&sum), "{sum} at {now}");
            assert_eq!(window.sum_nl(now + 2 * 86_400_000), 0);
        }
    }

    #[test]
    fn the_window_forgets_what_is_older_than_it() {
        let mut window = Programmed::new(3_600_000, 0);
        for minute in 0..600_u64 {
            window.add(minute * 60_000, 500);
        }
        let sum = window.sum_nl(600 * 60_000);
        assert!(
            (29_500..=30_500).contains(&sum),
            "an hour of 500 nl a minute is 30,000 nl, not {sum}"
        );
    }
}
