//! Frames from what a profile says of them.

use super::raw::{RawBytes, RawEmpty, RawFrame};
use super::raw_json::{RawEscape, RawPiece, text_of};
use super::wrong::{Mistaken, mistaken};
use crate::frames::{Check, CrcParameters, FrameKind, Mark, NUMBERS, Number, Piece, Stuffing, Then};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::quantity::mistake_of;
use serde_json::{Map, Value as Json};

/// The most bytes that a frame may have.
const FRAME_MAX: usize = 4_096;
/// What a frame has at most where its profile does not say.
const FRAME_USUAL: usize = 1_024;
/// How long a frame with a length of its own may stay unfinished where its profile does not say.
const GAP_USUAL: Span = Span(1_000);

/// A kind of frame from what is written of it.
pub(super) fn frame(name: &str, raw: &RawFrame) -> Result<FrameKind, Mistaken> {
    let wrong = |mistake, key: &str, what: String| mistaken(mistake, &["frames", name, key], what);
    let max = raw.max.unwrap_or(FRAME_USUAL);
    if !(1..=FRAME_MAX).contains(&max) {
        return Err(wrong(Mistake::Range, "max", format!("`max` must be 1 to {FRAME_MAX}")));
    }
    let span = |key: &str, text: &Option<String>| -> Result<Option<Span>, Mistaken> {
        let Some(text) = text else { return Ok(None) };
        let span: Span = text.parse().map_err(|e| wrong(mistake_of(&e), key, format!("{e}")))?;
        if span.0 <= 0 {
            return Err(wrong(Mistake::Range, key, format!("`{key}` must be more than 0")));
        }
        Ok(Some(span))
    };
    let (silence, at_rest) = (span("silence", &raw.silence)?, span("at-rest", &raw.at_rest)?);
    let mut pieces = Pieces::of(name, &raw.is)?;
    // All bytes until silence.
    pieces.body |= raw.is.is_empty() && silence.is_some();
    let ends = pieces.take_ends(
        raw.also_ends
            .as_deref()
            .map(bytes_of)
            .transpose()
            .map_err(|what| wrong(Mistake::Format, "also-ends", what))?,
    );
    let lengths = pieces
        .before
        .iter()
        .filter(|piece| matches!(piece, Draft::Length { .. }));
    let has_length = lengths.count() > 0;
    if pieces.body && !has_length && ends.is_empty() && silence.is_none() {
        let what = "nothing tells where this frame ends: it needs a last literal, a length or `silence`";
        return Err(wrong(Mistake::MissingKey, "is", what.to_owned()));
    }
    let mut kind = FrameKind {
        name: name.to_owned(),
        sync: pieces.sync.clone(),
        before: Vec::new(),
        body: pieces.body,
        after: Vec::new(),
        stuffing: raw.escape.as_ref().map(|escape| stuffing(name, escape)).transpose()?,
        max,
        printable: raw.bytes == Some(RawBytes::Printable),
        skip_empty: raw.empty == Some(RawEmpty::Skip),
        gap: span("gap", &raw.gap)?.or((has_length || ends.is_empty()).then_some(GAP_USUAL)),
        silence,
        at_rest,
        spoil: match &raw.spoil {
            Some(text) => bytes_of(text).map_err(|what| wrong(Mistake::Format, "spoil", what))?,
            None => Vec::new(),
        },
        ends,
    };
    one_end(&kind, has_length)?;
    pieces.resolve(&mut kind)?;
    Ok(kind)
}

/// A frame ends in one way.
fn one_end(kind: &FrameKind, has_length: bool) -> Result<(), Mistaken> {
    let wrong = |key: &str, what: &str| {
        let at = ["frames", kind.name.as_str(), key];
        Err(mistaken(Mistake::KeyCombination, &at, what.to_owned()))
    };
    if kind.at_rest.is_some() && (kind.body || !kind.ends.is_empty()) {
        let what = "`at-rest` is of a frame of a fixed size without an end: it has neither `body` nor a last literal";
        return wrong("at-rest", what);
    }
    if kind.silence.is_some() && (has_length || !kind.ends.is_empty()) {
        let what = "the end comes from `silence` or from a length or a last literal: leave one of them out";
        return wrong("silence", what);
    }
    if kind.stuffing.is_some() && kind.ends.is_empty() {
        return wrong(
            "escape",
            "`escape` needs a last literal: it keeps the end out of the frame",
        );
    }
    Ok(())
}

