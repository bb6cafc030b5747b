//! A line that is too long: thrown away up to its end, and told with its first bytes.

use super::kind::FrameKind;
use super::wrong::Wrong;
use crate::wire::LINE_KEPT_MAX;
use memchr::memmem;

/// A line that is too long: its first bytes, and how many there were.
#[derive(Debug)]
pub(super) struct Endless {
    /// The kind of frame that it would be.
    pub kind: usize,
    /// Its first bytes.
    pub kept: Vec<u8>,
    /// How many there were.
    pub total: usize,
    /// The last bytes, in which its end may have begun.
    tail: Vec<u8>,
}

impl Endless {
    /// One of this kind, of which nothing is taken yet.
    pub fn of(kind: usize) -> Self {
        Self {
            kind,
            kept: Vec::new(),
            total: 0,
            tail: Vec::new(),
        }
    }

    /// Takes more bytes; gives how many were of it, and what is wrong with it once its end came.
    pub fn take(&mut self, kind: &FrameKind, data: &[u8]) -> (usize, Option<Wrong>) {
        let end = kind.shortest_end();
        let before = self.tail.len();
        self.tail.extend_from_slice(data);
        let found = memmem::find(&self.tail, end);
        let used = found.map_or(data.len(), |place| {
            place.saturating_add(end.len()).saturating_sub(before)
        });
        let of_it = data.get(..used).unwrap_or_default();
        let room = LINE_KEPT_MAX.saturating_sub(self.kept.len());
        self.kept.extend(of_it.iter().take(room));
        // Of a line without end nothing is lost but its exact length.
        self.total = self.total.saturating_add(of_it.len());
        if found.is_some() {
            let len = self.total.saturating_sub(end.len());
            return (used, Some(Wrong::TooLong { len, max: kind.max }));
        }
        let keep = end.len().saturating_sub(1);
        self.tail.drain(..self.tail.len().saturating_sub(keep));
        (used, None)
    }
}
