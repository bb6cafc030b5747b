//! Civil time, held to the pump's own count: the schedule follows the clock chip, but a chip that jumps is noticed and set right.

use crate::units::Seconds;

/// Civil time at a moment of the pump's own count, in ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    civil_ms: u64,
    at: u64,
    set: bool,
    /// The chip was told to take our time, and does not show it yet.
    corrected: bool,
}

/// The chip shows another time than it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jump {
    /// How far it is ahead of us.
    pub(crate) by_ms: i64,
    /// It was told the right time since it last showed it.
    pub(crate) told: bool,
}

impl Clock {
    pub(crate) const fn new() -> Self {
        Self {
            civil_ms: 0,
            at: 0,
            set: false,
            corrected: false,
        }
    }

    /// Civil time now.
    pub(crate) const fn now(&self, now: u64) -> Seconds {
        Seconds(self.civil_ms_at(now) / 1000)
    }

    const fn civil_ms_at(&self, now: u64) -> u64 {
        self.civil_ms.saturating_add(now.saturating_sub(self.at))
    }

    /// When the pump's own count will say that civil time.
    pub(crate) const fn when(&self, rtc: Seconds, now: u64) -> u64 {
        now.saturating_add(rtc.0.saturating_mul(1000).saturating_sub(self.civil_ms_at(now)))
    }

    /// Sets civil time.
    pub(crate) const fn set(&mut self, now: u64, rtc: Seconds) {
        *self = Self {
            civil_ms: rtc.0.saturating_mul(1000),
            at: now,
            set: true,
            corrected: self.corrected,
        };
    }

    /// Holds the chip's reading against our own. A chip that jumped is to be set to [`Clock::now`], as often as it takes: our own count decides.
    pub(crate) fn check(&mut self, now: u64, chip: Seconds, apart_s: u64) -> Option<Jump> {
        let ours = self.civil_ms_at(now);
        let theirs = chip.0.saturating_mul(1000);
        if !self.set {
            self.set(now, chip);
            return None;
        }
        // The chip shows whole seconds.
        if theirs <= ours && ours - theirs < 1000 {
            self.corrected = false;
            return None;
        }
        let apart = theirs.abs_diff(ours);
        if apart <= apart_s * 1000 {
            // Stay within the second that it shows.
            self.set(now, chip);
            self.civil_ms = if ours > theirs { theirs + 999 } else { theirs };
            self.corrected = false;
            return None;
        }
        let by_ms = i128::from(theirs) - i128::from(ours);
        Some(Jump {
            by_ms: by_ms.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64,
            told: core::mem::replace(&mut self.corrected, true),
        })
    }
}
