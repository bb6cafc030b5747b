//! A syringe pump with the commands of New Era's (NE-1000).
//!
//! Shown: four digits (trap 1); a reply has the state of before its request, as the manual does not say of
//! which moment it is (3); RUN resumes after one STP and begins anew after two (6); many replies
//! look alike, and only the request says what they mean (8).

use crate::decimal::{self, Figures};
use crate::motor::{Ended, Motor, Quirks};

const SECOND: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Stopped,
    Paused,
    Infusing,
    Withdrawing,
    Purging,
}

/// Why a command is not carried out.
enum Refusal {
    Unknown,
    NotNow,
    OutOfRange,
}

type Answer = Result<String, Refusal>;

/// A pump, without its line.
#[derive(Debug)]
pub struct Pump {
    address: u8,
    motor: Motor,
    lies: Quirks,
    phase: Phase,
    alarm: Option<char>,
    withdraws: bool,
    diameter_um: u64,
    volume_nl: u64,
    volume_unit: &'static str,
    rate: u64,
    rate_unit: &'static str,
    infused_from: u64,
    withdrawn_from: u64,
    /// Seconds of silence in safe mode after which it stops; 0: basic mode.
    safe: u8,
    heard: Option<u64>,
}

impl Pump {
    pub(super) fn new(address: u8, quirks: Quirks, power_on_alarm: bool) -> Self {
        Self {
            address,
            motor: Motor::new(quirks),
            lies: quirks,
            phase: Phase::Stopped,
            alarm: power_on_alarm.then_some('R'),
            withdraws: false,
            diameter_um: 26_590,
            volume_nl: 0,
            volume_unit: "ML",
            rate: 500_000,
            rate_unit: "UH",
            infused_from: 0,
            withdrawn_from: 0,
            safe: 0,
            heard: None,
        }
    }

    /// Its address on the line.
    pub(super) fn address(&self) -> u8 {
        self.address
    }

    /// Whether it speaks in safe frames.
    pub(super) fn is_safe(&self) -> bool {
        self.safe > 0
    }

    /// Nanolitres that really left it.
    pub(super) fn delivered(&self) -> u64 {
        self.motor.delivered()
    }

    /// Address and state, as every reply begins.
    pub(super) fn head(&self) -> String {
        let phase = match (self.phase, self.lies.lies_state) {
            (Phase::Stopped | Phase::Paused, true) => 'I',
            (_, true) | (Phase::Stopped, false) => 'S',
            (Phase::Paused, false) => 'P',
            (Phase::Infusing, false) => 'I',
            (Phase::Withdrawing, false) => 'W',
            (Phase::Purging, false) => 'X',
        };
        format!("{:02}{phase}", self.address)
    }

    /// The whole answer to a command without its address.
    pub(super) fn answer(&mut self, now: u64, command: &str) -> String {
        self.heard = Some(now);
        if let Some(alarm) = self.alarm.take() {
            return format!("{:02}A?{alarm}", self.address);
        }
        // The state is of before the command (trap 3).
        let head = self.head();
        match self.obey(now, command) {
            Ok(data) => head + &data,
            Err(Refusal::Unknown) => head + "?",
            Err(Refusal::NotNow) => head + "?NA",
            Err(Refusal::OutOfRange) => head + "?OOR",
        }
    }

    fn obey(&mut self, now: u64, command: &str) -> Answer {
        let Some((verb, rest)) = command.split_at_checked(3) else {
            return if command.is_empty() {
                Ok(String::new())
            } else {
                Err(Refusal::Unknown)
            };
        };
        match (verb, rest) {
            ("VER", "") => Ok("NE1000V3.928".to_owned()),
            ("DIS", "") => Ok(self.dispensed()),
            ("DIA", rest) => self.diameter(rest),
            ("VOL", rest) => self.volume(rest),
            ("RAT", rest) => self.rate(rest),
            ("DIR", rest) => self.direction(rest),
            ("RUN", "") => self.run(now),
            ("PUR", "") => self.purge(now),
            ("STP", "") => self.stop(),
            ("CLD", rest) => self.clear(rest),
            ("SAF", "") => Ok(self.safe.to_string()),
            ("SAF", rest) => set(&mut self.safe, rest, u8::MAX),
            ("ADR", "") => Ok(format!("{:02}", self.address)),
            ("ADR", rest) => set(&mut self.address, rest, 99),
            _ => Err(Refusal::Unknown),
        }
    }

