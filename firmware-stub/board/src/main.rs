//! The stub pump on a Cortex-M board: the shell around `stub-pump`. `README.md` says how it is built and run, and which pins it uses.
//!
//! What a dose is, is never decided here: this moves readings in and drives out. It never waits for the far end of a wire or for a probe, never allocates, and
//! a fault of it never ends in a pump that stands still: it resets, and starts in the safe state.
#![no_std]
#![no_main]

#[cfg(not(feature = "hil"))]
mod analog;
mod chip;
#[cfg(not(feature = "hil"))]
mod encoder;
mod flash;
#[cfg(feature = "hil")]
mod hil;
mod identity;
#[cfg(feature = "microbit")]
mod intrinsics;
#[cfg(not(feature = "hil"))]
mod pins;
mod reset;
mod rtt;
mod time;
mod uart;

use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, entry, exception};
use rtt::log;

/// Time without a kick after which the watchdog resets the processor, in seconds.
const WATCHDOG_S: u32 = 90;

#[entry]
fn main() -> ! {
    let reason = reset::take_reason();
    rtt::start();
    chip::start();
    chip::start_watchdog(WATCHDOG_S);
    uart::start();
    let mut clock = time::Clock::start();
    chip::enable_interrupts();
    #[cfg(feature = "hil")]
    hil::run(reason, &mut clock);
    #[cfg(not(feature = "hil"))]
    pins::run(reason, &mut clock);
}

/// Never called: a panic traps where it is, and so becomes a fault.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    reset::after_fault()
}

// Its entry begins a page of 1 KiB. A probe that catches faults stops the core there, and an emulator goes by single instructions through every page with a
// stop in it: beside it stood the divisions.
core::arch::global_asm!(".section .HardFaultTrampoline,\"ax\"", ".balign 1024");

/// A fault is a bug: where is told where a probe listens, and the pump starts again in its safe state.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    log!("fault at {} from {}", frame.pc(), frame.lr());
    reset::after_fault()
}
