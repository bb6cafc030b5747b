//! A pump in binary: 0xAA, command, length, body, CRC-8/SMBUS over command to body. Volumes are in 10 nL, rates in 10 nL/h.
//!
//! ```text
//! 01            status       81 state:u8 total:u32be
//! 02            identify     82 text
//! 10 rate:u32   run          06 10
//! 11            stop         06 11
//! 12 dose:u32   bolus        06 12       at 60 mL/h
//! 14            clear        06 14       the alarm
//!               refused      15 of:u8 reason:u8   1 not now, 2 unknown, 3 length, 4 range
//!               heartbeat    7F t:u32be flags:u8   every second of its clock, only while it runs
//! ```
//! Shown: a frame without a state that means one, as it comes only while the pump runs (traps 2 and 7).

use crate::checks;
use crate::clock::Now;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::{Ended, Motor, Quirks};

const SYNC: u8 = 0xAA;
/// What says that it is longer is no frame.
const BODY_MAX: usize = 16;
const BEAT_EVERY: u64 = 1_000_000;
/// A frame that is not whole by then is dropped (of the line).
const GAP: u64 = 100_000;
/// 60 mL/h.
const BOLUS_RATE: u64 = 60_000_000;
const OCCLUSION: u8 = 1;

/// The pump.
#[derive(Debug)]
pub struct Binary {
    motor: Motor,
    quirks: Quirks,
    flags: u8,
    beat_at: Option<u64>,
    input: Vec<u8>,
    heard: u64,
}

impl Binary {
    /// One that stands.
    #[must_use]
    pub fn new(quirks: Quirks) -> Self {
        Self {
            motor: Motor::new(quirks),
            quirks,
            flags: 0,
            beat_at: None,
            input: Vec::new(),
            heard: 0,
        }
    }

    /// The first whole frame of what came, without it being there any more.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let begin = self.input.iter().position(|byte| *byte == SYNC);
            self.input.drain(..begin.unwrap_or(self.input.len()));
            let length = usize::from(*self.input.get(2)?);
            if length > BODY_MAX {
                self.input.remove(0);
                continue;
            }
            let frame = self.input.get(1..length + 4)?;
            let [checked @ .., check] = frame else { return None };
            if checks::smbus(checked) == *check {
                let found = (checked[0], checked[2..].to_vec());
                self.input.drain(..length + 4);
                return Some(found);
            }
            self.input.remove(0);
        }
    }

    fn obey(&mut self, now: u64, command: u8, body: &[u8], out: &mut Out) {
        let refused = |reason: u8| (0x15, vec![command, reason]);
        let done = (0x06, vec![command]);
        let (kind, said) = match (command, body) {
            (0x01, []) => {
                let total = u32::try_from(self.motor.infused() / 10).unwrap_or(u32::MAX - 1);
                let state = u8::from(self.quirks.told(self.motor.runs()));
                (0x81, [&[state], &total.to_be_bytes()[..]].concat())
            }
            (0x02, []) => (0x82, b"AA-PUMP 1.4".to_vec()),
            (0x10 | 0x12, [_, _, _, _]) if self.motor.runs() || self.flags != 0 => refused(1),
            (0x10 | 0x12, [0, 0, 0, 0]) => refused(4),
            (0x10 | 0x12, &[a, b, c, d]) => {
                let number = u64::from(u32::from_be_bytes([a, b, c, d])) * 10;
                let (rate, left) = if command == 0x10 {
                    (number, None)
                } else {
                    (BOLUS_RATE, Some(number))
                };
                self.motor.start(now, rate, left, true);
                self.beat_at = Some(now + BEAT_EVERY);
                done
            }
            (0x11, []) => {
                self.motor.stop();
                self.beat_at = None;
                done
            }
            (0x14, []) => {
                self.motor.free();
                self.flags = 0;
                done
            }
            (0x01 | 0x02 | 0x10 | 0x11 | 0x12 | 0x14, _) => refused(3),
            _ => refused(2),
        };
        say(Kind::Reply, kind, &said, out);
    }
}

fn say(why: Kind, command: u8, body: &[u8], out: &mut Out) {
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    let mut bytes = [&[SYNC, command, length], body].concat();
    bytes.push(checks::smbus(&bytes[1..]));
    out.say_checked(why, bytes, 1);
}

impl Device for Binary {
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out) {
        if now.line.saturating_sub(self.heard) > GAP {
            self.input.clear();
        }
        self.heard = now.line;
        self.input.extend(bytes);
        while let Some((command, body)) = self.next() {
            self.obey(now.device, command, &body, out);
        }
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        match self.motor.advance(now.device) {
            Some(Ended::Stalled) => self.flags |= OCCLUSION,
            Some(Ended::Done) => self.beat_at = None,
            None => {}
        }
        while let Some(at) = self.beat_at.filter(|at| *at <= now.device) {
            let clock = u32::try_from(at / 1_000 % (1 << 32)).unwrap_or(0);
            let body = [&clock.to_be_bytes()[..], &[self.flags]].concat();
            say(Kind::Beat, 0x7F, &body, out);
            // One that stalled says so once more, and is quiet then.
            self.beat_at = (self.flags == 0).then_some(at + BEAT_EVERY);
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.motor.wake().into_iter().chain(self.beat_at).min(),
            line: None,
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.motor.delivered()
    }
}
