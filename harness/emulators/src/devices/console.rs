//! A pump with a console: it echoes what is typed, answers in several lines, and ends with a prompt that has no end: `:` stopped, `>` running, `*`
//! stalled, `?` after an error, whatever the state.
//!
//! ```text
//! STAT        VOL 0.123 mL / RATE 1.000 mL/h
//! SET 500     microlitres for the next RUN; 0: until STP
//! RATE 1000   microlitres an hour
//! RUN         no line; its prompt still shows the state of before
//! STP         no line
//! BOL 50      DONE 0.050 mL, when it was given (60 mL/h); what is typed meanwhile is lost
//! BACK 2      draws back two microlitres
//! DUMP        rows, and no prompt: silence ends them
//! RST         a row that is cut, with the banner behind it
//! !RATE 900   carried out in silence: no echo, no prompt; only a refusal is told
//! ```
//! A line without an end counts after a second of silence. Unasked come `END 0.500 mL` and `ERR STALL`, each glued to the prompt that was there.
//!
//! Shown: the prompt of RUN (trap 3), silence as success (4), a reply that takes as long as the dose, and deafness meanwhile (5), `VOL -0.002 mL` (9), a
//! line without an end, and a banner glued to a row that was cut (10), `ERR STALL` that is a refusal of RUN and an alarm otherwise, and whose end
//! nobody tells (14), a prompt that is no state, and one with a line glued to it (16).

use crate::clock::Now;
use crate::decimal;
use crate::device::{Device, Kind, Out, Wake};
use crate::motor::{Ended, Motor, Quirks};

/// After that much silence of the line, what was typed counts without an end.
const SILENCE: u64 = 1_000_000;
/// 60 mL/h.
const BOLUS_RATE: u64 = 60_000_000;
const BANNER: &str = "BOOT console-pump 2.1\r\n:";

/// The pump.
#[derive(Debug)]
pub struct Console {
    quirks: Quirks,
    motor: Motor,
    rate: u64,
    dose: u64,
    stalled: bool,
    /// A bolus is given, and nothing is heard.
    bolus: Option<u64>,
    typed: Vec<u8>,
    heard: u64,
    /// What DUMP tells: seconds, and the total in nanolitres at each end.
    log: Vec<(u64, i64)>,
}

impl Console {
    /// One that stands.
    #[must_use]
    pub fn new(quirks: Quirks) -> Self {
        Self {
            quirks,
            motor: Motor::new(quirks),
            rate: 1_000_000,
            dose: 0,
            stalled: false,
            bolus: None,
            typed: Vec::new(),
            heard: 0,
            log: Vec::new(),
        }
    }

    fn total(&self) -> i64 {
        let whole = |nl| i64::try_from(nl).unwrap_or(i64::MAX);
        whole(self.motor.infused()) - whole(self.motor.withdrawn())
    }

    fn prompt(&self) -> char {
        match (self.stalled, self.quirks.told(self.motor.runs())) {
            (true, _) => '*',
            (_, true) => '>',
            (_, false) => ':',
        }
    }

    fn note(&mut self, now: u64) {
        // Bounded: a terminal could start and stop for hours.
        if self.log.len() < 64 {
            self.log.push((now / 1_000_000, self.total()));
        }
    }

