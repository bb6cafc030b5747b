//! The arguments of a request, by their names.

use crate::device::arg_of;
use crate::messages::{Dimension, FieldValue};
use pump_hil_model::case::{Arg, OwnArg, Request};

/// The arguments of a request.
#[derive(Debug, Clone)]
pub(super) struct Arguments(Request);

impl Arguments {
    /// Of this request.
    pub fn of(request: &Request) -> Self {
        Self(request.clone())
    }

    /// The argument of this name.
    pub fn get(&self, name: &str) -> Option<FieldValue<'_>> {
        let Request::Own { with, .. } = &self.0 else {
            let arg = Arg::ALL.iter().find(|arg| arg.word() == name)?;
            return arg_of(&self.0, *arg);
        };
        Some(match with.get(name)? {
            OwnArg::Volume(volume) => FieldValue::Number(Dimension::Volume, volume.0),
            OwnArg::Rate(rate) => FieldValue::Number(Dimension::Rate, rate.0),
            OwnArg::Time(span) => FieldValue::Number(Dimension::Time, span.0),
            OwnArg::Pressure(pressure) => FieldValue::Number(Dimension::Pressure, pressure.0),
            OwnArg::Voltage(voltage) => FieldValue::Number(Dimension::Voltage, voltage.0),
            OwnArg::Temperature(temperature) => FieldValue::Number(Dimension::Temperature, temperature.0),
            OwnArg::Mass(mass) => FieldValue::Number(Dimension::Mass, mass.0),
            OwnArg::Count(count) => FieldValue::Number(Dimension::Count, *count),
            OwnArg::Word(word) | OwnArg::Kept(word) => FieldValue::Word(word),
        })
    }
}
