//! Crash records for people: short for a terminal, whole for files.

use super::safe_text::{LIMIT, safe, safe_within};
use crate::crash::{Crash, Frame};
use crate::quantity::Span;

/// Frames, and lines of each kind, of the short form.
const FRAMES_SHOWN: usize = 8;
const LINES_SHOWN: usize = 3;
/// Characters of a line that the short form shows.
const WIDTH: usize = 120;

/// The record in a few lines: why, where, and what was said last.
#[must_use]
pub fn short(t: Span, crash: &Crash) -> Vec<String> {
    told(t, crash, FRAMES_SHOWN, LINES_SHOWN, false)
}

/// All of it.
#[must_use]
pub fn whole(t: Span, crash: &Crash) -> Vec<String> {
    told(t, crash, usize::MAX, usize::MAX, true)
}

/// The record with every text made harmless: a journal may come from anywhere.
#[must_use]
pub fn harmless(crash: &Crash) -> Crash {
    let all = |texts: &[String]| texts.iter().map(|text| safe(text)).collect();
    let pairs = |pairs: &[(String, String)]| pairs.iter().map(|(name, value)| (safe(name), safe(value))).collect();
    let maybe = |text: &Option<String>| text.as_deref().map(safe);
    let frame = |frame: &Frame| Frame {
        at: safe(&frame.at),
        function: safe(&frame.function),
        file: maybe(&frame.file),
        line: frame.line,
        inlined: frame.inlined,
        interrupted_by: maybe(&frame.interrupted_by),
    };
    Crash {
        why: crash.why,
        exception: maybe(&crash.exception),
        reset_reason: maybe(&crash.reset_reason),
        registers: pairs(&crash.registers),
        stack: crash.stack.iter().map(frame).collect(),
        stack_end: safe(&crash.stack_end),
        block: pairs(&crash.block),
        log: all(&crash.log),
        line: all(&crash.line),
        missing: all(&crash.missing),
    }
}

fn told(t: Span, crash: &Crash, frames: usize, lines: usize, whole: bool) -> Vec<String> {
    let crash = harmless(crash);
    let exception = crash
        .exception
        .as_ref()
        .map_or(String::new(), |name| format!(", in {name}"));
    let started = crash
        .reset_reason
        .as_ref()
        .map_or(String::new(), |reason| format!(", last start: {reason}"));
    let mut out = vec![format!(
        "crash record at {}: {}{exception}{started}",
        t.clock(),
        crash.why.words()
    )];
    if crash.stack.is_empty() {
        let pc = crash.registers.iter().find(|(name, _)| name == "pc");
        out.extend(pc.map(|(_, pc)| format!("  at {pc}")));
    }
    // The number is that of the frame on the stack: what was inlined has none of its own.
    let mut number = 0_usize;
    for frame in crash.stack.iter().take(frames) {
        let known = frame.file.is_some() && !whole;
        let at = if known { String::new() } else { format!(" {}", frame.at) };
        out.push(format!("  #{number:<2}{at}{}", frame_line(frame)));
        number = number.saturating_add(usize::from(!frame.inlined));
    }
    if let Some(more @ 1..) = crash.stack.len().checked_sub(frames) {
        out.push(format!("  and {more} more"));
    } else if !crash.stack_end.is_empty() {
        out.push(format!("  {}", crash.stack_end));
    }
    for (name, texts) in [("log", &crash.log), ("line", &crash.line)] {
        let last = texts.len().saturating_sub(lines);
        let limit = if whole { LIMIT } else { WIDTH };
        let told = texts[last..].iter().map(|text| safe_within(text, limit));
        out.extend(told.map(|text| format!("  {name:<4}  {text}")));
    }
    for (name, pairs) in [("register", &crash.registers), ("block", &crash.block)] {
        let told = pairs.iter().filter(|_| whole);
        out.extend(told.map(|(of, value)| format!("  {name} {of} = {value}")));
    }
    out.extend(crash.missing.iter().map(|what| format!("  not known: {what}")));
    out
}

fn frame_line(frame: &Frame) -> String {
    let place = match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("  {file}:{line}"),
        (Some(file), None) => format!("  {file}"),
        _ => String::new(),
    };
    let inlined = if frame.inlined { " (inlined)" } else { "" };
    let by = frame
        .interrupted_by
        .as_ref()
        .map_or(String::new(), |by| format!("  <- {by} here"));
    format!(" {}{inlined}{place}{by}", frame.function)
}
