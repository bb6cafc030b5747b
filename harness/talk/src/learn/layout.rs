//! The pieces of a frame, as a profile says them: what was found of its begin, its length, its check and its end.

use super::bytes::{common_prefix, distinct, most_common};
use super::check::{CheckAt, check};
use super::framing::{Cutting, Taken};
use crate::frames::Stuffing;
use crate::wire::escape;

/// A kind of frame that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How frames were cut.
    pub cutting: Cutting,
    /// Bytes that all begin with.
    pub sync: Vec<u8>,
    /// Bytes of the header between that and the body, by their names; the length is one of them.
    pub header: Vec<Head>,
    /// Its check.
    pub check: Option<CheckAt>,
    /// Bytes between body and check, or end, that are always the same.
    pub literal: Vec<u8>,
    /// Bytes behind the body that are not known to be anything.
    pub trailer: usize,
}

/// A piece of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A byte, by its name.
    Byte(String),
    /// The length.
    Length,
}

/// Values of a byte that tells kinds of frames apart, at most.
const KINDS_MAX: usize = 8;
/// Bytes of a header without a length, at most.
const HEADER_MAX: usize = 2;

impl Layout {
    /// Of frames that were cut.
    pub fn new(cutting: Cutting) -> Self {
        let mut layout = Self {
            sync: cutting.framing.sync.clone(),
            header: Vec::new(),
            check: None,
            literal: Vec::new(),
            trailer: 0,
            cutting,
        };
        layout.check = check(&layout.contents(), layout.sync.len());
        let from = layout.check.as_ref().map_or(0, |check| check.from);
        if layout.sync.len() < from && layout.cutting.framing.escape.is_none() && layout.is_text() {
            let shared = common_prefix(&layout.contents());
            layout.sync = shared.get(..from).map(<[u8]>::to_vec).unwrap_or(layout.sync);
        }
        layout.header = layout.heads(from);
        layout.literal = layout.gap();
        layout.trailer = layout.unknown_behind();
        layout
    }

    /// All frames without their ends.
    pub fn contents(&self) -> Vec<&[u8]> {
        self.cutting.frames.iter().map(|frame| &frame.content[..]).collect()
    }

    /// Whether all frames are texts, whatever their checks are.
    pub fn is_text(&self) -> bool {
        let text = |byte: &u8| (0x20..0x7F).contains(byte) || *byte == b'\t';
        let check = self.check.as_ref().map_or(0, |check| check.len);
        let is_text = |content: &&[u8]| {
            let behind = content.len().saturating_sub(check);
            content.iter().take(behind).skip(self.sync.len()).all(text)
        };
        self.contents().iter().all(is_text) && self.cutting.framing.length.is_none()
    }

    fn heads(&self, from: usize) -> Vec<Head> {
        let sync = self.sync.len();
        let named = |at: usize| Head::Byte(format!("h{at}"));
        let Some(length) = self.cutting.framing.length else {
            let kinds = if self.is_text() { sync } else { self.kinds() };
            return (sync..kinds.max(from)).map(named).collect();
        };
        let behind = length.at.saturating_add(length.number.len);
        let before = (sync..length.at).map(named);
        before
            .chain([Head::Length])
            .chain((behind..from.max(behind)).map(named))
            .collect()
    }

    /// Where the bytes end that are always the same, or that tell kinds of frames apart.
    fn kinds(&self) -> usize {
        let sync = self.sync.len();
        let contents = self.contents();
        for at in sync..sync.saturating_add(HEADER_MAX) {
            let column: Vec<Option<u8>> = contents.iter().map(|content| content.get(at).copied()).collect();
            let values = distinct(column.iter());
            if column.contains(&None) || values > KINDS_MAX || values.saturating_mul(2) > column.len() {
                return at;
            }
            if values > 1 {
                return at.saturating_add(1);
            }
        }
        sync.saturating_add(HEADER_MAX)
    }

    fn gap(&self) -> Vec<u8> {
        let Some(check) = self.check.as_ref() else {
            return Vec::new();
        };
        let gaps = self.contents().into_iter().filter_map(|content| {
            let end = content.len().checked_sub(check.len)?;
            content.get(end.checked_sub(check.gap)?..end).map(<[u8]>::to_vec)
        });
        most_common(gaps).unwrap_or_default()
    }

    /// Bytes behind the body that the length leaves out, and that nothing explains.
    fn unknown_behind(&self) -> usize {
        let more = self.cutting.framing.length.map_or(0, |length| length.more);
        more.saturating_sub(self.around())
    }

    /// Bytes around the body.
    fn around(&self) -> usize {
        let end = self.cutting.framing.ends.first().map_or(0, Vec::len);
        self.body_at().saturating_add(self.behind()).saturating_add(end)
    }

    /// Where the body begins.
    pub fn body_at(&self) -> usize {
        let size = |head: &Head| match head {
            Head::Byte(_) => 1,
            Head::Length => self.cutting.framing.length.map_or(0, |length| length.number.len),
        };
        self.header
            .iter()
            .map(size)
            .fold(self.sync.len(), usize::saturating_add)
    }

    /// Bytes behind the body, without the end.
    fn behind(&self) -> usize {
        let check = self.check.as_ref().map_or(0, |check| check.len);
        check.saturating_add(self.literal.len()).saturating_add(self.trailer)
    }