/// Pieces with the names that they refer to still as texts.
struct Pieces<'a> {
    name: &'a str,
    sync: Vec<u8>,
    before: Vec<Draft>,
    body: bool,
    after: Vec<Draft>,
    end: usize,
}

enum Draft {
    Piece(Piece),
    Length { number: Number, of: String },
    Check { check: Check, number: Number, over: String },
}

impl<'a> Pieces<'a> {
    fn of(name: &'a str, raw: &[RawPiece]) -> Result<Self, Mistaken> {
        let mut pieces = Self {
            name,
            sync: Vec::new(),
            before: Vec::new(),
            body: false,
            after: Vec::new(),
            end: 0,
        };
        for piece in raw {
            let draft = match piece {
                RawPiece::Text(text) if text == "body" => {
                    if pieces.body {
                        let what = "a frame has one `body`".to_owned();
                        return Err(mistaken(Mistake::Twice, &["frames", name, "is"], what));
                    }
                    pieces.body = true;
                    continue;
                }
                RawPiece::Text(text) => {
                    let bytes = bytes_of(text);
                    let bytes = bytes.map_err(|what| mistaken(Mistake::Format, &["frames", name, text], what))?;
                    // What it begins with is how it is found.
                    if pieces.before.is_empty() && !pieces.body {
                        pieces.sync.extend(bytes);
                        continue;
                    }
                    Draft::Piece(Piece::Literal(bytes))
                }
                RawPiece::Map(map) => draft(name, map)?,
            };
            if pieces.body {
                pieces.after.push(draft);
            } else {
                pieces.before.push(draft);
            }
        }
        Ok(pieces)
    }

    /// The last literal ends a frame; it is no piece of it any more.
    fn take_ends(&mut self, also: Option<Vec<u8>>) -> Vec<Vec<u8>> {
        let last = if self.body { &mut self.after } else { &mut self.before };
        let Some(Draft::Piece(Piece::Literal(end))) =
            last.pop_if(|last| matches!(last, Draft::Piece(Piece::Literal(_))))
        else {
            return Vec::new();
        };
        self.end = end.len();
        [end].into_iter().chain(also).collect()
    }

    fn resolve(self, kind: &mut FrameKind) -> Result<(), Mistaken> {
        let before: Vec<(Option<String>, usize)> = self.before.iter().map(known).collect();
        let after: Vec<(Option<String>, usize)> = self.after.iter().map(known).collect();
        let names = Names {
            frame: self.name,
            before: &before,
            after: &after,
            sync: self.sync.len(),
            end: self.end,
            body: self.body,
        };
        for (drafts, into) in [(self.before, &mut kind.before), (self.after, &mut kind.after)] {
            for draft in drafts {
                into.push(match draft {
                    Draft::Piece(piece) => piece,
                    Draft::Length { number, of } => {
                        let besides = names.besides(&of)?;
                        Piece::Length { number, besides }
                    }
                    Draft::Check { check, number, over } => {
                        let over = names.range(&over)?;
                        Piece::Check { check, number, over }
                    }
                });
            }
        }
        Ok(())
    }
}

fn known(draft: &Draft) -> (Option<String>, usize) {
    match draft {
        Draft::Piece(piece) => (piece.name().map(str::to_owned), piece.size()),
        Draft::Length { number, .. } => (Some("length".to_owned()), number.len),
        Draft::Check { number, .. } => (Some("check".to_owned()), number.len),
    }
}

/// What a length or a check may refer to.
struct Names<'a> {
    frame: &'a str,
    before: &'a [(Option<String>, usize)],
    after: &'a [(Option<String>, usize)],
    sync: usize,
    end: usize,
    body: bool,
}

