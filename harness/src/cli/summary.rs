//! What a person sees when a run is over: all verdicts, and what is not safe.

use super::print::{eprint, print};
use crate::report::{counted, terminal};
use crate::reporter::{ReportError, Reporter, RunEvent};

/// Prints the table of verdicts.
pub(super) struct Summary;

impl Reporter for Summary {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        let RunEvent::Ended(ended) = event else {
            return Ok(());
        };
        let mut text = terminal::table(&ended.results);
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
