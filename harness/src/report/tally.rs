//! How many of each verdict.

use super::result::ScenarioResult;
use pump_hil_model::verdict::Verdict;

/// How many of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Everything held.
    pub passed: usize,
    /// Right, with a dose log that nobody has accepted yet.
    pub new: usize,
    /// The pump did something wrong.
    pub failed: usize,
    /// The rig broke.
    pub inconclusive: usize,
    /// The rig cannot.
    pub skipped: usize,
    /// Selected, and not begun.
    pub not_run: usize,
}

impl Tally {
    /// Counts results.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a ScenarioResult>) -> Self {
        let mut tally = Self::default();
        for result in results {
            tally.count(result);
        }
        tally
    }

    fn count(&mut self, result: &ScenarioResult) {
        match &result.outcome.verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed { .. } if result.is_new() => self.new += 1,
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::Inconclusive { .. } => self.inconclusive += 1,
            Verdict::Skipped { .. } => self.skipped += 1,
        }
    }
}