impl Names<'_> {
    /// `A..B`, or one name for both.
    fn range(&self, text: &str) -> Result<(Mark, Mark), Mistaken> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        Ok((self.mark(from, true)?, self.mark(to, false)?))
    }

    fn mark(&self, name: &str, first: bool) -> Result<Mark, Mistaken> {
        let place =
            |pieces: &[(Option<String>, usize)]| pieces.iter().position(|piece| piece.0.as_deref() == Some(name));
        let last = || match (self.after.len().checked_sub(1), self.before.len().checked_sub(1)) {
            (Some(last), _) => Mark::After(last),
            (None, _) if self.body => Mark::Body,
            (None, Some(last)) => Mark::Before(last),
            (None, None) => Mark::Start,
        };
        match name {
            "start" if first => return Ok(Mark::Start),
            "end" if !first => return Ok(last()),
            "body" if self.body => return Ok(Mark::Body),
            _ => {}
        }
        if let Some(place) = place(self.before) {
            return Ok(Mark::Before(place));
        }
        if let Some(place) = place(self.after) {
            return Ok(Mark::After(place));
        }
        let known = self
            .before
            .iter()
            .chain(self.after)
            .filter_map(|piece| piece.0.as_deref());
        let known: Vec<&str> = known.chain(["start", "body", "end"]).collect();
        let help = suggest(name, known.iter().copied()).unwrap_or_default();
        let what = format!(
            "`{name}` is no piece of this frame; it has {}; {help}",
            known.join(", ")
        );
        let what = what.trim_end_matches("; ").to_owned();
        Err(mistaken(Mistake::Reference, &["frames", self.frame, name], what))
    }

    /// Bytes that a length counts besides those of the body.
    fn besides(&self, of: &str) -> Result<usize, Mistaken> {
        let (from, to) = self.range(of)?;
        let all = [Mark::Start]
            .into_iter()
            .chain((0..self.before.len()).map(Mark::Before))
            .chain(self.body.then_some(Mark::Body))
            .chain((0..self.after.len()).map(Mark::After));
        let all: Vec<Mark> = all.collect();
        let at = |mark: Mark| all.iter().position(|known| *known == mark).unwrap_or(0);
        let counted = all.get(at(from)..=at(to)).unwrap_or_default();
        if !counted.contains(&Mark::Body) {
            let what = format!("`of: {of}` leaves out the body, and only that can be longer or shorter");
            return Err(mistaken(Mistake::Reference, &["frames", self.frame, of], what));
        }
        let size = |mark: &Mark| match mark {
            Mark::Start => self.sync,
            Mark::Body => 0,
            Mark::Before(place) => self.before.get(*place).map_or(0, |piece| piece.1),
            Mark::After(place) => self.after.get(*place).map_or(0, |piece| piece.1),
        };
        let end = if of.ends_with("..end") { self.end } else { 0 };
        Ok(counted.iter().map(size).fold(end, usize::saturating_add))
    }
}

/// A field, a length or a check.
fn draft(frame: &str, map: &Map<String, Json>) -> Result<Draft, Mistaken> {
    let text = |key: &str| map.get(key).and_then(text_of);
    let wrong = |mistake, at: &str, what: String| mistaken(mistake, &["frames", frame, "is", at], what);
    let number = |word: &str| {
        let what = || {
            wrong(
                Mistake::UnknownWord,
                word,
                format!("`{word}` is no number; there are {NUMBERS}"),
            )
        };
        Number::find(word).ok_or_else(what)
    };
    if map.contains_key("check") {
        let check = check(frame, map)?;
        let number = match text("as") {
            Some(word) => number(&word)?,
            None => Number::of_bits(check.bits),
        };
        let over = text("over").unwrap_or_else(|| "start..body".to_owned());
        return Ok(Draft::Check { check, number, over });
    }
    if let Some(word) = text("length") {
        let number = number(&word)?;
        let of = text("of").unwrap_or_else(|| "body".to_owned());
        return Ok(Draft::Length { number, of });
    }
    let mut fields = map.iter().filter(|(key, _)| key.as_str() != "is");
    let (Some((name, holds)), None) = (fields.next(), fields.next()) else {
        let what = "a piece is a text, `body`, `{NAME: u8}`, `{length: u8, of: ..}` or `{check: .., over: ..}`";
        return Err(wrong(Mistake::Format, "", what.to_owned()));
    };
    let word = text_of(holds).unwrap_or_default();
    // One byte, which is one of these: the parts are single characters.
    let bytes: Option<Vec<u8>> = word
        .contains('|')
        .then(|| {
            let single = |part: &str| bytes_of(part).ok().and_then(|bytes| <[u8; 1]>::try_from(bytes).ok());
            word.split('|').map(|part| single(part).map(|[byte]| byte)).collect()
        })
        .flatten();
    let name = name.clone();
    Ok(Draft::Piece(match bytes {
        Some(bytes) => Piece::OneOf { name, bytes },
        None => {
            let number = number(&word)?;
            Piece::Field { name, number }
        }
    }))
}

