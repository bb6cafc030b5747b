//! Reports: one result for people, all results as a table, JUnit and JSON.
//!
//! Invariant: pure, and the same results give the same text. Everything that may hold text from a pump goes through [`safe_text`].

pub mod crash;
pub mod json;
pub mod junit;
pub mod safe_text;
pub mod terminal;

use crate::event::{Body, Event, InFlash, Log, Said};
use crate::judge::{Outcome, shown};
use crate::quantity::Span;
use crate::scenario::case::Case;
use crate::verdict::{Reason, ReasonKind, Verdict};
use safe_text::safe;
use std::collections::BTreeMap;
use std::time::Duration;

/// One scenario's result, with what a report needs to know about it.
#[derive(Debug, Clone)]
pub struct ScenarioResult {
    /// Name of the case.
    pub name: String,
    /// Its file, as the user named it.
    pub file: String,
    /// Name of the rig that it ran on.
    pub rig: String,
    /// How it was run, for the command that runs it again; `None` where that is not known, as of a journal that is judged again.
    pub asked: Option<Asked>,
    /// The journal, where there is one.
    pub journal: Option<String>,
    /// Requirements that it verifies.
    pub verifies: Vec<String>,
    /// Wall time.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a user said to have cases run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The folder that the cases' files are relative to; empty where they are relative to the present one.
    pub folder: String,
    /// The rig file, as the user named it; `None` for the default rig.
    pub rig_file: Option<String>,
    /// The firmware to be flashed, as the user named it.
    pub flash: Option<String>,
    /// The folder of fixtures, as the user named it.
    pub fixtures: Option<String>,
}

impl Asked {
    /// A case's file, as the user finds it.
    fn file(&self, file: &str) -> String {
        match self.folder.as_str() {
            "" => file.to_owned(),
            folder => format!("{}/{file}", folder.trim_end_matches('/')),
        }
    }
}

impl ScenarioResult {
    /// A result of `case`.
    #[must_use]
    pub fn new(case: &Case, rig: &str, took: Duration, outcome: Outcome) -> Self {
        Self {
            name: case.name(),
            file: case.file.clone(),
            rig: rig.to_owned(),
            asked: None,
            journal: None,
            verifies: case.verifies.clone(),
            took,
            outcome,
        }
    }

    /// Notes how it was run, and names its file as the user finds it.
    #[must_use]
    pub fn asked(mut self, asked: &Asked) -> Self {
        self.file = asked.file(&self.file);
        self.asked = Some(asked.clone());
        self
    }

    /// The command that runs only this one again, ready to be pasted.
    #[must_use]
    pub fn again(&self) -> Option<String> {
        let asked = self.asked.as_ref()?;
        let mut command = format!("pump-hil run {}", quoted(&self.file));
        let filter = self.name.contains('[').then(|| format!("name:{}", self.name));
        let options = [
            ("rig", &asked.rig_file),
            ("flash", &asked.flash),
            ("fixtures", &asked.fixtures),
            ("filter", &filter),
        ];
        for (option, value) in options {
            if let Some(value) = value {
                command.push_str(&format!(" --{option} {}", quoted(value)));
            }
        }
        Some(command)
    }

    /// The command that shows the dose log which nobody has accepted, ready to be pasted.
    #[must_use]
    pub fn review(&self) -> Option<String> {
        let Verdict::Failed { reasons } = &self.outcome.verdict else {
            return None;
        };
        let differs = reasons.iter().any(|reason| reason.kind == ReasonKind::Snapshot);
        let asked = self.asked.as_ref().filter(|_| differs)?;
        Some(format!("pump-hil review {}", quoted(&asked.file("snapshots"))))
    }
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '=' | ':');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", safe(text).replace('\'', "'\\''"))
    }
}

/// A reason in words: where, what was expected, what came.
pub(crate) fn reason_lines(result: &ScenarioResult, reason: &Reason) -> Vec<String> {
    let place = reason
        .line
        .map_or(String::new(), |line| format!(" at {}:{line}", safe(&result.file)));
    let step = reason
        .step
        .as_ref()
        .map_or(String::new(), |step| format!(", step {}", safe(&step.0)));
    let mut lines = vec![format!("{} at {}{step}{place}", kind(reason), reason.t)];
    for (label, text) in [("expected", &reason.expected), ("came", &reason.came)] {
        for (i, line) in text.lines().enumerate() {
            let label = if i == 0 { label } else { "" };
            lines.push(format!("  {label:>8}  {}", safe(line)));
        }
    }
    lines
}

/// That the pump started again though nobody had asked for it; nothing where it did not.
pub(crate) fn unasked_starts(result: &ScenarioResult) -> Option<String> {
    let times = result.outcome.unasked_starts;
    let told = || {
        format!(
            "the pump started again {}, and nobody had asked for it",
            counted(times as usize, "time")
        )
    };
    (times > 0).then(told)
}

