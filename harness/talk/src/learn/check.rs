//! The check of frames: every one that profiles know, over every range that makes sense, held to all frames.

use super::framing::enough;
use crate::frames::{Check, Number, Then};
use std::collections::BTreeSet;

/// A check that frames have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAt {
    /// Its name, as a profile says it.
    pub name: String,
    /// What is done with it besides, as a profile says it.
    pub then: &'static str,
    /// How it stands in the frame, as a profile says it.
    pub word: &'static str,
    /// Bytes that it takes.
    pub len: usize,
    /// Where what it is over begins in the frame.
    pub from: usize,
    /// Bytes between that and the check.
    pub gap: usize,
    /// Frames of which it holds, and all frames.
    pub holds: (usize, usize),
    /// Frames among those that differ.
    pub different: usize,
    /// Others that hold of as many frames.
    pub others: Vec<String>,
}

/// Frames that must differ before a check is proposed.
pub const DIFFERENT_LEAST: usize = 4;
/// Bits that must agree by all of them together: two to the twelfth checks are tried, and one of a million transcripts may mislead.
const BITS_LEAST: usize = 32;
/// Where a range begins at most.
const FROM_MAX: usize = 8;
/// Bytes between a range and its check at most.
const GAP_MAX: usize = 2;
/// Bytes that a range has at least.
const OVER_LEAST: usize = 2;

/// A way to compute a check, and the ways in which it may stand in a frame.
struct Way {
    check: Check,
    name: &'static str,
    then: &'static str,
    words: &'static [&'static str],
    /// It is a sum or an exclusive-or: what is simple holds by chance more often.
    simple: bool,
}

/// The check that these frames have, without their ends; `sync`: bytes that all begin with.
pub fn check(frames: &[&[u8]], sync: usize) -> Option<CheckAt> {
    let different: BTreeSet<&[u8]> = frames.iter().copied().collect();
    if different.len() < DIFFERENT_LEAST {
        return None;
    }
    let text = different
        .iter()
        .all(|frame| frame.iter().skip(sync).all(|byte| (0x20..0x7F).contains(byte)));
    let mut found: Vec<(CheckAt, bool)> = Vec::new();
    for way in ways() {
        for place in places(&way, text, sync) {
            let holding = place.held_by(&way.check, frames, &different);
            let Some(holding) = holding.filter(|holding| holding.is_proof(&way, place, frames.len())) else {
                continue;
            };
            found.push((place.told(&way, &holding, frames.len()), way.simple));
        }
    }
    // Right behind the sync is where most begin; the longer check says more, and what is done to it besides says less.
    found.sort_by_key(|(check, simple)| {
        let behind = check.from.abs_diff(sync);
        (
            std::cmp::Reverse(check.holds.0),
            *simple,
            !check.then.is_empty(),
            behind,
            check.gap,
        )
    });
    let (mut best, _) = found.first()?.clone();
    let others = found.iter().skip(1).filter(|(other, _)| other.holds == best.holds);
    best.others = others.map(|(other, _)| other.told()).take(OTHERS_MAX).collect();
    Some(best)
}

/// Others that are told of.
const OTHERS_MAX: usize = 3;

impl CheckAt {
    /// What it is, for people.
    #[must_use]
    pub fn told(&self) -> String {
        let then = if self.then.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.then)
        };
        format!("{}{then} as {} over bytes from {}", self.name, self.word, self.from)
    }
}

/// Where a check may stand.
#[derive(Clone, Copy)]
struct Place {
    word: &'static str,
    number: Number,
    from: usize,
    gap: usize,
}

/// The frames of which a check holds.
struct Holding {
    frames: usize,
    /// Ranges that differ.
    over: usize,
    /// Values that differ.
    values: usize,
}

fn places(way: &Way, text: bool, sync: usize) -> Vec<Place> {
    let mut places = Vec::new();
    for word in way.words {
        let digits = word.starts_with("HEX") || word.starts_with("hex") || word.starts_with("dec");
        // A byte of any value would not be printable in every frame.
        if text && !digits && way.then.is_empty() {
            continue;
        }
        let Some(number) = Number::find(word) else { continue };
        // A range begins before the sync or behind it.
        for from in (0..=FROM_MAX).filter(|from| *from == 0 || *from >= sync) {
            for gap in 0..=GAP_MAX {
                places.push(Place {
                    word,
                    number,
                    from,
                    gap,
                });
            }
        }
    }
    places
}

