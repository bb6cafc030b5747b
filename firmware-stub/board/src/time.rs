//! TIMER0 as a clock in milliseconds, and sleep until an instant: no tick.
//!
//! The timer has 32 bits of 32 microseconds and comes round after 38 hours; it is looked at far more often than that, because a pump never sleeps for longer
//! than a minute.

use crate::chip::{self, pac};
use pac::interrupt;

/// Timer ticks in 4 ms: 31,250 a second.
const TICKS_IN_4_MS: u64 = 125;
const COMPARE1: u32 = 1 << 17;

/// The clock.
pub struct Clock {
    last: u32,
    ticks: u64,
}

impl Clock {
    /// Starts it at 0.
    pub fn start() -> Self {
        let timer = chip::timer0();
        const DIVIDE_BY_512: u32 = 9;
        const BITS_32: u32 = 3;
        timer.bitmode.write(|w| unsafe { w.bits(BITS_32) });
        timer.prescaler.write(|w| unsafe { w.bits(DIVIDE_BY_512) });
        timer.tasks_clear.write(|w| unsafe { w.bits(1) });
        timer.tasks_start.write(|w| unsafe { w.bits(1) });
        Self { last: 0, ticks: 0 }
    }

    /// Milliseconds since it was started.
    pub fn now_ms(&mut self) -> u64 {
        let timer = chip::timer0();
        timer.tasks_capture[0].write(|w| unsafe { w.bits(1) });
        let count = timer.cc[0].read().bits();
        self.ticks += u64::from(count.wrapping_sub(self.last));
        self.last = count;
        self.ticks * 4 / TICKS_IN_4_MS
    }

    /// Sleeps until `at_ms`, or until `stirs` says that there is something to do, or for a spurious interrupt: look what it was.
    pub fn sleep_until(&mut self, at_ms: u64, stirs: impl FnOnce(critical_section::CriticalSection<'_>) -> bool) {
        let wait_ms = at_ms.saturating_sub(self.now_ms());
        if wait_ms == 0 {
            return;
        }
        let timer = chip::timer0();
        let until = (at_ms * TICKS_IN_4_MS).div_ceil(4);
        // One tick ahead the count could pass by before the compare is written, and the event would come a whole round later.
        let wait = until.saturating_sub(self.ticks).clamp(2, 1 << 30) as u32;
        timer.events_compare[1].write(|w| unsafe { w.bits(0) });
        timer.cc[1].write(|w| unsafe { w.bits(self.last.wrapping_add(wait)) });
        timer.intenset.write(|w| unsafe { w.bits(COMPARE1) });
        // An interrupt that pends wakes the core although it is masked, so none can come between the look and the sleep.
        critical_section::with(|cs| {
            let late = self.now_ms() >= at_ms;
            if !late && !stirs(cs) {
                cortex_m::asm::wfi();
            }
        });
    }
}

#[interrupt]
fn TIMER0() {
    let timer = chip::timer0();
    timer.events_compare[1].write(|w| unsafe { w.bits(0) });
    timer.intenclr.write(|w| unsafe { w.bits(COMPARE1) });
}
