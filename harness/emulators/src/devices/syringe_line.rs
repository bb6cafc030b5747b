//! The line of syringe pumps, one or several, in New Era's "basic" and "safe" frames.
//!
//! Shown: several pumps behind one line, and one frame of both (trap 15).

use super::syringe::Pump;
use crate::checks;
use crate::clock::Now;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::Quirks;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
/// A frame that is not whole by then is dropped (of the line).
const BETWEEN_BYTES: u64 = 500_000;

/// What has come of a request.
#[derive(Debug, Default)]
struct Input {
    bytes: Vec<u8>,
    at: u64,
}

/// A request as it came: the text, and whether its check holds.
struct Request {
    text: String,
    intact: bool,
}

impl Input {
    fn take(&mut self, line: u64, byte: u8) -> Option<Request> {
        if line.saturating_sub(self.at) > BETWEEN_BYTES {
            self.bytes.clear();
        }
        self.at = line;
        self.bytes.push(byte);
        if self.bytes[0] == STX {
            self.safe()
        } else {
            self.basic(byte)
        }
    }

    fn basic(&mut self, byte: u8) -> Option<Request> {
        if byte != b'\r' {
            self.bytes.truncate(80);
            return None;
        }
        Some(Request {
            text: text(&std::mem::take(&mut self.bytes)),
            intact: true,
        })
    }

    /// Begin, a length that counts itself and what follows, the text, two bytes of check, end.
    fn safe(&mut self) -> Option<Request> {
        let whole = usize::from(*self.bytes.get(1)?) + 1;
        if self.bytes.len() < whole {
            return None;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let [STX, _, body @ .., high, low, ETX] = bytes.as_slice() else {
            return None;
        };
        Some(Request {
            text: text(body),
            intact: checks::xmodem(body) == u16::from_be_bytes([*high, *low]),
        })
    }
}

/// Without blanks and control characters, in capitals.
fn text(bytes: &[u8]) -> String {
    let kept = bytes.iter().filter(|byte| byte.is_ascii_graphic());
    kept.map(|byte| char::from(byte.to_ascii_uppercase())).collect()
}

/// The line with the pumps behind it.
#[derive(Debug)]
pub struct Syringes {
    pumps: Vec<Pump>,
    input: Input,
}

impl Syringes {
    /// `count` pumps; the first has this address, and the next ones those after it.
    #[must_use]
    pub fn new(count: u8, address: u8, quirks: Quirks, power_on_alarm: bool) -> Self {
        let pump = |n: u8| Pump::new(address.saturating_add(n), quirks, power_on_alarm);
        Self {
            pumps: (0..count).map(pump).collect(),
            input: Input::default(),
        }
    }

    fn answer(&mut self, now: u64, request: &Request, out: &mut Out) {
        if let Some(command) = request.text.strip_prefix('*') {
            return self.answer_all(now, command, out);
        }
        let command = request.text.trim_start_matches(|sign: char| sign.is_ascii_digit());
        let digits = &request.text[..request.text.len() - command.len()];
        let address = if digits.is_empty() {
            Some(0)
        } else {
            digits.parse::<u8>().ok()
        };
        let Some(pump) = self.pumps.iter_mut().find(|pump| Some(pump.address()) == address) else {
            return;
        };
        let said = match request.intact {
            true => pump.answer(now, command),
            false => pump.head() + "?COM",
        };
        frame(pump.is_safe(), &said, Kind::Reply, out);
    }

    /// A command for whoever is there. Of several pumps only the totals are told, in one frame in which each has its place (trap 15).
    fn answer_all(&mut self, now: u64, command: &str, out: &mut Out) {
        let said: Vec<String> = self.pumps.iter_mut().map(|pump| pump.answer(now, command)).collect();
        let safe = self.pumps.iter().any(|pump| pump.is_safe());
        if said.len() == 1 || command == "DIS" {
            frame(safe, &said.join("/"), Kind::Reply, out);
        }
    }
}

fn frame(safe: bool, said: &str, kind: Kind, out: &mut Out) {
    let body = said.as_bytes();
    if safe {
        let length = u8::try_from(body.len() + 4).unwrap_or(u8::MAX);
        let bytes = [&[STX, length], body, &checks::xmodem(body).to_be_bytes(), &[ETX]].concat();
        out.say_checked(kind, bytes, 2);
    } else {
        out.say(kind, [&[STX], body, &[ETX]].concat());
    }
}

impl Device for Syringes {
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out) {
        for byte in bytes {
            if let Some(request) = self.input.take(now.line, *byte) {
                self.answer(now.device, &request, out);
            }
        }
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        for pump in &mut self.pumps {
            if let Some(alarm) = pump.tick(now.device) {
                frame(true, &alarm, Kind::Unasked, out);
            }
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.pumps.iter().filter_map(Pump::wake).min(),
            line: None,
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.pumps.iter().map(|pump| pump.delivered()).sum()
    }
}
