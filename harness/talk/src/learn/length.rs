//! A length in a frame's header, by frames whose bytes at one place say how long each is.

use super::bytes::distinct;
use super::framing::{Framing, cut, enough};
use super::length_at::LengthAt;
use crate::frames::Number;

/// Numbers that a length may be, the usual ones first.
const WORDS: [&str; 6] = ["u8", "u16be", "u16le", "HEX2", "dec2", "dec3"];
/// The last place of a length.
const AT_MAX: usize = 6;
/// Bytes that a length leaves out at most.
const MORE_MAX: usize = 16;
/// Lengths that must differ before a number counts as one: of four hundred places and meanings that are tried, one holds for two by chance.
const DIFFERENT_LEAST: usize = 3;
/// Bytes at the begin of a stream that may belong to a frame that began before.
const BEGUN_MAX: usize = 64;

/// The length that most of these pieces have, and what each frame of a stream begins with.
pub fn by_length(pieces: &[&[u8]], stream: bool) -> Option<(LengthAt, Vec<u8>)> {
    let mut best: Option<(usize, (LengthAt, Vec<u8>))> = None;
    for length in candidates() {
        let found = match (pieces, stream) {
            ([piece], true) => in_stream(length, piece),
            _ => Some((in_pieces(length, pieces), Vec::new())),
        };
        let Some((lengths, sync)) = found.filter(|(lengths, _)| *lengths >= DIFFERENT_LEAST) else {
            continue;
        };
        if best.as_ref().is_none_or(|(most, _)| lengths > *most) {
            best = Some((lengths, (length, sync)));
        }
    }
    best.map(|(_, found)| found)
}

/// How many lengths differ, of frames of which most pieces are made.
fn in_pieces(length: LengthAt, pieces: &[&[u8]]) -> usize {
    let framing = Framing {
        length: Some(length),
        ..Framing::default()
    };
    let cutting = cut(&framing, pieces);
    match cutting.holds() {
        true => distinct(cutting.frames.iter().map(|frame| frame.content.len())),
        false => 0,
    }
}

/// The same of a stream, whose first frame may have begun before: all begin with the same byte, and one follows the other.
fn in_stream(length: LengthAt, stream: &[u8]) -> Option<(usize, Vec<u8>)> {
    (0..stream.len().min(BEGUN_MAX)).find_map(|begun| {
        let rest = stream.get(begun..)?;
        let framing = Framing {
            sync: rest.get(..1)?.to_vec(),
            ..Framing::default()
        };
        let mut contents = Vec::new();
        let mut left = rest;
        while let Some(behind) = length.take(left, &framing.sync, &[], &mut contents) {
            left = behind;
        }
        let covered = enough(rest.len().saturating_sub(left.len()), rest.len());
        let fits = covered && contents.len() > DIFFERENT_LEAST;
        fits.then(|| (distinct(contents.iter().map(Vec::len)), framing.sync))
    })
}

fn candidates() -> impl Iterator<Item = LengthAt> {
    let numbers = WORDS.into_iter().filter_map(|word| Some((word, Number::find(word)?)));
    numbers.flat_map(|(word, number)| {
        let all = (0..=AT_MAX).flat_map(|at| (0..=MORE_MAX).map(move |more| (at, more)));
        all.map(move |(at, more)| LengthAt { at, word, number, more })
    })
}
