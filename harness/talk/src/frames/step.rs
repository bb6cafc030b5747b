//! One look at the next bytes: a frame, none, or not known yet.

use super::kind::FrameKind;
use super::wrong::Wrong;
use std::ops::Range;

/// What the next bytes are.
pub(super) enum Step {
    /// Not known before more comes.
    More,
    /// Nothing, of so many bytes.
    Skip(usize),
    /// A frame in so many bytes.
    Whole {
        kind: usize,
        len: usize,
        content: Content,
        body: Range<usize>,
    },
    /// So many bytes are none.
    Bad { len: usize, why: Wrong },
    /// The line is too long already; it is thrown away up to its end.
    Endless { kind: usize },
}

pub(super) enum Content {
    /// It stands in the bytes that came.
    InPlace(usize),
    /// It was put into the scratch.
    Scratch,
}

/// A frame of which its length tells the end.
pub(super) fn by_length(place: usize, kind: &FrameKind, data: &[u8]) -> Step {
    let bad = |why| Step::Bad { len: 1, why };
    let content_len = match kind.content_len(data) {
        Ok(Some(len)) => len,
        Ok(None) => return Step::More,
        Err(why) => return bad(why),
    };
    let Some(content) = data.get(..content_len) else {
        return Step::More;
    };
    let end = match kind.end_of(data.get(content_len..).unwrap_or_default()) {
        Ok(Some(end)) => end,
        Ok(None) => return Step::More,
        Err(why) => return bad(why),
    };
    match kind.body_of(content) {
        Ok(body) => Step::Whole {
            kind: place,
            len: content_len.saturating_add(end),
            content: Content::InPlace(content_len),
            body,
        },
        Err(why) => bad(why),
    }
}

/// A line is dropped up to its end; of a frame with a begin of its own one byte is, and the rest is looked at again.
pub(super) fn bad(kind: &FrameKind, len: usize, why: Wrong) -> Step {
    let len = if kind.sync.is_empty() { len } else { 1 };
    Step::Bad { len, why }
}
