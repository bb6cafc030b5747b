//! What a person reads when a run is over: what did not pass, each case in a few lines, and last how many of each there are.

use super::result::ScenarioResult;
use super::tally::Tally;
use super::terminal::{self, skipped};
use super::units::in_unit_of;
use super::words::{counted, kind, not_shown};
use pump_hil_model::crash::Why;
use pump_hil_model::crash_text;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::event_text::event_words;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_within};
use pump_hil_model::verdict::{Reason, ReasonKind, Verdict};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

/// Events beside a finding that are told.
const NEAR: usize = 3;
/// Cases alike that are named.
const NAMED: usize = 3;
/// Lines of a step that are looked through.
const STEP_LINES: u32 = 12;
/// Text of a line that is told.
const WIDTH: usize = 110;
/// How far around a finding `show` is pointed to.
const AROUND: Span = Span(60_000);

/// The text of a line of a scenario's file, by the file as the user named it.
pub type LineOf<'a> = &'a dyn Fn(&str, u32) -> Option<String>;

/// All that did not pass, what failed last, and then the counts. Each case in a few lines; `whole`: all that is to be said of it.
#[must_use]
pub fn summary(results: &[impl Borrow<ScenarioResult>], took: Duration, line_of: LineOf<'_>, whole: bool) -> String {
    let results: Vec<&ScenarioResult> = results.iter().map(Borrow::borrow).collect();
    let mut text = String::new();
    for why in skipped(&results) {
        let _ = writeln!(text, "skipped: {why}");
    }
    let is_inconclusive = |result: &&&ScenarioResult| matches!(result.outcome.verdict, Verdict::Inconclusive { .. });
    let is_failed =
        |result: &&&ScenarioResult| matches!(result.outcome.verdict, Verdict::Failed { .. }) && !result.is_new();
    for result in results.iter().filter(|result| result.is_new()) {
        text.push_str(&if whole { terminal::result(result) } else { new(result) });
    }
    if whole {
        text.extend(
            results
                .iter()
                .filter(is_inconclusive)
                .map(|result| terminal::result(result)),
        );
    } else {
        text.push_str(&inconclusive(
            results.iter().copied().filter(|result| is_inconclusive(&result)),
        ));
    }
    for result in results.iter().filter(is_failed) {
        text.push_str(&if whole {
            terminal::result(result)
        } else {
            failed(result, line_of)
        });
    }
    text.push_str(&counts(&results, took));
    text
}

