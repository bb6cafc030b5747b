//! What a pump writes into its dose log.

use crate::serde_words::is_zero;
use serde::{Deserialize, Serialize};

/// A dose entry of the pump: cumulative volumes, in nanolitres, since it was first powered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "firmware-stub/PROTOCOL.md, dose entries; nl in each")]
pub struct DoseEntry {
    pub cause: String,
    pub mode: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rate_nl_per_day: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub basal_nl: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub patient_nl: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub periodic_nl: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clinician_nl: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prime_nl: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bridge_nl: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub strokes: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reservoir_nl: i64,
}

impl DoseEntry {
    /// Volumes by class, in nanolitres, in the order of [`crate::words::BOLUSES`] behind the basal one: basal, patient, periodic, clinician, prime, bridge.
    #[must_use]
    pub fn classes(&self) -> [i64; 6] {
        [
            self.basal_nl,
            self.patient_nl,
            self.periodic_nl,
            self.clinician_nl,
            self.prime_nl,
            self.bridge_nl,
        ]
    }

    /// Everything that the pump says it delivered, in nanolitres.
    #[must_use]
    pub fn total_nl(&self) -> i64 {
        // It is shown before anything is judged, and a pump may say any numbers.
        self.classes().into_iter().fold(0, i64::saturating_add)
    }
}
