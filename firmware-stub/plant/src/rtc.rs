//! The clock chip: whole seconds, counted on as time passes.

use crate::quotient;

/// Civil time of the chip, in seconds since 2000-01-01.
#[derive(Clone, Debug)]
pub(crate) struct Rtc {
    /// It minus time since power-on, in milliseconds.
    offset_ms: i64,
    now_s: u64,
    /// When the next second begins.
    next_ms: u64,
}

impl Rtc {
    /// A chip that shows `rtc_s` now.
    pub(crate) fn new(now_ms: u64, rtc_s: u64) -> Self {
        let mut rtc = Self {
            offset_ms: (rtc_s.min(1 << 40) * 1000).cast_signed() - now_ms.cast_signed(),
            now_s: 0,
            next_ms: 0,
        };
        rtc.look(now_ms);
        rtc
    }

    /// It jumps.
    pub(crate) fn jump(&mut self, now_ms: u64, by_ms: i32) {
        self.offset_ms = self.offset_ms.saturating_add(i64::from(by_ms));
        self.look(now_ms);
    }

    /// What it showed when it was last followed.
    pub(crate) fn now_s(&self) -> u64 {
        self.now_s
    }

    /// Time passed: mostly a minute at most.
    #[inline]
    pub(crate) fn follow(&mut self, now_ms: u64) {
        if now_ms < self.next_ms {
            return;
        }
        let past_ms = now_ms - self.next_ms;
        if past_ms > u64::from(quotient::MINUTE_MAX_MS) {
            self.look(now_ms);
            return;
        }
        let seconds = quotient::seconds(past_ms as u32) + 1;
        self.now_s += u64::from(seconds);
        self.next_ms += u64::from(seconds * 1000);
    }

    #[inline(never)]
    fn look(&mut self, now_ms: u64) {
        let ms = now_ms.cast_signed().saturating_add(self.offset_ms);
        // It shows nothing before 2000.
        self.now_s = ms.max(0).cast_unsigned() / 1000;
        let next_ms = (self.now_s + 1).saturating_mul(1000).cast_signed();
        self.next_ms = now_ms.saturating_add(next_ms.saturating_sub(ms).cast_unsigned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However it is looked at, it shows what its offset says.
        #[test]
        fn it_shows_whole_seconds(start_s in 0..2_000_u64, steps in prop::collection::vec((0..200_000_u64, prop::option::weighted(0.2, -3_000_000..3_000_000_i32)), 1..50)) {
            let mut now_ms = 0;
            let mut rtc = Rtc::new(0, start_s);
            let mut offset_ms = start_s.cast_signed() * 1000;
            for (pass_ms, jump) in steps {
                now_ms += pass_ms;
                rtc.follow(now_ms);
                if let Some(by_ms) = jump {
                    rtc.jump(now_ms, by_ms);
                    offset_ms += i64::from(by_ms);
                }
                prop_assert_eq!(rtc.now_s(), (now_ms.cast_signed() + offset_ms).max(0).cast_unsigned() / 1000);
            }
        }
    }
}
