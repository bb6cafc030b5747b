//! What was sent, read by what a profile says of each request.

use crate::frames::{Cut, Cutter, Frame};
use crate::messages::{AnyField, Value};
use crate::protocol::{Answer, Fields, Header, Message, Protocol, Say, Wanted};
use pump_hil_model::quantity::Span;
use std::sync::Arc;

/// A request that was read.
pub(super) struct ReadSay {
    /// Its fields, as they stand there.
    pub fields: Fields,
    /// Its body, which a device that echoes sends back.
    pub body: Vec<u8>,
    /// The frame without its end.
    pub content: Vec<u8>,
}

/// Adds what answers a request to what is awaited.
pub(super) fn wanted_of(answer: &Answer, read: &ReadSay, mut wanted: Wanted) -> Wanted {
    let messages = answer.replies.iter().chain(&answer.until).chain(&answer.data);
    wanted.messages.extend(messages.copied());
    wanted.echo = wanted.echo.or_else(|| answer.echo.then(|| read.body.clone()));
    wanted.as_sent = wanted.as_sent.or_else(|| answer.as_sent.then(|| read.content.clone()));
    wanted
}

/// Cuts bytes that were sent into frames of one kind.
pub(super) fn frames(
    protocol: &Protocol,
    kind: usize,
    bytes: &[u8],
    mut each: impl FnMut(&[u8], Result<Frame<'_>, String>),
) {
    let mut cutter = Cutter::new(Arc::clone(&protocol.kinds), vec![kind]);
    let mut cut = |cut: Cut<'_>| each(cut.raw, cut.frame.map_err(ToString::to_string));
    cutter.feed(bytes, Span(0), &mut cut);
    while let Some(due) = cutter.poll_timeout() {
        cutter.handle_timeout(due, &mut cut);
    }
    if let Some((rest, _)) = cutter.take_rest() {
        each(&rest, Err("the begin of a frame without its end".to_owned()));
    }
}

/// Bytes read as this request; `None`: they are another.
pub(super) fn read_say(protocol: &Protocol, say: &Say, bytes: &[u8]) -> Option<ReadSay> {
    if !say.end.is_empty() {
        let body = bytes.strip_suffix(&say.end[..])?;
        let frame = Frame {
            kind: say.kind,
            content: body,
            body,
        };
        return read_frame(protocol, say, frame);
    }
    let mut found = Vec::new();
    frames(protocol, say.kind, bytes, |_, frame| {
        found.push(frame.ok().and_then(|frame| read_frame(protocol, say, frame)));
    });
    // Several frames are several requests.
    match found.len() {
        1 => found.pop().flatten(),
        _ => None,
    }
}

fn read_frame(protocol: &Protocol, say: &Say, frame: Frame<'_>) -> Option<ReadSay> {
    let kind = protocol.kinds.get(frame.kind)?;
    let mut fields = Fields::new();
    for (name, holds) in &say.header {
        let number = kind
            .place_of(name)
            .and_then(|place| kind.number_before(place, frame.content))?;
        match holds {
            Header::Is(is) if *is != number => return None,
            Header::Is(_) => {}
            Header::Argument(_) => fields.push((name.clone(), number.to_string())),
        }
    }
    let mut values = Vec::new();
    say.shape.read(frame.body, &mut values).ok()?;
    fields.extend(fields_of(say.shape.fields(), &values));
    Some(ReadSay {
        fields,
        body: frame.body.to_vec(),
        content: frame.content.to_vec(),
    })
}

pub(super) fn read_body(message: &Message, frame: Frame<'_>) -> Option<Fields> {
    let mut values = Vec::new();
    message.shape.read(frame.body, &mut values).ok()?;
    Some(fields_of(message.shape.fields(), &values))
}

/// Fields as they stand in what was sent; one that always holds the same says nothing.
fn fields_of<'a>(fields: impl Iterator<Item = AnyField<'a>>, values: &[Value<'_>]) -> Fields {
    let mut found = Fields::new();
    for (field, value) in fields.zip(values) {
        let fixed = matches!(field, AnyField::Bytes(field) if field.only.is_some());
        let text = match value {
            Value::Absent => continue,
            Value::Number { digits, tens } => number(*digits, *tens),
            Value::Text(text) | Value::Pairs(text) => (*text).trim().to_owned(),
        };
        if !fixed && !text.is_empty() {
            let unit = field.unit().map_or_else(String::new, |unit| format!(" {unit}"));
            found.push((field.name().to_owned(), text + &unit));
        }
    }
    found
}

/// A number of digits and a power of ten, as people write it.
pub(super) fn number(digits: i128, tens: i32) -> String {
    let (sign, all) = (if digits < 0 { "-" } else { "" }, digits.unsigned_abs().to_string());
    let places = usize::try_from(tens.unsigned_abs()).unwrap_or(0);
    if tens >= 0 {
        return format!("{sign}{all}{}", "0".repeat(places));
    }
    let all = format!("{all:0>width$}", width = places.saturating_add(1));
    let (whole, part) = all.split_at(all.len().saturating_sub(places));
    format!("{sign}{whole}.{part}")
}
