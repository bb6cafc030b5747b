//! Results as JSON, for other programs.

use super::result::{NotRun, ScenarioResult};
use super::run_info::RunInfo;
use super::tally::Tally;
use super::units;
use pump_hil_model::case::NotShown;
use pump_hil_model::crash::Crash;
use pump_hil_model::crash_text;
use pump_hil_model::event::StepId;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_lines};
use pump_hil_model::verdict::{Reason, ReasonKind, Verdict};
use pump_hil_verdict::judge::AlarmLatency;
use serde::Serialize;
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Version of this form; `docs/formats.md` says what changed.
pub const VERSION: u32 = 3;

#[derive(Serialize)]
struct Report {
    pump_hil_results: u32,
    /// When the run began, in UTC.
    started: String,
    took_us: u128,
    /// Name of the machine.
    host: String,
    /// Name and version of the program.
    harness: &'static str,
    tally: Tally,
    results: Vec<One>,
    not_run: Vec<Missed>,
}

/// A case that was selected and not begun.
#[derive(Serialize)]
struct Missed {
    name: String,
    file: String,
    rig: String,
    verdict: &'static str,
    why: String,
    verifies: Vec<String>,
}

#[derive(Serialize)]
struct One {
    name: String,
    /// Which time it was played, where each case is played several times.
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u32>,
    file: String,
    rig: String,
    /// Who the pump said it is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pump: BTreeMap<String, String>,
    #[serde(flatten)]
    verdict: Told,
    /// The verdict as a person reads it, such as `passed, 2 checks not shown`.
    says: String,
    /// Checks that the rig cannot show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_shown: Vec<Check>,
    verifies: Vec<String>,
    alarm_latencies: Vec<AlarmLatency>,
    events: u64,
    end_ms: i64,
    took_us: u128,
    journal: Option<String>,
    notes: Vec<String>,
    /// The last hash of the journal's chain.
    chain: Option<String>,
    not_safe: Vec<String>,
    unasked_starts: u32,
    crashes: Vec<At>,
}

/// A check that the rig cannot show.
#[derive(Serialize)]
struct Check {
    line: u32,
    check: String,
}

/// A verdict, with its reasons in words.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
enum Told {
    Passed,
    /// Right, with a dose log that nobody has accepted yet.
    New {
        reasons: Vec<Because>,
    },
    Failed {
        reasons: Vec<Because>,
    },
    Inconclusive {
        why: Vec<String>,
    },
    Skipped {
        why: String,
    },
}

#[derive(Serialize)]
struct Because {
    kind: ReasonKind,
    t: Span,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_set_up: bool,
    step: Option<StepId>,
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

/// The results as one JSON object, with the cases that were selected and not begun.
///
/// # Errors
/// [`serde_json::Error`] if a value cannot be written.
pub fn report(
    results: &[impl Borrow<ScenarioResult>],
    not_run: &[NotRun],
    info: &RunInfo,
) -> serde_json::Result<String> {
    let tally = Tally::of(results.iter().map(Borrow::borrow));
    let report = Report {
        pump_hil_results: VERSION,
        started: info.started.to_string(),
        took_us: info.took.as_micros(),
        host: safe(&info.host),
        harness: info.harness,
        tally: Tally {
            not_run: not_run.len(),
            ..tally
        },
        results: results.iter().map(|r| one(r.borrow())).collect(),
        not_run: not_run.iter().map(missed).collect(),
    };
    let mut text = serde_json::to_string_pretty(&report)?;
    text.push('\n');
    Ok(text)
}

fn one(result: &ScenarioResult) -> One {
    One {
        name: safe(&result.name),
        round: result.round,
        file: safe(&result.from_top),
        rig: safe(&result.rig),
        pump: result
            .outcome
            .identity
            .iter()
            .map(|(key, value)| (safe(key), safe(value)))
            .collect(),
        verdict: told(result),
        says: if result.is_new() {
            "new".to_owned()
        } else {
            result.outcome.verdict_words()
        },
        not_shown: result.outcome.not_shown.iter().map(not_shown).collect(),
        verifies: result.verifies.iter().map(|id| safe(id)).collect(),
        alarm_latencies: result.outcome.latencies.iter().map(latency).collect(),
        events: result.outcome.events,
        end_ms: result.outcome.end.0,
        took_us: result.took.as_micros(),
        journal: result.journal.as_deref().map(safe),
        notes: result.notes().collect(),
        chain: result.evidence.as_ref().and_then(|evidence| evidence.chain.clone()),
        not_safe: result.outcome.not_safe.iter().map(|s| safe(s)).collect(),
        unasked_starts: result.outcome.unasked_starts,
        crashes: result.outcome.crashes().map(at).collect(),
    }
}

fn not_shown(of: &NotShown) -> Check {
    Check {
        line: of.line,
        check: safe(&of.text),
    }
}

/// The alarm's name is the pump's word.
fn latency(of: &AlarmLatency) -> AlarmLatency {
    AlarmLatency {
        fault: safe(&of.fault),
        alarm: safe(&of.alarm),
        latency: of.latency,
    }
}

fn missed(case: &NotRun) -> Missed {
    Missed {
        name: safe(&case.name),
        file: safe(&case.file),
        rig: safe(&case.rig),
        verdict: "not-run",
        why: safe(&format!("not run: {}", case.why)),
        verifies: case.verifies.iter().map(|id| safe(id)).collect(),
    }
}

fn at((t, crash): &(Span, Crash)) -> At {
    At {
        t_ms: t.0,
        crash: crash_text::harmless(crash),
    }
}

/// A verdict in words. JSON would carry an escape sequence faithfully to whoever prints it.
fn told(result: &ScenarioResult) -> Told {
    match &result.outcome.verdict {
        Verdict::Passed => Told::Passed,
        Verdict::Failed { reasons } => {
            let reasons = reasons.iter().map(|reason| because(&result.units, reason)).collect();
            if result.is_new() {
                Told::New { reasons }
            } else {
                Told::Failed { reasons }
            }
        }
        Verdict::Inconclusive { why } => Told::Inconclusive {
            why: why.iter().map(|trouble| safe(&trouble.to_string())).collect(),
        },
        Verdict::Skipped { why } => Told::Skipped { why: safe(why) },
    }
}

fn because(units: &[String], reason: &Reason) -> Because {
    let (expected, got) = units::told(units, reason);
    Because {
        kind: reason.kind,
        t: reason.t,
        in_set_up: reason.in_set_up,
        step: reason.step.as_ref().map(|step| StepId(safe(&step.0))),
        line: reason.line,
        expected: safe_lines(&expected),
        came: safe_lines(&got),
    }
}
