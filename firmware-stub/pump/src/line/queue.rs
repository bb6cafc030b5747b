//! The transmit queue: bytes of whole lines, in a ring.

use super::limits::LINE_MAX;

/// Bytes that the longest line takes, CR LF included.
pub(super) const LINE_BYTES: usize = LINE_MAX + 2;

/// A ring of `N` bytes.
#[derive(Clone, Debug)]
pub(super) struct Queue<const N: usize> {
    bytes: [u8; N],
    head: usize,
    len: usize,
}

impl<const N: usize> Queue<N> {
    /// Room for a reply beside what events may take.
    const LARGE_ENOUGH: () = assert!(N >= 2 * LINE_BYTES, "the transmit queue must hold two lines");

    pub(super) const fn new() -> Self {
        let () = Self::LARGE_ENOUGH;
        Self {
            bytes: [0; N],
            head: 0,
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn has_room(&self, bytes: usize) -> bool {
        N - self.len >= bytes
    }

    /// Puts a whole line in, or nothing of it.
    pub(super) fn push(&mut self, line: &[u8]) -> bool {
        if !self.has_room(line.len()) {
            return false;
        }
        let tail = (self.head + self.len) % N;
        let first = line.len().min(N - tail);
        self.bytes[tail..tail + first].copy_from_slice(&line[..first]);
        self.bytes[..line.len() - first].copy_from_slice(&line[first..]);
        self.len += line.len();
        true
    }

    /// The bytes that come next, as far as they lie together.
    pub(super) fn front(&self) -> &[u8] {
        &self.bytes[self.head..self.head + self.len.min(N - self.head)]
    }

    /// Takes bytes off the front.
    pub(super) fn pop(&mut self, count: usize) {
        let count = count.min(self.len);
        self.head = (self.head + count) % N;
        self.len -= count;
        if self.len == 0 {
            // Lines then lie together again.
            self.head = 0;
        }
    }
}
