//! What a step must have asked for before the judge can say anything of it: what the pump does not tell by itself. The runner asks for it, and the judge misses it
//! where it is not there.

use super::{Action, Check, Measure, Step, ToldBy};
use crate::observing::Observing;
use crate::quantity::Span;

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
    counts_from(mark, step, ToldBy::Totals)
}

/// Whether a step, or one in it, counts from this mark what left the pump, or what its motor moved.
#[must_use]
pub fn counts_delivered_from(mark: &str, step: &Step) -> bool {
    counts_from(mark, step, ToldBy::TestBlock)
}

fn counts_from(mark: &str, step: &Step, by: ToldBy) -> bool {
    match &step.action {
        Action::Expect { checks, .. } => checks.iter().any(|check| {
            matches!(check, Check::Measure { since: Some(since), .. } if since == mark)
                && any_told_by(std::slice::from_ref(check), by)
        }),
        Action::Repeat { steps, .. } => steps.iter().any(|step| counts_from(mark, step, by)),
        _ => false,
    }
}

/// Whether a check looks at alarms.
#[must_use]
pub fn needs_alarms(checks: &[Check]) -> bool {
    checks.iter().any(looks_at_alarms)
}

/// By how much later what the checks look at may be seen than it came, because the pump is asked for it every so often.
#[must_use]
pub fn seen_late_by(checks: &[Check], observing: &Observing) -> Span {
    let reported = observing.reported.as_ref().map_or(Span(0), |asked| asked.every);
    let late = checks.iter().map(|check| match check {
        Check::Measure {
            what: Measure::Reported,
            ..
        } => reported,
        check if looks_at_alarms(check) => observing.alarms_every(),
        _ => Span(0),
    });
    late.max().unwrap_or(Span(0))
}

fn looks_at_alarms(check: &Check) -> bool {
    match check {
        Check::Alarm { .. } | Check::NoAlarm { .. } | Check::AlarmCleared { .. } => true,
        Check::Event { kind, .. } => kind == "alarm" || kind == "alarm-clear",
        _ => false,
    }
}

fn any_told_by(checks: &[Check], by: ToldBy) -> bool {
    checks
        .iter()
        .any(|check| matches!(check, Check::Measure { what, .. } if what.told_by() == by))
}
