//! What a journal keeps of bytes, read back.

use super::escape::unescape;
use super::limits::LINE_KEPT_MAX;

/// Bytes that a journal kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many there were, where not all of them were kept.
    pub total: Option<usize>,
}

/// The bytes of which [`super::escape()`] made a text; `None`: it did not make this one.
#[must_use]
pub fn kept(text: &str) -> Option<Kept> {
    // Only a text that was cut has a mark, and then it has just so many bytes before it.
    let cut = || {
        let (kept, mark) = text.rsplit_once("...(")?;
        let total: usize = mark.strip_suffix(" bytes)")?.parse().ok()?;
        let bytes = unescape(kept).ok()?;
        let total = Some(total).filter(|total| *total > LINE_KEPT_MAX && bytes.len() == LINE_KEPT_MAX)?;
        Some(Kept {
            bytes,
            total: Some(total),
        })
    };
    let whole = |bytes| Kept { bytes, total: None };
    cut().or_else(|| unescape(text).ok().map(whole))
}

#[cfg(test)]
mod tests {
    use super::super::escape;
    use super::*;

    #[test]
    fn what_was_cut_tells_how_much_there_was() {
        let of = |bytes: &[u8], total| {
            Some(Kept {
                bytes: bytes.to_vec(),
                total,
            })
        };
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(kept(&escape(&all)), of(&all, None));
        let long = vec![b'\\'; 700];
        assert_eq!(kept(&escape(&long)), of(&long[..LINE_KEPT_MAX], Some(700)));
        // What a pump says that looks like the mark is no mark.
        assert_eq!(kept("a...(700 bytes)"), of(b"a...(700 bytes)", None));
        assert_eq!(kept("\\q"), None);
    }
}
