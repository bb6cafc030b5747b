//! Text for a terminal: one result in full, and all verdicts as a table.

use super::alike::alike;
use super::failed::{LineOf, source};
use super::result::ScenarioResult;
use super::units::in_units;
use super::words::{REASONS_SHOWN, cause_first, counted, not_shown, reason_lines, trouble_line, unasked_starts};
use pump_hil_model::crash_text;
use pump_hil_model::event_text::event_line;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::Verdict;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Characters that a case's name has in a table at least.
const NAME_MIN: usize = 12;
/// Characters of a verdict in a table at least: the columns stand where they stood in the run before.
const VERDICT: usize = 12;
/// Columns of the time that a case took, so that it stands in the same place from run to run.
const TOOK: usize = 8;
/// Columns below which a table leaves out the pump's time.
const NARROW: usize = 60;

/// One result in a line.
#[must_use]
pub fn brief(result: &ScenarioResult) -> String {
    format!(
        "{:<12} {} ({} ms)\n",
        result.word(),
        safe(&result.name),
        result.took.as_millis()
    )
}

/// One result: a line if it passed; else what was expected, what came, the last events, and the command that runs only it again.
#[must_use]
pub fn result(result: &ScenarioResult) -> String {
    in_full(result, &|_, _| None, usize::MAX)
}

/// As [`result`], with the lines of the scenario's file, cut to `width`.
#[must_use]
pub fn in_full(result: &ScenarioResult, line_of: LineOf<'_>, width: usize) -> String {
    let mut out = brief(result);
    for line in not_shown(result) {
        let _ = writeln!(out, "  {line}");
    }
    match &result.outcome.verdict {
        Verdict::Passed => {
            out.push_str(&notes(result));
            out.push_str(&crashes(result));
            return with_not_safe(out, result);
        }
        Verdict::Skipped { why } => {
            // Here and below: to write into a `String` never fails.
            let _ = writeln!(out, "  {}", safe(why));
            return out;
        }
        Verdict::Failed { reasons } => {
            for reason in cause_first(reasons).into_iter().take(REASONS_SHOWN) {
                let mut lines = reason_lines(result, reason);
                // Below the place.
                lines.splice(1..1, source(result, reason, line_of, width.saturating_sub(2)));
                for line in lines {
                    let _ = writeln!(out, "  {line}");
                }
            }
            if reasons.len() > REASONS_SHOWN {
                let more = reasons.len() - REASONS_SHOWN;
                let _ = writeln!(out, "  and {more} more; results.json of the run has all");
            }
        }
        Verdict::Inconclusive { why } => {
            for one in why {
                let _ = writeln!(out, "  {}", trouble_line(one));
            }
        }
    }
    if !result.outcome.last_events.is_empty() && !result.is_new() {
        out.push_str("  the last events:\n");
        for event in &result.outcome.last_events {
            let _ = writeln!(out, "    {}", in_units(&result.units, &event_line(event)));
        }
    }
    out.push_str(&notes(result));
    out.push_str(&crashes(result));
    if let Some(journal) = &result.journal {
        let _ = writeln!(out, "  journal: {}", safe(journal));
    }
    if let Some(command) = result.review() {
        let _ = writeln!(out, "  review:  {command}");
    }
    if let Some(command) = result.again() {
        let _ = writeln!(out, "  again:   {command}");
    }
    with_not_safe(out, result)
}

/// What is to be told besides the verdict.
fn notes(result: &ScenarioResult) -> String {
    let notes = result.outcome.notes.iter();
    notes.map(|note| format!("  note: {}\n", safe(note))).collect()
}

/// How often the pump started again, and what it was doing.
fn crashes(result: &ScenarioResult) -> String {
    let crashes = result.outcome.crashes();
    let lines = crashes.flat_map(|(t, crash)| crash_text::short(*t, crash));
    let lines = unasked_starts(result).into_iter().chain(lines);
    lines.map(|line| format!("  {line}\n")).collect()
}

fn with_not_safe(mut out: String, result: &ScenarioResult) -> String {
    for what in &result.outcome.not_safe {
        let _ = writeln!(out, "  NOT SAFE: {}", safe(what));
    }
    out
}

/// What could not be made safe in any of them, as the last thing that is seen; nothing where all is safe.
#[must_use]
pub fn not_safe(results: &[impl Borrow<ScenarioResult>]) -> String {
    let mut out = String::new();
    for result in results.iter().map(Borrow::borrow) {
        for what in &result.outcome.not_safe {
            let _ = writeln!(out, "NOT SAFE after {}: {}", safe(&result.shown()), safe(what));
        }
    }
    out
}

/// Reasons why cases were skipped that are told.
const SKIPS_SHOWN: usize = 6;

