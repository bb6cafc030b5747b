//! What a step must have asked for before the judge can say anything of it: what the pump does not tell by itself.

use pump_hil_model::case::{Action, Check, Measure, Step};

/// Whether a check looks at what only `status` tells.
pub(super) fn needs_status(checks: &[Check]) -> bool {
    use Measure::{Battery, Lockout, Rate, Reservoir, Stalls};
    checks
        .iter()
        .any(|check| matches!(check, Check::Mode(_) | Check::Bolus(_) | Check::State(_)))
        || measures(checks).any(|what| matches!(what, Battery | Lockout | Rate | Reservoir | Stalls))
}

/// Whether a check looks at what only `totals` tells between two dose entries.
pub(super) fn needs_totals(checks: &[Check]) -> bool {
    use Measure::{Basal, Bridge, ClinicianBoluses, PatientBoluses, PeriodicBoluses, Prime, Reported};
    measures(checks).any(|what| {
        matches!(
            what,
            Basal | Bridge | ClinicianBoluses | PatientBoluses | PeriodicBoluses | Prime | Reported
        )
    })
}

/// Whether a check looks at what only the probe reads.
pub(super) fn needs_memory(checks: &[Check]) -> bool {
    checks.iter().any(|check| matches!(check, Check::Memory { .. }))
}

/// Whether a check looks at the test block.
pub(super) fn needs_sample(checks: &[Check]) -> bool {
    use Measure::{Actuated, Delivered, PostOcclusionBolus, Pressure, Resets, TrueReservoir};
    measures(checks).any(|what| {
        matches!(
            what,
            Actuated | Delivered | PostOcclusionBolus | Pressure | Resets | TrueReservoir
        )
    })
}

/// Whether a step, or one in it, counts a reported volume from this mark.
pub(super) fn counts_reported_from(mark: &str, step: &Step) -> bool {
    match &step.action {
        Action::Expect { checks, .. } => checks.iter().any(|check| {
            matches!(check, Check::Measure { since: Some(since), .. } if since == mark)
                && needs_totals(std::slice::from_ref(check))
        }),
        Action::Repeat { steps, .. } => steps.iter().any(|step| counts_reported_from(mark, step)),
        _ => false,
    }
}

fn measures(checks: &[Check]) -> impl Iterator<Item = Measure> + '_ {
    checks.iter().filter_map(|check| match check {
        Check::Measure { what, .. } => Some(*what),
        _ => None,
    })
}
