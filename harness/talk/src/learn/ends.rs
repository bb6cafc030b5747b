//! Where frames begin and end, by what nine of ten pieces of a transcript have in common.

use super::bytes::{common_prefix, most_common};
use super::framing::{Cutting, FRAMES_LEAST, Framing, cut, enough};
use super::length::by_length;
use super::length_at::LengthAt;
use crate::frames::Stuffing;

/// How these pieces are best cut; `split`: each is one message of a person's transcript, and no part of a stream.
pub fn framing(pieces: &[&[u8]], split: bool) -> Option<Cutting> {
    let prompt = if split { by_prompt(pieces) } else { None };
    let found = [
        escaped(pieces, !split),
        lengthy(pieces, !split),
        prompt,
        by_end(pieces, split),
    ];
    let mut cuttings = found.into_iter().flatten().map(|framing| cut(&framing, pieces));
    let found = cuttings.find(|cutting| cutting.holds() && cutting.frames.len() >= FRAMES_LEAST);
    found
        .map(|cutting| finished(cutting, pieces))
        .or_else(|| split.then(|| silence(pieces)))
}

/// Each piece is a frame.
fn silence(pieces: &[&[u8]]) -> Cutting {
    let framing = Framing {
        by_silence: true,
        ..Framing::default()
    };
    cut(&framing, pieces)
}

fn lengthy(pieces: &[&[u8]], stream: bool) -> Option<Framing> {
    let (length, sync) = by_length(pieces, stream)?;
    Some(Framing {
        sync,
        length: Some(length),
        stream,
        ..Framing::default()
    })
}

/// With what all its frames begin with, and what those with a length end with.
fn finished(cutting: Cutting, pieces: &[&[u8]]) -> Cutting {
    let mut framing = cutting.framing.clone();
    // The first of a stream may have begun before.
    let begun = usize::from(framing.stream && framing.sync.is_empty());
    let contents = cutting.frames.iter().skip(begun).map(|frame| &frame.content[..]);
    let contents: Vec<&[u8]> = contents.collect();
    if let Some(length) = framing.length {
        framing.sync = common_prefix(&contents)
            .into_iter()
            .take(length.at.min(SYNC_MAX))
            .collect();
        framing.ends = last_byte(&contents, length).into_iter().collect();
    } else if framing.escape.is_none() && !framing.by_silence {
        // Texts begin with a letter or a sign of their own; a control character is there to be found.
        let sign = |byte: &u8| !(0x20..0x7F).contains(byte);
        framing.sync = common_prefix(&contents).into_iter().take(1).filter(sign).collect();
    }
    cut(&framing, pieces)
}

/// Bytes of a sync at most.
const SYNC_MAX: usize = 2;

/// What frames with a length end with: always the same byte, though the one before it differs.
fn last_byte(contents: &[&[u8]], length: LengthAt) -> Option<Vec<u8>> {
    let last = most_common(contents.iter().filter_map(|content| content.last().copied()))?;
    let ends = contents.iter().filter(|content| content.last() == Some(&last)).count();
    let behind = length.at.saturating_add(length.number.len);
    let room = contents.iter().all(|content| content.len() > behind.saturating_add(1));
    let before: Vec<u8> = contents
        .iter()
        .filter_map(|content| content.iter().rev().nth(1).copied())
        .collect();
    let differs = before.iter().any(|byte| before.first() != Some(byte));
    (ends == contents.len() && room && differs).then(|| vec![last])
}

/// Frames between two bytes that are the same, or before a zero, with an escape that keeps these out.
fn escaped(pieces: &[&[u8]], stream: bool) -> Option<Framing> {
    let framing = |sync: &[u8], end: u8, escape| Framing {
        sync: sync.to_vec(),
        ends: vec![vec![end]],
        escape: Some(escape),
        stream,
        ..Framing::default()
    };
    let (mark, xor) = (0x7D, 0x20);
    let known = [
        framing(&[0xC0], 0xC0, Stuffing::Slip),
        framing(&[0x7E], 0x7E, Stuffing::Xor { mark, xor }),
        framing(&[], 0, Stuffing::Cobs),
    ];
    known.into_iter().find(|framing| {
        let cutting = cut(framing, pieces);
        // A single zero or mark is no frame.
        let filled = cutting
            .frames
            .iter()
            .all(|frame| frame.content.len() > framing.sync.len());
        filled && cutting.frames.len() >= FRAMES_LEAST && cutting.holds()
    })
}

