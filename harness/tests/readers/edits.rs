//! How an input is changed: bytes, lines, words and numbers, from itself and from others of its kind.

use proptest::prelude::*;
use std::ops::Range;

/// No input grows beyond it.
const LONGEST: usize = 96 << 10;
/// Numbers that stand at the edge of something.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "-0",
    "127",
    "128",
    "255",
    "256",
    "32767",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "0.000000001",
    "9223372036854.775807",
    "1e308",
    "1e400",
    "-1e-400",
    "NaN",
    "inf",
    "0x7fffffffffffffff",
    "1_000",
    "007",
    "+5",
    "1.",
    ".5",
    "1,5",
];
/// What may end, open or steer something.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"\t",
    b" ",
    b":",
    b": ",
    b"- ",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\"",
    b"'",
    b"#",
    b"&a ",
    b"*a",
    b"!!str ",
    b"|\n",
    b"${x}",
    b"*",
    b" *0000",
    b"=",
    b"--- ",
    b"...\n",
    b"\x1b[2J",
    b"\x7f",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    "\u{9b}".as_bytes(),
    "\u{2028}".as_bytes(),
    b"null",
    b"true",
    b"~",
    b"..",
    b"../",
    b"/",
    b"\\",
    b"\\u0000",
    b"%s",
];

/// One change. Places are shares of what is there, so that a change fits any input.
#[derive(Debug, Clone)]
enum Edit {
    /// Another byte.
    Byte(u32, u8),
    /// A bit.
    Bit(u32, u8),
    /// A little-endian word.
    Word32(u32, u32),
    /// Bytes are put in.
    Insert(u32, Vec<u8>),
    /// So many bytes go.
    Delete(u32, u16),
    /// So many bytes come so often again.
    Repeat(u32, u16, u16),
    /// So many bytes from elsewhere are put over what is there.
    Move(u32, u32, u16),
    /// Nothing follows.
    Cut(u32),
    /// A line goes.
    DeleteLine(u32),
    /// A line comes so often again.
    RepeatLine(u32, u16),
    /// Two lines change their places.
    SwapLines(u32, u32),
    /// A line of another input is put in.
    OtherLine(u32, usize, u32),
    /// A number becomes another.
    Number(u32, usize),
    /// A word becomes one of another input.
    OtherWord(u32, usize, u32),
    /// From here on it goes on as another input.
    OtherEnd(u32, usize, u32),
}

/// An input out of those that are there: which, and what is changed.
#[derive(Debug, Clone)]
pub struct Change {
    seed: usize,
    edits: Vec<Edit>,
}

/// Any change.
pub fn change() -> impl Strategy<Value = Change> {
    let few = proptest::collection::vec(edit(), 1..4);
    let many = proptest::collection::vec(edit(), 4..16);
    (any::<usize>(), prop_oneof![3 => few, 1 => many]).prop_map(|(seed, edits)| Change { seed, edits })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<u32>;
    let len = || prop_oneof![8 => 1..16_u16, 2 => 1..400_u16, 1 => any::<u16>()];
    let piece = prop_oneof![
        3 => proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 1..12),
    ];
    let word = prop_oneof![
        any::<u32>(),
        0..64_u32,
        Just(u32::MAX),
        Just(0x8000_0000),
        (0..32_u32).prop_map(|bit| 1 << bit)
    ];
    let bytes = prop_oneof![
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        2 => (at(), 0..8_u8).prop_map(|(at, bit)| Edit::Bit(at, bit)),
        1 => (at(), word).prop_map(|(at, word)| Edit::Word32(at, word)),
        3 => (at(), piece).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        2 => (at(), len()).prop_map(|(at, len)| Edit::Delete(at, len)),
        1 => (at(), len(), times()).prop_map(|(at, len, times)| Edit::Repeat(at, len, times)),
        1 => (at(), at(), len()).prop_map(|(to, from, len)| Edit::Move(to, from, len)),
        1 => at().prop_map(Edit::Cut),
    ];
    let lines = prop_oneof![
        at().prop_map(Edit::DeleteLine),
        (at(), times()).prop_map(|(at, times)| Edit::RepeatLine(at, times)),
        (at(), at()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        (at(), any::<usize>(), at()).prop_map(|(to, other, from)| Edit::OtherLine(to, other, from)),
    ];
    let words = prop_oneof![
        2 => (at(), 0..NUMBERS.len()).prop_map(|(at, number)| Edit::Number(at, number)),
        2 => (at(), any::<usize>(), at()).prop_map(|(to, other, from)| Edit::OtherWord(to, other, from)),
        1 => (at(), any::<usize>(), at()).prop_map(|(to, other, from)| Edit::OtherEnd(to, other, from)),
    ];
    prop_oneof![4 => bytes, 3 => lines, 4 => words]
}

