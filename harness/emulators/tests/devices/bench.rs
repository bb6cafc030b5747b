//! A device without a line, whose time the test moves.

use clap::Parser as _;
use pump_hil_emulators::clock::Now;
use pump_hil_emulators::device::{Device, Out};
use pump_hil_emulators::mischief::Mischief;
use pump_hil_emulators::options::Options;

pub const SECOND: u64 = 1_000_000;

/// The device.
pub struct Bench {
    device: Box<dyn Device>,
    mischief: Mischief,
    now: u64,
}

impl Bench {
    /// Of this command line.
    pub fn new(arguments: &[&str]) -> Self {
        let options = Options::parse_from(std::iter::once(&"emulator").chain(arguments));
        Self {
            device: options.build(),
            mischief: Mischief::new(&options.misbehave),
            now: 0,
        }
    }

    fn now(&self) -> Now {
        Now {
            device: self.now,
            line: self.now,
        }
    }

    fn sent(&mut self, out: Out) -> Vec<u8> {
        let sent = out.frames.into_iter().flat_map(|frame| self.mischief.send(frame));
        sent.flat_map(|sent| sent.bytes).collect()
    }

    /// What it says at once to these bytes.
    pub fn ask(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Out::default();
        self.device.tick(self.now(), &mut out);
        self.device.hear(self.now(), bytes, &mut out);
        self.sent(out)
    }

    /// The same as text.
    pub fn say(&mut self, text: &str) -> String {
        String::from_utf8(self.ask(text.as_bytes())).unwrap()
    }

    /// What it says while that many microseconds pass; it is called at the moments that it wants, and at no others.
    pub fn after(&mut self, micros: u64) -> Vec<u8> {
        let end = self.now + micros;
        let mut said = Vec::new();
        loop {
            let wake = self.device.wake();
            let next = wake.device.into_iter().chain(wake.line).min().unwrap_or(end);
            self.now = next.max(self.now).min(end);
            let mut out = Out::default();
            self.device.tick(self.now(), &mut out);
            said.extend(self.sent(out));
            let wake = self.device.wake();
            let more = wake.device.into_iter().chain(wake.line).any(|at| at <= end);
            if self.now == end && !more {
                return said;
            }
        }
    }

    /// The same as text.
    pub fn told_after(&mut self, micros: u64) -> String {
        String::from_utf8(self.after(micros)).unwrap()
    }

    /// Nanolitres that left it.
    pub fn delivered(&self) -> u64 {
        self.device.delivered_nl()
    }
}
