//! What requests and prescriptions carry, by the names that a profile uses.

use super::raw::Part;
use crate::messages::{Dimension, FieldValue};
use pump_hil_model::case::{Arg, ArgValue, Mode, Prescription, Request};

/// The argument `arg` of a request, where it has it.
#[must_use]
pub fn arg_of(request: &Request, arg: Arg) -> Option<FieldValue<'_>> {
    Some(match request.arg(arg)? {
        ArgValue::Volume(volume) => FieldValue::Number(Dimension::Volume, volume.0),
        ArgValue::Rate(rate) => FieldValue::Number(Dimension::Rate, rate.0),
        ArgValue::Time(span) => FieldValue::Number(Dimension::Time, span.0),
        // The base unit of a time is the millisecond.
        ArgValue::Date(seconds) => FieldValue::Number(Dimension::Time, seconds.checked_mul(1_000)?),
        ArgValue::Word(word) => FieldValue::Word(word),
        ArgValue::Switch(on) => FieldValue::Word(if on { "on" } else { "off" }),
    })
}

/// A part of a prescription, where it has it. The day schedule is no single value and not here.
#[must_use]
pub fn part_of(rx: &Prescription, part: Part) -> Option<FieldValue<'_>> {
    use Dimension::{Concentration, Count, Rate, Time, Volume};
    let bolus = rx.patient_bolus.as_ref();
    let trial = rx.trial.as_ref();
    Some(match part {
        Part::Drug => FieldValue::Word(&rx.drug),
        Part::Concentration => FieldValue::Number(Concentration, rx.concentration.0),
        Part::Mode => FieldValue::Word(match rx.mode {
            Mode::Continuous { .. } => "continuous",
            Mode::Flex { .. } => "flex",
            Mode::Periodic { .. } => "periodic",
            Mode::Minimum => "minimum",
        }),
        Part::Rate => match &rx.mode {
            Mode::Continuous { rate } | Mode::Periodic { rate, .. } => FieldValue::Number(Rate, rate.0),
            _ => return None,
        },
        Part::Flex => return None,
        Part::PeriodicDose | Part::PeriodicOver | Part::PeriodicInterval => match (&rx.mode, part) {
            (Mode::Periodic { dose, .. }, Part::PeriodicDose) => FieldValue::Number(Volume, dose.0),
            (Mode::Periodic { over, .. }, Part::PeriodicOver) => FieldValue::Number(Time, over.0),
            // `_` is the interval: the arm around it has only these three parts.
            (Mode::Periodic { interval, .. }, _) => FieldValue::Number(Time, interval.0),
            _ => return None,
        },
        Part::PatientDose => FieldValue::Number(Volume, bolus?.dose.0),
        Part::PatientOver => FieldValue::Number(Time, bolus?.over.0),
        Part::PatientLockout => FieldValue::Number(Time, bolus?.lockout.0),
        Part::PatientCount => FieldValue::Number(Count, bolus?.count.into()),
        Part::PatientWindow => FieldValue::Number(Time, bolus?.window.0),
        Part::PatientMax => FieldValue::Number(Volume, bolus?.max.0),
        Part::LowReservoir => FieldValue::Number(Volume, rx.low_reservoir?.0),
        Part::Catheter => FieldValue::Number(Volume, rx.catheter?.0),
        Part::Tubing => FieldValue::Number(Volume, rx.tubing?.0),
        Part::TrialTime => FieldValue::Number(Time, trial?.time?.0),
        Part::TrialDose => FieldValue::Number(Volume, trial?.dose?.0),
        Part::ConfirmSoftLimits => rx.confirm_soft_limits.then_some(FieldValue::Word("confirm"))?,
    })
}
