//! Test only: something between the conversation and the line, such as a cable that does harm to one line, on a rig whose time is granted, and so the same
//! harm on every run.
//!
//! It stands between the conversation and the line: line and pump count every byte, as if it were whole.

use crate::chip::Chip;
use crate::clock::Clock;
use crate::error::RigError;
use crate::link::{Line, LinkError};
use crate::received::{End, Received};
use async_trait::async_trait;
use pump_hil_model::quantity::Span;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Which way a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the harness to the pump.
    ToPump,
    /// From the pump to the harness.
    FromPump,
}

/// What happens to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// It is lost.
    Lost,
    /// It comes twice.
    Twice,
    /// One of its bytes is another one: which, counted from its first round and round.
    Spoilt(usize),
    /// It comes later by so much of the pump's time, and what is said after it waits behind it.
    Late(Span),
}

/// A cable, and what was said over it in the last run.
#[derive(Debug, Clone)]
pub struct CableFault {
    /// Which way.
    pub way: Way,
    /// Which line of that way, from 1; 0 harms none.
    pub line: u64,
    /// What happens to it.
    pub harm: Harm,
    /// Lines that were said so far, to the pump and from it.
    pub said: Arc<[AtomicU64; 2]>,
}

/// What stands between the two ends.
pub trait Between: fmt::Debug + Send + Sync {
    /// A rig is opened: the one that stands there now.
    fn plugged(&self) -> Box<dyn Between>;

    /// A line comes from one end at this time of the pump's. What comes of it is put behind `onward`: which way it goes, when, and the bytes. What goes
    /// the same way comes out in the order in which it was put there.
    fn take(&mut self, way: Way, line: Vec<u8>, now: Span, onward: &mut Vec<(Way, Span, Vec<u8>)>);
}

impl Between for CableFault {
    fn plugged(&self) -> Box<dyn Between> {
        self.said.iter().for_each(|said| said.store(0, Ordering::Relaxed));
        Box::new(self.clone())
    }

    fn take(&mut self, way: Way, mut line: Vec<u8>, now: Span, onward: &mut Vec<(Way, Span, Vec<u8>)>) {
        let place = self.said[way as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let mut at = now;
        if (way, place) == (self.way, self.line) {
            match self.harm {
                Harm::Lost => return,
                Harm::Twice => line.extend_from_within(..),
                Harm::Spoilt(byte) => spoil(&mut line, byte),
                Harm::Late(by) => at = Span(now.0 + by.0),
            }
        }
        onward.push((way, at, line));
    }
}

/// A granted clock behind such a cable.
#[derive(Debug)]
pub struct Cable {
    clock: Box<dyn Clock>,
    between: Box<dyn Between>,
    /// Pieces that wait for their time, for the pump and from it.
    held: [VecDeque<(Span, Vec<u8>)>; 2],
    /// A line of the pump that has no end yet.
    begun: Vec<u8>,
    /// Something went to the pump for which it was not given a turn yet.
    asked: bool,
    /// The pump said something that did not come out at once.
    missed: bool,
}

impl Cable {
    /// Behind what stands between, from the first line on.
    pub fn new(clock: Box<dyn Clock>, between: &dyn Between) -> Self {
        Self {
            clock,
            between: between.plugged(),
            held: Default::default(),
            begun: Vec::new(),
            asked: false,
            missed: false,
        }
    }

    /// Takes a line at one end.
    fn take(&mut self, way: Way, line: Vec<u8>, now: Span) {
        let mut onward = Vec::new();
        self.between.take(way, line, now, &mut onward);
        let mut comes_at_once = false;
        for (onward, at, bytes) in onward {
            let held = &mut self.held[onward as usize];
            let at = held.back().map_or(at, |(last, _)| at.max(*last));
            held.push_back((at, bytes));
            comes_at_once |= onward == way && at <= now;
        }
        self.missed |= way == Way::FromPump && !comes_at_once;
    }

    /// What comes out at the other end by now.
    fn due(&mut self, way: Way, now: Span) -> Vec<u8> {
        let held = &mut self.held[way as usize];
        let mut bytes = Vec::new();
        while held.front().is_some_and(|(at, _)| *at <= now)
            && let Some((_, line)) = held.pop_front()
        {
            bytes.extend(line);
        }
        bytes
    }

    /// When the next line that waits comes out.
    fn next(&self) -> Option<Span> {
        let first = self.held.iter().filter_map(|held| held.front());
        first.map(|(at, _)| *at).min()
    }

    /// Hands what is due to the pump.
    async fn hand_over(&mut self, line: &mut Line) -> Result<(), LinkError> {
        let bytes = self.due(Way::ToPump, self.clock.now());
        if !bytes.is_empty() {
            self.asked = true;
            line.send(&bytes).await?;
        }
        Ok(())
    }

    /// Takes what the pump said, and gives what of it comes through now.
    fn through(&mut self, mut received: Received) -> Received {
        self.begun.append(&mut received.bytes);
        while let Some(end) = self.begun.iter().position(|b| *b == b'\n') {
            let rest = self.begun.split_off(end + 1);
            let line = std::mem::replace(&mut self.begun, rest);
            self.take(Way::FromPump, line, received.now);
        }
        received.bytes = self.due(Way::FromPump, received.now);
        received.missed = std::mem::take(&mut self.missed);
        if !received.bytes.is_empty() {
            received.end = End::Bytes;
        }
        received
    }
}

#[async_trait]
impl Clock for Cable {
    fn now(&self) -> Span {
        self.clock.now()
    }

    fn is_asked(&self) -> bool {
        self.clock.is_asked()
    }

    fn take_back(&mut self) {
        self.clock.take_back();
    }

    async fn send(&mut self, line: &mut Line, bytes: &[u8]) -> Result<(), LinkError> {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.take(Way::ToPump, piece.to_vec(), self.clock.now());
        }
        self.hand_over(line).await
    }

    async fn receive(&mut self, line: &mut Line, chip: &mut Chip, until: Span) -> Result<Received, RigError> {
        loop {
            self.hand_over(line).await?;
            let turn = self.next().map_or(until, |next| next.min(until));
            let received = self.clock.receive(line, chip, turn).await?;
            self.asked = false;
            let received = self.through(received);
            if received.end != End::Deadline || received.now >= until {
                return Ok(received);
            }
        }
    }

    async fn reply_wait(&mut self, line: &mut Line, chip: &mut Chip, limit: Duration) -> Result<Received, RigError> {
        if !std::mem::take(&mut self.asked) {
            // It heard nothing, and so has nothing to say; what stands between may.
            let now = self.clock.now();
            let bytes = self.due(Way::FromPump, now);
            let end = if bytes.is_empty() { End::Deadline } else { End::Bytes };
            return Ok(Received {
                bytes,
                now,
                end,
                missed: false,
            });
        }
        let received = self.clock.reply_wait(line, chip, limit).await?;
        Ok(self.through(received))
    }
}

/// Makes one byte of a line another one, but for its end.
fn spoil(line: &mut [u8], byte: usize) {
    let len = line.iter().take_while(|b| !matches!(b, b'\r' | b'\n')).count();
    if let Some(byte) = byte.checked_rem(len).and_then(|at| line.get_mut(at)) {
        // No line end comes of it, and never the same byte.
        *byte = if byte.is_ascii_alphanumeric() {
            0x80 | *byte
        } else {
            b'x'
        };
    }
}
