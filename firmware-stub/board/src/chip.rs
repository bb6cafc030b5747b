//! What differs between the chips, and nothing else.

#[cfg(feature = "microbit")]
pub use nrf51_pac as pac;
#[cfg(feature = "nrf52840-dk")]
pub use nrf52840_pac as pac;

#[cfg(not(any(feature = "microbit", feature = "nrf52840-dk")))]
compile_error!("choose a board: --features microbit or --features nrf52840-dk");

use pac::{CLOCK, NVMC, POWER, TIMER0, UART0, WDT};
#[cfg(feature = "hil")]
use pac::{TIMER1, TIMER2};

/// A flash page.
#[cfg(feature = "microbit")]
pub const PAGE: usize = 1024;
/// A flash page.
#[cfg(feature = "nrf52840-dk")]
pub const PAGE: usize = 4096;

/// Where the pump's own pages begin: behind the 96 KiB of the image.
pub const STORE_AT: usize = 96 * 1024;

/// Transmit and receive pins: those of the board's USB serial port.
#[cfg(feature = "microbit")]
const UART_PINS: (u32, u32) = (24, 25);
/// Transmit and receive pins: those of the board's USB serial port.
#[cfg(feature = "nrf52840-dk")]
const UART_PINS: (u32, u32) = (6, 8);

/// The peripherals are reached by their addresses: each has one owner among the modules, and interrupts share theirs under a critical section.
macro_rules! peripherals {
    ($($name:ident: $kind:ident),*) => {
        $(
            /// That peripheral's registers.
            pub fn $name() -> &'static <$kind as core::ops::Deref>::Target {
                // SAFETY: the registers are always there, and every access to them is volatile.
                unsafe { &*$kind::ptr() }
            }
        )*
    };
}
peripherals!(clock: CLOCK, nvmc: NVMC, power: POWER, timer0: TIMER0, uart: UART0, watchdog: WDT);
#[cfg(feature = "hil")]
peripherals!(timer1: TIMER1, timer2: TIMER2);

/// Starts the crystal, and puts the serial port on its pins at 115200 baud.
pub fn start() {
    #[cfg(all(feature = "nrf52840-dk", feature = "hil"))]
    open_debug_port();
    // Not waited for: a timer runs on the RC oscillator until the crystal is up, and QEMU has no clock control.
    clock().tasks_hfclkstart.write(|w| unsafe { w.bits(1) });
    gpio().outset.write(|w| unsafe { w.bits(1 << UART_PINS.0) });
    gpio().dirset.write(|w| unsafe { w.bits(1 << UART_PINS.0) });
    let uart = uart();
    #[cfg(feature = "microbit")]
    {
        uart.pseltxd.write(|w| unsafe { w.bits(UART_PINS.0) });
        uart.pselrxd.write(|w| unsafe { w.bits(UART_PINS.1) });
    }
    #[cfg(feature = "nrf52840-dk")]
    {
        uart.psel.txd.write(|w| unsafe { w.bits(UART_PINS.0) });
        uart.psel.rxd.write(|w| unsafe { w.bits(UART_PINS.1) });
    }
    const BAUD_115200: u32 = 0x01D7_E000;
    uart.baudrate.write(|w| unsafe { w.bits(BAUD_115200) });
    const ENABLED: u32 = 4;
    uart.enable.write(|w| unsafe { w.bits(ENABLED) });
    uart.tasks_startrx.write(|w| unsafe { w.bits(1) });
    uart.tasks_starttx.write(|w| unsafe { w.bits(1) });
}

/// From its revision 3 on this chip closes its debug port at every start, unless its firmware opens it (and UICR lets it). A bench needs it; production
/// leaves it shut.
#[cfg(all(feature = "nrf52840-dk", feature = "hil"))]
fn open_debug_port() {
    const APPROTECT_DISABLE: *mut u32 = 0x4000_0558 as *mut u32;
    const OPEN: u32 = 0x5A;
    // SAFETY: a register that only opens the port; earlier revisions have none there, and ignore it.
    unsafe { APPROTECT_DISABLE.write_volatile(OPEN) };
}

/// The first GPIO port.
#[cfg(feature = "microbit")]
pub fn gpio() -> &'static pac::gpio::RegisterBlock {
    // SAFETY: as for all peripherals.
    unsafe { &*pac::GPIO::ptr() }
}

/// The first GPIO port.
#[cfg(feature = "nrf52840-dk")]
pub fn gpio() -> &'static pac::p0::RegisterBlock {
    // SAFETY: as for all peripherals.
    unsafe { &*pac::P0::ptr() }
}

/// Lets the interrupts of UART and timers through.
pub fn enable_interrupts() {
    #[cfg(feature = "microbit")]
    use pac::Interrupt::UART0 as UART;
    #[cfg(feature = "nrf52840-dk")]
    use pac::Interrupt::UARTE0_UART0 as UART;
    use pac::Interrupt::{TIMER0, TIMER1, TIMER2};
    let wanted: &[pac::Interrupt] = if cfg!(feature = "hil") {
        &[UART, TIMER0, TIMER1, TIMER2]
    } else {
        &[UART, TIMER0]
    };
    for &interrupt in wanted {
        // SAFETY: no critical section is built on their being masked.
        unsafe { cortex_m::peripheral::NVIC::unmask(interrupt) };
    }
}

/// Starts the watchdog: 90 s without a kick reset the processor. It stands while a probe halts the core. QEMU has none; there this does nothing.
pub fn start_watchdog(seconds: u32) {
    let watchdog = watchdog();
    const RUN_ASLEEP_PAUSE_HALTED: u32 = 1;
    watchdog.config.write(|w| unsafe { w.bits(RUN_ASLEEP_PAUSE_HALTED) });
    // It counts down from here to 0 at 32.768 kHz.
    watchdog.crv.write(|w| unsafe { w.bits(seconds * 32_768 - 1) });
    watchdog.rren.write(|w| unsafe { w.bits(1) });
    watchdog.tasks_start.write(|w| unsafe { w.bits(1) });
}

/// Keeps the watchdog from acting for another time.
pub fn kick_watchdog() {
    // The one value that the reload register takes.
    const RELOAD: u32 = 0x6E52_4635;
    watchdog().rr[0].write(|w| unsafe { w.bits(RELOAD) });
}