    /// The bytes of a frame's header, with their names.
    pub fn header_of(&self, frame: &Taken) -> Vec<(String, u8)> {
        let mut at = self.sync.len();
        let mut bytes = Vec::new();
        for head in &self.header {
            match head {
                Head::Byte(name) => {
                    bytes.extend(frame.content.get(at).map(|byte| (name.clone(), *byte)));
                    at = at.saturating_add(1);
                }
                Head::Length => {
                    let len = self.cutting.framing.length.map_or(0, |length| length.number.len);
                    at = at.saturating_add(len);
                }
            }
        }
        bytes
    }

    /// The body of a frame; nothing where it is too short for one.
    pub fn body_of<'a>(&self, frame: &'a Taken) -> &'a [u8] {
        let end = frame.content.len().saturating_sub(self.behind());
        frame.content.get(self.body_at()..end).unwrap_or_default()
    }

    /// The frame as a profile says it, under this name.
    pub fn yaml(&self, name: &str) -> String {
        let framing = &self.cutting.framing;
        let quoted = |bytes: &[u8]| format!("\"{}\"", escape(bytes));
        let mut pieces: Vec<String> = Vec::new();
        if !self.sync.is_empty() {
            pieces.push(quoted(&self.sync));
        }
        for head in &self.header {
            pieces.push(match (head, framing.length) {
                (Head::Length, Some(length)) => format!("{{length: {}, of: {}}}", length.word, self.length_of()),
                (Head::Byte(name), _) => format!("{{{name}: u8}}"),
                (Head::Length, None) => continue,
            });
        }
        pieces.push("body".to_owned());
        pieces.extend((1..=self.trailer).map(|at| format!("{{t{at}: u8}}")));
        if !self.literal.is_empty() {
            pieces.push(quoted(&self.literal));
        }
        pieces.extend(self.check.as_ref().map(|check| self.check_yaml(check)));
        pieces.extend(framing.ends.first().map(|end| quoted(end)));
        let mut keys = vec![format!("is: [{}]", pieces.join(", "))];
        keys.extend(framing.ends.get(1).map(|end| format!("also-ends: {}", quoted(end))));
        keys.extend(framing.escape.map(|escape| format!("escape: {}", escape_yaml(escape))));
        keys.push(format!("max: {}", self.max()));
        if framing.by_silence {
            keys.push("silence: 20 ms".to_owned());
        } else if self.is_text() && self.sync.is_empty() {
            keys.push("empty: skip".to_owned());
        } else {
            keys.push("gap: 200 ms".to_owned());
        }
        format!("  {name}:\n    {}\n", keys.join("\n    "))
    }

    /// Bytes that a frame may have: twice what was seen.
    fn max(&self) -> usize {
        let longest = self.contents().iter().map(|content| content.len()).max().unwrap_or(0);
        longest.saturating_mul(2).next_multiple_of(16).clamp(64, 4_096)
    }

    fn check_yaml(&self, check: &CheckAt) -> String {
        let from = self.piece_at(check.from);
        let over = if from == "body" { from } else { format!("{from}..body") };
        let then = if check.then.is_empty() {
            String::new()
        } else {
            format!(", {}", check.then)
        };
        format!("{{check: {}, over: {over}, as: {}{then}}}", check.name, check.word)
    }

    /// The name of the piece that begins at this byte.
    fn piece_at(&self, from: usize) -> String {
        let mut at = self.sync.len();
        if from == 0 && at > 0 {
            return "start".to_owned();
        }
        for head in &self.header {
            if at >= from {
                return head_name(head).to_owned();
            }
            let size = match head {
                Head::Byte(_) => 1,
                Head::Length => self.cutting.framing.length.map_or(0, |length| length.number.len),
            };
            at = at.saturating_add(size);
        }
        "body".to_owned()
    }

    /// What the length counts, from which piece to which.
    fn length_of(&self) -> String {
        let Some(length) = self.cutting.framing.length else {
            return "body".to_owned();
        };
        let besides = self.around().saturating_sub(length.more);
        let check = self.check.as_ref().map(|_| self.behind());
        let end = self.cutting.framing.ends.first().map(Vec::len);
        let mut tails = vec![("body", 0)];
        tails.extend(check.map(|len| ("check", len)));
        tails.extend(end.map(|len| ("end", len.saturating_add(self.behind()))));
        let mut heads = vec![("body".to_owned(), 0)];
        let mut size = 0_usize;
        for head in self.header.iter().rev() {
            let len = match head {
                Head::Byte(_) => 1,
                Head::Length => length.number.len,
            };
            size = size.saturating_add(len);
            heads.push((head_name(head).to_owned(), size));
        }
        heads.push(("start".to_owned(), size.saturating_add(self.sync.len())));
        // The range that says the same with the begin nearest to the body, or from the length on.
        let fits = |(_, head): &&(String, usize), tail: usize| head.saturating_add(tail) == besides;
        let found = tails.iter().rev().find_map(|(to, tail)| {
            let (from, _) = heads.iter().find(|head| fits(head, *tail))?;
            Some(if from == to {
                from.clone()
            } else {
                format!("{from}..{to}")
            })
        });
        found.unwrap_or_else(|| "body".to_owned())
    }
}

fn head_name(head: &Head) -> &str {
    match head {
        Head::Byte(name) => name,
        Head::Length => "length",
    }
}

fn escape_yaml(escape: Stuffing) -> String {
    match escape {
        Stuffing::Slip => "slip".to_owned(),
        Stuffing::Cobs => "cobs".to_owned(),
        Stuffing::Xor { mark, xor } => format!("{{mark: 0x{mark:02X}, xor: 0x{xor:02X}}}"),
        Stuffing::Double(twice) => format!("{{double: 0x{twice:02X}}}"),
    }
}
