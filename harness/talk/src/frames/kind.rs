//! One kind of frame: its pieces in the order of the wire, where it begins and ends, and what must hold of it.

use super::check::Check;
use super::number::Number;
use super::stuffing::Stuffing;
use super::wrong::Wrong;
use pump_hil_model::quantity::Span;
use std::ops::Range;

/// A kind of frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameKind {
    /// Its name in the profile.
    pub name: String,
    /// What each frame begins with, where it does.
    pub sync: Vec<u8>,
    /// Pieces between that and the body; the length is one of them.
    pub before: Vec<Piece>,
    /// Whether there is a body.
    pub body: bool,
    /// Pieces between the body and the end.
    pub after: Vec<Piece>,
    /// What each frame ends with: the first is written, each is read. Empty: the end comes from a length, a size or silence.
    pub ends: Vec<Vec<u8>>,
    /// How bytes between begin and end are written.
    pub stuffing: Option<Stuffing>,
    /// Bytes that it may have, without its end.
    pub max: usize,
    /// All bytes are printable ASCII.
    pub printable: bool,
    /// A frame without anything in it is passed over.
    pub skip_empty: bool,
    /// A frame of which nothing more came for so long is bad.
    pub gap: Option<Span>,
    /// It ends when nothing came for so long, and begins only while it is awaited.
    pub silence: Option<Span>,
    /// It is whole only when nothing follows for so long.
    pub at_rest: Option<Span>,
    /// Ends a line that was left unfinished so that no receiver takes it for a whole one.
    pub spoil: Vec<u8>,
}

/// A piece of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes that are always the same.
    Literal(Vec<u8>),
    /// A field of the header, by its name.
    Field {
        /// Name.
        name: String,
        /// How it stands there.
        number: Number,
    },
    /// One byte, which is one of these.
    OneOf {
        /// Name.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// How many bytes there are.
    Length {
        /// How it stands there.
        number: Number,
        /// Bytes that it counts besides those of the body.
        besides: usize,
    },
    /// A check.
    Check {
        /// Which.
        check: Check,
        /// How it stands there.
        number: Number,
        /// The first and the last piece that it is over.
        over: (Mark, Mark),
    },
}

/// A place in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The bytes that it begins with.
    Start,
    /// A piece before the body.
    Before(usize),
    /// The body.
    Body,
    /// A piece behind the body.
    After(usize),
}

impl Piece {
    /// Bytes that it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Literal(bytes) => bytes.len(),
            Self::OneOf { .. } => 1,
            Self::Field { number, .. } | Self::Length { number, .. } | Self::Check { number, .. } => number.len,
        }
    }

    /// The name by which messages know it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Field { name, .. } | Self::OneOf { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// Bytes of pieces.
pub(super) fn len_of(pieces: &[Piece]) -> usize {
    pieces.iter().map(Piece::size).fold(0, usize::saturating_add)
}

impl FrameKind {
    /// Bytes before the body.
    #[must_use]
    pub fn head_len(&self) -> usize {
        self.sync.len().saturating_add(len_of(&self.before))
    }

    /// Bytes of everything but body and end.
    #[must_use]
    pub fn around_len(&self) -> usize {
        self.head_len().saturating_add(len_of(&self.after))
    }

    /// The place and the piece of the length, where one tells how long a frame is.
    fn length(&self) -> Option<(usize, &Number, usize)> {
        let mut at = self.sync.len();
        for piece in &self.before {
            if let Piece::Length { number, besides } = piece {
                return Some((at, number, *besides));
            }
            at = at.saturating_add(piece.size());
        }
        None
    }

    /// Bytes of the end with which these begin; `None`: more are needed.
    pub(super) fn end_of(&self, behind: &[u8]) -> Result<Option<usize>, Wrong> {
        if self.ends.is_empty() {
            return Ok(Some(0));
        }
        let there = self.ends.iter().filter(|end| behind.starts_with(end)).map(Vec::len);
        match there.max() {
            Some(len) => Ok(Some(len)),
            None if self.ends.iter().any(|end| end.starts_with(behind)) => Ok(None),
            None => Err(Wrong::Form("its end does not follow".to_owned())),
        }
    }

    /// What each of its frames ends with, whichever of its ends it has.
    pub(super) fn shortest_end(&self) -> &[u8] {
        let shortest = self.ends.iter().min_by_key(|end| end.len());
        shortest.map_or(&[], |end| end)
    }

    /// Whether these bytes may be the first of such a frame.
    pub(super) fn may_begin(&self, data: &[u8]) -> bool {
        let shared = data.len().min(self.sync.len());
        let sync = data.get(..shared) == self.sync.get(..shared);
        let first = match (self.sync.is_empty(), self.before.first()) {
            (true, Some(Piece::OneOf { bytes, .. })) => data.first().is_some_and(|byte| bytes.contains(byte)),
            _ => true,
        };
        sync && first
    }