fn check(frame: &str, map: &Map<String, Json>) -> Result<Check, Mistaken> {
    let wrong = |mistake, at: &str, what: String| mistaken(mistake, &["frames", frame, "is", at], what);
    let number = |of: &Map<String, Json>, key: &str| -> Result<Option<u64>, Mistaken> {
        let Some(text) = of.get(key).and_then(text_of) else {
            return Ok(None);
        };
        whole(&text)
            .map(Some)
            .ok_or_else(|| wrong(Mistake::Number, &text, format!("`{key}` must be a whole number")))
    };
    let mut found = match map.get("check") {
        Some(Json::Object(of)) => {
            let flag = |key: &str| of.get(key).and_then(Json::as_bool).unwrap_or(false);
            let width = number(of, "width")?
                .and_then(|width| u8::try_from(width).ok())
                .unwrap_or(0);
            let parameters = CrcParameters {
                width,
                poly: number(of, "poly")?.unwrap_or(0),
                init: number(of, "init")?.unwrap_or(0),
                refin: flag("refin"),
                refout: flag("refout"),
                xorout: number(of, "xorout")?.unwrap_or(0),
            };
            let what =
                "a CRC needs `width` (3 to 64 bits) and `poly`; `init`, `refin`, `refout`, `xorout` are 0 or false";
            let fits = of.contains_key("poly").then(|| Check::of(parameters)).flatten();
            fits.ok_or_else(|| wrong(Mistake::Range, "check", what.to_owned()))?
        }
        other => {
            let name = other.and_then(text_of).unwrap_or_default();
            let help = suggest(&name, Check::names()).unwrap_or_default();
            let what = format!("`{name}` is no check of the catalogue of CRCs, nor `sum-8`, `sum-16`, `xor-8`; {help}");
            let what = what.trim_end_matches("; ").to_owned();
            Check::find(&name).ok_or_else(|| wrong(Mistake::UnknownWord, &name, what))?
        }
    };
    if map.get("negate").and_then(Json::as_bool).unwrap_or(false) {
        found = found.then(Then::Negate);
    }
    for (key, then) in [
        ("mod", Then::Mod as fn(u64) -> Then),
        ("and", Then::And),
        ("or", Then::Or),
    ] {
        if let Some(number) = number(map, key)? {
            found = found.then(then(number));
        }
    }
    Ok(found)
}

fn stuffing(frame: &str, raw: &RawEscape) -> Result<Stuffing, Mistaken> {
    let byte = |map: &Map<String, Json>, key: &str| {
        let number = map.get(key).and_then(text_of).and_then(|text| whole(&text));
        number.and_then(|number| u8::try_from(number).ok())
    };
    let found = match raw {
        RawEscape::Word(word) if word == "slip" => Some(Stuffing::Slip),
        RawEscape::Word(word) if word == "cobs" => Some(Stuffing::Cobs),
        RawEscape::Word(_) => None,
        RawEscape::Map(map) => match (byte(map, "mark"), byte(map, "xor"), byte(map, "double")) {
            (Some(mark), Some(xor), None) => Some(Stuffing::Xor { mark, xor }),
            (None, None, Some(twice)) => Some(Stuffing::Double(twice)),
            _ => None,
        },
    };
    let what = "`escape` is `slip`, `cobs`, `{mark: 0x7D, xor: 0x20}` or `{double: 0x10}`";
    found.ok_or_else(|| mistaken(Mistake::UnknownWord, &["frames", frame, "escape"], what.to_owned()))
}

/// A whole number, also in hexadecimal.
pub(super) fn whole(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The bytes of a text in which each character is one byte.
pub(super) fn bytes_of(text: &str) -> Result<Vec<u8>, String> {
    let byte =
        |c: char| u8::try_from(u32::from(c)).map_err(|_| format!("`{c}` is no single byte; write bytes as `\\xAA`"));
    if text.is_empty() {
        return Err("an empty text is no piece of a frame".to_owned());
    }
    text.chars().map(byte).collect()
}
