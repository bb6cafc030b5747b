//! A length in a frame's header: where it stands, and the frames that it tells.

use crate::frames::Number;

/// Where the length of a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthAt {
    /// Its place in the frame.
    pub at: usize,
    /// How it stands there, as a profile says it.
    pub word: &'static str,
    /// The same.
    pub number: Number,
    /// Bytes of a frame that it does not count.
    pub more: usize,
}

/// Bytes of a frame at most.
const FRAME_MAX: usize = 4_096;

impl LengthAt {
    /// The length of the frame with which these bytes begin.
    fn of(&self, bytes: &[u8]) -> Option<usize> {
        let behind = self.at.saturating_add(self.number.len);
        let said = self.number.read(bytes.get(self.at..behind)?)?;
        let len = usize::try_from(said).ok()?.saturating_add(self.more);
        (behind..=FRAME_MAX).contains(&len).then_some(len)
    }

    /// Takes the frame with which these bytes begin; what stands behind it.
    pub fn take<'a>(&self, rest: &'a [u8], sync: &[u8], end: &[u8], contents: &mut Vec<Vec<u8>>) -> Option<&'a [u8]> {
        let (whole, behind) = rest.split_at_checked(self.of(rest)?)?;
        let content = whole.strip_suffix(end).filter(|content| content.starts_with(sync))?;
        contents.push(content.to_vec());
        Some(behind)
    }
}
