//! The keys of a scenario's prescription: by what a device profile calls them, and quantities as a person reads them.

use pump_hil_model::quantity::{
    Concentration, Current, Mass, Pressure, Rate, Resistance, Span, Temperature, Voltage, Volume,
};
use pump_hil_talk::device::{Dimension, Part};

/// A size in a person's units.
pub(crate) fn shown(dimension: Dimension, size: i64) -> String {
    match dimension {
        Dimension::Count => size.to_string(),
        Dimension::Volume => Volume(size).to_string(),
        Dimension::Rate => Rate(size).to_string(),
        Dimension::Time => Span(size).to_string(),
        Dimension::Concentration => Concentration(size).to_string(),
        Dimension::Voltage => Voltage(size).to_string(),
        Dimension::Pressure => Pressure(size).to_string(),
        Dimension::Mass => Mass(size).to_string(),
        Dimension::Resistance => Resistance(size).to_string(),
        Dimension::Current => Current(size).to_string(),
        Dimension::Temperature => Temperature(size).to_string(),
    }
}

/// The key of a scenario's prescription that a part comes from.
pub(crate) fn key_of(part: Part) -> Option<&'static str> {
    Some(match part {
        // The drug's own.
        Part::Drug | Part::Concentration => "drug",
        Part::Mode => "mode",
        Part::Rate => "rate",
        Part::Flex => "schedule",
        Part::PeriodicDose => "dose",
        Part::PeriodicOver => "over",
        Part::PeriodicInterval => "interval",
        Part::PatientDose => "patient-bolus.dose",
        Part::PatientOver => "patient-bolus.over",
        Part::PatientLockout => "patient-bolus.lockout",
        Part::PatientWindow => "patient-bolus.window",
        Part::PatientMax => "patient-bolus.max",
        Part::LowReservoir => "low-reservoir",
        Part::Catheter => "catheter",
        Part::Tubing => "tubing",
        Part::TrialTime => "trial.time",
        Part::TrialDose => "trial.dose",
        Part::PatientCount | Part::ConfirmSoftLimits => return None,
    })
}
