//! How many of each verdict.

use pump_hil_model::verdict::Verdict;

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
    /// Selected, and not begun.
    pub not_run: usize,
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
