//! What goes wrong on the way from the device to the line, and inside the device.

use crate::device::{Frame, Kind};
use crate::motor::Quirks;
use crate::slip;
use std::str::FromStr;

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// That many percent more leaves the pump than it believes.
    OverDelivers(i64),
    /// The motor is that many percent too fast, and the pump's total shows it.
    RunsFast(u64),
    /// It says that it runs, nothing moves, and no alarm comes.
    StallSilent,
    /// The motor stalls at that many microlitres, and the pump tells it.
    StallsAt(u64),
    /// Every Nth request is carried out and not answered.
    NoAnswer(u64),
    /// Answers come that many milliseconds late.
    Late(u64),
    /// That many bytes of nonsense before each frame.
    Garbage(u64),
    /// A bit of each Nth frame is flipped.
    Flip(u64),
    /// Each Nth frame comes twice.
    Twice(u64),
    /// Each Nth frame lacks a byte.
    DropByte(u64),
    /// Each Nth frame has a wrong check.
    WrongCheck(u64),
    /// The device is gone after that many answers.
    DiesAfter(u64),
    /// It does what it is asked, and answers nothing after that many answers.
    SilentAfter(u64),
    /// No sign of life comes.
    NoHeartbeat,
    /// The state that is told is the other one.
    LiesState,
}

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once(':').map_or((text, None), |(name, n)| (name, Some(n)));
        let signed = || -> Result<i64, String> {
            let number = number.ok_or_else(|| format!("{name} wants a number: {name}:2"))?;
            number.parse().map_err(|_| format!("{number} is not a number"))
        };
        let count = || -> Result<u64, String> {
            let count = u64::try_from(signed()?).map_err(|_| format!("{name}: a number from 1 on"))?;
            match count {
                0 => Err(format!("{name}: a number from 1 on")),
                count => Ok(count),
            }
        };
        let word = match name {
            "over-delivers" => return signed().map(Self::OverDelivers),
            "runs-fast" => return count().map(Self::RunsFast),
            "stalls-at" => return count().map(Self::StallsAt),
            "no-answer" => return count().map(Self::NoAnswer),
            "late" => return count().map(Self::Late),
            "garbage" => return count().map(Self::Garbage),
            "flip" => return count().map(Self::Flip),
            "twice" => return count().map(Self::Twice),
            "drop-byte" => return count().map(Self::DropByte),
            "wrong-check" => return count().map(Self::WrongCheck),
            "silent-after" => return count().map(Self::SilentAfter),
            "dies-after" => return count().map(Self::DiesAfter),
            "stall-silent" => Self::StallSilent,
            "no-heartbeat" => Self::NoHeartbeat,
            "lies-state" => Self::LiesState,
            _ => return Err(format!("{name}: no such misbehaviour")),
        };
        match number {
            None => Ok(word),
            Some(_) => Err(format!("{name} takes no number")),
        }
    }
}

/// What of them is inside the pump.
#[must_use]
pub fn quirks(words: &[Word]) -> Quirks {
    let mut quirks = Quirks::default();
    for word in words {
        match *word {
            Word::OverDelivers(percent) => quirks.over_delivers = percent,
            Word::RunsFast(percent) => quirks.runs_fast = percent,
            Word::StallSilent => quirks.stall_silent = true,
            Word::StallsAt(at) => quirks.stalls_at = Some(at.saturating_mul(1_000)),
            Word::LiesState => quirks.lies_state = true,
            _ => {}
        }
    }
    quirks
}

/// Bytes for the line, so many milliseconds after those before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The pause before them.
    pub pause_ms: u64,
}

/// What goes wrong on the way.
#[derive(Debug)]
pub struct Mischief {
    words: Vec<Word>,
    replies: u64,
    frames: u64,
    /// The present answer is kept back.
    withheld: bool,
    noise: u8,
}

impl Mischief {
    /// With these; without any, all goes through as it is.
    #[must_use]
    pub fn new(words: &[Word]) -> Self {
        Self {
            words: words.to_vec(),
            replies: 0,
            frames: 0,
            withheld: false,
            noise: 0x5B,
        }
    }

    /// Whether the device is gone by now.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        let over = |word: &Word| matches!(word, Word::DiesAfter(n) if self.replies >= *n);
        self.words.iter().any(over)
    }

    /// What comes of a frame on the line.
    pub fn send(&mut self, frame: Frame) -> Vec<Sent> {
        if self.is_dead() || self.is_kept_back(&frame) {
            return Vec::new();
        }
        let counts = frame.kind != Kind::More;
        self.frames += u64::from(counts);
        let pause_ms = frame.pause_ms.saturating_add(self.late(frame.kind));
        let hit = |n: u64| counts && self.frames.is_multiple_of(n);
        let (mut bytes, mut twice, mut noise) = (frame.bytes, false, 0);
        for word in &self.words {
            if let (Word::WrongCheck(n), Some(at)) = (word, frame.check)
                && hit(*n)
                && let Some(byte) = bytes.get_mut(at)
            {
                *byte ^= 0x01;
            }
        }
        if frame.slip {
            bytes = slip::wrap(&bytes);
        }
        // Never the same place twice in a row, and never by chance.
        let place = usize::try_from(self.frames).unwrap_or(0) % bytes.len().max(1);
        for word in &self.words {
            match *word {
                Word::Flip(n) if hit(n) => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x04),
                Word::DropByte(n) if hit(n) => bytes = [&bytes[..place], &bytes[bytes.len().min(place + 1)..]].concat(),
                Word::Twice(n) if hit(n) => twice = true,
                Word::Garbage(n) if counts => noise = n,
                _ => {}
            }
        }
        if twice {
            bytes.extend_from_within(..);
        }
        let mut sent: Vec<u8> = (0..noise).map(|_| self.next_noise()).collect();
        sent.append(&mut bytes);
        vec![Sent { bytes: sent, pause_ms }]
    }

    fn is_kept_back(&mut self, frame: &Frame) -> bool {
        match frame.kind {
            Kind::Reply => {
                self.replies += 1;
                let is_withheld = |word: &Word| match word {
                    Word::NoAnswer(n) => self.replies.is_multiple_of(*n),
                    Word::SilentAfter(n) => self.replies > *n,
                    _ => false,
                };
                self.withheld = self.words.iter().any(is_withheld);
                self.withheld
            }
            Kind::More => self.withheld,
            Kind::Beat => self.words.contains(&Word::NoHeartbeat),
            Kind::Unasked => false,
        }
    }

    fn late(&self, kind: Kind) -> u64 {
        let late = |word: &Word| match word {
            Word::Late(ms) if kind == Kind::Reply => Some(*ms),
            _ => None,
        };
        self.words.iter().filter_map(late).sum()
    }

    /// The same nonsense in every run: all 256 bytes in turn, in no order that means something.
    fn next_noise(&mut self) -> u8 {
        self.noise = self.noise.wrapping_mul(0x6D).wrapping_add(0x2B);
        self.noise
    }
}
