//! What a pump said, as it stands on the line.

use pump_hil_model::event::Said;
use std::collections::BTreeMap;

/// The kind of what was said, as it stands on the line.
pub(super) fn kind_of(said: &Said) -> &str {
    match said {
        Said::Boot { .. } => "boot",
        Said::State { .. } => "state",
        Said::Alarm { .. } => "alarm",
        Said::AlarmClear { .. } => "alarm-clear",
        Said::BolusStart { .. } => "bolus-start",
        Said::BolusEnd { .. } => "bolus-end",
        Said::Dose(_) => "dose",
        Said::Other { kind, .. } => kind,
    }
}

/// The fields of what was said, as they stand on the line.
pub(super) fn fields_of(said: &Said) -> BTreeMap<String, String> {
    let fields = |list: &[(&str, &str)]| list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    match said {
        Said::Boot { reason } => fields(&[("reason", reason)]),
        Said::State { from, to, cause } => fields(&[("from", from), ("to", to), ("cause", cause)]),
        Said::Alarm { id, priority } => fields(&[("id", id), ("priority", priority)]),
        Said::AlarmClear { id } => fields(&[("id", id)]),
        Said::BolusStart { kind, dose_nl, over_ms } => fields(&[
            ("kind", kind),
            ("dose", &format!("{dose_nl}nl")),
            ("over", &format!("{}s", over_ms / 1_000)),
        ]),
        Said::BolusEnd { kind, given_nl, cause } => {
            fields(&[("kind", kind), ("given", &format!("{given_nl}nl")), ("cause", cause)])
        }
        Said::Dose(entry) => fields(&[("cause", &entry.cause), ("mode", &entry.mode)]),
        Said::Other { fields, .. } => fields.clone(),
    }
}
