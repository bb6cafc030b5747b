//! The one total of a pump that counts no classes of doses.

use crate::leading::leading_number;

/// A total, nL, and what it was at the begin, or where it was told later, then.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total(Option<(i64, i64)>);

impl Total {
    /// It is told.
    pub fn told(&mut self, text: &str, begun: bool) {
        let Some(total) = leading_number(text) else { return };
        let before = match self.0 {
            Some((_, before)) if begun => before,
            _ => total,
        };
        self.0 = Some((total, before));
    }

    /// What was added since the begin; `None`: it was never told.
    pub fn since_begin(self) -> Option<i64> {
        self.0.map(|(total, before)| total.saturating_sub(before))
    }
}
