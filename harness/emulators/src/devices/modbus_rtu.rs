//! A pump on plain Modbus RTU: address, function, data, CRC (low byte first); 3.5 characters of silence end a frame (4 ms at 9600 baud).
//!
//! ```text
//! holding 0      run: 1 starts, 0 stops        input 0      state: 0 stopped, 1 running
//! holding 1      rate in 0.1 mL/h              input 1, 2   nL since the last start
//! holding 2      dose in uL; 0: until stopped  input 3      alarm: 0 none, 1 occlusion
//! holding 3      any value clears the alarm    input 8      version, 10
//! holding 0x60..0x7F   memory for anything
//! ```
//! Functions 3, 4, 6, 16 and exceptions 1, 2, 3 and 6. Address 0 is for all: carried out, not answered.
//!
//! Shown: a frame that only silence ends, and a counter that begins anew at each start (trap 9).

use crate::checks;
use crate::clock::Now;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::{Ended, Motor, Quirks};
use crate::registers::{self, BUSY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, Registers, half};

/// 3.5 characters of 11 bits at 9600 baud.
const SILENCE: u64 = 4_010;
const MEMORY: std::ops::Range<u16> = 0x60..0x80;

/// The pump.
#[derive(Debug)]
pub struct ModbusRtu {
    address: u8,
    store: Store,
    input: Vec<u8>,
    heard: u64,
}

#[derive(Debug)]
struct Store {
    quirks: Quirks,
    motor: Motor,
    rate: u16,
    dose: u16,
    alarm: u16,
    infused_from: u64,
    memory: [u16; 32],
}

impl Registers for Store {
    fn holding(&self, at: u16) -> Option<u16> {
        Some(match at {
            0 => u16::from(self.motor.runs()),
            1 => self.rate,
            2 => self.dose,
            3 => 0,
            at => *self.memory.get(usize::from(at.checked_sub(MEMORY.start)?))?,
        })
    }

    fn input(&self, at: u16) -> Option<u16> {
        Some(match at {
            0 => u16::from(self.quirks.told(self.motor.runs())),
            1 | 2 => half(self.motor.infused().saturating_sub(self.infused_from), at == 2),
            3 => self.alarm,
            8 => 10,
            4..=7 => 0,
            _ => return None,
        })
    }

    fn write(&mut self, now: u64, at: u16, value: u16) -> Result<(), u8> {
        match (at, value) {
            (0, 1) if self.motor.runs() || self.alarm != 0 => return Err(BUSY),
            (0, 1) => {
                self.infused_from = self.motor.infused();
                let left = (self.dose > 0).then_some(u64::from(self.dose) * 1_000);
                self.motor.start(now, u64::from(self.rate) * 100_000, left, true);
            }
            (0, 0) => self.motor.stop(),
            (1 | 2, _) if self.motor.runs() => return Err(BUSY),
            (1, 1..) => self.rate = value,
            (2, _) => self.dose = value,
            (3, _) => {
                self.alarm = 0;
                self.motor.free();
            }
            (0 | 1, _) => return Err(ILLEGAL_VALUE),
            (at, _) => {
                let place = at.checked_sub(MEMORY.start).map(usize::from);
                let place = place.and_then(|place| self.memory.get_mut(place));
                *place.ok_or(ILLEGAL_ADDRESS)? = value;
            }
        }
        Ok(())
    }
}

impl ModbusRtu {
    /// One that stands.
    #[must_use]
    pub fn new(address: u8, quirks: Quirks) -> Self {
        Self {
            address,
            store: Store {
                quirks,
                motor: Motor::new(quirks),
                rate: 10,
                dose: 0,
                alarm: 0,
                infused_from: 0,
                memory: [0; 32],
            },
            input: Vec::new(),
            heard: 0,
        }
    }

    fn frame(&mut self, now: u64, out: &mut Out) {
        let frame = std::mem::take(&mut self.input);
        let [checked @ .., low, high] = frame.as_slice() else {
            return;
        };
        let [address, pdu @ ..] = checked else {
            return;
        };
        let mine = *address == self.address || *address == 0;
        if !mine || pdu.is_empty() || checks::modbus(checked) != u16::from_le_bytes([*low, *high]) {
            return;
        }
        let said = registers::answer(&mut self.store, now, pdu);
        if *address != 0 {
            let mut bytes = [&[self.address], said.as_slice()].concat();
            bytes.extend(checks::modbus(&bytes).to_le_bytes());
            out.say_checked(Kind::Reply, bytes, 1);
        }
    }
}

impl Device for ModbusRtu {
    fn hear(&mut self, now: Now, bytes: &[u8], _: &mut Out) {
        self.heard = now.line;
        // Longer than any frame: it stays wrong until silence comes.
        if self.input.len() < 300 {
            self.input.extend(bytes);
        }
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        if self.store.motor.advance(now.device) == Some(Ended::Stalled) {
            self.store.alarm = 1;
        }
        if !self.input.is_empty() && now.line.saturating_sub(self.heard) >= SILENCE {
            self.frame(now.device, out);
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.store.motor.wake(),
            line: (!self.input.is_empty()).then_some(self.heard.saturating_add(SILENCE)),
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.store.motor.delivered()
    }
}
