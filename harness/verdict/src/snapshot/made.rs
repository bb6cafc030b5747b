//! What a dose log was made with, which its file's head keeps: so that a review compares as the run did, and sees what changed since.

use crate::dose::DoseLog;
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_model::quantity::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a dose log was made with. Heads that older harnesses wrote have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// What the pump was programmed with, by the names of the fields.
    pub prescription: BTreeMap<String, String>,
    /// SHA-256 of the scenario's file and what it includes, hex.
    pub scenario_sha256: String,
    /// What the run's log could differ by.
    pub tolerance: Tolerance,
    /// As [`DoseLog::late`].
    #[serde(default, skip_serializing_if = "is_none")]
    late: Span,
    /// As [`DoseLog::read_back`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    read_back: bool,
    /// As [`DoseLog::carried`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    carried: bool,
}

fn is_none(span: &Span) -> bool {
    span.0 == 0
}

impl Made {
    /// Of a log of this case; `tolerance` is what the case says for its rig.
    #[must_use]
    pub fn new(case: &Case, tolerance: Tolerance, log: &DoseLog) -> Self {
        Self {
            prescription: case.prescribed(),
            scenario_sha256: case.sha256.clone(),
            tolerance,
            late: log.late,
            read_back: log.read_back,
            carried: log.carried,
        }
    }

    /// Gives a log that was read back what does not stand in its table.
    pub(super) fn bring_back(&self, log: &mut DoseLog) {
        (log.late, log.read_back, log.carried) = (self.late, self.read_back, self.carried);
    }
}

/// How a prescription changed, in words: the name of each field that is not the same, what it was and what it is.
#[must_use]
pub fn changes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let of = |fields: &BTreeMap<String, String>, name| fields.get(name).cloned();
    let both = names.into_iter().map(|name| (name, of(old, name), of(new, name)));
    let told = |value: Option<String>| value.unwrap_or_else(|| "not given".to_owned());
    both.filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| format!("{name}: {} when accepted, {} now", told(old), told(new)))
        .collect()
}
