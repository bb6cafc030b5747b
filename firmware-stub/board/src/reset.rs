//! Why the processor started.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use stub_pump::io::ResetReason;

use crate::chip;

/// What the firmware leaves behind before it resets itself; it outlives any reset but the loss of power.
#[unsafe(link_section = ".uninit.MARK")]
static MARK: AtomicU32 = AtomicU32::new(0);

#[cfg(not(feature = "hil"))]
const OWN: u32 = 0x4F57_4E21;
const FAULT: u32 = 0x4641_554C;

/// The reason of this start, once.
pub fn take_reason() -> ResetReason {
    const PIN: u32 = 1;
    const WATCHDOG: u32 = 1 << 1;
    const REQUEST: u32 = 1 << 2;
    const LOCKUP: u32 = 1 << 3;
    let power = chip::power();
    let bits = power.resetreas.read().bits();
    // Reasons gather over resets until ones are written to them.
    power.resetreas.write(|w| unsafe { w.bits(bits) });
    match MARK.swap_relaxed(0) {
        #[cfg(not(feature = "hil"))]
        OWN => return ResetReason::Software,
        // A fault of the firmware is what the watchdog is for: the pump falls back to its safe state.
        FAULT => return ResetReason::Watchdog,
        _ => {}
    }
    if bits & (WATCHDOG | LOCKUP) != 0 {
        ResetReason::Watchdog
    } else if bits & (PIN | REQUEST) != 0 {
        ResetReason::Debug
    } else {
        // The chip does not tell a brown-out from power that was gone.
        ResetReason::PowerOn
    }
}

/// Starts again because the pump asked for it.
#[cfg(not(feature = "hil"))]
pub fn by_own_request() -> ! {
    MARK.store(OWN, Relaxed);
    cortex_m::peripheral::SCB::sys_reset()
}

/// Starts again because something is wrong.
pub fn after_fault() -> ! {
    MARK.store(FAULT, Relaxed);
    cortex_m::peripheral::SCB::sys_reset()
}

trait Swap {
    fn swap_relaxed(&self, with: u32) -> u32;
}

// ARMv6-M has no atomic exchange; nothing else runs yet.
impl Swap for AtomicU32 {
    fn swap_relaxed(&self, with: u32) -> u32 {
        let was = self.load(Relaxed);
        self.store(with, Relaxed);
        was
    }
}
