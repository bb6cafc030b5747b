//! What a person sees while a suite runs: a bar on a terminal, a line for each case elsewhere.

use super::args::Progress as Style;
use super::eprint;
use crate::report;
use crate::suite::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use pump_hil_model::verdict::Verdict;
use std::io::IsTerminal;

/// Shows progress on standard error.
pub(super) struct Reporter {
    bar: Option<ProgressBar>,
    plain: bool,
}

impl Reporter {
    pub(super) fn new(style: Style, cases: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = (style == Style::Bar || style == Style::Auto && terminal).then(|| {
            let bar = ProgressBar::new(u64::try_from(cases).unwrap_or(u64::MAX));
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            plain: style == Style::Plain || style == Style::Auto && !terminal,
            bar,
        }
    }

    pub(super) fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Started { name } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(name.clone());
                }
            }
            Progress::Finished(result) => {
                let text = report::terminal::result(result);
                // A firmware that faulted is seen, even where all that was expected came.
                let right = matches!(result.outcome.verdict, Verdict::Passed | Verdict::Skipped { .. });
                let quiet = right && result.outcome.crashes.is_empty();
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                    if !quiet {
                        bar.suspend(|| eprint(&text));
                    }
                } else if self.plain || !quiet {
                    eprint(&text);
                }
            }
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
