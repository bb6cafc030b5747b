//! What a device is to the line: it hears bytes, it speaks in frames, and time passes for it.

use crate::clock::Now;

/// Why a frame is sent; misbehaviour chooses by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers a request.
    Reply,
    /// What belongs to an answer that began, or the echo of what was typed.
    More,
    /// Nobody asked.
    Unasked,
    /// A sign of life.
    Beat,
}

/// What is sent in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Why.
    pub kind: Kind,
    /// The bytes, not yet escaped.
    pub bytes: Vec<u8>,
    /// Where a byte of its check is, if it has one.
    pub check: Option<usize>,
    /// Escaped by SLIP and put between ENDs.
    pub slip: bool,
    /// Milliseconds of the line before it.
    pub pause_ms: u64,
}

/// Where a device puts what it says.
#[derive(Debug, Default)]
pub struct Out {
    /// In the order of the line.
    pub frames: Vec<Frame>,
}

impl Out {
    /// A frame without a check.
    pub fn say(&mut self, kind: Kind, bytes: impl Into<Vec<u8>>) {
        self.put(kind, bytes.into(), None, false);
    }

    /// The same after some milliseconds.
    pub fn say_after(&mut self, pause_ms: u64, kind: Kind, bytes: impl Into<Vec<u8>>) {
        self.say(kind, bytes);
        if let Some(last) = self.frames.last_mut() {
            last.pause_ms = pause_ms;
        }
    }

    /// A frame with a byte of its check `from_end` bytes before its end (1: the last one).
    pub fn say_checked(&mut self, kind: Kind, bytes: Vec<u8>, from_end: usize) {
        let check = bytes.len().checked_sub(from_end);
        self.put(kind, bytes, check, false);
    }

    /// A frame whose last byte is of its check, to be escaped.
    pub fn say_slip(&mut self, kind: Kind, bytes: Vec<u8>) {
        let check = bytes.len().checked_sub(1);
        self.put(kind, bytes, check, true);
    }

    fn put(&mut self, kind: Kind, bytes: Vec<u8>, check: Option<usize>, slip: bool) {
        self.frames.push(Frame {
            kind,
            bytes,
            check,
            slip,
            pause_ms: 0,
        });
    }
}

/// When time matters next to a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wake {
    /// A moment of its own clock.
    pub device: Option<u64>,
    /// A moment of the line.
    pub line: Option<u64>,
}

/// A device.
pub trait Device: Send {
    /// Bytes came. [`Device::tick`] was called for the same moment before.
    fn hear(&mut self, now: Now, bytes: &[u8], out: &mut Out);

    /// Time came on.
    fn tick(&mut self, now: Now, out: &mut Out);

    /// When it wants to be called at the latest.
    fn wake(&self) -> Wake;

    /// Nanolitres that really left it so far, which a balance weighs.
    fn delivered_nl(&self) -> u64 {
        0
    }
}
