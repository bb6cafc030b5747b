//! What a person sees when a run is over: what did not pass, and what is not safe.

use super::print::{eprint, print};
use crate::report::{counted, summary, terminal};
use crate::reporter::{ReportError, Reporter, RunEvent};
use pump_hil_rig::files::read_bounded;
use pump_hil_rig::host_time;
use std::path::Path;
use std::time::Instant;

/// Prints what came of all cases.
pub(super) struct Summary {
    /// Each case, and all that is to be said of those that did not pass.
    verbose: bool,
    begun: Instant,
}

impl Summary {
    /// Of a run that begins now.
    pub fn new(verbose: bool) -> Self {
        Self {
            verbose,
            begun: host_time::now(),
        }
    }
}

impl Reporter for Summary {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        let RunEvent::Ended(ended) = event else {
            return Ok(());
        };
        let mut text = String::new();
        if self.verbose {
            text.push_str(&terminal::table(&ended.results));
        }
        text.push_str(&summary(&ended.results, self.begun.elapsed(), &line_of, self.verbose));
        if let Some(by) = ended.interrupted {
            text.push_str(&format!(
                "Interrupted by {by}: {} not run\n",
                counted(ended.not_run.len(), "case")
            ));
        }
        if let (None, false) = (ended.interrupted, ended.not_run.is_empty()) {
            text.push_str(&format!(
                "Ended at the first case that did not pass: {} not run\n",
                counted(ended.not_run.len(), "case")
            ));
        }
        let printed = print(&text);
        // Last, so that nobody overlooks it.
        eprint(&terminal::not_safe(&ended.results));
        printed
    }
}

/// A line of a scenario's file, if it is still there.
fn line_of(file: &str, line: u32) -> Option<String> {
    let text = String::from_utf8(read_bounded(Path::new(file)).ok()?).ok()?;
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    text.lines().nth(at).map(str::to_owned)
}
