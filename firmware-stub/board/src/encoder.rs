//! The encoder's edges, counted by an interrupt.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::chip::pac;
use pac::interrupt;

/// Encoder edges since power; they outlive a reset, as the rotor does.
#[unsafe(link_section = ".uninit.EDGES")]
pub static EDGES: AtomicU32 = AtomicU32::new(0);

/// Counts the edges of that pin from now on.
pub fn start(pin: u32) {
    const EVENT: u32 = 1;
    const BOTH_EDGES: u32 = 3 << 16;
    // SAFETY: registers; nobody else uses these interrupts.
    let gpiote = unsafe { &*pac::GPIOTE::ptr() };
    gpiote.config[0].write(|w| unsafe { w.bits(EVENT | pin << 8 | BOTH_EDGES) });
    gpiote.events_in[0].write(|w| unsafe { w.bits(0) });
    gpiote.intenset.write(|w| unsafe { w.bits(1) });
    // SAFETY: no critical section is built on its being masked.
    unsafe { cortex_m::peripheral::NVIC::unmask(pac::Interrupt::GPIOTE) };
}

#[interrupt]
fn GPIOTE() {
    // SAFETY: registers.
    let gpiote = unsafe { &*pac::GPIOTE::ptr() };
    gpiote.events_in[0].write(|w| unsafe { w.bits(0) });
    // ARMv6-M has no atomic addition; once edges are counted nobody else writes.
    EDGES.store(EDGES.load(Relaxed).wrapping_add(1), Relaxed);
}
