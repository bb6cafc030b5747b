//! The stub pump on a Cortex-M board: the shell around `stub-pump`. `README.md` says how it is built and run, and which pins it uses.
#![no_std]
#![no_main]

#[cfg(not(feature = "hil"))]
mod analog;
mod chip;
mod flash;
#[cfg(feature = "hil")]
mod hil;
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
use stub_pump::io::ResetReason;
use stub_pump::line::{Identity, LINE_MAX, reset_reason};

pub(crate) use rtt::log;

/// What was built, as `build` says it: the commit, and `+` where the tree was not clean. Text with NULs behind it: a symbol by which whoever has only the
/// image, or a chip that does not run, learns what `identify` would say.
#[unsafe(no_mangle)]
static STUB_BUILD_ID: [u8; 32] = {
    let id = match option_env!("STUB_BUILD_ID") {
        Some(id) => id,
        None => "unknown",
    };
    let mut text = [0; 32];
    text.split_at_mut(id.len()).0.copy_from_slice(id.as_bytes());
    text
};

/// [`STUB_BUILD_ID`] without its NULs.
static BUILD: &str = {
    let mut len = 0;
    while STUB_BUILD_ID[len] != 0 {
        len += 1;
    }
    match core::str::from_utf8(STUB_BUILD_ID.split_at(len).0) {
        Ok(id) => id,
        Err(_) => panic!("STUB_BUILD_ID is no text"),
    }
};

static IDENTITY: Identity = Identity {
    model: "stub-it20",
    serial: "SN000001",
    build: BUILD,
};

/// Transmit queue: two of the longest lines, the least that the line server works with.
const LINE_TX: usize = 2 * (LINE_MAX + 2);

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

/// Says that the pump starts, and why as the pump has it: a bench that plays its power has other reasons than its chip.
fn log_boot(reason: ResetReason) {
    log!("boot: {}, build {}", reset_reason(reason), BUILD);
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
