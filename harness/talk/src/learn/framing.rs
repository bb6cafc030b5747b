//! Where frames begin and end, and how pieces of a transcript are cut so.

use super::length_at::LengthAt;
use crate::frames::Stuffing;

/// How frames are told apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Framing {
    /// What each begins with.
    pub sync: Vec<u8>,
    /// What each ends with: the first is the usual one.
    pub ends: Vec<Vec<u8>>,
    /// How bytes between both are written.
    pub escape: Option<Stuffing>,
    /// Where the length stands.
    pub length: Option<LengthAt>,
    /// Bytes that stand alone behind the last end, as a prompt does.
    pub prompts: Vec<u8>,
    /// Nothing ends a frame but silence: each piece is one.
    pub by_silence: bool,
    /// Frames stand in a stream of bytes: its first one may have begun before, and its last one may be cut off.
    pub stream: bool,
}

/// Frames cut out of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutting {
    /// How.
    pub framing: Framing,
    /// The frames in their order.
    pub frames: Vec<Taken>,
    /// Pieces that are made of whole frames, and all pieces.
    pub whole: (usize, usize),
    /// How often bytes stood for others.
    pub escaped: usize,
}

/// A frame that was cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// All but its end, with nothing standing for other bytes.
    pub content: Vec<u8>,
    /// The piece that it stood in, by its place.
    pub piece: usize,
}

/// So many pieces of ten must be made of whole frames.
const OF_TEN: usize = 9;
/// Frames that must be there before they are compared.
pub const FRAMES_LEAST: usize = 2;

/// Whether that many of them are enough.
pub fn enough(holds: usize, of: usize) -> bool {
    holds > 0 && holds.saturating_mul(10) >= of.saturating_mul(OF_TEN)
}

impl Cutting {
    /// Whether most pieces are made of whole frames.
    pub fn holds(&self) -> bool {
        enough(self.whole.0, self.whole.1)
    }
}

/// Cuts pieces into frames.
pub fn cut(framing: &Framing, pieces: &[&[u8]]) -> Cutting {
    let mut cutting = Cutting {
        framing: framing.clone(),
        frames: Vec::new(),
        whole: (0, pieces.len()),
        escaped: 0,
    };
    for (place, piece) in pieces.iter().enumerate() {
        let mut contents = Vec::new();
        let lost = if framing.by_silence {
            contents.push(piece.to_vec());
            0
        } else {
            one(piece, framing, &mut contents, &mut cutting.escaped)
        };
        // A tenth of a stream may be noise.
        let whole = lost == 0 || framing.stream && enough(piece.len().saturating_sub(lost), piece.len());
        if whole {
            cutting.whole.0 = cutting.whole.0.saturating_add(1);
            let taken = contents.into_iter().map(|content| Taken { content, piece: place });
            cutting.frames.extend(taken);
        }
    }
    cutting
}

/// Cuts one piece; how many of its bytes are of no frame.
fn one(piece: &[u8], framing: &Framing, contents: &mut Vec<Vec<u8>>, escaped: &mut usize) -> usize {
    let end = framing.ends.first().map_or(&[][..], |end| end);
    // Behind the last end there is no frame that an end is looked for in.
    let last = memchr::memmem::rfind(piece, end).map_or(0, |at| at.saturating_add(end.len()));
    let (mut rest, mut lost) = (piece, 0_usize);
    while !rest.is_empty() {
        let taken = match framing.length {
            Some(length) => length.take(rest, &framing.sync, end, contents),
            None => line(rest, framing, contents, escaped),
        };
        if let Some(behind) = taken {
            rest = behind;
        } else if framing.stream && framing.length.is_none() && piece.len().saturating_sub(rest.len()) >= last {
            return lost.saturating_add(rest.len());
        } else if framing.stream {
            lost = lost.saturating_add(1);
            rest = rest.get(1..).unwrap_or_default();
        } else {
            let prompt = matches!(rest, [sign] if framing.prompts.contains(sign));
            return if prompt { 0 } else { rest.len() };
        }
    }
    lost
}

/// Takes a frame that certain bytes end; what stands behind it.
fn line<'a>(rest: &'a [u8], framing: &Framing, contents: &mut Vec<Vec<u8>>, escaped: &mut usize) -> Option<&'a [u8]> {
    let end = framing.ends.iter().min_by_key(|end| end.len())?;
    let begun = rest.strip_prefix(&framing.sync[..])?;
    let len = memchr::memmem::find(begun, end)?;
    let whole = begun.get(..len.saturating_add(end.len()))?;
    let ends = framing.ends.iter().filter(|end| whole.ends_with(end));
    let longest = ends.map(Vec::len).max().unwrap_or(end.len());
    let inside = whole.get(..whole.len().saturating_sub(longest))?;
    if inside.is_empty() && framing.escape.is_some() && !framing.sync.is_empty() {
        // The end of one frame; the begin of the next one follows it.
        return Some(begun);
    }
    let mut content = inside.to_vec();
    if let Some(escape) = framing.escape {
        escape.read(inside, &mut content).ok()?;
        *escaped = escaped.saturating_add(usize::from(content != inside && escape != Stuffing::Cobs));
    }
    if !content.is_empty() {
        contents.push([&framing.sync[..], &content[..]].concat());
    }
    begun.get(whole.len()..)
}
