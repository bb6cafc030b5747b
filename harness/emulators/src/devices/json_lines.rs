//! A pump that speaks JSON: an object a line, both ways.
//!
//! ```text
//! {"id":1,"do":"status"}                       {"id":1,"ok":true,"state":"idle","ml":1e-05,"alarm":null}
//! {"id":2,"do":"start","ul_per_h":36,"ul":5}   {"id":2,"ok":true}          "ul" may be left out: until stopped
//! {"id":3,"do":"stop"}                         {"id":3,"ok":true}
//! {"id":4,"do":"clear"}                        {"id":4,"ok":true}
//! {"id":5,"do":"identify"}                     {"id":5,"ok":true,"model":"JP-1","serial":123456789012345678901234567890}
//! {"id":6,"do":"dance"}                        {"id":6,"ok":false,"why":"unknown"}
//!                                              {"event":"flow","ul_per_s":1e-05}      every second of its clock, while it runs
//!                                              {"event":"done","ml":0.005}, {"event":"stall"}
//! ```
//! Numbers are written as Python writes them: `0.0001`, and `1e-05` for what is smaller.
//!
//! Shown: such numbers, a flow that is told instead of a volume, and a number that fits in no field (trap 9); literal braces (12).

use crate::clock::Now;
use crate::decimal;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::{Ended, Motor, Quirks};
use serde_json::Value;

const SECOND: u64 = 1_000_000;
const LINE_MAX: usize = 1_000;

/// The pump.
#[derive(Debug)]
pub struct JsonLines {
    quirks: Quirks,
    motor: Motor,
    rate: u64,
    stalled: bool,
    tell_at: Option<u64>,
    input: Vec<u8>,
}

impl JsonLines {
    /// One that stands.
    #[must_use]
    pub fn new(quirks: Quirks) -> Self {
        Self {
            quirks,
            motor: Motor::new(quirks),
            rate: 0,
            stalled: false,
            tell_at: None,
            input: Vec::new(),
        }
    }

    fn obey(&mut self, now: u64, asked: &Value) -> Result<String, &'static str> {
        let number = |key: &str| match asked.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let read = decimal::read(&number.to_string()).ok_or("range")?;
                Ok(Some(read.micros / 1_000))
            }
            Some(_) => Err("number"),
        };
        match asked.get("do").and_then(Value::as_str).unwrap_or_default() {
            "status" => {
                let state = if self.quirks.told(self.motor.runs()) {
                    "running"
                } else {
                    "idle"
                };
                let alarm = if self.stalled { "\"stall\"" } else { "null" };
                let ml = python(self.motor.infused().into(), 6);
                return Ok(format!(",\"state\":\"{state}\",\"ml\":{ml},\"alarm\":{alarm}"));
            }
            "identify" => {
                return Ok(",\"model\":\"JP-1\",\"serial\":123456789012345678901234567890".to_owned());
            }
            "start" if self.motor.runs() || self.stalled => return Err("busy"),
            "start" => {
                let rate = number("ul_per_h")?.filter(|rate| *rate > 0).ok_or("range")?;
                self.motor.start(now, rate, number("ul")?, true);
                self.rate = rate;
                self.tell_at = Some(now + SECOND);
            }
            "stop" => {
                self.motor.stop();
                self.tell_at = None;
            }
            "clear" => {
                self.stalled = false;
                self.motor.free();
            }
            _ => return Err("unknown"),
        }
        Ok(String::new())
    }

    fn line(&mut self, now: u64, out: &mut Out) {
        let line = std::mem::take(&mut self.input);
        let asked = serde_json::from_slice::<Value>(&line).ok().filter(Value::is_object);
        let (id, said) = match asked {
            None => (Value::Null, Err("json")),
            Some(asked) => {
                let id = asked.get("id").cloned().unwrap_or_default();
                (id, self.obey(now, &asked))
            }
        };
        out.say(
            Kind::Reply,
            match said {
                Ok(more) => format!("{{\"id\":{id},\"ok\":true{more}}}\n"),
                Err(why) => format!("{{\"id\":{id},\"ok\":false,\"why\":\"{why}\"}}\n"),
            },
        );
    }
}

/// `number / 10^places`, as Python writes a float.
fn python(number: u128, places: usize) -> String {
    let digits = format!("{number:0>width$}", width = places + 1);
    let (whole, behind) = digits.split_at(digits.len() - places);
    let behind = behind.trim_end_matches('0');
    let zeros = behind.len() - behind.trim_start_matches('0').len();
    if whole == "0" && zeros >= 4 {
        let (first, rest) = behind[zeros..].split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{first}{point}{rest}e-{:02}", zeros + 1);
    }
    format!("{whole}.{}", if behind.is_empty() { "0" } else { behind })
}

impl Device for JsonLines {
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out) {
        for byte in bytes {
            match byte {
                b'\n' if self.input.is_empty() => {}
                b'\n' => self.line(now.device, out),
                byte if self.input.len() < LINE_MAX => self.input.push(*byte),
                _ => {}
            }
        }
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        let ended = self.motor.advance(now.device);
        while let Some(at) = self.tell_at.filter(|at| *at <= now.device) {
            // Microlitres a second with nine places, from nanolitres an hour.
            let flow = python(u128::from(self.rate) * 1_000_000 / 3_600, 9);
            out.say(Kind::Beat, format!("{{\"event\":\"flow\",\"ul_per_s\":{flow}}}\n"));
            self.tell_at = Some(at + SECOND);
        }
        if let Some(ended) = ended {
            self.tell_at = None;
            self.stalled = ended == Ended::Stalled;
            let ml = python(self.motor.infused().into(), 6);
            let told = match ended {
                Ended::Done => format!("{{\"event\":\"done\",\"ml\":{ml}}}\n"),
                Ended::Stalled => "{\"event\":\"stall\"}\n".to_owned(),
            };
            out.say(Kind::Unasked, told);
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.motor.wake().into_iter().chain(self.tell_at).min(),
            line: None,
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.motor.delivered()
    }
}

#[cfg(test)]
mod tests {
    use super::python;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        // As `repr` of Python 3 gives them.
        let told = [0, 1, 12, 100, 99, 10, 123_456, 1_000_000, 1_500_000].map(|nl| python(nl, 6));
        let python = [
            "0.0", "1e-06", "1.2e-05", "0.0001", "9.9e-05", "1e-05", "0.123456", "1.0", "1.5",
        ];
        assert_eq!(told, python);
    }
}
