//! What a person reads when a run is over: what did not pass, each case in a few lines, and last how many of each there are.

use super::alike::alike;
use super::failed::{LineOf, failed, more};
use super::result::ScenarioResult;
use super::tally::Tally;
use super::terminal::{self, skipped};
use super::words::{counted, new_in_words};
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::Verdict;
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

/// Cases alike that are named.
const NAMED: usize = 3;
/// All that did not pass, what failed last, and then the counts. Each case in a few lines; `whole`: all that is to be said of it. No line but
/// that of a command is longer than `width`.
#[must_use]
pub fn summary(
    results: &[impl Borrow<ScenarioResult>],
    took: Duration,
    line_of: LineOf<'_>,
    whole: bool,
    width: usize,
) -> String {
    let results: Vec<&ScenarioResult> = results.iter().map(Borrow::borrow).collect();
    let mut text = String::new();
    for why in skipped(&results) {
        let _ = writeln!(text, "skipped: {why}");
    }
    let is_failed =
        |result: &&&ScenarioResult| matches!(result.outcome.verdict, Verdict::Failed { .. }) && !result.is_new();
    for result in results.iter().filter(|result| result.is_new()) {
        text.push_str(&if whole {
            terminal::in_full(result, line_of, width)
        } else {
            new(result)
        });
    }
    text.push_str(&inconclusive(&results, whole));
    for result in results.iter().filter(is_failed) {
        text.push_str(&if whole {
            terminal::in_full(result, line_of, width)
        } else {
            failed(result, line_of, width)
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
fn inconclusive(results: &[&ScenarioResult], whole: bool) -> String {
    let mut text = String::new();
    for (why, cases) in alike(results) {
        let others = cases.len() - 1;
        if whole {
            text.push_str(&terminal::result(cases[0]));
            if others > 0 {
                let _ = writeln!(text, "  the same of {}", counted(others, "other case"));
            }
            continue;
        }
        let names = cases.iter().take(NAMED).map(|case| safe(&case.name));
        let mut names = names.collect::<Vec<_>>().join(", ");
        if cases.len() > NAMED {
            let _ = write!(names, " and {}", counted(cases.len() - NAMED, "other case"));
        }
        let _ = writeln!(text, "INCONCLUSIVE {names} on {}", safe(&cases[0].rig));
        for one in why.troubles {
            let _ = writeln!(text, "  {one}");
        }
        text.extend(more(cases[0], None).iter().map(|line| format!("{line}\n")));
    }
    text
}

/// A right case whose dose log nobody has accepted yet.
fn new(result: &ScenarioResult) -> String {
    let (name, rig) = (safe(&result.name), safe(&result.rig));
    let mut text = format!("NEW {name} on {rig}: {}\n", new_in_words(result));
    text.extend(result.review().map(|command| format!("  review: {command}\n")));
    text
}
