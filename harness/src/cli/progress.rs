//! What a person sees while cases run: a bar on a terminal, a line for each case elsewhere.

use super::args::Progress as Style;
use super::print::{eprint, eprint_painted, print_painted};
use super::running::{Running, hear};
use crate::report::{ScenarioResult, terminal};
use crate::reporter::{ReportError, Reporter, RunEvent};
use indicatif::{ProgressBar, ProgressStyle};
use pump_hil_model::quantity::Span;
use pump_hil_model::rough_time::rough_time;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::host_time;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The reporter that shows progress in this style, on standard error.
pub(super) fn reporter(style: Style) -> Box<dyn Reporter> {
    match style {
        Style::Bar => Box::new(Bar::new()),
        Style::Auto if std::io::stderr().is_terminal() => Box::new(Bar::new()),
        Style::Auto | Style::Plain => Box::new(Lines {
            whole: false,
            to: To::Error,
            running: BTreeMap::new(),
        }),
        Style::None => Box::new(Nothing),
    }
}

/// A stream of the process.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    /// Standard output: the lines are the command's result.
    Output,
    /// Standard error.
    Error,
}

/// Each result as its case ends; of a case that takes long also that it begins, and how far it is.
#[derive(Debug)]
pub(super) struct Lines {
    /// All that is to be said of it; else a line, and the rest when the run is over.
    whole: bool,
    to: To,
    /// The cases that go on, by their numbers.
    running: BTreeMap<usize, Running>,
}

impl Lines {
    /// All that is to be said of each.
    pub fn whole(to: To) -> Self {
        Self {
            whole: true,
            to,
            running: BTreeMap::new(),
        }
    }
}

impl Reporter for Lines {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        hear(&mut self.running, event);
        match event {
            RunEvent::CaseBegun { case, .. } => {
                let begins = self.running.get(case).and_then(Running::begins);
                begins.into_iter().for_each(|line| eprint(&format!("{line}\n")));
            }
            RunEvent::Interrupted { by } => eprint(&stops(by)),
            RunEvent::Tick => {
                let due = self.running.values_mut().filter_map(|case| case.due(LINE_EVERY));
                due.for_each(|line| eprint(&format!("{line}\n")));
            }
            RunEvent::CaseEnded { result, .. } => {
                let text = if self.whole {
                    terminal::result(result)
                } else {
                    in_short(result)
                };
                match self.to {
                    To::Output => print_painted(&text)?,
                    To::Error => eprint_painted(&text),
                }
            }
            RunEvent::Found { what, .. } => eprint(&format!("{what}\n")),
            _ => {}
        }
        Ok(())
    }
}

/// What is told at once to who asks to stop.
fn stops(by: &str) -> String {
    format!("{by}: the run ends once each pump is safe\n")
}

/// A line; also what is to be told of a case that did not fail, which is not told again.
fn in_short(result: &ScenarioResult) -> String {
    match &result.outcome.verdict {
        Verdict::Passed => terminal::result(result),
        _ => terminal::brief(result),
    }
}

/// Only what an earlier run left, and what is to be told of cases that passed, which nobody tells later.
#[derive(Debug)]
struct Nothing;

impl Reporter for Nothing {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        match event {
            RunEvent::Found { what, .. } => eprint(&format!("{what}\n")),
            RunEvent::CaseEnded { result, .. } if result.outcome.verdict == Verdict::Passed && !is_quiet(result) => {
                eprint_painted(&terminal::result(result));
            }
            _ => {}
        }
        Ok(())
    }
}

/// How many cases are over, which ones run and how far they are, and the time that is left.
struct Bar {
    bar: ProgressBar,
    /// The cases that go on, by their numbers.
    running: BTreeMap<usize, Running>,
    begun: Instant,
    /// Scenario time of the cases that are over, ms.
    over: i64,
}

/// How often a case that takes long is told of where there is no bar: build servers end a job that says nothing for ten minutes.
const LINE_EVERY: Duration = Duration::from_secs(60);
/// How often the clock of the bar goes on though nothing is told.
const TICK: Duration = Duration::from_millis(500);
/// Cases that are named at the same time.
const NAMED: usize = 3;

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            running: BTreeMap::new(),
            begun: host_time::now(),
            over: 0,
        }
    }

    fn show(&self) {
        let cases: Vec<String> = self.running.values().take(NAMED).map(Running::words).collect();
        let more = self.running.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        self.bar
            .set_message(format!("{}{}{more}", self.left(), cases.join(", ")));
    }

    /// The time that the cases which run now still take, as fast as it went so far.
    fn left(&self) -> String {
        let sum = |of: fn(&Running) -> i64| self.running.values().map(of).fold(0_i64, i64::saturating_add);
        let done = self.over.saturating_add(sum(|case| case.now().0));
        let left = sum(|case| case.length.0.saturating_sub(case.now().0).max(0));
        let gone = self.begun.elapsed();
        if gone < Duration::from_secs(5) || done <= 0 || left <= 0 {
            return String::new();
        }
        let ms = i128::try_from(gone.as_millis()).unwrap_or(0) * i128::from(left) / i128::from(done);
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        format!("{} left; ", rough_time(Span(ms - ms % 1_000)))
    }
}

impl Reporter for Bar {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        let ended = hear(&mut self.running, event);
        if let Some(ended) = ended {
            self.over = self.over.saturating_add(ended.length.0);
        }
        match event {
            RunEvent::Begun { cases, .. } => self.bar.set_length(u64::try_from(*cases).unwrap_or(u64::MAX)),
            RunEvent::CaseBegun { .. } | RunEvent::CaseAt { .. } | RunEvent::Tick => self.show(),
            RunEvent::Interrupted { by } => self.bar.suspend(|| eprint(&stops(by))),
            RunEvent::Found { what, .. } => self.bar.suspend(|| eprint(&format!("{what}\n"))),
            RunEvent::CaseEnded { result, .. } => {
                self.bar.inc(1);
                if !is_quiet(result) {
                    self.bar.suspend(|| eprint_painted(&in_short(result)));
                }
                self.show();
            }
            RunEvent::Ended(_) => self.bar.finish_and_clear(),
        }
        Ok(())
    }
}

/// Whether there is nothing to say of a case beyond that it is over. A firmware that faulted is seen, even where all that was expected came.
fn is_quiet(result: &ScenarioResult) -> bool {
    let right = matches!(result.outcome.verdict, Verdict::Passed | Verdict::Skipped { .. });
    right && result.outcome.crashes.is_empty() && result.outcome.notes.is_empty()
}
