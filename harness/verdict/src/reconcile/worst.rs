//! The first and the worst of one kind of difference.

use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Account, Came, Expected, Finding, ReasonKind};

/// The first and the worst of one kind of difference.
#[derive(Debug, Clone, Default)]
pub(super) struct Worst {
    pub first: Option<(u64, Span)>,
    beyond: i64,
    worst: Option<(Span, i64, i64, i64)>,
}

impl Worst {
    pub fn note(&mut self, seq: u64, t: Span, reported: i64, other: i64, tolerance: i64) {
        // A tolerance below zero, of a pump that reports less than nothing, forgives nothing.
        let beyond = other
            .saturating_sub(reported)
            .saturating_abs()
            .saturating_sub(tolerance);
        if beyond <= 0 {
            return;
        }
        self.first.get_or_insert((seq, t));
        if self.worst.is_none() || beyond > self.beyond {
            self.beyond = beyond;
            self.worst = Some((t, reported, other, tolerance));
        }
    }

    pub fn finding(&self, what: Account, than: Account) -> Option<(u64, Finding)> {
        let ((seq, first), (at, reported, other, tolerance)) = (self.first?, self.worst?);
        let finding = Finding {
            kind: ReasonKind::Reconciliation,
            t: first,
            expected: Expected::Agree {
                what,
                with: than,
                tolerance: Volume(tolerance),
            },
            came: Came::Apart {
                what: (what, Volume(other)),
                than: (than, Volume(reported)),
                at,
                first,
            },
        };
        Some((seq, finding))
    }
}
