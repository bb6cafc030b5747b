//! A balance that speaks MT-SICS, and weighs what a pump delivers into its beaker.
//!
//! ```text
//! S    S S     100.00 g     stable, waits for it; S I: it was not
//! SI   S D     100.00 g     at once; D: not stable
//! SIR  the same five times a second, until S, SI or @
//! Z    Z A                  zero when stable, or Z I;   ZI: at once, ZI S or ZI D
//! T    T S     100.00 g     tare when stable, or T I;   TI: at once
//! TA   TA A    100.00 g     what is tared;              TAC: TAC A, none
//! I2   I2 A "XS204 ..."     what it is
//! I4   I4 A "0123456789"    the serial number;          @: the same, without tare, zero and SIR
//!      ES                   not a command;              S +: more than 220 g
//! ```
//! It reads the file in which the pump's emulator adds micrograms, a number a line.

use crate::clock::Now;
use crate::device::{Device, Kind, Out, Wake};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

const LOOK_EVERY: u64 = 100_000;
const STABLE_AFTER: u64 = 500_000;
const PATIENCE: u64 = 3_000_000;
const SIR_EVERY: u64 = 200_000;
const MAX_UG: i64 = 220_000_000;
const MODEL: &str = "A \"XS204 Excellence 220.0090 g\"";
const SERIAL: &str = "A \"0123456789\"";

/// The balance.
#[derive(Debug)]
pub struct Balance {
    file: PathBuf,
    read: u64,
    decimals: u32,
    gross: i64,
    zero: i64,
    tare: i64,
    changed: Option<u64>,
    look: u64,
    /// A command that waits until it is stable, and when its patience ends.
    waits: Option<(String, u64)>,
    repeats: Option<u64>,
    input: Vec<u8>,
}

impl Balance {
    /// One that shows this many decimals of a gram (0 to 6).
    #[must_use]
    pub fn new(file: PathBuf, decimals: u32) -> Self {
        Self {
            file,
            read: 0,
            decimals: decimals.min(6),
            gross: 0,
            zero: 0,
            tare: 0,
            changed: None,
            look: 0,
            waits: None,
            repeats: None,
            input: Vec::new(),
        }
    }

    /// What was added to the file since it was looked at last, as whole lines.
    fn weigh(&mut self, now: u64) {
        let mut added = String::new();
        if let Ok(mut file) = File::open(&self.file)
            && file.seek(SeekFrom::Start(self.read)).is_ok()
            && file.read_to_string(&mut added).is_ok()
        {
            let whole = added.rfind('\n').map_or(0, |end| end + 1);
            self.read += u64::try_from(whole).unwrap_or(0);
            let lines = added[..whole]
                .lines()
                .filter_map(|line| line.trim().parse::<i64>().ok());
            let micrograms = lines.fold(0_i64, i64::saturating_add);
            if micrograms != 0 {
                self.gross = self.gross.saturating_add(micrograms);
                self.changed = Some(now);
            }
        }
        self.look = now.saturating_add(LOOK_EVERY);
    }

    fn is_stable(&self, now: u64) -> bool {
        self.changed.is_none_or(|at| now.saturating_sub(at) >= STABLE_AFTER)
    }

    fn net(&self) -> i64 {
        self.gross.saturating_sub(self.zero).saturating_sub(self.tare)
    }

    /// Ten places, as the display has it; half a digit is rounded away from zero.
    fn shown(&self, micrograms: i64) -> String {
        let step = 10_u64.pow(6 - self.decimals);
        let steps = (micrograms.unsigned_abs() + step / 2) / step;
        let sign = if micrograms < 0 && steps > 0 { "-" } else { "" };
        let one = 10_u64.pow(self.decimals);
        let width = usize::try_from(self.decimals).unwrap_or(0);
        let text = match width {
            0 => format!("{sign}{steps}"),
            _ => format!("{sign}{}.{:0>width$}", steps / one, steps % one),
        };
        format!("{text:>10} g")
    }

    fn weight(&self, now: u64) -> String {
        if self.gross > MAX_UG {
            return "S +".to_owned();
        }
        let stable = if self.is_stable(now) { 'S' } else { 'D' };
        format!("S {stable} {}", self.shown(self.net()))
    }

    fn command(&mut self, now: u64, command: &str, out: &mut Out) {
        let stable = if self.is_stable(now) { 'S' } else { 'D' };
        if matches!(command, "S" | "SI" | "@") {
            self.repeats = None;
        }
        let said = match command {
            "S" | "Z" | "T" => {
                self.waits = Some((command.to_owned(), now.saturating_add(PATIENCE)));
                return self.patient(now, out);
            }
            "SI" => self.weight(now),
            "SIR" => {
                self.repeats = Some(now.saturating_add(SIR_EVERY));
                self.weight(now)
            }
            "ZI" => {
                self.set_zero();
                format!("ZI {stable}")
            }
            "TI" => {
                self.tare = self.gross.saturating_sub(self.zero);
                format!("TI {stable} {}", self.shown(self.tare))
            }
            "TA" => format!("TA A {}", self.shown(self.tare)),
            "TAC" => {
                self.tare = 0;
                "TAC A".to_owned()
            }
            "I2" => format!("I2 {MODEL}"),
            "I4" => format!("I4 {SERIAL}"),
            "@" => {
                self.tare = 0;
                self.zero = 0;
                self.waits = None;
                format!("I4 {SERIAL}")
            }
            _ => "ES".to_owned(),
        };
        out.say(Kind::Reply, said + "\r\n");
    }

    fn set_zero(&mut self) {
        self.zero = self.gross;
        self.tare = 0;
    }

    /// What waits is answered when it is stable, or when patience ends.
    fn patient(&mut self, now: u64, out: &mut Out) {
        let stable = self.is_stable(now);
        let Some((command, _)) = self.waits.take_if(|(_, until)| stable || *until <= now) else {
            return;
        };
        let said = match command.as_str() {
            _ if !stable => format!("{command} I"),
            "S" => self.weight(now),
            "Z" => {
                self.set_zero();
                "Z A".to_owned()
            }
            _ => {
                self.tare = self.gross.saturating_sub(self.zero);
                format!("T S {}", self.shown(self.tare))
            }
        };
        out.say(Kind::Reply, said + "\r\n");
    }
}

impl Device for Balance {
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out) {
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.input);
                    let command = String::from_utf8_lossy(&line).trim().to_owned();
                    if !command.is_empty() {
                        self.weigh(now.device);
                        self.command(now.device, &command, out);
                    }
                }
                byte if self.input.len() < 80 => self.input.push(*byte),
                _ => {}
            }
        }
    }

    fn tick(&mut self, now: Now, out: &mut Out) {
        if now.device >= self.look {
            self.weigh(now.device);
        }
        self.patient(now.device, out);
        while let Some(at) = self.repeats.filter(|at| *at <= now.device) {
            out.say(Kind::Unasked, self.weight(now.device) + "\r\n");
            self.repeats = Some(at.saturating_add(SIR_EVERY));
        }
    }

    fn wake(&self) -> Wake {
        let waits = self.waits.as_ref().map(|(_, until)| *until);
        let all = [Some(self.look), waits, self.repeats];
        Wake {
            device: all.into_iter().flatten().min(),
            line: None,
        }
    }
}