    fn runs(&self) -> bool {
        !matches!(self.phase, Phase::Stopped | Phase::Paused)
    }

    fn idle(&self) -> Result<(), Refusal> {
        if self.runs() { Err(Refusal::NotNow) } else { Ok(()) }
    }

    fn dispensed(&self) -> String {
        let infused = self.motor.infused().saturating_sub(self.infused_from);
        let withdrawn = self.motor.withdrawn().saturating_sub(self.withdrawn_from);
        let shown = |nl| four(volume_micros(nl, self.volume_unit));
        format!("I{}W{}{}", shown(infused), shown(withdrawn), self.volume_unit)
    }

    fn diameter(&mut self, rest: &str) -> Answer {
        if rest.is_empty() {
            return Ok(four(self.diameter_um.saturating_mul(1_000)));
        }
        let micros = number(rest)?;
        self.idle()?;
        if !(100_000..=80_000_000).contains(&micros) {
            return Err(Refusal::OutOfRange);
        }
        self.diameter_um = micros / 1_000;
        self.volume_unit = if self.diameter_um > 14_000 { "ML" } else { "UL" };
        Ok(String::new())
    }

    fn volume(&mut self, rest: &str) -> Answer {
        if rest.is_empty() {
            return Ok(four(volume_micros(self.volume_nl, self.volume_unit)) + self.volume_unit);
        }
        self.idle()?;
        if let Some(unit) = ["UL", "ML"].into_iter().find(|unit| *unit == rest) {
            // The number stays, and means something else.
            let micros = volume_micros(self.volume_nl, self.volume_unit);
            self.volume_unit = unit;
            self.volume_nl = volume_nl(micros, unit);
            return Ok(String::new());
        }
        self.volume_nl = volume_nl(number(rest)?, self.volume_unit);
        Ok(String::new())
    }

    fn rate(&mut self, rest: &str) -> Answer {
        if rest.is_empty() {
            return Ok(four(rate_micros(self.rate, self.rate_unit)) + self.rate_unit);
        }
        let unit = ["UM", "MM", "UH", "MH"].into_iter().find(|unit| rest.ends_with(unit));
        if unit.is_some() {
            self.idle()?;
        }
        let unit = unit.unwrap_or(self.rate_unit);
        let rate = rate_nl(number(rest.trim_end_matches(unit))?, unit);
        if rate == 0 || rate > self.rate_max() {
            return Err(Refusal::OutOfRange);
        }
        (self.rate, self.rate_unit) = (rate, unit);
        self.motor.change_rate(rate);
        Ok(String::new())
    }

    /// Nanolitres an hour of this syringe: its area at 5.1005 cm/min.
    fn rate_max(&self) -> u64 {
        let area = u128::from(self.diameter_um).pow(2) * 785_398 / 1_000_000;
        u64::try_from(area * 3_060_300 / 1_000_000).unwrap_or(u64::MAX)
    }

    fn direction(&mut self, rest: &str) -> Answer {
        match rest {
            "" => return Ok(if self.withdraws { "WDR" } else { "INF" }.to_owned()),
            "INF" => self.withdraws = false,
            "WDR" => self.withdraws = true,
            "REV" => self.withdraws = !self.withdraws,
            _ => return Err(Refusal::Unknown),
        }
        Ok(String::new())
    }

    fn run(&mut self, now: u64) -> Answer {
        self.idle()?;
        // Resumed after a pause; from the beginning after a stop (trap 6).
        let whole = (self.volume_nl > 0).then_some(self.volume_nl);
        let left = if self.phase == Phase::Paused {
            self.motor.left()
        } else {
            whole
        };
        self.motor.start(now, self.rate, left, !self.withdraws);
        self.phase = if self.withdraws {
            Phase::Withdrawing
        } else {
            Phase::Infusing
        };
        Ok(String::new())
    }

