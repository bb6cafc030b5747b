//! What a pump says: bytes, lines, and the conversation that they belong to.

use super::attack::Target;
use super::device::converse;
use super::seeds;
use pump_hil_model::quantity::Span;
use pump_hil_talk::device::Profile;
use pump_hil_talk::protocol::{Codec, Fields, Heard, Line, Viewer, text_lines_1};
use pump_hil_talk::wire::LINE_KEPT_MAX;
use pump_hil_testing::stub_line::crc16;
use std::sync::Arc;

/// An escaped byte takes four characters, and the end tells how many bytes there were.
const TEXT_MAX: usize = 4 * LINE_KEPT_MAX + 40;

#[test]
fn lines_of_any_bytes_are_the_same_however_they_come_and_break_no_conversation() {
    let device = String::from_utf8(seeds::file("fixtures/devices/stub.yaml")).expect("a text");
    let profile = Arc::new(Profile::parse(&device, "stub.yaml").expect("the shipped one"));
    // What any other pump may hear of one.
    let others = seeds::texts("fixtures/devices", "yaml").into_iter().map(|text| {
        let text = String::from_utf8(text).expect("a text");
        Arc::new(Profile::parse(&text, "device.yaml").expect("the shipped one"))
    });
    let others: Vec<Arc<Profile>> = others.collect();
    let lines = seeds::golden_lines("pump");
    // Also many of them in one piece, as a conversation has them.
    let all = lines.concat();
    Target {
        name: "from-pump",
        inputs: 500,
        seeds: lines.into_iter().chain([all]).collect(),
        read: &|bytes| {
            read(bytes, &profile);
            others
                .iter()
                .for_each(|other| converse(other, &bytes[..bytes.len().min(256)]));
        },
    }
    .run();
}

fn read(bytes: &[u8], profile: &Arc<Profile>) {
    let whole = lines(bytes.chunks(bytes.len().max(1)));
    assert_eq!(lines(bytes.chunks(1)), whole, "one byte at a time");
    assert_eq!(lines(bytes.chunks(7)), whole, "in small pieces");
    if let Some(cut) = bytes.iter().rposition(|b| *b == b'*') {
        assert_eq!(
            lines([&bytes[..cut], &bytes[cut..]].into_iter()),
            whole,
            "cut before a checksum"
        );
    }
    let mut shown = Vec::new();
    Viewer::new(text_lines_1()).feed(bytes, Span(0), |frame| shown.push(frame.is.is_ok()));
    let heard: Vec<bool> = whole.iter().map(|line| line.heard.is_ok()).collect();
    assert_eq!(shown, heard, "a person sees the same frames");
    for line in &whole {
        assert!(
            line.text.len() <= TEXT_MAX && !line.text.chars().any(char::is_control),
            "{line:?}"
        );
        if let Ok(heard) = &line.heard {
            let again = lines([&written(heard)[..]].into_iter());
            assert_eq!(again.len(), 1, "{line:?}");
            assert_eq!(
                again[0].heard.as_ref(),
                Ok(heard),
                "what was read is written and read again"
            );
        }
    }
    // A long input would only be the same again and again.
    converse(profile, &bytes[..bytes.len().min(4_096)]);
}

fn lines<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Line> {
    let (mut codec, mut lines) = (Codec::new(text_lines_1()), Vec::new());
    for piece in pieces {
        codec.feed(piece, Span(0), |line| lines.push(line));
    }
    lines
}

/// A pump's line that says so.
fn written(heard: &Heard) -> Vec<u8> {
    let words = |fields: &Fields| {
        fields
            .iter()
            .map(|(key, value)| format!(" {key}={value}"))
            .collect::<String>()
    };
    let number = |id: Option<u64>| id.expect("each reply has its number");
    let body = match heard {
        Heard::Reply { id, refused, fields } => match refused {
            None => format!("={} ok{}", number(*id), words(fields)),
            Some(code) => format!("={} err code={code}{}", number(*id), words(fields)),
        },
        Heard::Data { id, fields } => format!("+{}{}", number(*id), words(fields)),
        Heard::Event { n, t_ms, kind, fields } => format!("!{n} t={t_ms}ms {kind}{}", words(fields)),
        Heard::Dose { n, t_ms, fields } => format!("${n} t={t_ms}ms{}", words(fields)),
        Heard::Message(_) | Heard::Echo => String::new(),
    };
    format!("{body} *{:04X}\r\n", crc16(body.as_bytes())).into_bytes()
}