fn kind(reason: &Reason) -> String {
    serde_json::to_value(reason.kind)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// One event as a line for people.
#[must_use]
pub fn event_line(event: &Event) -> String {
    let what = match &event.body {
        Body::Begun => "scenario begins".to_owned(),
        Body::Played => "the last step is over".to_owned(),
        Body::Ended => "the run is over".to_owned(),
        Body::Firmware {
            elf,
            sha256,
            build,
            in_flash,
            took_ms,
        } => {
            let build = build
                .as_ref()
                .map_or(String::new(), |build| format!(", build {}", safe(build)));
            let how = match in_flash {
                InFlash::Loaded => "the emulator starts with it".to_owned(),
                InFlash::Already => format!("in flash already, compared in {took_ms} ms"),
                InFlash::Written => format!("flashed and read back in {took_ms} ms"),
            };
            format!("firmware {}{build} ({how}), SHA-256 {}", safe(elf), safe(sha256))
        }
        Body::Identified { fields } => format!("the pump is {}", pairs(fields)),
        Body::StepStarted { step, line } => format!("step {} (line {line}) starts", step.0),
        Body::StepEnded { step } => format!("step {} ends", step.0),
        Body::Sent { bytes } => format!("-> {bytes}"),
        Body::Received { bytes } => format!("<- {bytes}"),
        Body::Garbled { why } => format!("<- garbled: {why}"),
        Body::Nonsense { why } => format!("<- nonsense: {why}"),
        Body::Reply { verb, refused, .. } => match refused {
            None => format!("`{verb}` accepted"),
            Some(code) => format!("`{verb}` refused: {code}"),
        },
        Body::NoReply { verb, tries } => format!("no reply to `{verb}` after {tries} tries"),
        Body::Pump { said, .. } => said_line(said),
        Body::Sample(s) => format!(
            "probe: {} strokes, delivered {}, catheter {} Pa",
            s.strokes,
            crate::quantity::Volume(s.delivered_nl),
            s.catheter_pa
        ),
        Body::FaultArmed { fault, param } => format!("fault {fault} armed ({param})"),
        Body::FaultConfirmed { fault } => format!("fault {fault} in effect"),
        Body::FaultUnconfirmed { fault, why } => format!("fault {fault} not confirmed: {why}"),
        Body::FaultCleared { fault } => format!("fault {fault} cleared"),
        Body::RigTrouble { what, .. } => format!("rig trouble: {what}"),
        Body::Gap { of, from, count } => format!("{count} missing of the pump's {of} numbers, from {from}"),
        Body::MemoryRead { at, value } => format!("probe: {at} holds {}", shown(at, value)),
        Body::Watched { at, value, .. } => format!("watch: {at} is {}", shown(at, value)),
        Body::WatchFull { noted } => format!("watch: {noted} changes were noted, the rest is not"),
        Body::Breakpoint { at, reached: true } => format!("probe: the core stood at {at}"),
        Body::Breakpoint { at, reached: false } => format!("probe: the core did not come to {at}"),
        Body::Probe { did } => format!("probe: {did}"),
        Body::Log(log) => log_line(log),
        Body::Crash(crash) => crash::short(event.t, crash).swap_remove(0),
        Body::Hung { place, .. } => format!("the firmware hangs in {}", safe(place)),
        Body::Interrupted { by } => format!("interrupted by {by}"),
        Body::MadeSafe { did, failed } => {
            let failed = failed.iter().map(|what| format!("NOT SAFE: {what}"));
            let all: Vec<String> = did.iter().cloned().chain(failed).collect();
            format!("leaving the pump safe: {}", all.join("; "))
        }
    };
    format!(
        "{:>14}  {}",
        Span(event.t.0).to_string(),
        safe_text::safe_within(&what, 160)
    )
}

/// A line of the firmware's log: channel, level, text and place.
pub(crate) fn log_line(log: &Log) -> String {
    let name = if log.name.is_empty() {
        format!("rtt {}", log.channel)
    } else {
        format!("rtt {} {}", log.channel, log.name)
    };
    let level = log.level.as_ref().map_or(String::new(), |level| format!(" {level}"));
    let stamp = log.stamp.as_ref().map_or(String::new(), |stamp| format!(" [{stamp}]"));
    let at = log.at.as_ref().map_or(String::new(), |at| format!("  ({at})"));
    format!("{name}{level}{stamp}: {}{at}", log.text)
}

fn said_line(said: &Said) -> String {
    match said {
        Said::Boot { reason } => format!("pump: boot, {reason}"),
        Said::State { from, to, cause } => format!("pump: {from} -> {to}, {cause}"),
        Said::Alarm { id, priority } => format!("pump: ALARM {id}, {priority}"),
        Said::AlarmClear { id } => format!("pump: alarm {id} cleared"),
        Said::BolusStart { kind, dose_nl, .. } => {
            format!("pump: {kind} bolus of {} begins", crate::quantity::Volume(*dose_nl))
        }
        Said::BolusEnd { kind, given_nl, cause } => {
            format!(
                "pump: {kind} bolus ends, {} given, {cause}",
                crate::quantity::Volume(*given_nl)
            )
        }
        Said::Dose(e) => format!(
            "pump: dose entry, {}, total {}",
            e.cause,
            crate::quantity::Volume(e.total_nl())
        ),
        Said::Other { kind, fields } => format!("pump: {kind} {}", pairs(fields)),
    }
}

fn pairs(fields: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(" ")
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// How many of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Everything held.
    pub passed: usize,
    /// The pump did something wrong.
    pub failed: usize,
    /// The rig broke.
    pub inconclusive: usize,
    /// The rig cannot.
    pub skipped: usize,
}

impl Tally {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            tally.count(verdict);
        }
        tally
    }

    /// Counts one more.
    pub fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::Inconclusive { .. } => self.inconclusive += 1,
            Verdict::Skipped { .. } => self.skipped += 1,
        }
    }
}

#[cfg(test)]
mod tests;
