//! The firmware on this chip, as the bench starts, steps and resets it.

use stub_bench::{FLASH_WRITE_FAILURE, Faults, Shell};
use stub_pump::Pump;
use stub_pump::io::{Input, Output, ResetReason};
use stub_pump::line::{LineServer, reset_reason};
use stub_pump::nv::Slot;
use stub_pump::units::{Millis, Nl};
use stub_pump::vocabulary::Cause;

use super::block::{self, COUNT, PARAM, SERIAL_CUT};
use super::marks;
use super::memory::Memory;
use crate::identity::log_boot;
use crate::rtt::log;
use crate::uart::{self, LINE_TX};

/// What a reset stops and starts.
pub struct Firmware {
    pub pump: &'static mut Pump<Memory>,
    pub line: &'static mut LineServer<LINE_TX>,
    /// Bytes left since the grant began.
    pub sent: bool,
    /// Time goes by the harness's grants.
    pub fenced: bool,
}

impl Firmware {
    #[inline(never)] // Mostly there is nothing to say.
    fn say(&mut self, faults: &mut Faults) {
        loop {
            self.line.poll(self.pump, marks::on_event);
            let bytes = self.line.front();
            let count = bytes.len();
            if count == 0 {
                break;
            }
            faults.transmit(bytes, |mut bytes| {
                while !bytes.is_empty() {
                    let count = uart::send(bytes);
                    block::put(block::TX_COUNT, block::get(block::TX_COUNT).wrapping_add(count as u32));
                    bytes = &bytes[count..];
                    self.sent = true;
                }
            });
            self.line.sent(count);
        }
        // What is left of the bytes that the cut lets through: else the block would seem to be written anew.
        let left = faults.slot(SERIAL_CUT).param;
        block::put(block::slot(SERIAL_CUT, PARAM), left.cast_unsigned());
    }
}

impl Shell for Firmware {
    fn has_output(&self) -> bool {
        self.sent
    }

    fn granted_ms(&self, until_ms: u64) -> u64 {
        if self.fenced {
            until_ms.min(block::get64(block::FENCE))
        } else {
            until_ms
        }
    }

    fn time_passed(&mut self, now: Millis) {
        block::put64(block::NOW, now.0);
    }

    fn next_deadline(&self) -> Millis {
        self.pump.next_deadline()
    }

    fn step(&mut self, now: Millis, input: &Input) -> Output {
        marks::pump_step(self.pump, now, input)
    }

    fn stroke_began(&mut self) {
        marks::motor_stroke();
    }

    fn speak(&mut self, faults: &mut Faults) {
        if !self.line.is_idle(self.pump) {
            self.say(faults);
        }
    }

    fn receive(&mut self, now: Millis, bytes: &[u8]) -> (usize, Option<Nl>) {
        let taken = self.line.receive(now, bytes, self.pump);
        (taken, self.line.take_refill())
    }

    fn go_safe(&mut self, now: Millis, cause: Cause) {
        self.pump.go_safe(now, cause);
    }

    fn boot(&mut self, now: Millis, reason: ResetReason, refusing_writes: bool) -> Millis {
        let memory = self.pump.nv_mut();
        memory.refusing = refusing_writes;
        memory.refused = block::get(block::slot(FLASH_WRITE_FAILURE, COUNT));
        log_boot(reason);
        self.pump.wake(now, reason);
        self.pump.status().now
    }

    fn stop(&mut self, reason: ResetReason) {
        while !uart::is_sent() {}
        log!("reset: {}", reset_reason(reason));
        cortex_m::peripheral::SCB::sys_reset()
    }

    fn flip(&mut self, slot: Slot, bit: usize) -> Result<(), usize> {
        self.pump.nv_mut().store().flip(slot, bit)
    }

    fn refuse_writes(&mut self, refuse: bool) {
        self.pump.nv_mut().refusing = refuse;
    }

    fn refused_writes(&self) -> u32 {
        self.pump.nv().refused
    }
}