/// How often something comes again: seldom many times.
fn times() -> impl Strategy<Value = u16> {
    prop_oneof![16 => 1..4_u16, 1 => 1..4_000_u16]
}

impl Change {
    /// The input that it makes.
    pub fn of(&self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.seed % seeds.len()].clone();
        for edit in &self.edits {
            edit.make(&mut bytes, seeds);
            bytes.truncate(LONGEST);
        }
        bytes
    }
}

impl Edit {
    fn make(&self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let other = |other: usize| &seeds[other % seeds.len()];
        match self {
            Self::Byte(at, byte) => put(bytes, *at, &[*byte]),
            Self::Bit(at, bit) => {
                if let Some(place) = place(*at, bytes.len()) {
                    bytes[place] ^= 1 << bit;
                }
            }
            Self::Word32(at, word) => put(bytes, at & !3, &word.to_le_bytes()),
            Self::Insert(at, piece) => insert(bytes, share(*at, bytes.len()), piece, 1),
            Self::Delete(at, len) => {
                bytes.drain(span(*at, *len, bytes.len()));
            }
            Self::Repeat(at, len, times) => {
                let span = span(*at, *len, bytes.len());
                let piece = bytes[span.clone()].to_vec();
                insert(bytes, span.end, &piece, *times);
            }
            Self::Move(to, from, len) => {
                let piece = bytes[span(*from, *len, bytes.len())].to_vec();
                put(bytes, *to, &piece);
            }
            Self::Cut(at) => bytes.truncate(share(*at, bytes.len())),
            Self::DeleteLine(at) => {
                bytes.drain(pick(*at, &lines(bytes)));
            }
            Self::RepeatLine(at, times) => {
                let line = pick(*at, &lines(bytes));
                let text = bytes[line.clone()].to_vec();
                insert(bytes, line.end, &text, *times);
            }
            Self::SwapLines(a, b) => {
                let lines = lines(bytes);
                let (a, b) = (pick(*a, &lines), pick(*b, &lines));
                let (first, last) = if a.start <= b.start { (a, b) } else { (b, a) };
                if first.end <= last.start {
                    let (early, late) = (bytes[first.clone()].to_vec(), bytes[last.clone()].to_vec());
                    bytes.splice(last, early);
                    bytes.splice(first, late);
                }
            }
            Self::OtherLine(to, seed, from) => {
                let line = other(*seed)[pick(*from, &lines(other(*seed)))].to_vec();
                let to = pick(*to, &lines(bytes)).start;
                insert(bytes, to, &line, 1);
            }
            Self::Number(at, number) => {
                let number = NUMBERS[*number].bytes();
                bytes.splice(pick(*at, &runs(bytes, |b| b.is_ascii_digit())), number);
            }
            Self::OtherWord(to, seed, from) => {
                let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
                let word = other(*seed)[pick(*from, &runs(other(*seed), is_word))].to_vec();
                bytes.splice(pick(*to, &runs(bytes, is_word)), word);
            }
            Self::OtherEnd(to, seed, from) => {
                bytes.truncate(share(*to, bytes.len()));
                bytes.extend_from_slice(&other(*seed)[share(*from, other(*seed).len())..]);
            }
        }
    }
}

/// The place that is such a share of `len`: from 0 to `len`.
fn share(at: u32, len: usize) -> usize {
    ((u64::from(at) * (len as u64 + 1)) >> 32) as usize
}

/// The place of a byte that is there.
fn place(at: u32, len: usize) -> Option<usize> {
    len.checked_sub(1).map(|last| share(at, last))
}

fn span(at: u32, len: u16, all: usize) -> Range<usize> {
    let start = share(at, all);
    start..(start + usize::from(len)).min(all)
}

/// Puts bytes over those that are there.
fn put(bytes: &mut [u8], at: u32, piece: &[u8]) {
    if let Some(start) = place(at, bytes.len()) {
        let len = piece.len().min(bytes.len() - start);
        bytes[start..start + len].copy_from_slice(&piece[..len]);
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8], times: u16) {
    let most = LONGEST.saturating_sub(bytes.len()) / piece.len().max(1);
    let pieces = piece.repeat(usize::from(times).min(most.max(1)));
    bytes.splice(at..at, pieces);
}

/// One of these, or nothing at the begin where there is none.
fn pick(at: u32, of: &[Range<usize>]) -> Range<usize> {
    place(at, of.len()).map_or(0..0, |place| of[place].clone())
}

fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    let lines = bytes.split_inclusive(|b| *b == b'\n').map(|line| {
        let line = start..start + line.len();
        start = line.end;
        line
    });
    lines.collect()
}

/// The longest runs of such bytes.
fn runs(bytes: &[u8], is: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, b)| is(**b)) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}