/// Why cases were skipped, each reason with their number, the most frequent first.
#[must_use]
pub fn skipped(results: &[impl Borrow<ScenarioResult>]) -> Vec<String> {
    let why = results
        .iter()
        .filter_map(|result| match &result.borrow().outcome.verdict {
            Verdict::Skipped { why } => Some(why.as_str()),
            _ => None,
        });
    let why: Vec<&str> = why.collect();
    let counted_by = |reason: &dyn Fn(&str) -> String| {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for why in &why {
            *reasons.entry(reason(why)).or_default() += 1;
        }
        reasons
    };
    let mut reasons = counted_by(&|why| why.to_owned());
    if reasons.len() > SKIPS_SHOWN {
        reasons = counted_by(&coarse);
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    // It is stable: what is as frequent keeps the order of the words.
    reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    // A single one takes no more room than the line that would stand for it.
    let shown = if reasons.len() == SKIPS_SHOWN + 1 {
        reasons.len()
    } else {
        SKIPS_SHOWN
    };
    let told = reasons.iter().take(shown);
    let mut told: Vec<String> = told
        .map(|(why, number)| format!("{}: {}", safe(why), counted(*number, "case")))
        .collect();
    if reasons.len() > shown {
        let rest: usize = reasons[shown..].iter().map(|(_, number)| number).sum();
        told.push(format!("other reasons: {}", counted(rest, "case")));
    }
    told
}

/// A reason without the names of the faults that a rig cannot inject: else each fault would be a reason of its own.
fn coarse(why: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in why.split(", ") {
        let word = if word.starts_with("fault:") { "faults" } else { word };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// All verdicts, what did not pass last, where it is seen, with the time that each took and the pump's. The rig has a column only where there are several, and
/// a name is cut in its middle, so that a line fits into `width` columns. Cases of which nothing can be said for the same reason are one line.
#[must_use]
pub fn table(results: &[impl Borrow<ScenarioResult>], width: usize) -> String {
    let mut sorted: Vec<&ScenarioResult> = results.iter().map(Borrow::borrow).collect();
    // It is stable: within a verdict the cases keep their order.
    sorted.sort_by_key(|result| match &result.outcome.verdict {
        Verdict::Passed => 0,
        Verdict::Skipped { .. } => 1,
        Verdict::Inconclusive { .. } => 2,
        Verdict::Failed { .. } => 3,
    });
    let rigs: BTreeSet<&str> = sorted.iter().map(|result| result.rig.as_str()).collect();
    let alike: Vec<Vec<&ScenarioResult>> = alike(&sorted).into_iter().map(|(_, cases)| cases).collect();
    let is_of = |cases: &&Vec<&ScenarioResult>, result| cases.iter().any(|case| std::ptr::eq(*case, result));
    let cells = sorted.into_iter().filter_map(|result| {
        let more = match alike.iter().find(|cases| is_of(cases, result)) {
            Some(cases) if !std::ptr::eq(cases[0], result) => return None,
            Some(cases) if cases.len() > 1 => format!(" and {} more", cases.len() - 1),
            _ => String::new(),
        };
        let took = format!("{} ms", result.took.as_millis());
        let name = safe(&result.shown()) + &more;
        Some([result.word(), name, took, result.outcome.end.clock(), safe(&result.rig)])
    });
    let head = ["verdict", "scenario", "time", "the pump's time", "rig"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(cells).collect();
    in_columns(&rows, rigs.len() > 1, width)
}

/// Rows of verdict, name, time, the pump's time, and the rig where it `has_rig`.
fn in_columns(rows: &[[String; 5]], has_rig: bool, width: usize) -> String {
    // A line that is broken is no row any more.
    let has_pump = width >= NARROW;
    let of = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (verdict, took, pump, rig) = (of(0).max(VERDICT), of(2).max(TOOK), of(3), of(4));
    let others = verdict + 2 + 2 + took + if has_pump { 2 + pump } else { 0 } + if has_rig { 2 + rig } else { 0 };
    let name = of(1).min(width.saturating_sub(others).max(NAME_MIN));
    let mut out = String::new();
    for row in rows {
        let shown = cut_in_the_middle(&row[1], name);
        let _ = write!(out, "{:<verdict$}  {shown:<name$}  {:>took$}", row[0], row[2]);
        if has_pump {
            let _ = write!(out, "  {:>pump$}", row[3]);
        }
        if has_rig {
            let _ = write!(out, "  {}", row[4]);
        }
        out.push('\n');
    }
    out
}

/// A text of at most `length` characters, with its begin and its end: a row of a table is named at the end.
fn cut_in_the_middle(text: &str, length: usize) -> String {
    let all: Vec<char> = text.chars().collect();
    if all.len() <= length {
        return text.to_owned();
    }
    let behind = length / 2;
    let before = length.saturating_sub(behind + 1);
    let (before, behind) = (&all[..before], &all[all.len() - behind..]);
    before.iter().chain(&['…']).chain(behind).collect()
}
