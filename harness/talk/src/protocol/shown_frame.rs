//! A frame as a person sees it: which message it is, and its fields with the bytes that each was read from.

use super::codec::{Heard, Reader, Seen, Wanted};
use super::message::Message;
use super::resolve::Protocol;
use super::verb::Say;
use crate::frames::{Cutter, Frame, FrameKind, Piece};
use crate::messages::{AnyField, Shape, TextField, Value};
use pump_hil_model::quantity::Span;
use std::sync::Arc;

/// A frame as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFrame {
    /// The bytes as they came; of too many only the first.
    pub raw: Vec<u8>,
    /// How many they were.
    pub total: usize,
    /// The name of the message, or why the bytes are none.
    pub is: Result<String, String>,
    /// Its parts in the order of the wire.
    pub parts: Vec<ShownPart>,
    /// What it says of the pump: `state`, `reported` and others, in the harness's words and base units.
    pub gives: Vec<(String, String)>,
}

/// A part of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPart {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: String,
    /// The bytes that it was read from, with nothing standing for other bytes.
    pub bytes: Vec<u8>,
}

/// Reads what comes, for a person who looks at it.
#[derive(Debug)]
pub struct Viewer {
    protocol: Arc<Protocol>,
    cutter: Cutter,
    wanted: Wanted,
}

impl Viewer {
    /// Of this protocol.
    #[must_use]
    pub fn new(protocol: Arc<Protocol>) -> Self {
        let cutter = Cutter::new(Arc::clone(&protocol.kinds), protocol.hear.clone());
        Self {
            protocol,
            cutter,
            wanted: Wanted::default(),
        }
    }

    /// From now on the answers of this verb are awaited, which decides what a frame is that could be more than one message; `sent`: the bytes that were
    /// sent, also where they are of no verb.
    pub fn want(&mut self, verb: &str, sent: &[u8]) {
        let all = &self.protocol.verbs;
        let says = all.get(verb).map(|verb| &verb.says[..]).unwrap_or_default();
        let answers = || says.iter().map(|say| &say.answer);
        let messages = answers().flat_map(|answer| answer.replies.iter().chain(&answer.data).chain(&answer.until));
        // A device that echoes does so whatever it is sent.
        let mut echoed = all.values().flat_map(|verb| &verb.says).filter(|say| say.answer.echo);
        self.wanted = Wanted {
            messages: messages.copied().collect(),
            echo: echoed.next().map(|say| self.without_end(say, sent).to_vec()),
            as_sent: answers()
                .any(|answer| answer.as_sent)
                .then(|| self.content_of(sent))
                .flatten(),
        };
        self.cutter.await_silence(answers().find_map(|answer| answer.dump));
    }

    /// What was sent without what ends it.
    fn without_end<'a>(&self, say: &Say, sent: &'a [u8]) -> &'a [u8] {
        let kind = self.protocol.kinds.get(say.kind);
        let of_frame = kind.and_then(|kind| kind.ends.first()).map_or(&[][..], |end| end);
        let end = if say.end.is_empty() { of_frame } else { &say.end };
        sent.strip_suffix(end).unwrap_or(sent)
    }

    /// What a frame that was sent holds, without its end and with nothing standing for other bytes.
    fn content_of(&self, sent: &[u8]) -> Option<Vec<u8>> {
        let mut content = None;
        let kinds = Arc::clone(&self.protocol.kinds);
        let mut cutter = Cutter::new(kinds, vec![self.protocol.speak]);
        let mut take = |cut: crate::frames::Cut<'_>| content = cut.frame.ok().map(|frame| frame.content.to_vec());
        cutter.feed(sent, Span(0), &mut take);
        cutter.handle_timeout(Span(i64::MAX), &mut take);
        content
    }

    /// Takes bytes that came at `now`, and gives each frame that they finish to `each`.
    pub fn feed(&mut self, bytes: &[u8], now: Span, mut each: impl FnMut(ShownFrame)) {
        let protocol = Arc::clone(&self.protocol);
        let reader = Reader {
            protocol: &protocol,
            wanted: &mut self.wanted,
        };
        reader.read(|cuts| self.cutter.feed(bytes, now, cuts), &mut |seen| {
            each(shown(&protocol, &seen))
        });
    }

    /// When [`Viewer::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Span> {
        self.cutter.poll_timeout()
    }

    /// Tells the time: what is unfinished for too long is no frame.
    pub fn handle_timeout(&mut self, now: Span, mut each: impl FnMut(ShownFrame)) {
        let protocol = Arc::clone(&self.protocol);
        let reader = Reader {
            protocol: &protocol,
            wanted: &mut self.wanted,
        };
        reader.read(|cuts| self.cutter.handle_timeout(now, cuts), &mut |seen| {
            each(shown(&protocol, &seen))
        });
    }

    /// The bytes of a frame that is not finished.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        self.cutter.held()
    }
}