    /// Whether the end can only be found by its bytes.
    #[must_use]
    pub fn is_by_end(&self) -> bool {
        !self.ends.is_empty() && (self.stuffing.is_some() || self.length().is_none())
    }

    /// Bytes that a frame has without its end, as far as these, its first, tell; `None`: more are needed.
    ///
    /// # Errors
    /// They cannot be the first of a frame.
    pub(super) fn content_len(&self, data: &[u8]) -> Result<Option<usize>, Wrong> {
        let body = if let Some((at, number, besides)) = self.length() {
            let Some(bytes) = data.get(at..at.saturating_add(number.len)) else {
                return Ok(None);
            };
            let said = number.read(bytes).ok_or_else(|| Wrong::number("the length", number))?;
            let body = said.checked_sub(i128::try_from(besides).unwrap_or(i128::MAX));
            let body = body.and_then(|body| usize::try_from(body).ok());
            body.ok_or(Wrong::Length { said })?
        } else {
            // A profile with a body and neither a length nor an end is not loaded.
            0
        };
        let len = self.around_len().saturating_add(body);
        if len > self.max {
            return Err(Wrong::TooLong { len, max: self.max });
        }
        Ok(Some(len))
    }

    /// What a piece before the body holds.
    #[must_use]
    pub fn number_before(&self, place: usize, content: &[u8]) -> Option<i128> {
        let begin = self.sync.len().saturating_add(len_of(self.before.get(..place)?));
        let bytes = |len: usize| content.get(begin..begin.saturating_add(len));
        match self.before.get(place)? {
            Piece::Field { number, .. } | Piece::Length { number, .. } => number.read(bytes(number.len)?),
            Piece::OneOf { .. } => bytes(1)?.first().map(|byte| i128::from(*byte)),
            Piece::Literal(_) | Piece::Check { .. } => None,
        }
    }

