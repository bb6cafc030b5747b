//! A pump with registers, in SLIP frames: address, function, data, CRC-16/MODBUS (low byte first).
//!
//! ```text
//! 0x10  run: 1 starts, 0 stops        0x100          state: 0 stopped, 1 running
//! 0x11  dose in nL, upper half        0x101, 0x102   total in nL
//! 0x12  dose in nL, lower half        0x103          alarm: 0 none, 1 occlusion
//! 0x13  rate in uL/h                  0x20           1: answers that are the same as the last are short
//! 0x14  any value clears the alarm
//! ```
//! Functions 3, 6, 16, and a download of its log in parts: 0x41 asks for it and gets part 1; each part is acknowledged by 0x42 and its number, which
//! gets the next one, or 0x42 and the number again where there is no other.
//!
//! Shown: with register 0x20 a frame (address, 0x00, check) that stands for the answer before it; a download of several parts (trap 11).

use crate::checks;
use crate::clock::Now;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::{Ended, Motor, Quirks};
use crate::registers::{self, BUSY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, Registers, half};
use crate::slip;

const SAME_AS_LAST: u8 = 0x00;
const DOWNLOAD: u8 = 0x41;
const ACKNOWLEDGE: u8 = 0x42;
const PART: usize = 16;
const FRAME_MAX: usize = 520;

/// The pump.
#[derive(Debug)]
pub struct SlipRegisters {
    address: u8,
    store: Store,
    input: Vec<u8>,
    /// The last request and what was answered.
    last: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug)]
struct Store {
    quirks: Quirks,
    motor: Motor,
    dose: u32,
    rate: u16,
    short: bool,
    alarm: u16,
    log: String,
}

impl Registers for Store {
    fn holding(&self, at: u16) -> Option<u16> {
        Some(match at {
            0x10 => u16::from(self.motor.runs()),
            0x11 | 0x12 => half(self.dose.into(), at == 0x12),
            0x13 => self.rate,
            0x14 => 0,
            0x20 => u16::from(self.short),
            0x100 => u16::from(self.quirks.told(self.motor.runs())),
            0x101 | 0x102 => half(self.motor.infused(), at == 0x102),
            0x103 => self.alarm,
            _ => return None,
        })
    }

    fn input(&self, _: u16) -> Option<u16> {
        None
    }

    fn write(&mut self, now: u64, at: u16, value: u16) -> Result<(), u8> {
        let dose = u32::from(value);
        match (at, value) {
            (0x10, 1) if self.motor.runs() || self.alarm != 0 => return Err(BUSY),
            (0x10, 1) => {
                let left = (self.dose > 0).then_some(u64::from(self.dose));
                self.motor.start(now, u64::from(self.rate) * 1_000, left, true);
                self.note(now, "start");
            }
            (0x10, 0) => {
                self.motor.stop();
                self.note(now, "stop");
            }
            (0x11..=0x13, _) if self.motor.runs() => return Err(BUSY),
            (0x11, _) => self.dose = (self.dose & 0xFFFF) | (dose << 16),
            (0x12, _) => self.dose = (self.dose & 0xFFFF_0000) | dose,
            (0x13, 1..) => self.rate = value,
            (0x14, _) => {
                self.alarm = 0;
                self.motor.free();
            }
            (0x20, 0 | 1) => self.short = value == 1,
            (0x10 | 0x13 | 0x20, _) => return Err(ILLEGAL_VALUE),
            _ => return Err(ILLEGAL_ADDRESS),
        }
        Ok(())
    }
}

impl Store {
    fn note(&mut self, now: u64, what: &str) {
        // Bounded: as much as the parts can be numbered.
        if self.log.len() < 200 * PART {
            self.log += &format!("{}s {what}\n", now / 1_000_000);
        }
    }

    /// A part of the log, from 1 on; an empty log has one part.
    fn part(&self, number: u8) -> Option<Vec<u8>> {
        let parts: Vec<&[u8]> = self.log.as_bytes().chunks(PART).collect();
        let of = u8::try_from(parts.len().max(1)).ok()?;
        if number == 0 || number > of {
            return None;
        }
        let bytes = parts.get(usize::from(number) - 1).copied().unwrap_or_default();
        Some([&[DOWNLOAD, number, of], bytes].concat())
    }
}

impl SlipRegisters {
    /// One that stands.
    #[must_use]
    pub fn new(address: u8, quirks: Quirks) -> Self {
        Self {
            address,
            store: Store {
                quirks,
                motor: Motor::new(quirks),
                dose: 0,
                rate: 1_000,
                short: false,
                alarm: 0,
                log: String::new(),
            },
            input: Vec::new(),
            last: None,
        }
    }

    fn frame(&mut self, now: u64, out: &mut Out) {
        let Some(frame) = slip::unwrap(&std::mem::take(&mut self.input)) else {
            return;
        };
        let [address, pdu @ .., low, high] = frame.as_slice() else {
            return;
        };
        let checked = &frame[..frame.len() - 2];
        if *address != self.address || pdu.is_empty() || checks::modbus(checked) != u16::from_le_bytes([*low, *high]) {
            return;
        }
        let said = match *pdu {
            [DOWNLOAD] => self.store.part(1).unwrap_or_default(),
            [ACKNOWLEDGE, number] => {
                let next = self.store.part(number.saturating_add(1));
                next.unwrap_or_else(|| vec![ACKNOWLEDGE, number])
            }
            _ => registers::answer(&mut self.store, now, pdu),
        };
        let this = (pdu.to_vec(), said);
        let same = self.store.short && self.last.as_ref() == Some(&this);
        let said = if same { &[SAME_AS_LAST][..] } else { &this.1 };
        let mut bytes = [&[self.address], said].concat();
        bytes.extend(checks::modbus(&bytes).to_le_bytes());
        out.say_slip(Kind::Reply, bytes);
        self.last = Some(this);
    }
}

impl Device for SlipRegisters {
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out) {
        for byte in bytes {
            match *byte {
                slip::END if self.input.is_empty() => {}
                slip::END => self.frame(now.device, out),
                byte if self.input.len() < FRAME_MAX => self.input.push(byte),
                _ => self.input.clear(),
            }
        }
    }

    fn tick(&mut self, now: Now, _: &mut Out) {
        let store = &mut self.store;
        match store.motor.advance(now.device) {
            Some(Ended::Stalled) => {
                store.alarm = 1;
                store.note(now.device, "occlusion");
            }
            Some(Ended::Done) => store.note(now.device, "done"),
            None => {}
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.store.motor.wake(),
            line: None,
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.store.motor.delivered()
    }
}