/// How many of each, on what, in which time.
fn counts(results: &[&ScenarioResult], took: Duration) -> String {
    let rigs: BTreeSet<String> = results.iter().map(|result| safe(&result.rig)).collect();
    let on = match rigs.len() {
        0 => String::new(),
        _ => format!(" on {}", rigs.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let tally = Tally::of(results.iter().copied());
    let told_new = match tally.new {
        0 => String::new(),
        new => format!(" {new} new,"),
    };
    let pump: i64 = results
        .iter()
        .map(|result| result.outcome.end.0)
        .fold(0, i64::saturating_add);
    format!(
        "{}{on}: {} passed{},{told_new} {} failed, {} inconclusive, {} skipped; {} s, {} of the pump's time\n",
        counted(results.len(), "case"),
        tally.passed,
        in_part(results),
        tally.failed,
        tally.inconclusive,
        tally.skipped,
        seconds(took),
        Span(pump - pump % 1_000).clock().trim_end_matches(".000"),
    )
}

/// How many passed though the rig does not show all that they check; nothing where it does.
fn in_part(results: &[&ScenarioResult]) -> String {
    let passed = results
        .iter()
        .filter(|result| result.outcome.verdict == Verdict::Passed);
    match passed.filter(|result| !result.outcome.not_shown.is_empty()).count() {
        0 => String::new(),
        number => format!(" ({number} of them with checks not shown)"),
    }
}

fn seconds(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The cases of which nothing can be said, and why: what is the same for several cases, as a rig that is not there, is told once.
fn inconclusive<'a>(results: impl Iterator<Item = &'a ScenarioResult>) -> String {
    let mut alike: Vec<(&str, Vec<String>, Vec<&ScenarioResult>)> = Vec::new();
    for result in results {
        let why = match &result.outcome.verdict {
            Verdict::Inconclusive { why } => why.iter().map(|one| safe(&one.to_string())).collect(),
            _ => Vec::new(),
        };
        match alike
            .iter_mut()
            .find(|(rig, told, _)| *rig == result.rig && *told == why)
        {
            Some((_, _, cases)) => cases.push(result),
            None => alike.push((&result.rig, why, vec![result])),
        }
    }
    let mut text = String::new();
    for (rig, why, cases) in alike {
        let names = cases.iter().take(NAMED).map(|case| safe(&case.name));
        let mut names = names.collect::<Vec<_>>().join(", ");
        if cases.len() > NAMED {
            let _ = write!(names, " and {}", counted(cases.len() - NAMED, "other case"));
        }
        let _ = writeln!(text, "INCONCLUSIVE {names} on {}", safe(rig));
        for one in why {
            let _ = writeln!(text, "  the rig, not the pump: {one}");
        }
        text.push_str(&more(cases[0], None));
    }
    text
}

/// A case that failed, in eight lines at most: the step, what was expected, what it got, what happened near to that, and where more is to be had.
fn failed(result: &ScenarioResult, line_of: LineOf<'_>) -> String {
    let Verdict::Failed { reasons } = &result.outcome.verdict else {
        return String::new();
    };
    let Some(first) = reasons.first() else {
        return String::new();
    };
    let place = first
        .line
        .map_or(String::new(), |line| format!(", {}:{line}", safe(&result.file)));
    let mut text = format!(
        "FAILED {} on {} at {}{place}: {}\n",
        safe(&result.name),
        safe(&result.rig),
        first.t.clock(),
        kind(first)
    );
    let expected = first.expected.to_string();
    let got = in_unit_of(&expected, &first.came.to_string());
    let first_line = |what: &str| safe_within(what.lines().next().unwrap_or_default(), WIDTH);
    let expected = format!("expected {}", first_line(&expected));
    match snippet(result, first, line_of) {
        Some((gap, snippet)) => {
            let _ = writeln!(text, "{snippet} {expected}\n  {:gap$} = got {}", "", first_line(&got));
        }
        None => {
            let _ = writeln!(text, "  {expected}\n       got {}", first_line(&got));
        }
    }
    for line in not_shown(result) {
        let _ = writeln!(text, "  {line}");
    }
    for event in near(&result.outcome.last_events, first.t) {
        let _ = writeln!(
            text,
            "  {:>18}  {}",
            event.t.clock(),
            safe_within(&event_words(event), WIDTH)
        );
    }
    text.push_str(&more(result, Some((first, reasons.len()))));
    text.push_str(&crashes(result));
    text
}

/// The line of the step that says what was expected, marked, as `check` shows it; and how wide its number is.
fn snippet(result: &ScenarioResult, reason: &Reason, line_of: LineOf<'_>) -> Option<(usize, String)> {
    let first = reason.line?;
    let text = |line: u32| line_of(&result.file, line);
    let indent = |text: &str| text.chars().take_while(|c| *c == ' ').count();
    let dash = indent(&text(first)?);
    // The rest of the step is indented further than its dash.
    let rest = (first..first.saturating_add(STEP_LINES)).map_while(|line| {
        let is_of_it = |text: &String| line == first || indent(text) > dash;
        Some((line, text(line).filter(is_of_it)?))
    });
    let (line, text) = rest
        .clone()
        .find(|(_, text)| reason.kind == ReasonKind::Expectation && text.contains("expect:"))
        .or_else(|| rest.clone().next())?;
    let shown = safe_within(text.trim_end(), WIDTH);
    let marked = shown.chars().count().saturating_sub(indent(&shown)).max(1);
    let (number, gap) = (line.to_string(), line.to_string().len());
    let mark = format!("{}{}", " ".repeat(indent(&shown)), "^".repeat(marked));
    Some((gap, format!("  {number} | {shown}\n  {:gap$} | {mark}", "")))
}

/// The last events of the pump, the harness and the probe up to a finding: raw lines, and the begins and ends of steps, say nothing more.
fn near(events: &[Event], t: Span) -> Vec<&Event> {
    let tells = |event: &&Event| {
        let silent = matches!(
            event.body,
            Body::Received { .. }
                | Body::Sent { .. }
                | Body::LogRead { .. }
                | Body::StepStarted { .. }
                | Body::StepEnded { .. }
                | Body::Sample(_)
        );
        event.t <= t && !silent
    };
    let mut near: Vec<&Event> = events.iter().rev().filter(tells).take(NEAR).collect();
    near.reverse();
    near
}

/// Where more is to be had.
fn more(result: &ScenarioResult, reason: Option<(&Reason, usize)>) -> String {
    let around = reason.map(|(reason, _)| {
        let from = Span(reason.t.0.saturating_sub(AROUND.0).max(0));
        (from, Span(reason.t.0.saturating_add(AROUND.0)))
    });
    let Some(command) = result.show(around) else {
        return String::new();
    };
    let others = match reason {
        Some((_, all)) if all > 1 => format!("  # {}", counted(all - 1, "more finding")),
        _ => String::new(),
    };
    let review = result
        .review()
        .map_or(String::new(), |command| format!("  review: {command}\n"));
    format!("  more: {command}{others}\n{review}")
}

/// A right case whose dose log nobody has accepted yet.
fn new(result: &ScenarioResult) -> String {
    let mut text = format!(
        "NEW {} on {}: all expectations hold; its dose log waits for a review\n",
        safe(&result.name),
        safe(&result.rig)
    );
    text.extend(result.review().map(|command| format!("  review: {command}\n")));
    text
}

/// The firmware's own crashes; that a case did not pass is no crash.
fn crashes(result: &ScenarioResult) -> String {
    let crashes = result.outcome.crashes.iter();
    let true_ones = crashes.filter(|(_, crash)| crash.why != Why::Failed);
    let lines = true_ones.flat_map(|(t, crash)| crash_text::short(*t, crash));
    lines.map(|line| format!("  {line}\n")).collect()
}
