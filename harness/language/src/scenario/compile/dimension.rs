//! What a measure is measured in, and what a share of it is.

use pump_hil_model::case::Measure;
use pump_hil_model::quantity::Percent;

/// What a measure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dim {
    Volume,
    Rate,
    Voltage,
    Pressure,
    Time,
    Count,
}

/// The dimension of a measure.
pub(super) fn dimension(measure: Measure) -> Dim {
    match measure {
        Measure::Rate => Dim::Rate,
        Measure::Battery => Dim::Voltage,
        Measure::Pressure => Dim::Pressure,
        Measure::Stalls | Measure::Resets | Measure::Tones | Measure::Tries => Dim::Count,
        Measure::Lockout | Measure::AlarmLatency | Measure::WithoutTherapy => Dim::Time,
        Measure::Delivered
        | Measure::Reported
        | Measure::Actuated
        | Measure::Prescribed
        | Measure::Basal
        | Measure::PatientBoluses
        | Measure::PeriodicBoluses
        | Measure::ClinicianBoluses
        | Measure::Prime
        | Measure::Bridge
        | Measure::Reservoir
        | Measure::TrueReservoir
        | Measure::PostOcclusionBolus => Dim::Volume,
    }
}

/// The share of a value, rounded down, without its sign.
pub(super) fn share(value: i64, percent: Percent) -> i64 {
    let part = i128::from(value).abs() * i128::from(percent.0).abs() / 100_000;
    i64::try_from(part).unwrap_or(i64::MAX)
}