/// Lines, and a single sign that stands behind the last of them.
fn by_prompt(pieces: &[&[u8]]) -> Option<Framing> {
    [&b"\r\n"[..], b"\n", b"\r"].into_iter().find_map(|end| {
        let rest = |piece: &&[u8]| {
            let behind = memchr::memmem::rfind(piece, end).map_or(0, |at| at.saturating_add(end.len()));
            match piece.get(behind..)? {
                [sign] if sign.is_ascii_punctuation() => Some(*sign),
                _ => None,
            }
        };
        if !pieces.iter().any(|piece| memchr::memmem::find(piece, end).is_some()) {
            return None;
        }
        let mut prompts: Vec<u8> = pieces.iter().filter_map(rest).collect();
        let found = enough(prompts.len(), pieces.len()) && prompts.len() >= FRAMES_LEAST;
        prompts.sort_unstable();
        prompts.dedup();
        found.then(|| Framing {
            ends: vec![end.to_vec()],
            prompts,
            ..Framing::default()
        })
    })
}

/// Lines: what stands last in each piece, where these are control characters or a sign.
fn by_end(pieces: &[&[u8]], split: bool) -> Option<Framing> {
    if !split {
        return stream_end(pieces);
    }
    let control = |byte: &u8| *byte < 0x20 || *byte == 0x7F;
    let runs = pieces.iter().map(|piece| {
        let len = piece.iter().rev().take_while(|byte| control(byte)).count().min(END_MAX);
        piece
            .get(piece.len().saturating_sub(len)..)
            .unwrap_or_default()
            .to_vec()
    });
    let runs: Vec<Vec<u8>> = runs.collect();
    let sign = || {
        let last = most_common(pieces.iter().filter_map(|piece| piece.last().copied()))?;
        (last.is_ascii_punctuation() && !b"\"'])}".contains(&last)).then(|| vec![last])
    };
    let usual = most_common(runs.iter().filter(|run| !run.is_empty()).cloned()).or_else(sign)?;
    // The shorter one is found in either.
    let shorter = |run: &&Vec<u8>| usual.ends_with(run) && !run.is_empty();
    let end = runs
        .iter()
        .filter(shorter)
        .min_by_key(|run| run.len())
        .unwrap_or(&usual)
        .clone();
    // Of other bytes before an end nobody knows that they are none of the frame.
    let longer = (end == b"\n" && runs.iter().any(|run| run == b"\r\n")).then(|| b"\r\n".to_vec());
    Some(Framing {
        ends: [end].into_iter().chain(longer).collect(),
        ..Framing::default()
    })
}

/// Bytes of an end at most.
const END_MAX: usize = 2;

/// The end of lines in a stream of bytes, which must be texts.
fn stream_end(pieces: &[&[u8]]) -> Option<Framing> {
    let known: [&[u8]; 5] = [b"\r\n", b"\n", b"\r", b"\x03", b"\x04"];
    known.into_iter().find_map(|end| {
        let framing = Framing {
            ends: vec![end.to_vec()],
            stream: true,
            ..Framing::default()
        };
        let frames = cut(&framing, pieces).frames;
        let text = |content: &[u8]| {
            let body = content
                .strip_prefix(b"\x02")
                .or_else(|| content.strip_prefix(b"\x01"))
                .unwrap_or(content);
            body.iter().all(|byte| (0x20..0x7F).contains(byte) || *byte == b'\t')
        };
        let texts = frames.iter().filter(|frame| text(&frame.content)).count();
        (texts >= STREAM_LEAST && enough(texts, frames.len())).then_some(framing)
    })
}

/// Frames that a stream must have.
pub const STREAM_LEAST: usize = 3;
