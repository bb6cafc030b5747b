//! Why a case is not played on a rig.

use pump_hil_language::plan;
use pump_hil_model::case::Case;
use pump_hil_rig::RigFile;

/// What a case needs and the rig lacks, and what it asks of a pump that lacks it; `None`: it is played.
pub(super) fn why_skipped(case: &Case, rig: &RigFile) -> Option<String> {
    let can = rig.capabilities();
    let missing = plan::missing(&case.needs, &can);
    let of_rig = (!missing.is_empty()).then(|| format!("rig `{}` {}", rig.name, plan::cannot(&missing)));
    let lacks = &rig.profile.lacks;
    let of_pump = plan::lacking(case, &can).into_iter();
    let of_pump = of_pump.map(|lack| format!("this pump has {}", lacks.told(lack)));
    let other = case.device.as_ref().filter(|device| **device != rig.profile.device);
    let other = other.map(|device| {
        format!(
            "it is for the device `{device}`, and rig `{}` has `{}`",
            rig.name, rig.profile.device
        )
    });
    if other.is_some() {
        return other;
    }
    let all: Vec<String> = of_rig.into_iter().chain(of_pump).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
