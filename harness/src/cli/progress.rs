//! What a person sees while cases run: a bar on a terminal, a line for each case elsewhere.

use super::args::Progress as Style;
use super::print::{eprint, print};
use crate::report::{ScenarioResult, terminal};
use crate::reporter::{ReportError, Reporter, RunEvent};
use indicatif::{ProgressBar, ProgressStyle};
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::Verdict;
use std::collections::BTreeMap;
use std::io::IsTerminal;

/// The reporter that shows progress in this style, on standard error.
pub(super) fn reporter(style: Style) -> Box<dyn Reporter> {
    match style {
        Style::Bar => Box::new(Bar::new()),
        Style::Auto if std::io::stderr().is_terminal() => Box::new(Bar::new()),
        Style::Auto | Style::Plain => Box::new(Lines {
            whole: false,
            to: To::Error,
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

/// Each result as its case ends.
#[derive(Debug)]
pub(super) struct Lines {
    /// All that is to be said of it; else a line, and the rest when the run is over.
    whole: bool,
    to: To,
}

impl Lines {
    /// All that is to be said of each.
    pub fn whole(to: To) -> Self {
        Self { whole: true, to }
    }
}

impl Reporter for Lines {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        match event {
            RunEvent::CaseEnded { result, .. } => {
                let text = if self.whole {
                    terminal::result(result)
                } else {
                    in_short(result)
                };
                match self.to {
                    To::Output => print(&text)?,
                    To::Error => eprint(&text),
                }
            }
            RunEvent::Found { what, .. } => eprint(&format!("{what}\n")),
            _ => {}
        }
        Ok(())
    }
}

/// A line; also what is to be told of a case that did not fail, which is not told again.
fn in_short(result: &ScenarioResult) -> String {
    match &result.outcome.verdict {
        Verdict::Passed => terminal::result(result),
        _ => terminal::brief(result),
    }
}

/// Only what an earlier run left.
#[derive(Debug)]
struct Nothing;

impl Reporter for Nothing {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        if let RunEvent::Found { what, .. } = event {
            eprint(&format!("{what}\n"));
        }
        Ok(())
    }
}

/// How many cases are over, and what the one that was heard of last is doing.
struct Bar {
    bar: ProgressBar,
    /// The cases that go on.
    names: BTreeMap<usize, String>,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        let names = BTreeMap::new();
        Self { bar, names }
    }
}

impl Reporter for Bar {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        match event {
            RunEvent::Begun { cases, .. } => self.bar.set_length(u64::try_from(*cases).unwrap_or(u64::MAX)),
            RunEvent::CaseBegun { case, name } => {
                let name = safe(name);
                self.bar.set_message(name.clone());
                self.names.insert(*case, name);
            }
            RunEvent::CaseAt { case, t } => {
                if let Some(name) = self.names.get(case) {
                    self.bar.set_message(format!("{name} at {}", coarse(*t)));
                }
            }
            RunEvent::Found { what, .. } => self.bar.suspend(|| eprint(&format!("{what}\n"))),
            RunEvent::CaseEnded { case, result } => {
                self.names.remove(case);
                self.bar.inc(1);
                if !is_quiet(result) {
                    self.bar.suspend(|| eprint(&in_short(result)));
                }
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

/// A time that goes on, in few digits: at most a hundredth of it, or a second, is left out.
fn coarse(t: Span) -> Span {
    const UNITS_MS: [i64; 4] = [86_400_000, 3_600_000, 60_000, 1_000];
    let unit = UNITS_MS.into_iter().find(|unit| t.0 / unit >= 100).unwrap_or(1_000);
    Span(t.0 - t.0 % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_case_that_goes_on_is_told_in_round_numbers() {
        let told = |t| coarse(Span(t)).to_string();
        assert_eq!(told(12_345), "12 s");
        assert_eq!(told(7_384_999), "2.05 h");
        assert_eq!(told(10 * 365 * 86_400_000 + 12_345), "3650 d");
    }
}
