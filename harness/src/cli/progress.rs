//! What a person sees while cases run: a bar on a terminal, a line for each case elsewhere.

use super::args::Progress as Style;
use super::print::{eprint, eprint_painted};
use super::running::{Course, Running};
use super::width;
use crate::report::{ScenarioResult, Unjudged, terminal};
use crate::reporter::{ReportError, Reporter, RunEvent};
use indicatif::{ProgressBar, ProgressStyle};
use pump_hil_model::verdict::Verdict;
use std::io::IsTerminal;
use std::time::Duration;

/// The reporter that shows progress in this style, on standard error.
pub(super) fn reporter(style: Style) -> Box<dyn Reporter> {
    match style {
        Style::Bar => Box::new(Bar::new()),
        Style::Auto if std::io::stderr().is_terminal() => Box::new(Bar::new()),
        Style::Auto | Style::Plain => Box::new(Lines {
            course: Course::new(),
            known: Known::default(),
        }),
        Style::None => Box::new(Nothing),
    }
}

/// Each result as its case ends; of a case that takes long also that it begins, and how far it is.
#[derive(Debug)]
struct Lines {
    course: Course,
    known: Known,
}

impl Reporter for Lines {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        self.course.hear(event);
        match event {
            RunEvent::CaseBegun { case, .. } => {
                let begins = self.course.running.get(case).and_then(Running::begins);
                begins.into_iter().for_each(|line| eprint(&format!("{line}\n")));
            }
            RunEvent::Interrupted { by } => eprint(&stops(by)),
            RunEvent::Tick => self.course.due(LINE_EVERY).iter().for_each(|line| eprint(line)),
            // It was told of the first one; how many there are, the end of the run says.
            RunEvent::CaseEnded { result, .. } if self.known.is_known(result) => {}
            RunEvent::CaseEnded { result, .. } => eprint_painted(&in_short(result)),
            RunEvent::Found { what, .. } => eprint(&format!("{what}\n")),
            _ => {}
        }
        Ok(())
    }
}

/// Why nothing can be said of cases, as on a rig that is not there, where it was told already.
#[derive(Debug, Default)]
struct Known(Vec<Unjudged>);

impl Known {
    /// Whether the same was told of a case before; it is from now on.
    fn is_known(&mut self, result: &ScenarioResult) -> bool {
        let Some(why) = Unjudged::of(result) else { return false };
        let is_known = self.0.contains(&why);
        if !is_known {
            self.0.push(why);
        }
        is_known
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
    course: Course,
    known: Known,
}

/// How often a case that takes long is told of where there is no bar: build servers end a job that says nothing for ten minutes.
const LINE_EVERY: Duration = Duration::from_secs(60);
/// How often the clock of the bar goes on though nothing is told.
const TICK: Duration = Duration::from_millis(500);
/// Columns of a line before the message: a short bar, the counts, the clock.
const BEFORE: usize = 10 + 10 + 8;
/// Columns that ` and 12 more` takes.
const OTHERS: usize = 12;
/// Cases that are named at the same time.
const NAMED: usize = 3;

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:10} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            course: Course::new(),
            known: Known::default(),
        }
    }

    fn show(&self) {
        let running = &self.course.running;
        let left = self.course.left().map_or(String::new(), |left| format!("{left}; "));
        // Without what stands before the message: the bar, the counts and the clock.
        let columns = width::columns(std::io::stderr()).unwrap_or(width::OF_FILES);
        let mut room = columns.saturating_sub(BEFORE + left.chars().count());
        let mut cases: Vec<String> = Vec::new();
        for case in running.values().take(NAMED) {
            let words = match cases.is_empty() {
                true => case.words_within(room),
                // Another one is named where there is room for all of it.
                false if case.words().chars().count() + OTHERS > room => break,
                false => case.words(),
            };
            room = room.saturating_sub(words.chars().count() + 2);
            cases.push(words);
        }
        let more = running.len().saturating_sub(cases.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        self.bar.set_message(format!("{left}{}{more}", cases.join(", ")));
    }
}

impl Reporter for Bar {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        self.course.hear(event);
        match event {
            RunEvent::Begun { cases, .. } => self.bar.set_length(u64::try_from(*cases).unwrap_or(u64::MAX)),
            RunEvent::CaseBegun { .. } | RunEvent::CaseAt { .. } | RunEvent::Tick => self.show(),
            RunEvent::Interrupted { by } => self.bar.suspend(|| eprint(&stops(by))),
            RunEvent::Found { what, .. } => self.bar.suspend(|| eprint(&format!("{what}\n"))),
            RunEvent::CaseEnded { result, .. } => {
                self.bar.inc(1);
                if !is_quiet(result) && !self.known.is_known(result) {
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
    right && result.outcome.crashes().next().is_none() && result.outcome.notes.is_empty()
}
