//! Which line of which case is harmed, and how: drawn by a seed, and told in a text by which it can be played again.

use pump_hil_model::quantity::Span;
use pump_hil_rig::{CableFault, Harm, Way};
use std::fmt;
use std::sync::Arc;

/// The longest that a line is late, ms: the time-out of the stub's device profile.
const LATE_MAX: u64 = 2_000;

/// Small random numbers, the same on every host (splitmix64).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// From 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end.max(1)
    }
}

/// A case, by its place, and the harm to one of its lines.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    pub case: usize,
    way: Way,
    line: u64,
    harm: Harm,
}

impl Draw {
    /// Any line of a case that says so many each way.
    pub fn one(case: usize, said: [u64; 2], random: &mut Random) -> Self {
        let at = random.below(said[0] + said[1]);
        Self::at(case, said, at, random)
    }

    /// Every line of it; of more than `max` a sample.
    pub fn each(case: usize, said: [u64; 2], max: usize, random: &mut Random) -> Vec<Self> {
        let all = said[0] + said[1];
        let count = all.min(max as u64);
        // Spread evenly, so that begin and end are among them.
        (0..count)
            .map(|i| Self::at(case, said, if all == count { i } else { random.below(all) }, random))
            .collect()
    }

    fn at(case: usize, said: [u64; 2], at: u64, random: &mut Random) -> Self {
        let (way, line) = if at < said[0] {
            (Way::ToPump, at + 1)
        } else {
            (Way::FromPump, at - said[0] + 1)
        };
        let harm = match random.below(4) {
            0 => Harm::Lost,
            1 => Harm::Twice,
            2 => Harm::Spoilt(random.below(400) as usize),
            _ => Harm::Late(Span(1 + random.below(LATE_MAX) as i64)),
        };
        Self { case, way, line, harm }
    }

    /// As it was written.
    pub fn parse(case: usize, text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let [way, line, harm, by] = words[..] else { return None };
        Some(Self {
            case,
            way: if way == "to" { Way::ToPump } else { Way::FromPump },
            line: line.parse().ok()?,
            harm: match harm {
                "lost" => Harm::Lost,
                "twice" => Harm::Twice,
                "spoilt" => Harm::Spoilt(by.parse().ok()?),
                "late" => Harm::Late(Span(by.parse().ok()?)),
                _ => return None,
            },
        })
    }

    /// The cable.
    pub fn fault(&self) -> CableFault {
        CableFault {
            way: self.way,
            line: self.line,
            harm: self.harm,
            said: Arc::default(),
        }
    }
}

impl fmt::Display for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.way == Way::ToPump { "to" } else { "from" };
        write!(f, "{way} {} ", self.line)?;
        match self.harm {
            Harm::Lost => f.write_str("lost 0"),
            Harm::Twice => f.write_str("twice 0"),
            Harm::Spoilt(byte) => write!(f, "spoilt {byte}"),
            Harm::Late(by) => write!(f, "late {}", by.0),
        }
    }
}
