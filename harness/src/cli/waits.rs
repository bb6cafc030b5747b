//! What set-up waits for on a bench, told before a run: a pump that is not new counts what it gave before against a lockout, a window or an interval.

use super::inputs::Group;
use crate::runner::remembered;
use pump_hil_language::plan::unmet;
use pump_hil_model::case::Case;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::Span;
use pump_hil_rig::RigFile;

const HOUR: i64 = 3_600_000;

/// What set-up of a case waits for, in the pump's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// For nothing that takes anybody's time.
    None,
    /// At most so long.
    UpTo(Span),
    /// It would take so long, and `settle` of the rig is less: on a pump that gave something meanwhile the case is inconclusive.
    TooLong(Span),
}

/// What set-up of this case waits for on this rig. Where time is granted, waiting takes no time, and a pump that is started for the run gave nothing before.
pub(super) fn wait(case: &Case, rig: &RigFile) -> Wait {
    let lacks = &rig.profile.lacks;
    if rig.clock.scale().is_none() || rig.is_simulated() || lacks.is_plain() || lacks.has(Lack::STATUS) {
        return Wait::None;
    }
    match remembered(case) {
        Span(0) => Wait::None,
        long if long > rig.limits.settle => Wait::TooLong(long),
        long => Wait::UpTo(long),
    }
}

/// Lets set-up wait as long as these cases need, where the rig's file does not say how long it may.
pub(super) fn allow(groups: &[Group], rig: &mut RigFile) {
    if rig.limits.settle_is_said {
        return;
    }
    let can = rig.capabilities();
    let cases = groups.iter().flat_map(|group| &group.cases);
    let played = cases.filter(|case| unmet(case, &can).is_empty());
    let longest = played.map(remembered).max().unwrap_or(Span(0));
    // What set-up does before it waits takes some time as well.
    let limit = Span(longest.0.saturating_add(HOUR));
    rig.limits.settle = rig.limits.settle.max(limit);
}
