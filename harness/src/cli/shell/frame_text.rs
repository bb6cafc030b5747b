//! Frames as lines of text: the bytes, and each part with the bytes that it was read from.

use pump_hil_model::quantity::{Rate, Span, Volume};
use pump_hil_talk::protocol::{ShownFrame, ShownPart};
use pump_hil_talk::wire::escape;
use std::fmt::Write as _;

/// Where the parts of a frame begin.
const INDENT: &str = "      ";
/// Characters of a name or a value behind which the next column begins.
const COLUMN: usize = 14;

/// What was sent.
pub(super) fn sent(bytes: &[u8]) -> String {
    format!("  -> {}\n", line(bytes))
}

/// Bytes that are no whole frame yet.
pub(super) fn unfinished(bytes: &[u8]) -> String {
    format!("  <- {}   not finished yet\n", line(bytes))
}

/// A frame that came, or bytes that are none.
pub(super) fn came(frame: &ShownFrame) -> String {
    let mut text = match &frame.is {
        Ok(name) => format!("  <- {}   {name}\n", line(&frame.raw)),
        Err(why) => format!("  <- {}   not understood: {why}\n", line(&frame.raw)),
    };
    if frame.total > frame.raw.len() {
        let _ = writeln!(text, "{INDENT}(the first {} of {} bytes)", frame.raw.len(), frame.total);
    }
    for part in &frame.parts {
        let ShownPart { name, value, bytes } = part;
        let bytes = if bytes.is_empty() {
            "nothing".to_owned()
        } else {
            shown(bytes)
        };
        let _ = writeln!(text, "{INDENT}{name:<COLUMN$} {:<COLUMN$} {bytes}", quantity(value));
    }
    if !frame.gives.is_empty() {
        let gives = frame
            .gives
            .iter()
            .map(|(what, value)| format!("{what} {}", quantity(value)));
        let _ = writeln!(text, "{INDENT}says: {}", gives.collect::<Vec<_>>().join(", "));
    }
    text
}

/// Bytes on a line: a text where most of them are one, else in hexadecimal.
fn line(bytes: &[u8]) -> String {
    let text = bytes.iter().filter(|byte| (0x20..0x7F).contains(*byte)).count();
    if text * 2 >= bytes.len() {
        escape(bytes)
    } else {
        hex(bytes)
    }
}

/// The bytes of a part, in quotes where they are a text.
fn shown(bytes: &[u8]) -> String {
    match bytes.iter().all(|byte| (0x20..0x7F).contains(byte)) {
        true => format!("\"{}\"", escape(bytes)),
        false => hex(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(" ")
}

/// A value as people write it, where it is a number in the harness's base units.
pub(super) fn quantity(value: &str) -> String {
    let number = |suffix: &str| value.strip_suffix(suffix).and_then(|number| number.parse::<i64>().ok());
    let rate = number("nl/d").map(|number| Rate(number).to_string());
    let volume = || number("nl").map(|number| Volume(number).to_string());
    let time = || number("ms").map(|number| Span(number).to_string());
    rate.or_else(volume).or_else(time).unwrap_or_else(|| value.to_owned())
}
