//! A pump with nothing on its line that stops it.
//!
//! ```text
//! V           drip 3
//! G500        gives 500 microlitres at 1.8 mL/h; no answer but the flow
//! F+0.500     the flow in microlitres a second, five times a second of its clock, while it gives; the last one is F-0.010, drawn back, then F+0.000
//! ```
//! What is sent has no end: a second of silence of the line is one. It takes nothing while it gives.
//!
//! Shown: the volume is the integral of a flow that is told, and may be negative (trap 9); sending without an end (10); nothing on the line makes
//! it safe: a dose is given to its end, or until the power is cut (13).

use crate::clock::Now;
use crate::decimal;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::{Motor, Quirks};

const SILENCE: u64 = 1_000_000;
const FLOW_EVERY: u64 = 200_000;
/// 1.8 mL/h are 0.5 uL/s.
const RATE: u64 = 1_800_000;
const FORWARD: &str = "F+0.500\n";
/// At its end it draws two nanolitres back, against drops.
const BACK: &str = "F-0.010\n";
const BACK_RATE: u64 = 36_000;
const BACK_NL: u64 = 2;

/// The pump.
#[derive(Debug)]
pub struct Drip {
    motor: Motor,
    /// What the last flow was, while one is told.
    flow: &'static str,
    flow_at: Option<u64>,
    input: Vec<u8>,
    heard: u64,
}

impl Drip {
    /// One that stands.
    #[must_use]
    pub fn new(quirks: Quirks) -> Self {
        Self {
            motor: Motor::new(quirks),
            flow: FORWARD,
            flow_at: None,
            input: Vec::new(),
            heard: 0,
        }
    }

    fn obey(&mut self, now: u64, out: &mut Out) {
        let input = std::mem::take(&mut self.input);
        let text = String::from_utf8_lossy(&input);
        let dose = text.strip_prefix('G').and_then(decimal::read);
        match (text.as_ref(), dose) {
            ("V", _) => out.say(Kind::Reply, "drip 3\n"),
            (_, Some(dose)) if !self.motor.runs() => {
                self.motor.start(now, RATE, Some(dose.micros / 1_000), true);
                self.flow = FORWARD;
                self.flow_at = Some(now + FLOW_EVERY);
            }
            _ => out.say(Kind::Reply, "E\n"),
        }
    }
}

impl Device for Drip {
    fn hear(&mut self, now: Now, bytes: &[u8], _: &mut Out) {
        self.heard = now.line;
        let bytes = bytes.iter().filter(|byte| byte.is_ascii_graphic());
        self.input.extend(bytes.take(80));
        self.input.truncate(80);
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        let ended = self.motor.advance(now.device).is_some();
        while let Some(at) = self.flow_at.filter(|at| *at <= now.device) {
            out.say(Kind::Unasked, self.flow);
            self.flow_at = Some(at + FLOW_EVERY);
        }
        if ended && self.flow == FORWARD {
            self.flow = BACK;
            self.motor.start(now.device, BACK_RATE, Some(BACK_NL), false);
            self.flow_at = Some(now.device + FLOW_EVERY);
        } else if ended {
            self.flow_at = None;
            out.say(Kind::Unasked, "F+0.000\n");
        }
        if !self.input.is_empty() && now.line.saturating_sub(self.heard) >= SILENCE {
            self.obey(now.device, out);
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.motor.wake().into_iter().chain(self.flow_at).min(),
            line: (!self.input.is_empty()).then_some(self.heard.saturating_add(SILENCE)),
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.motor.delivered()
    }
}
