//! Results as JSON, for other programs.

use super::{ScenarioResult, Tally};
use pump_hil_model::crash::Crash;
use pump_hil_model::crash_text;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_lines};
use pump_hil_model::verdict::{Reason, Verdict};
use pump_hil_verdict::judge::AlarmLatency;
use serde::Serialize;

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
    verdict: Verdict,
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
pub fn report(results: &[ScenarioResult]) -> serde_json::Result<String> {
    let report = Report {
        pump_hil_results: VERSION,
        tally: Tally::of(results.iter().map(|r| &r.outcome.verdict)),
        results: results.iter().map(one).collect(),
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
        verdict: safe_verdict(&result.outcome.verdict),
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

/// JSON would carry an escape sequence faithfully to whoever prints it.
fn safe_verdict(verdict: &Verdict) -> Verdict {
    let reason = |r: &Reason| Reason {
        expected: safe_lines(&r.expected),
        came: safe_lines(&r.came),
        ..r.clone()
    };
    match verdict {
        Verdict::Passed => Verdict::Passed,
        Verdict::Failed { reasons } => Verdict::Failed {
            reasons: reasons.iter().map(reason).collect(),
        },
        Verdict::Inconclusive { why } => Verdict::Inconclusive {
            why: why.iter().map(|s| safe(s)).collect(),
        },
        Verdict::Skipped { why } => Verdict::Skipped { why: safe(why) },
    }
}
