//! JUnit XML: a failure is the pump's, an error is the rig's.

use super::result::{NotRun, ScenarioResult};
use super::run_info::RunInfo;
use super::units::{in_units, told};
use super::words::{cause_first, kind, new_in_words, not_shown, reason_lines, unasked_starts};
use chrono::{DateTime, Utc};
use pump_hil_model::crash_text;
use pump_hil_model::event_text::event_line;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// The results as a JUnit report, one suite for each rig. A case that was selected and not begun is an error: a run without it is not whole.
///
/// # Errors
/// [`SerializeError`] if the XML cannot be written.
pub fn report(
    results: &[impl Borrow<ScenarioResult>],
    not_run: &[NotRun],
    info: &RunInfo,
) -> Result<String, SerializeError> {
    let results: Vec<&ScenarioResult> = results.iter().map(Borrow::borrow).collect();
    let ran = results.iter().map(|result| (result.rig.as_str(), test_case(result)));
    let missed = not_run.iter().map(|case| (case.rig.as_str(), missed(case)));
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for (rig, case) in ran.chain(missed) {
        let suite = suites.entry(rig).or_insert_with(|| suite(rig, &results, info));
        suite.add_test_case(case);
    }
    let mut report = Report::new("pump-hil");
    report.set_timestamp(since_1970(info.started)).set_time(info.took);
    report.add_test_suites(suites.into_values());
    report.to_string()
}

/// The suite of a rig, without its cases: when, where, and with which program and pump.
fn suite(rig: &str, results: &[&ScenarioResult], info: &RunInfo) -> TestSuite {
    let of_it = || results.iter().filter(|result| result.rig == rig);
    let mut suite = TestSuite::new(safe(rig));
    suite.set_timestamp(since_1970(info.started));
    suite.set_time(of_it().map(|result| result.took).sum());
    let facts = [("rig", rig), ("harness", info.harness), ("host", &info.host)];
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in of_it().flat_map(|result| result.outcome.identity.iter()) {
        all.entry(key).or_default().insert(value);
    }
    for (key, value) in facts {
        suite.add_property((key, safe(value).as_str()));
    }
    // A board that was changed within a run shows here as two values.
    for (key, values) in all {
        let values: Vec<&str> = values.into_iter().collect();
        suite.add_property((
            format!("pump.{}", safe(key)).as_str(),
            safe(&values.join(", ")).as_str(),
        ));
    }
    suite
}

fn since_1970(at: jiff::Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at.as_second(), 0).unwrap_or_default()
}

fn missed(case: &NotRun) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("not-run");
    status.set_message(safe(&format!("not run: {}", case.why)));
    let mut told = TestCase::new(safe(&case.name), status);
    told.set_classname(safe(&case.class));
    told
}

fn test_case(result: &ScenarioResult) -> TestCase {
    let status = match &result.outcome.verdict {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Skipped { why } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(safe(why));
            status
        }
        // None that a CI shows is green: somebody must look at it.
        Verdict::Failed { .. } if result.is_new() => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("new");
            status.set_message(new_in_words(result));
            status
        }
        Verdict::Failed { reasons } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let reasons = cause_first(reasons);
            if let Some(first) = reasons.first() {
                status.set_type(kind(first));
                let (expected, got) = told(&result.units, first);
                // The rest stands below it: of a dose log that differs this is the first row.
                let got = got.lines().next().unwrap_or_default();
                status.set_message(safe(&format!("expected {expected}, got {got}")));
            }
            let mut lines: Vec<String> = reasons.into_iter().flat_map(|r| reason_lines(result, r)).collect();
            lines.extend(result.again().map(|command| format!("again: {command}")));
            status.set_description(lines.join("\n"));
            status
        }
        Verdict::Inconclusive { why } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("inconclusive");
            let why: Vec<String> = why.iter().map(ToString::to_string).collect();
            status.set_message(safe(&why.join("; ")));
            status
        }
    };
    // What led to a failure: where a log merely waits, nothing did.
    let failed = !matches!(result.outcome.verdict, Verdict::Passed | Verdict::Skipped { .. }) && !result.is_new();
    let mut case = TestCase::new(safe(&result.shown()), status);
    case.set_classname(safe(&result.class));
    case.set_time(result.took);
    let mut out = Vec::new();
    if !result.outcome.not_shown.is_empty() {
        out.push(result.outcome.verdict_words());
        out.extend(not_shown(result));
    }
    out.extend(unasked_starts(result));
    out.extend(result.notes().map(|note| format!("note: {note}")));
    out.extend(
        result
            .outcome
            .crashes()
            .flat_map(|(t, crash)| crash_text::whole(*t, crash)),
    );
    if failed {
        out.extend(
            result
                .outcome
                .last_events
                .iter()
                .map(|event| in_units(&result.units, &event_line(event))),
        );
    }
    if !out.is_empty() {
        case.set_system_out(out.join("\n"));
    }
    case
}