    fn line(&mut self, now: u64, out: &mut Out) {
        let typed = std::mem::take(&mut self.typed);
        let typed: String = typed.iter().map(|byte| char::from(*byte)).collect();
        let (quiet, line) = match typed.strip_prefix('!') {
            Some(line) => (true, line),
            None => (false, typed.as_str()),
        };
        let mut words = line.split_ascii_whitespace();
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "DUMP" => return self.dump(out),
            "RST" => return self.reset(now, out),
            _ => {}
        }
        // Before it is carried out: RUN's prompt shows the state of before (trap 3).
        let before = self.prompt();
        let number = words.next().map(decimal::read);
        let said = self.obey(now, &verb, number.map(|n| n.map(|n| n.micros / 1_000)));
        match (said, quiet) {
            (Ok(_), true) => {}
            (Err(why), true) => out.say(Kind::Reply, format!("ERR {why}\r\n")),
            (Ok(_), false) if self.bolus.is_some() => {}
            (Ok(said), false) => {
                let prompt = if verb == "RUN" { before } else { self.prompt() };
                out.say(Kind::Reply, format!("{said}{prompt}"));
            }
            (Err(why), false) => {
                let prompt = if self.stalled { '*' } else { '?' };
                out.say(Kind::Reply, format!("ERR {why}\r\n{prompt}"));
            }
        }
    }

    /// Carries it out; numbers are nanolitres.
    fn obey(&mut self, now: u64, verb: &str, number: Option<Option<u64>>) -> Result<String, &'static str> {
        let busy = self.motor.runs();
        match (verb, number) {
            ("", None) => {}
            ("STAT", None) => {
                let rate = millilitres(i64::try_from(self.rate).unwrap_or(i64::MAX));
                return Ok(format!("VOL {} mL\r\nRATE {rate} mL/h\r\n", millilitres(self.total())));
            }
            ("SET", Some(Some(_))) if busy => return Err("BUSY"),
            ("SET", Some(Some(dose))) => self.dose = dose,
            ("RATE", Some(Some(rate))) if (1..=100_000_000).contains(&rate) => {
                self.rate = rate;
                self.motor.change_rate(rate);
            }
            ("RATE", Some(Some(_))) | ("BOL" | "BACK", Some(Some(0))) => return Err("RANGE"),
            ("RUN" | "BOL" | "BACK", _) if self.stalled => return Err("STALL"),
            ("RUN", None) | ("BOL" | "BACK", Some(Some(_))) if busy => return Err("BUSY"),
            ("RUN", None) => {
                let left = (self.dose > 0).then_some(self.dose);
                self.motor.start(now, self.rate, left, true);
            }
            ("BOL", Some(Some(dose))) => {
                self.motor.start(now, BOLUS_RATE, Some(dose), true);
                self.bolus = Some(dose);
            }
            ("BACK", Some(Some(dose))) => self.motor.start(now, self.rate, Some(dose), false),
            ("STP", None) => {
                self.motor.stop();
                self.note(now);
            }
            _ => return Err("WHAT"),
        }
        Ok(String::new())
    }

    fn dump(&self, out: &mut Out) {
        out.say(Kind::Reply, format!("LOG {}\r\n", self.log.len()));
        for (n, (at, total)) in self.log.iter().enumerate() {
            let row = format!("{:04} {at} {}\r\n", n + 1, millilitres(*total));
            out.say_after(20, Kind::More, row);
        }
    }

    fn reset(&mut self, now: u64, out: &mut Out) {
        self.motor.stop();
        self.motor.free();
        self.stalled = false;
        self.note(now);
        // The row is cut where the processor was reset (trap 10).
        out.say(Kind::Reply, format!("RESTARTI{BANNER}"));
    }
}

/// With three digits behind the point; what is smaller is cut off.
fn millilitres(nl: i64) -> String {
    let sign = if nl < 0 { "-" } else { "" };
    let whole = nl.unsigned_abs() / 1_000;
    format!("{sign}{}.{:03}", whole / 1_000, whole % 1_000)
}

impl Device for Console {
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out) {
        self.heard = now.line;
        for byte in bytes {
            if self.bolus.is_some() {
                continue; // deaf (trap 5)
            }
            let quiet = self.typed.first().unwrap_or(byte) == &b'!';
            match byte {
                b'\r' => {
                    if !quiet {
                        out.say(Kind::More, "\r\n");
                    }
                    self.line(now.device, out);
                }
                b'\n' => {}
                byte => {
                    if self.typed.len() < 80 {
                        self.typed.push(*byte);
                    }
                    if !quiet {
                        out.say(Kind::More, [*byte]);
                    }
                }
            }
        }
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        if let Some(ended) = self.motor.advance(now.device) {
            self.note(now.device);
            self.stalled = ended == Ended::Stalled;
            let bolus = self.bolus.take();
            let kind = if bolus.is_some() { Kind::Reply } else { Kind::Unasked };
            let said = match (self.stalled, bolus) {
                (true, _) => "ERR STALL".to_owned(),
                (false, Some(dose)) => format!("DONE {} mL", millilitres(i64::try_from(dose).unwrap_or(i64::MAX))),
                (false, None) => format!("END {} mL", millilitres(self.total())),
            };
            out.say(kind, format!("{said}\r\n{}", self.prompt()));
        }
        if !self.typed.is_empty() && now.line.saturating_sub(self.heard) >= SILENCE {
            self.line(now.device, out);
        }
    }

    fn wake(&self) -> Wake {
        Wake {
            device: self.motor.wake(),
            line: (!self.typed.is_empty()).then_some(self.heard.saturating_add(SILENCE)),
        }
    }

    fn delivered_nl(&self) -> u64 {
        self.motor.delivered()
    }
}