    /// The place of the piece before the body that has this name.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.before.iter().position(|piece| piece.name() == Some(name))
    }

    /// The body of a frame, without its end and with nothing standing for other bytes.
    ///
    /// # Errors
    /// The first that does not hold: length, bytes, form, check.
    pub fn body_of(&self, content: &[u8]) -> Result<Range<usize>, Wrong> {
        if content.len() > self.max {
            let len = content.len();
            return Err(Wrong::TooLong { len, max: self.max });
        }
        // First of all bytes together, which many a processor does at once; most often they are.
        let plain = |byte: &u8| (0x20..=0x7E).contains(byte);
        if self.printable
            && !content.iter().fold(true, |all, byte| all & plain(byte))
            && let Some(at) = content.iter().position(|byte| !plain(byte))
        {
            let byte = content.get(at).copied().unwrap_or_default();
            return Err(Wrong::Unprintable { byte, at });
        }
        let tail = len_of(&self.after);
        let end = content.len().checked_sub(tail).filter(|end| *end >= self.head_len());
        let end = end.ok_or_else(|| self.short())?;
        let body = self.head_len()..end;
        if !self.body && !body.is_empty() {
            return Err(Wrong::Behind);
        }
        let pieces = |begin: usize, pieces: &[Piece]| -> Result<(), Wrong> {
            let mut at = begin;
            for piece in pieces {
                let next = at.saturating_add(piece.size());
                self.holds(piece, content.get(at..next).unwrap_or_default())?;
                at = next;
            }
            Ok(())
        };
        pieces(self.sync.len(), &self.before)?;
        pieces(end, &self.after)?;
        self.checked(content, &body)?;
        Ok(body)
    }

    fn short(&self) -> Wrong {
        let what: Vec<String> = self.after.iter().map(what).collect();
        Wrong::Form(if what.is_empty() {
            "it ends before all of its parts are there".to_owned()
        } else {
            format!("no {} at the end", what.join(" with "))
        })
    }

    /// The form of one piece.
    fn holds(&self, piece: &Piece, bytes: &[u8]) -> Result<(), Wrong> {
        let holds = match piece {
            Piece::Literal(literal) => bytes == literal,
            Piece::OneOf { bytes: those, .. } => bytes.first().is_some_and(|byte| those.contains(byte)),
            Piece::Field { number, .. } | Piece::Length { number, .. } | Piece::Check { number, .. } => {
                number.read(bytes).is_some()
            }
        };
        if holds { Ok(()) } else { Err(self.short()) }
    }

    fn checked(&self, content: &[u8], body: &Range<usize>) -> Result<(), Wrong> {
        for (part, begin) in [(&self.before, self.sync.len()), (&self.after, body.end)] {
            let mut at = begin;
            for piece in part {
                let next = at.saturating_add(piece.size());
                if let Piece::Check { check, number, over } = piece {
                    let range = self.place(over.0, body).start..self.place(over.1, body).end;
                    let computed = check.compute(content.get(range).unwrap_or_default());
                    let said = number.read(content.get(at..next).unwrap_or_default());
                    let said = said.and_then(|said| u64::try_from(said).ok());
                    if said != Some(computed) {
                        let said = said.unwrap_or_default();
                        return Err(Wrong::Check { said, computed });
                    }
                }
                at = next;
            }
        }
        Ok(())
    }

    /// Where a place is in a content with this body.
    fn place(&self, mark: Mark, body: &Range<usize>) -> Range<usize> {
        let piece = |begin: usize, pieces: &[Piece], place: usize| {
            let at = begin.saturating_add(len_of(pieces.get(..place).unwrap_or_default()));
            at..at.saturating_add(pieces.get(place).map_or(0, Piece::size))
        };
        match mark {
            Mark::Start => 0..self.sync.len(),
            Mark::Before(place) => piece(self.sync.len(), &self.before, place),
            Mark::Body => body.clone(),
            Mark::After(place) => piece(body.end, &self.after, place),
        }
    }

    /// Appends a frame with this body; `field` gives what each field of the header holds.
    ///
    /// # Errors
    /// It is too long, or a field does not fit.
    pub fn write(&self, body: &[u8], field: &dyn Fn(&str) -> Option<i128>, out: &mut Vec<u8>) -> Result<(), Wrong> {
        let mut stuffed = Vec::new();
        let Some(stuffing) = self.stuffing else {
            // It is written where it belongs.
            self.content(body, field, out)?;
            out.extend(self.ends.first().into_iter().flatten());
            return Ok(());
        };
        self.content(body, field, &mut stuffed)?;
        let (sync, rest) = stuffed.split_at(self.sync.len().min(stuffed.len()));
        out.extend_from_slice(sync);
        let outer = [&self.sync[..], self.ends.first().map_or(&[][..], |end| end)].concat();
        stuffing.write(rest, &outer, out);
        out.extend(self.ends.first().into_iter().flatten());
        Ok(())
    }

    /// Appends the same without its end, and with nothing standing for other bytes.
    ///
    /// # Errors
    /// As [`FrameKind::write`].
    pub fn content(
        &self,
        body: &[u8],
        field: &dyn Fn(&str) -> Option<i128>,
        content: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let begin = content.len();
        content.extend_from_slice(&self.sync);
        self.write_pieces(&self.before, body, field, content)?;
        let inside = content.len().saturating_sub(begin);
        content.extend_from_slice(body);
        let inside = inside..content.len().saturating_sub(begin);
        self.write_pieces(&self.after, body, field, content)?;
        let written = content.get_mut(begin..).unwrap_or_default();
        if written.len() > self.max {
            let len = written.len();
            return Err(Wrong::TooLong { len, max: self.max });
        }
        self.write_checks(written, &inside);
        Ok(())
    }

    /// Everything but the checks, which are left as zeros.
    fn write_pieces(
        &self,
        pieces: &[Piece],
        body: &[u8],
        field: &dyn Fn(&str) -> Option<i128>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        for piece in pieces {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Field { name, number } => {
                    let value = field(name).ok_or_else(|| Wrong::Open(name.clone()))?;
                    if !number.write(value, out) {
                        return Err(Wrong::number(&format!("`{name}` = {value}"), number));
                    }
                }
                Piece::OneOf { name, .. } => {
                    let byte = field(name).and_then(|value| u8::try_from(value).ok());
                    out.push(byte.ok_or_else(|| Wrong::Open(name.clone()))?);
                }
                Piece::Length { number, besides } => {
                    let len = i128::try_from(body.len().saturating_add(*besides)).unwrap_or(i128::MAX);
                    if !number.write(len, out) {
                        return Err(Wrong::Length { said: len });
                    }
                }
                Piece::Check { number, .. } => {
                    number.write(0, out);
                }
            }
        }
        Ok(())
    }

    fn write_checks(&self, content: &mut [u8], body: &Range<usize>) {
        for (part, begin) in [(&self.before, self.sync.len()), (&self.after, body.end)] {
            let mut at = begin;
            for piece in part {
                let next = at.saturating_add(piece.size());
                if let Piece::Check { check, number, over } = piece {
                    let range = self.place(over.0, body).start..self.place(over.1, body).end;
                    let computed = check.compute(content.get(range).unwrap_or_default());
                    let mut bytes = Vec::with_capacity(number.len);
                    number.write(i128::from(computed), &mut bytes);
                    if let Some(place) = content.get_mut(at..next).filter(|place| place.len() == bytes.len()) {
                        place.copy_from_slice(&bytes);
                    }
                }
                at = next;
            }
        }
    }
}

/// What a piece is, for messages.
fn what(piece: &Piece) -> String {
    match piece {
        Piece::Literal(bytes) => format!("`{}`", crate::wire::escape(bytes)),
        Piece::Field { name, number } => format!("{} of `{name}`", number.what()),
        Piece::OneOf { name, .. } => format!("`{name}`"),
        Piece::Length { number, .. } => format!("a length of {}", number.what()),
        Piece::Check { number, .. } => number.what(),
    }
}
