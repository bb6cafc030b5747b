//! What counts against the rolling maximum: boluses on demand, one by one, and the programmed dose in time buckets.

use crate::bytes::{Reader, Writer};
use crate::units::DAY_MS;

/// Boluses that are remembered; beyond that the two oldest are joined, on the safe side.
pub(crate) const REMEMBERED: usize = 48;
const BUCKETS: usize = 96;

/// A bolus on demand: what it gave, or what it is committed to give while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) start: u64,
    /// When it ended or will end.
    pub(crate) end: u64,
    pub(crate) nl: u32,
    pub(crate) patient: bool,
}

/// Boluses on demand of the last day, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    list: [Given; REMEMBERED],
    len: usize,
}

impl Default for Demand {
    fn default() -> Self {
        Self {
            list: [Given::default(); REMEMBERED],
            len: 0,
        }
    }
}

impl Demand {
    fn all(&self) -> &[Given] {
        &self.list[..self.len.min(REMEMBERED)]
    }

    /// A bolus begins.
    pub(crate) fn push(&mut self, given: Given) {
        let gone = self
            .all()
            .iter()
            .take_while(|old| old.end + DAY_MS <= given.start)
            .count();
        self.list.rotate_left(gone);
        self.len -= gone;
        if self.len == REMEMBERED {
            let oldest = self.list[0];
            self.list[1].nl += oldest.nl;
            self.list.rotate_left(1);
            self.len -= 1;
        }
        self.list[self.len] = given;
        self.len += 1;
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
            .filter(|given| given.end + window_ms > now)
            .map(|given| u64::from(given.nl))
            .sum()
    }

    /// Patient boluses that started within the window.
    pub(crate) fn count(&self, now: u64, window_ms: u64) -> usize {
        self.all()
            .iter()
            .filter(|given| given.patient && given.start + window_ms > now)
            .count()
    }

    /// When the latest patient bolus started.
    pub(crate) fn last_patient(&self) -> Option<u64> {
        self.all()
            .iter()
            .rev()
            .find(|given| given.patient)
            .map(|given| given.start)
    }

    pub(crate) fn put(&self, out: &mut Writer<'_>) {
        out.u8(self.len as u8);
        for given in self.all() {
            // 40 bits of milliseconds last 34 years, 24 bits of seconds and nanolitres 194 days and 16 mL: 11 bytes a bolus keep the record short.
            out.bytes(&given.start.to_le_bytes()[..5]);
            let seconds = (given.end - given.start).div_ceil(1000).min(0x00FF_FFFF) as u32;
            out.bytes(&seconds.to_le_bytes()[..3]);
            out.bytes(&(given.nl.min(0x7F_FFFF) | u32::from(given.patient) << 23).to_le_bytes()[..3]);
        }
    }

    pub(crate) fn get(input: &mut Reader<'_>) -> Option<Self> {
        let mut demand = Self::default();
        for _ in 0..input.u8()? {
            let start = u64::from(input.u32()?) | u64::from(input.u8()?) << 32;
            let seconds = u64::from(input.u16()?) | u64::from(input.u8()?) << 16;
            let nl = u32::from(input.u16()?) | u32::from(input.u8()?) << 16;
            let given = Given {
                start,
                end: start + seconds * 1000,
                nl: nl & 0x7F_FFFF,
                patient: nl >> 23 == 1,
            };
            *demand.list.get_mut(demand.len)? = given;
            demand.len += 1;
        }
        Some(demand)
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
    pub(crate) fn new(window_ms: u64, now: u64) -> Self {
        let bucket_ms = (window_ms / BUCKETS as u64).max(1);
        Self {
            bucket_ms,
            newest_at: now - now % bucket_ms,
            newest: 0,
            buckets: [0; BUCKETS + 1],
            sum: 0,
        }
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

    #[test]
    fn a_bolus_leaves_the_window_with_its_last_drop() {
        let mut demand = Demand::default();
        demand.push(Given {
            start: 1_000,
            end: 61_000,
            nl: 5_000,
            patient: true,
        });
        assert_eq!(demand.sum_nl(3_660_999, 3_600_000), 5_000);
        assert_eq!(demand.sum_nl(3_661_000, 3_600_000), 0);
        assert_eq!(demand.count(3_600_999, 3_600_000), 1);
        assert_eq!(demand.count(3_601_000, 3_600_000), 0);
    }

    #[test]
    fn more_boluses_than_are_remembered_lose_no_volume() {
        let mut demand = Demand::default();
        for i in 0..60 {
            demand.push(Given {
                start: i * 1000,
                end: i * 1000 + 1,
                nl: 10,
                patient: true,
            });
        }
        assert_eq!(demand.sum_nl(60_000, DAY_MS), 600);
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
