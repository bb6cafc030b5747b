//! What requests and prescriptions carry, by the names that a profile uses.

use super::raw::{Arg, Part};
use super::unit::{Dimension, Unit, UnitError};
use pump_hil_model::case::{Mode, Prescription, Request};

/// A value in the harness's base units, or a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number of base units.
    Number(Dimension, i64),
    /// A word.
    Word(String),
}

impl Value {
    fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    /// Its text in `unit`.
    ///
    /// # Errors
    /// Where the unit measures something else, or is too coarse.
    pub fn write(&self, unit: &Unit) -> Result<String, UnitError> {
        match self {
            Self::Word(word) => Ok(word.clone()),
            Self::Number(dimension, base) if *dimension == unit.dimension => unit.write(*base),
            Self::Number(dimension, _) => Err(UnitError::Dimension {
                suffix: unit.suffix.clone(),
                unit: unit.dimension,
                value: *dimension,
            }),
        }
    }
}

/// The harness's name of a request, as in journals and scenarios' reports.
#[must_use]
pub fn verb_name(request: &Request) -> &'static str {
    match request {
        Request::Identify => "identify",
        Request::Status => "status",
        Request::Totals => "totals",
        Request::ReadPrescription => "read-prescription",
        Request::Forecast => "forecast",
        Request::Program { .. } => "program",
        Request::Stage { .. } => "stage",
        Request::Commit => "commit",
        Request::Abort => "abort",
        Request::Start => "start",
        Request::Stop => "stop",
        Request::MinimumRate => "minimum-rate",
        Request::PatientBolus => "patient-bolus",
        Request::SingleBolus { .. } => "single-bolus",
        Request::PrimeBolus => "prime-bolus",
        Request::BridgeBolus { .. } => "bridge-bolus",
        Request::Refill { .. } => "refill",
        Request::ClearAlarm { .. } => "clear-alarm",
        Request::Mute => "mute",
        Request::TestAlarm { .. } => "test-alarm",
        Request::SetClock { .. } => "set-clock",
        Request::LogEvery { .. } => "log-every",
        Request::ReportTones { .. } => "report-tones",
        Request::SelfTest => "self-test",
        Request::ReadLog => "read-log",
    }
}

/// The argument `arg` of a request, where it has it.
#[must_use]
pub fn args_of(request: &Request, arg: Arg) -> Option<Value> {
    use Dimension::{Rate, Time, Volume};
    Some(match (request, arg) {
        (Request::SingleBolus { dose, .. }, Arg::Dose) => Value::Number(Volume, dose.0),
        (Request::SingleBolus { over, .. }, Arg::Over) => Value::Number(Time, over.0),
        (Request::BridgeBolus { volume, .. }, Arg::Volume) => Value::Number(Volume, volume.0),
        (Request::BridgeBolus { rate, .. }, Arg::Rate) => Value::Number(Rate, rate.0),
        (Request::Refill { removed, .. }, Arg::Removed) => Value::Number(Volume, (*removed)?.0),
        (Request::Refill { added, .. }, Arg::Added) => Value::Number(Volume, added.0),
        (Request::ClearAlarm { alarm }, Arg::Alarm) => Value::word(alarm),
        (Request::TestAlarm { priority }, Arg::Priority) => Value::word(priority),
        (Request::SetClock { to_s }, Arg::To) => Value::Number(Time, to_s.checked_mul(1_000)?),
        (Request::LogEvery { interval }, Arg::Interval) => Value::Number(Time, interval.0),
        (Request::ReportTones { on }, Arg::On) => Value::word(if *on { "on" } else { "off" }),
        _ => return None,
    })
}

/// A part of a prescription, where it has it. The day schedule is no single value and not here.
#[must_use]
pub fn part_of(rx: &Prescription, part: Part) -> Option<Value> {
    use Dimension::{Concentration, Count, Rate, Time, Volume};
    let bolus = rx.patient_bolus.as_ref();
    let trial = rx.trial.as_ref();
    Some(match part {
        Part::Drug => Value::word(&rx.drug),
        Part::Concentration => Value::Number(Concentration, rx.concentration.0),
        Part::Mode => Value::word(match rx.mode {
            Mode::Continuous { .. } => "continuous",
            Mode::Flex { .. } => "flex",
            Mode::Periodic { .. } => "periodic",
            Mode::Minimum => "minimum",
        }),
        Part::Rate => match &rx.mode {
            Mode::Continuous { rate } | Mode::Periodic { rate, .. } => Value::Number(Rate, rate.0),
            _ => return None,
        },
        Part::Flex => return None,
        Part::PeriodicDose | Part::PeriodicOver | Part::PeriodicInterval => match (&rx.mode, part) {
            (Mode::Periodic { dose, .. }, Part::PeriodicDose) => Value::Number(Volume, dose.0),
            (Mode::Periodic { over, .. }, Part::PeriodicOver) => Value::Number(Time, over.0),
            (Mode::Periodic { interval, .. }, _) => Value::Number(Time, interval.0),
            _ => return None,
        },
        Part::PatientDose => Value::Number(Volume, bolus?.dose.0),
        Part::PatientOver => Value::Number(Time, bolus?.over.0),
        Part::PatientLockout => Value::Number(Time, bolus?.lockout.0),
        Part::PatientCount => Value::Number(Count, bolus?.count.into()),
        Part::PatientWindow => Value::Number(Time, bolus?.window.0),
        Part::PatientMax => Value::Number(Volume, bolus?.max.0),
        Part::LowReservoir => Value::Number(Volume, rx.low_reservoir?.0),
        Part::Catheter => Value::Number(Volume, rx.catheter?.0),
        Part::Tubing => Value::Number(Volume, rx.tubing?.0),
        Part::TrialTime => Value::Number(Time, trial?.time?.0),
        Part::TrialDose => Value::Number(Volume, trial?.dose?.0),
        Part::ConfirmSoftLimits => rx.confirm_soft_limits.then(|| Value::word("confirm"))?,
    })
}
