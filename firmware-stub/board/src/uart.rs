//! The serial port: interrupts between the wire and two bounded rings.
//!
//! Nothing is dropped here. A transmit ring that is full makes its writer wait; a receive ring that is full leaves the bytes in the receiver's own FIFO, and
//! what that loses the hardware says, it is counted, and the line that it belonged to is answered `overrun`.

use core::cell::RefCell;

use critical_section::{CriticalSection, Mutex};
use stub_pump::line::LINE_MAX;

use crate::chip::{self, pac};
use pac::interrupt;

/// Transmit queue of the line server before this port: two of the longest lines, the least that the line server works with.
pub const LINE_TX: usize = 2 * (LINE_MAX + 2);
/// The longest request and a half.
const RX: usize = 256;
const TX: usize = 128;

struct Ring<const N: usize> {
    bytes: [u8; N],
    head: usize,
    len: usize,
}

impl<const N: usize> Ring<N> {
    const fn new() -> Self {
        Self {
            bytes: [0; N],
            head: 0,
            len: 0,
        }
    }

    fn push(&mut self, byte: u8) -> bool {
        let room = self.len < N;
        if room {
            self.bytes[(self.head + self.len) % N] = byte;
            self.len += 1;
        }
        room
    }

    fn pop(&mut self) -> Option<u8> {
        self.len = self.len.checked_sub(1)?;
        let byte = self.bytes[self.head];
        self.head = (self.head + 1) % N;
        Some(byte)
    }
}

struct Port {
    rx: Ring<RX>,
    tx: Ring<TX>,
    sending: bool,
    overruns: u32,
}

static PORT: Mutex<RefCell<Port>> = Mutex::new(RefCell::new(Port {
    rx: Ring::new(),
    tx: Ring::new(),
    sending: false,
    overruns: 0,
}));

const RXDRDY: u32 = 1 << 2;
const TXDRDY: u32 = 1 << 7;
const ERROR: u32 = 1 << 9;
const OVERRUN: u32 = 1;

/// Lets bytes in and out.
pub fn start() {
    chip::uart()
        .intenset
        .write(|w| unsafe { w.bits(RXDRDY | TXDRDY | ERROR) });
}

/// Moves bytes that arrived into `into`; how many.
pub fn take(into: &mut [u8]) -> usize {
    critical_section::with(|cs| {
        let mut port = PORT.borrow_ref_mut(cs);
        let mut count = 0;
        for place in into {
            let Some(byte) = port.rx.pop() else { break };
            *place = byte;
            count += 1;
        }
        chip::uart().intenset.write(|w| unsafe { w.bits(RXDRDY) });
        count
    })
}

/// Whether bytes arrived.
pub fn has_input(cs: CriticalSection<'_>) -> bool {
    PORT.borrow_ref(cs).rx.len > 0
}

/// Overruns of the receiver so far.
pub fn overruns() -> u32 {
    critical_section::with(|cs| PORT.borrow_ref(cs).overruns)
}

/// Queues as many bytes as there is room for; how many.
pub fn send(bytes: &[u8]) -> usize {
    critical_section::with(|cs| {
        let mut port = PORT.borrow_ref_mut(cs);
        let count = bytes.iter().take_while(|&&byte| port.tx.push(byte)).count();
        port.transmit();
        count
    })
}

/// Whether everything has left.
#[cfg(feature = "hil")]
pub fn is_sent() -> bool {
    critical_section::with(|cs| !PORT.borrow_ref(cs).sending)
}

impl Port {
    fn transmit(&mut self) {
        let uart = chip::uart();
        loop {
            if self.sending {
                if uart.events_txdrdy.read().bits() == 0 {
                    return;
                }
                uart.events_txdrdy.write(|w| unsafe { w.bits(0) });
                self.sending = false;
            }
            let Some(byte) = self.tx.pop() else { return };
            self.sending = true;
            uart.txd.write(|w| unsafe { w.bits(u32::from(byte)) });
        }
    }

    fn receive(&mut self) {
        let uart = chip::uart();
        if uart.events_error.read().bits() != 0 {
            uart.events_error.write(|w| unsafe { w.bits(0) });
            let source = uart.errorsrc.read().bits();
            uart.errorsrc.write(|w| unsafe { w.bits(source) });
            // Framing and parity spoil a byte that arrives all the same: the line's own crc finds it.
            self.overruns = self.overruns.wrapping_add(source & OVERRUN);
        }
        while uart.events_rxdrdy.read().bits() != 0 {
            if self.rx.len == RX {
                uart.intenclr.write(|w| unsafe { w.bits(RXDRDY) });
                return;
            }
            // The event first: the next byte sets it again as soon as this one is read.
            uart.events_rxdrdy.write(|w| unsafe { w.bits(0) });
            self.rx.push(uart.rxd.read().bits() as u8);
        }
    }
}

fn on_interrupt() {
    critical_section::with(|cs| {
        let mut port = PORT.borrow_ref_mut(cs);
        port.receive();
        port.transmit();
    });
}

#[cfg(feature = "microbit")]
#[interrupt]
fn UART0() {
    on_interrupt();
}

#[cfg(feature = "nrf52840-dk")]
#[interrupt]
fn UARTE0_UART0() {
    on_interrupt();
}
