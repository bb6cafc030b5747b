//! The messages of one side: texts that are alike, or bodies of one kind and length.

use super::layout::Layout;
use super::transcript::Side;
use super::words::alike;
use crate::wire::escape;
use std::collections::BTreeMap;

/// A message that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likely {
    /// What it looks like, as a profile says it: the keys of a message.
    pub keys: Vec<String>,
    /// The first body of it.
    pub example: String,
    /// The frames that are one, by their places.
    pub witnesses: Vec<usize>,
    /// The pieces of the transcript in which these stood, by their places.
    pub pieces: Vec<usize>,
    /// What is known of its fields, for people.
    pub fields: Vec<String>,
}

/// Bytes of a body whose fields are listed one by one.
const FIELDS_MAX: usize = 32;

/// The messages that these frames of one side are, and the frames that no message is proposed for.
pub fn messages(layout: &Layout, from: Side) -> (Vec<Likely>, Vec<usize>) {
    let frames = &layout.cutting.frames;
    // By what their headers hold, in the order in which they came.
    let mut kinds: BTreeMap<Vec<(String, u8)>, Vec<usize>> = BTreeMap::new();
    for (place, frame) in frames.iter().enumerate() {
        kinds.entry(layout.header_of(frame)).or_default().push(place);
    }
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for (header, places) in kinds {
        let bodies: Vec<&[u8]> = places
            .iter()
            .filter_map(|place| frames.get(*place))
            .map(|frame| layout.body_of(frame))
            .collect();
        let when = when(&header);
        if bodies.iter().all(|body| is_text(body)) && bodies.iter().any(|body| body.len() > 1) {
            found.extend(texts(&bodies, &places, &when, from));
        } else {
            binary(&bodies, &places, &when, &mut found, &mut left);
        }
    }
    for one in &mut found {
        let mine = one.witnesses.iter().filter_map(|place| frames.get(*place));
        one.pieces = mine.map(|frame| frame.piece).collect();
    }
    found.sort_by_key(|one| one.witnesses.first().copied());
    (found, left)
}

/// What a message's header must hold.
fn when(header: &[(String, u8)]) -> Option<String> {
    let fields: Vec<String> = header
        .iter()
        .map(|(name, byte)| format!("{name}: 0x{byte:02X}"))
        .collect();
    (!fields.is_empty()).then(|| format!("when: {{{}}}", fields.join(", ")))
}

fn is_text(body: &[u8]) -> bool {
    body.iter().all(|byte| (0x20..0x7F).contains(byte) || *byte == b'\t')
}

fn texts(bodies: &[&[u8]], places: &[usize], when: &Option<String>, from: Side) -> Vec<Likely> {
    // All of them are ASCII.
    let texts: Vec<String> = bodies
        .iter()
        .map(|body| String::from_utf8_lossy(body).into_owned())
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let likely = alike(&texts, from).into_iter().map(|one| {
        let is = format!("is: \"{}\"", escape(one.template.as_bytes()));
        Likely {
            keys: when.iter().cloned().chain([is]).collect(),
            example: one.example,
            witnesses: one.witnesses.iter().filter_map(|at| places.get(*at)).copied().collect(),
            pieces: Vec::new(),
            fields: one.fields,
        }
    });
    likely.collect()
}

/// Bodies of one length are one message, in which each byte is a field.
fn binary(bodies: &[&[u8]], places: &[usize], when: &Option<String>, found: &mut Vec<Likely>, left: &mut Vec<usize>) {
    let mut lengths: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, body) in bodies.iter().enumerate() {
        lengths.entry(body.len()).or_default().push(at);
    }
    for (len, all) in lengths {
        let mine: Vec<&[u8]> = all.iter().filter_map(|at| bodies.get(*at)).copied().collect();
        let witnesses: Vec<usize> = all.iter().filter_map(|at| places.get(*at)).copied().collect();
        if len > FIELDS_MAX {
            left.extend(witnesses);
            continue;
        }
        let fields: Vec<String> = (0..len).map(|at| format!("{{b{at}: u8}}")).collect();
        let is = format!("is: [{}]", fields.join(", "));
        found.push(Likely {
            keys: when.iter().cloned().chain([is]).collect(),
            example: mine.first().map_or_else(String::new, |body| hex(body)),
            witnesses,
            pieces: Vec::new(),
            fields: (0..len).map(|at| column(&mine, at)).collect(),
        });
    }
}

/// What stands in one place of several bodies.
fn column(bodies: &[&[u8]], at: usize) -> String {
    let bytes = || bodies.iter().filter_map(|body| body.get(at).copied());
    match (bytes().min(), bytes().max()) {
        (Some(least), Some(most)) if least == most => format!("b{at}: always 0x{least:02X}"),
        (least, most) => {
            let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
            format!("b{at}: 0x{least:02X} to 0x{most:02X}")
        }
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(" ")
}