fn shown(protocol: &Protocol, seen: &Seen<'_>) -> ShownFrame {
    let mut shown = ShownFrame {
        raw: seen.raw.to_vec(),
        total: seen.total,
        is: Ok(String::new()),
        parts: Vec::new(),
        gives: Vec::new(),
    };
    let message = match &seen.heard {
        Ok((_, Heard::Echo)) => {
            shown.is = Ok("echo".to_owned());
            return shown;
        }
        Ok((place, heard)) => {
            if let Heard::Message(told) = heard {
                let gives = told
                    .gives
                    .iter()
                    .map(|(target, text)| (target.word().to_owned(), text.clone()));
                shown.gives = gives.collect();
            }
            protocol.messages.get(*place)
        }
        Err(why) => {
            shown.is = Err(why.to_string());
            None
        }
    };
    if shown.is.is_ok() {
        shown.is = Ok(message.map_or_else(|| "as it was sent".to_owned(), |message| message.name.clone()));
    }
    if let Some((frame, kind)) = seen
        .frame
        .and_then(|frame| Some((frame, protocol.kinds.get(frame.kind)?)))
    {
        shown.parts = parts(protocol, kind, message, frame);
    }
    shown
}

/// The parts of a frame; of one that has neither header nor check only those of its body.
fn parts(protocol: &Protocol, kind: &FrameKind, message: Option<&Message>, frame: Frame<'_>) -> Vec<ShownPart> {
    let mut parts = Vec::new();
    let plain = kind.before.is_empty() && kind.after.is_empty();
    let begin = kind.sync.len();
    if begin > 0 && !plain {
        parts.push(part("begin", "", frame.content.get(..begin)));
    }
    pieces(protocol, &kind.before, begin, frame.content, &mut parts);
    match message {
        Some(message) => fields(message, frame.body, &mut parts),
        None if !frame.body.is_empty() => parts.push(part("body", "", Some(frame.body))),
        None => {}
    }
    let behind = kind.head_len().saturating_add(frame.body.len());
    pieces(protocol, &kind.after, behind, frame.content, &mut parts);
    parts
}

fn part(name: &str, value: &str, bytes: Option<&[u8]>) -> ShownPart {
    ShownPart {
        name: name.to_owned(),
        value: value.to_owned(),
        bytes: bytes.unwrap_or_default().to_vec(),
    }
}

/// Pieces of a frame around its body.
fn pieces(protocol: &Protocol, pieces: &[Piece], begin: usize, content: &[u8], parts: &mut Vec<ShownPart>) {
    let mut at = begin;
    for piece in pieces {
        let bytes = content.get(at..at.saturating_add(piece.size()));
        at = at.saturating_add(piece.size());
        let said = |number: &crate::frames::Number| bytes.and_then(|bytes| number.read(bytes));
        let text = |number: Option<i128>| number.map_or_else(String::new, |number| number.to_string());
        parts.push(match piece {
            Piece::Literal(_) => part("sign", "", bytes),
            Piece::Length { number, .. } => part("length", &text(said(number)), bytes),
            Piece::Check { .. } => part("check", "right", bytes),
            Piece::Field { name, number } => {
                let theirs = text(said(number));
                let ours = protocol.words.get(name).and_then(|words| words.get(&theirs));
                part(name, ours.unwrap_or(&theirs), bytes)
            }
            Piece::OneOf { name, .. } => {
                let theirs = bytes
                    .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                    .unwrap_or_default();
                let ours = protocol.words.get(name).and_then(|words| words.get(&theirs));
                part(name, ours.unwrap_or(&theirs), bytes)
            }
        });
    }
}

/// The fields of a message.
fn fields(message: &Message, body: &[u8], parts: &mut Vec<ShownPart>) {
    let mut values = Vec::new();
    if message.shape == Shape::All || message.shape.read(body, &mut values).is_err() {
        parts.extend((!body.is_empty()).then(|| part("text", "", Some(body))));
        return;
    }
    let text = std::str::from_utf8(body).unwrap_or_default();
    let split = match &message.shape {
        Shape::Text(template) => template.split(text),
        _ => Vec::new(),
    };
    let mut at = 0_usize;
    for (place, field) in message.shape.fields().enumerate() {
        let said = message.meaning.text(&message.shape, place, &values);
        let value = values.get(place);
        let bytes: Option<&[u8]> = match (field, value) {
            (AnyField::Bytes(field), _) => {
                let begin = at;
                at = at.saturating_add(field.number.len);
                body.get(begin..at)
            }
            (AnyField::Text(_), _) => split.get(place).map(|part| part.as_bytes()),
            (AnyField::Group(_), Some(Value::Text(text))) => Some(text.as_bytes()),
            (AnyField::Group(_), _) => None,
        };
        if let (AnyField::Text(spec), Some(Value::Pairs(text))) = (field, value)
            && let TextField::Pairs(form) = &spec.holds
        {
            form.scan(text, |key, value| parts.push(part(key, value, Some(value.as_bytes()))));
            continue;
        }
        let value = match said {
            Ok(Some(text)) => text,
            Ok(None) => String::new(),
            Err(why) => format!("cannot be: {why}"),
        };
        parts.push(part(field.name(), &value, bytes));
    }
}
