//! The pump's end of the serial line: bytes in, answered at once, and bytes out, through the faults of the line.

use stub_pump::line::Identity;
use stub_pump::record::{Event, What};
use stub_pump::units::Millis;

use super::Machine;
use super::power::Core;
use crate::cpu::symbol;

/// Transmit queue of the simulated pump: a log page of 64 lines need not fit, its lines wait.
pub(super) const TX_BYTES: usize = 4096;

pub(super) const IDENTITY: Identity = Identity {
    model: "stub-it20",
    serial: "SN000001",
    build: "sim",
};

impl Machine {
    /// Bytes arrive on the pump's line at the present instant and are answered at it. A processor that is halted, hung or without supply loses them.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.rx_count = self.rx_count.wrapping_add(bytes.len() as u32);
        if self.slots.spoils_line() {
            let spoilt: Vec<u8> = bytes.iter().map(|&byte| self.slots.receive(byte)).collect();
            self.deliver(&spoilt);
        } else {
            self.deliver(bytes);
        }
    }

    fn deliver(&mut self, mut bytes: &[u8]) {
        if self.cpu.halted || self.hung {
            return;
        }
        while !bytes.is_empty() {
            let Core::Up(pump) = &mut self.core else { return };
            let taken = self.line.receive(Millis(self.now_ms), bytes, pump);
            bytes = &bytes[taken..];
            if let Some(added) = self.line.take_refill() {
                self.plant.refill(added.0);
            }
            self.speak();
        }
    }

    /// Moves the bytes that left the pump to the end of `into`.
    pub fn take_output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.out);
    }

    /// Whether bytes left the pump that were not taken yet.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.out.is_empty()
    }

    /// Lets the line say what there is to say, and sends it.
    pub(super) fn speak(&mut self) {
        let Core::Up(pump) = &mut self.core else { return };
        let watch = self.cpu.has_breakpoints();
        let mut came_to = None;
        loop {
            self.line.poll(pump, |event| {
                if watch {
                    came_to = came_to.or_else(|| symbol_of(event).filter(|&addr| self.cpu.breaks_at(addr)));
                }
            });
            let bytes = self.line.front();
            if bytes.is_empty() {
                break;
            }
            let before = self.out.len();
            self.slots.transmit(bytes, &mut self.out);
            self.tx_count = self.tx_count.wrapping_add((self.out.len() - before) as u32);
            let count = bytes.len();
            self.line.sent(count);
        }
        if let Some(addr) = came_to {
            self.cpu.halt_at(addr);
        }
    }
}

/// Where in the image an event comes from.
fn symbol_of(event: &Event) -> Option<u32> {
    match event.what {
        What::Alarm { .. } => Some(symbol::ALARM_RAISE),
        What::Rx { .. } => Some(symbol::PRESCRIPTION_COMMIT),
        What::BolusStart { .. } => Some(symbol::BOLUS_START),
        _ => None,
    }
}