    fn purge(&mut self, now: u64) -> Answer {
        self.idle()?;
        self.motor.start(now, self.rate_max(), None, !self.withdraws);
        self.phase = Phase::Purging;
        Ok(String::new())
    }

    fn stop(&mut self) -> Answer {
        self.phase = match self.phase {
            Phase::Infusing | Phase::Withdrawing => Phase::Paused,
            Phase::Purging | Phase::Paused => Phase::Stopped,
            Phase::Stopped => return Err(Refusal::NotNow),
        };
        self.motor.stop();
        Ok(String::new())
    }

    fn clear(&mut self, rest: &str) -> Answer {
        self.idle()?;
        match rest {
            "INF" => self.infused_from = self.motor.infused(),
            "WDR" => self.withdrawn_from = self.motor.withdrawn(),
            _ => return Err(Refusal::Unknown),
        }
        Ok(String::new())
    }

    fn silent_until(&self) -> Option<u64> {
        let heard = self.heard.filter(|_| self.safe > 0 && self.runs())?;
        Some(heard.saturating_add(u64::from(self.safe) * SECOND))
    }

    /// Time came on; an alarm that is told by itself, where it is.
    pub(super) fn tick(&mut self, now: u64) -> Option<String> {
        let ended = self.motor.advance(now);
        let lost = self.silent_until().is_some_and(|until| until <= now);
        if ended == Some(Ended::Done) {
            self.phase = Phase::Stopped;
        }
        if ended == Some(Ended::Stalled) || lost {
            self.alarm = Some(if lost { 'T' } else { 'S' });
            self.motor.stop();
            self.phase = Phase::Stopped;
        }
        // In basic mode it waits for a request, and answers that with it.
        let alarm = self.alarm.filter(|_| self.safe > 0)?;
        self.alarm = None;
        Some(format!("{:02}A?{alarm}", self.address))
    }

    pub(super) fn wake(&self) -> Option<u64> {
        self.motor.wake().into_iter().chain(self.silent_until()).min()
    }
}

fn set(to: &mut u8, text: &str, max: u8) -> Answer {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Unknown);
    }
    let number = text.parse().ok().filter(|number| *number <= max);
    *to = number.ok_or(Refusal::OutOfRange)?;
    Ok(String::new())
}

/// Millionths of a number of at most four digits, three of them behind the point (trap 1).
fn number(text: &str) -> Result<u64, Refusal> {
    match decimal::read(text) {
        Some(Figures { micros, digits, behind }) if digits <= 4 && behind <= 3 => Ok(micros),
        Some(_) => Err(Refusal::OutOfRange),
        None => Err(Refusal::Unknown),
    }
}

/// Four digits with a point, as the display has them; what does not fit is cut off.
fn four(micros: u64) -> String {
    let (whole, thousandths) = (micros / 1_000_000, micros / 1_000 % 1_000);
    match whole {
        0..=9 => format!("{whole}.{thousandths:03}"),
        10..=99 => format!("{whole}.{:02}", thousandths / 10),
        100..=999 => format!("{whole}.{}", thousandths / 100),
        _ => format!("{}.", whole.min(9_999)),
    }
}

fn volume_micros(nl: u64, unit: &str) -> u64 {
    if unit == "UL" { nl.saturating_mul(1_000) } else { nl }
}

fn volume_nl(micros: u64, unit: &str) -> u64 {
    if unit == "UL" { micros / 1_000 } else { micros }
}

fn rate_micros(nl_per_hour: u64, unit: &str) -> u64 {
    match unit {
        "UM" => nl_per_hour.saturating_mul(1_000) / 60,
        "MM" => nl_per_hour / 60,
        "UH" => nl_per_hour.saturating_mul(1_000),
        _ => nl_per_hour,
    }
}

fn rate_nl(micros: u64, unit: &str) -> u64 {
    match unit {
        "UM" => micros.saturating_mul(60) / 1_000,
        "MM" => micros.saturating_mul(60),
        "UH" => micros / 1_000,
        _ => micros,
    }
}
