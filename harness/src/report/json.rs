//! Results as JSON, for other programs.

use super::result::ScenarioResult;
use super::tally::Tally;
use pump_hil_model::crash::Crash;
use pump_hil_model::crash_text;
use pump_hil_model::event::StepId;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_lines};
use pump_hil_model::verdict::{Reason, ReasonKind, Verdict};
use pump_hil_verdict::judge::AlarmLatency;
use serde::Serialize;
use std::borrow::Borrow;

/// Version of this form.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    pump_hil_results: u32,
    tally: Tally,
    results: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    name: String,
    file: String,
    rig: String,
    #[serde(flatten)]
    verdict: Told<'a>,
    verifies: &'a [String],
    alarm_latencies: &'a [AlarmLatency],
    events: u64,
    end_ms: i64,
    took_us: u128,
    journal: Option<&'a str>,
    not_safe: Vec<String>,
    unasked_starts: u32,
    crashes: Vec<At>,
}

/// A verdict, with its reasons in words.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
enum Told<'a> {
    Passed,
    Failed { reasons: Vec<Because<'a>> },
    Inconclusive { why: Vec<String> },
    Skipped { why: String },
}

#[derive(Serialize)]
struct Because<'a> {
    kind: ReasonKind,
    t: Span,
    step: Option<&'a StepId>,
    line: Option<u32>,
    expected: String,
    came: String,
}

/// A crash record and the scenario's time of it.
#[derive(Serialize)]
struct At {
    t_ms: i64,
    #[serde(flatten)]
    crash: Crash,
}

/// The results as one JSON object.
///
/// # Errors
/// [`serde_json::Error`] if a value cannot be written.
pub fn report(results: &[impl Borrow<ScenarioResult>]) -> serde_json::Result<String> {
    let report = Report {
        pump_hil_results: VERSION,
        tally: Tally::of(results.iter().map(|r| &r.borrow().outcome.verdict)),
        results: results.iter().map(|r| one(r.borrow())).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report)?;
    text.push('\n');
    Ok(text)
}

fn one(result: &ScenarioResult) -> One<'_> {
    One {
        name: safe(&result.name),
        file: safe(&result.file),
        rig: safe(&result.rig),
        verdict: told(&result.outcome.verdict),
        verifies: &result.verifies,
        alarm_latencies: &result.outcome.latencies,
        events: result.outcome.events,
        end_ms: result.outcome.end.0,
        took_us: result.took.as_micros(),
        journal: result.journal.as_deref(),
        not_safe: result.outcome.not_safe.iter().map(|s| safe(s)).collect(),
        unasked_starts: result.outcome.unasked_starts,
        crashes: result.outcome.crashes.iter().map(at).collect(),
    }
}

fn at((t, crash): &(Span, Crash)) -> At {
    At {
        t_ms: t.0,
        crash: crash_text::harmless(crash),
    }
}

/// A verdict in words. JSON would carry an escape sequence faithfully to whoever prints it.
fn told(verdict: &Verdict) -> Told<'_> {
    match verdict {
        Verdict::Passed => Told::Passed,
        Verdict::Failed { reasons } => Told::Failed {
            reasons: reasons.iter().map(because).collect(),
        },
        Verdict::Inconclusive { why } => Told::Inconclusive {
            why: why.iter().map(|trouble| safe(&trouble.to_string())).collect(),
        },
        Verdict::Skipped { why } => Told::Skipped { why: safe(why) },
    }
}

fn because(reason: &Reason) -> Because<'_> {
    Because {
        kind: reason.kind,
        t: reason.t,
        step: reason.step.as_ref(),
        line: reason.line,
        expected: safe_lines(&reason.expected),
        came: safe_lines(&reason.came),
    }
}
