//! A case that failed, as a person reads it when a run is over.

use super::result::ScenarioResult;
use super::units::{in_units, told};
use super::words::{REASONS_SHOWN, cause_first, counted, kind, not_shown, when};
use pump_hil_model::case::{Check, Verb};
use pump_hil_model::crash_text;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::event_text::event_words;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_within};
use pump_hil_model::verdict::{Came, Expected, Reason, Verdict};
use std::collections::BTreeMap;

/// Lines of a case.
const LINES: usize = 8;
/// Events beside a finding that are told.
const NEAR: usize = 3;
/// Lines of a step that are looked through.
const STEP_LINES: u32 = 12;
/// Lines of one text, such as what was expected.
const TEXT_LINES: usize = 2;
/// Lines of a file in which its prescription is looked for.
const PRESCRIPTION_LINES: u32 = 200;
/// What stands before a caret where a line is cut.
const BEFORE: usize = 8;
/// Lines are made for at least so many columns.
const NARROW: usize = 40;
/// How far around a finding `show` is pointed to.
const AROUND: Span = Span(60_000);

/// The text of a line of a scenario's file, by the file as the user named it.
pub type LineOf<'a> = &'a dyn Fn(&str, u32) -> Option<String>;

/// A case that failed, in eight lines at most where nothing crashed: the step, what was expected, what it got, what happened near to that, what else was
/// found, and where more is to be had. No line but that of a command is longer than `width`.
pub(super) fn failed(result: &ScenarioResult, line_of: LineOf<'_>, width: usize) -> String {
    let width = width.max(NARROW);
    let Verdict::Failed { reasons } = &result.outcome.verdict else {
        return String::new();
    };
    let reasons = cause_first(reasons);
    let Some((first, others)) = reasons.split_first() else {
        return String::new();
    };
    // As `check` says it: line and column of what is marked.
    let place = match snippet(result, first, line_of, width) {
        Some(Snippet { line, column, .. }) => format!(":{line}:{column}"),
        None => line_in(result, first, line_of).map_or(String::new(), |line| format!(":{line}")),
    };
    let place = if place.is_empty() {
        place
    } else {
        format!(", {}{place}", safe(&result.file))
    };
    let (name, rig) = (safe(&result.name), safe(&result.rig));
    let mut lines = vec![format!(
        "FAILED {name} on {rig} {}{place}: {}",
        when(first),
        kind(first)
    )];
    lines.extend(texts(result, first, line_of, width));
    let mut behind = not_shown_in_short(result, width);
    behind.extend(also(others, width));
    behind.extend(more(result, Some(first)));
    let room = LINES.saturating_sub(lines.len() + behind.len()).min(NEAR);
    for event in near(&result.outcome.last_events, first.t, room) {
        let words = in_units(&result.units, &event_words(event));
        lines.push(cut(&format!("  {:>18}  {}", event.t.clock(), safe(&words)), width));
    }
    lines.extend(behind);
    let crashes = result.outcome.crashes();
    let crashes = crashes.flat_map(|(t, crash)| crash_text::short(*t, crash));
    lines.extend(crashes.map(|line| format!("  {line}")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What was expected and what it got, with the line of the step where there is one.
fn texts(result: &ScenarioResult, first: &Reason, line_of: LineOf<'_>, width: usize) -> Vec<String> {
    let (expected, got) = told(&result.units, first);
    let first_line = |what: &str| safe(what.lines().next().unwrap_or_default());
    let (expected, got) = (first_line(&expected), first_line(&got));
    let mut lines = Vec::new();
    match snippet(result, first, line_of, width) {
        Some(Snippet {
            gap,
            lines: [source, caret],
            ..
        }) => {
            let beside = format!("{caret} expected {expected}");
            lines.push(source);
            if beside.chars().count() <= width {
                lines.push(beside);
            } else {
                lines.push(caret);
                lines.extend(wrapped(&format!("  {:gap$} = expected ", ""), &expected, width));
            }
            lines.extend(wrapped(&format!("  {:gap$} = got ", ""), &got, width));
        }
        None => {
            lines.extend(wrapped("  expected ", &expected, width));
            lines.extend(wrapped("       got ", &got, width));
        }
    }
    if first.expected == Expected::NamedAlarmsOnly {
        let help = "if it is right, expect it (`expect: {alarm: NAME}`) or name it in `allow-alarms`";
        lines.push(cut(&format!("  {help}"), width));
    }
    if let Came::LogDiffers { changed, .. } = &first.came
        && !changed.is_empty()
    {
        let changed = safe(&changed.join("; "));
        lines.extend(wrapped(
            "  the prescription changed since this was accepted: ",
            &changed,
            width,
        ));
    }
    lines
}

/// A text behind what says what it is, in two lines at most that are no longer than `width`.
fn wrapped(label: &str, text: &str, width: usize) -> Vec<String> {
    let indent = label.chars().count().min(width / 4);
    let (mut lines, mut line) = (Vec::new(), label.to_owned());
    let mut is_empty = true;
    for word in text.split(' ') {
        let last = lines.len() + 1 == TEXT_LINES;
        let fits = line.chars().count() + usize::from(!is_empty) + word.chars().count() <= width;
        if !fits && !is_empty && !last {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_empty = true;
        }
        if !std::mem::replace(&mut is_empty, false) {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| cut(line, width)).collect()
}

/// A line of at most `width` characters.
fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// The line of the scenario's file that a reason is about; of a first prescription that was refused, where it is written.
fn line_in(result: &ScenarioResult, reason: &Reason, line_of: LineOf<'_>) -> Option<u32> {
    let of_prescription = || {
        let is_of_it = matches!(&reason.expected, Expected::SetUp { verb } if verb == Verb::Program.word());
        let mut lines = (1..=PRESCRIPTION_LINES).take_while(|_| is_of_it);
        let text = |line: u32| line_of(&result.file, line);
        lines.find(|line| text(*line).is_some_and(|text| text.starts_with("prescription:")))
    };
    reason.line.or_else(of_prescription)
}

/// The line of a reason, and what marks in it what did not hold; nothing where there is none.
pub(super) fn source(result: &ScenarioResult, reason: &Reason, line_of: LineOf<'_>, width: usize) -> Vec<String> {
    snippet(result, reason, line_of, width).map_or_else(Vec::new, |snippet| snippet.lines.to_vec())
}

/// A line of a scenario's file with a mark below it.
struct Snippet {
    line: u32,
    /// Of what is marked, from 1.
    column: usize,
    /// How wide the line's number is.
    gap: usize,
    lines: [String; 2],
}

/// The line of the step that says what was expected, marked, as `check` shows it.
fn snippet(result: &ScenarioResult, reason: &Reason, line_of: LineOf<'_>, width: usize) -> Option<Snippet> {
    let first = line_in(result, reason, line_of)?;
    let text = |line: u32| line_of(&result.file, line);
    let indent = |text: &str| text.chars().take_while(|c| *c == ' ').count();
    let dash = indent(&text(first)?);
    // The rest of the step is indented further than its dash.
    let rest = (first..first.saturating_add(STEP_LINES)).map_while(|line| {
        let is_of_it = |text: &String| line == first || indent(text) > dash;
        Some((line, text(line).filter(is_of_it)?))
    });
    let key = key_of(reason);
    let at_key = |text: &str| match &reason.expected {
        Expected::Always(rule) => {
            let at = text.get(..text.find(rule.as_str())?)?.chars().count();
            Some((at, at + rule.chars().count()))
        }
        _ => key.and_then(|key| place_of(text, key)),
    };
    let (line, text) = rest
        .clone()
        .find(|(_, text)| at_key(text).is_some())
        .or_else(|| rest.clone().find(|(_, text)| key.is_some() && text.contains("expect:")))
        .or_else(|| rest.clone().next())?;
    let text = safe_within(text.trim_end(), usize::MAX);
    let whole = (indent(&text), text.chars().count());
    let (number, gap) = (line.to_string(), line.to_string().len());
    let room = width.saturating_sub("   | ".len() + gap);
    let place = at_key(&text).unwrap_or(whole);
    let (shown, from, marked) = around(&text, place, room);
    let mark = format!("{}{}", " ".repeat(from), "^".repeat(marked));
    Some(Snippet {
        line,
        column: place.0 + 1,
        gap,
        lines: [format!("  {number} | {shown}"), format!("  {:gap$} | {mark}", "")],
    })
}

/// The key of an `expect` that says what did not hold, or of the prescription that the pump refused.
fn key_of(reason: &Reason) -> Option<&str> {
    if let Came::Unfit(unfit) = &reason.came {
        // `patient-bolus.dose` is the `dose` in it.
        return unfit.key.as_deref()?.rsplit('.').next();
    }
    let check = match &reason.expected {
        Expected::Check(check) => check,
        // The step says what is asked of the pump, and not when.
        Expected::Answer(answer) => {
            return Some(if answer.verb == Verb::Program.word() {
                "program"
            } else {
                "do"
            });
        }
        Expected::Reply { verb } if *verb != Verb::Program.word() => return Some("do"),
        _ => return None,
    };
    Some(match check {
        Check::Alarm { .. } => "alarm",
        Check::NoAlarm { .. } => "no-alarm",
        Check::AlarmCleared { .. } => "alarm-cleared",
        Check::State(_) => "state",
        Check::Mode(_) => "mode",
        Check::Bolus(_) => "bolus",
        Check::Event { .. } => "event",
        Check::NoEvent { .. } => "no-event",
        Check::Silence => "expect-none",
        Check::Reply { .. } => "reply",
        Check::Measure { what, .. } => what.name(),
        Check::Memory { .. } => "memory",
    })
}

/// Where a key and its value stand in a line, in characters from 0: up to the comma behind it, or the end of the map.
fn place_of(line: &str, key: &str) -> Option<(usize, usize)> {
    let wanted = format!("{key}:");
    let starts = |at: &usize| matches!(line[..*at].chars().next_back(), None | Some(' ' | '{' | ','));
    let at = line.match_indices(&wanted).map(|(at, _)| at).find(starts)?;
    let (mut depth, mut end) = (0_u32, line.len());
    for (i, c) in line[at..].char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' | ',' if depth == 0 => {
                end = at + i;
                break;
            }
            '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    let characters = |to: usize| line[..to].chars().count();
    Some((characters(at), characters(line[..end].trim_end().len())))
}

/// The part of a line around what is marked, of at most `room` characters, with where the mark begins in it and how long that is.
fn around(line: &str, (start, end): (usize, usize), room: usize) -> (String, usize, usize) {
    let all: Vec<char> = line.chars().collect();
    let from = if all.len() <= room || end < room {
        0
    } else {
        start.saturating_sub(BEFORE)
    };
    let to = all.len().min(from + room);
    let mut shown: Vec<char> = all[from..to].to_vec();
    if let (true, Some(first)) = (from > 0, shown.first_mut()) {
        *first = '…';
    }
    if let (true, Some(last)) = (to < all.len(), shown.last_mut()) {
        *last = '…';
    }
    let marked = end.min(to).saturating_sub(start).max(1);
    (shown.into_iter().collect(), start - from, marked)
}

/// The last events of the pump, the harness and the probe up to a finding: raw lines, and the begins and ends of steps, say nothing more.
fn near(events: &[Event], t: Span, number: usize) -> Vec<&Event> {
    let tells = |event: &&Event| {
        let silent = matches!(
            event.body,
            Body::Received { .. }
                | Body::Sent { .. }
                | Body::LogRead { .. }
                | Body::Polled(_)
                | Body::StepStarted { .. }
                | Body::StepEnded { .. }
                | Body::Sample(_)
                | Body::Crash(_)
                // The finding says it.
                | Body::Unfit(_)
        );
        event.t <= t && !silent
    };
    let mut near: Vec<&Event> = events.iter().rev().filter(tells).take(number).collect();
    near.reverse();
    near
}

/// The checks that the rig cannot show; of many, how many there are.
fn not_shown_in_short(result: &ScenarioResult, width: usize) -> Vec<String> {
    match &not_shown(result)[..] {
        [] => Vec::new(),
        few if few.len() <= TEXT_LINES => few.iter().map(|one| cut(&format!("  {one}"), width)).collect(),
        many => vec![format!("  not shown by this rig: {}", counted(many.len(), "check"))],
    }
}

/// What else was found, by its kinds.
fn also(others: &[&Reason], width: usize) -> Option<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for reason in others {
        *kinds.entry(kind(reason)).or_default() += 1;
    }
    let told: Vec<String> = kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let more = counted(others.len(), "more finding");
    let shows = match others.len() < REASONS_SHOWN {
        true => "`run -v` shows all".to_owned(),
        false => format!("`run -v` shows {REASONS_SHOWN}, results.json all"),
    };
    let line = format!("  {more}: {}; {shows}", told.join(", "));
    (!others.is_empty()).then(|| cut(&line, width))
}

/// Where more is to be had.
pub(super) fn more(result: &ScenarioResult, reason: Option<&Reason>) -> Vec<String> {
    let around = reason.map(|reason| {
        let from = Span(reason.t.0.saturating_sub(AROUND.0).max(0));
        (from, Span(reason.t.0.saturating_add(AROUND.0)))
    });
    let show = result.show(around).map(|command| format!("  more: {command}"));
    let review = result.review().map(|command| format!("  review: {command}"));
    show.into_iter().chain(review).collect()
}

#[cfg(test)]
mod tests;
