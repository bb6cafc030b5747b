//! What a step must have asked for before the judge can say anything of it: what the pump does not tell by itself. The runner asks for it, and the judge misses it
//! where it is not there.

use super::{Action, Check, Step, ToldBy};

/// Whether a check looks at what only `status` tells.
#[must_use]
pub fn needs_status(checks: &[Check]) -> bool {
    checks
        .iter()
        .any(|check| matches!(check, Check::Mode(_) | Check::Bolus(_) | Check::State(_)))
        || any_told_by(checks, ToldBy::Status)
}

/// Whether a check looks at what only `totals` tells between two dose entries.
#[must_use]
pub fn needs_totals(checks: &[Check]) -> bool {
    any_told_by(checks, ToldBy::Totals)
}

/// Whether a check looks at what only the probe reads.
#[must_use]
pub fn needs_memory(checks: &[Check]) -> bool {
    checks.iter().any(|check| matches!(check, Check::Memory { .. }))
}

/// Whether a check looks at the test block.
#[must_use]
pub fn needs_sample(checks: &[Check]) -> bool {
    any_told_by(checks, ToldBy::TestBlock)
}

/// Whether a step, or one in it, counts a reported volume from this mark.
#[must_use]
pub fn counts_reported_from(mark: &str, step: &Step) -> bool {
    match &step.action {
        Action::Expect { checks, .. } => checks.iter().any(|check| {
            matches!(check, Check::Measure { since: Some(since), .. } if since == mark)
                && needs_totals(std::slice::from_ref(check))
        }),
        Action::Repeat { steps, .. } => steps.iter().any(|step| counts_reported_from(mark, step)),
        _ => false,
    }
}

fn any_told_by(checks: &[Check], by: ToldBy) -> bool {
    checks
        .iter()
        .any(|check| matches!(check, Check::Measure { what, .. } if what.told_by() == by))
}