impl Place {
    /// What the check is over in a frame, and what stands there for it.
    fn split<'a>(&self, frame: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let at = frame.len().checked_sub(self.number.len)?;
        let over = frame.get(self.from..at.checked_sub(self.gap)?)?;
        (over.len() >= OVER_LEAST).then_some((over, frame.get(at..)?))
    }

    fn holds(&self, check: &Check, frame: &[u8]) -> bool {
        self.split(frame).is_some_and(|(over, said)| {
            let said = self.number.read(said).and_then(|said| u64::try_from(said).ok());
            said == Some(check.compute(over)) && self.has_its_case(frame)
        })
    }

    /// Hexadecimal digits in the case that is said; those without a letter may be either.
    fn has_its_case(&self, frame: &[u8]) -> bool {
        let (_, said) = self.split(frame).unwrap_or_default();
        match self.word.get(..3) {
            Some("HEX") => !said.iter().any(u8::is_ascii_lowercase),
            Some("hex") => !said.iter().any(u8::is_ascii_uppercase),
            _ => true,
        }
    }

    fn held_by(&self, check: &Check, frames: &[&[u8]], different: &BTreeSet<&[u8]>) -> Option<Holding> {
        // One of the first few may be spoilt; where none of them has it, no more are looked at.
        let tried = different
            .iter()
            .take(3)
            .filter(|frame| self.holds(check, frame))
            .count();
        if tried < 2 {
            return None;
        }
        let gap_of = |frame: &&[u8]| {
            let at = frame.len().checked_sub(self.number.len.checked_add(self.gap)?)?;
            frame.get(at..at.checked_add(self.gap)?).map(<[u8]>::to_vec)
        };
        let held: Vec<&&[u8]> = frames.iter().filter(|frame| self.holds(check, frame)).collect();
        let same_gap = held
            .iter()
            .all(|frame| gap_of(frame) == held.first().and_then(|first| gap_of(first)));
        let split = held.iter().filter_map(|frame| self.split(frame));
        let over: BTreeSet<&[u8]> = split.clone().map(|(over, _)| over).collect();
        let values: BTreeSet<&[u8]> = split.map(|(_, value)| value).collect();
        same_gap.then_some(Holding {
            frames: held.len(),
            over: over.len(),
            values: values.len(),
        })
    }

    fn told(&self, way: &Way, holding: &Holding, of: usize) -> CheckAt {
        CheckAt {
            name: way.name.to_owned(),
            then: way.then,
            word: self.word,
            len: self.number.len,
            from: self.from,
            gap: self.gap,
            holds: (holding.frames, of),
            different: holding.over,
            others: Vec::new(),
        }
    }
}

impl Holding {
    /// Whether that many frames cannot have it by chance.
    fn is_proof(&self, way: &Way, place: Place, of: usize) -> bool {
        let bits = self.over.saturating_mul(bits_of(way, place));
        let different = self.over >= DIFFERENT_LEAST && self.values > DIFFERENT_LEAST / 2;
        let simple = !way.simple || self.values >= DIFFERENT_LEAST;
        enough(self.frames, of) && different && simple && bits >= BITS_LEAST
    }
}

/// Bits of a check that are free, in the way in which it stands there.
fn bits_of(way: &Way, place: Place) -> usize {
    match (way.then, place.word) {
        (_, "dec2") => 6,
        ("", _) | ("negate: true", _) => usize::from(way.check.bits),
        ("and: 0x3F, or: 0x40", _) => 6,
        _ => 7,
    }
}

/// All checks that are tried.
fn ways() -> Vec<Way> {
    let catalogue = Check::names().filter_map(|name| {
        let check = Check::find(name)?;
        let words: &'static [&'static str] = match check.bits {
            ..=8 => &["u8", "HEX2", "hex2", "dec3"],
            9..=16 => &["u16be", "u16le", "HEX4", "hex4", "dec5"],
            17..=24 => &["u24be", "u24le", "HEX6", "hex6"],
            25..=32 => &["u32be", "u32le", "HEX8", "hex8"],
            33..=48 => &["u48be", "u48le"],
            _ => &["u64be", "u64le", "HEX16", "hex16"],
        };
        let simple = !name.starts_with("crc");
        let then = "";
        Some(Way {
            check,
            name,
            then,
            words,
            simple,
        })
    });
    let besides = SUMS.iter().filter_map(|(name, then, text, words)| {
        let check = then.iter().fold(Check::find(name)?, |check, then| check.then(*then));
        Some(Way {
            check,
            name,
            then: text,
            words,
            simple: true,
        })
    });
    catalogue.chain(besides).collect()
}

/// Sums with what is done to them besides: as it is computed, and as a profile says it.
type Sum = (&'static str, &'static [Then], &'static str, &'static [&'static str]);

const SUMS: [Sum; 9] = [
    (
        "sum-8",
        &[Then::Negate],
        "negate: true",
        &["u8", "HEX2", "hex2", "dec3"],
    ),
    (
        "sum-16",
        &[Then::Negate],
        "negate: true",
        &["u16be", "u16le", "HEX4", "hex4"],
    ),
    ("sum-16", &[Then::Mod(100)], "mod: 100", &["dec2"]),
    ("sum-8", &[Then::And(0x7F)], "and: 0x7F", &["u8", "HEX2", "hex2"]),
    ("xor-8", &[Then::And(0x7F)], "and: 0x7F", &["u8"]),
    ("sum-8", &[Then::Or(0x80)], "or: 0x80", &["u8"]),
    ("xor-8", &[Then::Or(0x80)], "or: 0x80", &["u8"]),
    (
        "sum-8",
        &[Then::And(0x3F), Then::Or(0x40)],
        "and: 0x3F, or: 0x40",
        &["u8"],
    ),
    (
        "xor-8",
        &[Then::And(0x3F), Then::Or(0x40)],
        "and: 0x3F, or: 0x40",
        &["u8"],
    ),
];
