//! A firmware's units: the text behind a number, and what one of it is.

use crate::wire::{ValueError, read_value};
use pump_hil_model::quantity::{
    Concentration, Current, Mass, Pressure, Rate, Resistance, Span, Temperature, Voltage, Volume,
};
use std::fmt;

/// What a number measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dimension {
    Count,
    Volume,
    Mass,
    Rate,
    Time,
    Concentration,
    Voltage,
    Pressure,
    Resistance,
    Current,
    Temperature,
}

impl Dimension {
    /// The text behind a number of the harness's base units, as it stands in journals.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Volume => "nl",
            Self::Mass => "ng",
            Self::Rate => "nl/d",
            Self::Time => "ms",
            Self::Concentration => "ng/ml",
            Self::Voltage => "mv",
            Self::Pressure => "pa",
            Self::Resistance => "ohm",
            Self::Current => "ua",
            Self::Temperature => "mc",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "a count",
            Self::Volume => "a volume",
            Self::Mass => "a mass",
            Self::Rate => "a rate",
            Self::Time => "a time",
            Self::Concentration => "a concentration",
            Self::Voltage => "a voltage",
            Self::Pressure => "a pressure",
            Self::Resistance => "a resistance",
            Self::Current => "a current",
            Self::Temperature => "a temperature",
        })
    }
}

/// A unit of a firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Text behind the number.
    pub suffix: String,
    /// What it measures.
    pub dimension: Dimension,
    /// Base units of the harness in one of it.
    pub size: i64,
}

/// Why a value cannot be said in a unit, or read from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// It is finer than the unit.
    #[error("{value} base units are no whole number of `{suffix}` ({size} base units each)")]
    Inexact {
        /// The value.
        value: i64,
        /// The unit.
        suffix: String,
        /// Its size.
        size: i64,
    },
    /// It measures something else.
    #[error("`{suffix}` measures {unit}, and the value is {value}")]
    Dimension {
        /// The unit.
        suffix: String,
        /// Of the unit.
        unit: Dimension,
        /// Of the value.
        value: Dimension,
    },
    /// The pump's text is no value of that unit.
    #[error("`{text}` is not a number of `{suffix}`: {why}")]
    Text {
        /// The text.
        text: String,
        /// The unit.
        suffix: String,
        /// Why.
        why: ValueError,
    },
    /// Beyond 64 bits in base units.
    #[error("`{text}` is beyond 64 bits")]
    Range {
        /// The text.
        text: String,
    },
}

impl Unit {
    /// A count, without text behind the number.
    #[must_use]
    pub fn count() -> Self {
        Self {
            suffix: String::new(),
            dimension: Dimension::Count,
            size: 1,
        }
    }

    /// The unit `suffix` of which one is `is`, such as `1 nL/day`; `None` where `is` is not a quantity above 0.
    #[must_use]
    pub fn new(suffix: &str, is: &str) -> Option<Self> {
        let found = [
            (Dimension::Volume, is.parse::<Volume>().map(|v| v.0)),
            (Dimension::Mass, is.parse::<Mass>().map(|v| v.0)),
            (Dimension::Rate, is.parse::<Rate>().map(|v| v.0)),
            (Dimension::Time, is.parse::<Span>().map(|v| v.0)),
            (Dimension::Concentration, is.parse::<Concentration>().map(|v| v.0)),
            (Dimension::Voltage, is.parse::<Voltage>().map(|v| v.0)),
            (Dimension::Pressure, is.parse::<Pressure>().map(|v| v.0)),
            (Dimension::Resistance, is.parse::<Resistance>().map(|v| v.0)),
            (Dimension::Current, is.parse::<Current>().map(|v| v.0)),
            (Dimension::Temperature, is.parse::<Temperature>().map(|v| v.0)),
        ];
        // The order does not matter: no unit's text is of two of these dimensions.
        let (dimension, size) = found.into_iter().find_map(|(d, size)| Some((d, size.ok()?)))?;
        // By 0 nothing can be divided, and with a negative unit every value would change its sign.
        (size > 0).then(|| Self {
            suffix: suffix.to_owned(),
            dimension,
            size,
        })
    }

    /// The text of `base` base units.
    ///
    /// # Errors
    /// Where the unit is too coarse: nothing is rounded.
    pub fn write(&self, base: i64) -> Result<String, UnitError> {
        let number = base.checked_div(self.size);
        match number.filter(|number| number.checked_mul(self.size) == Some(base)) {
            Some(number) => Ok(format!("{number}{}", self.suffix)),
            None => Err(UnitError::Inexact {
                value: base,
                suffix: self.suffix.clone(),
                size: self.size,
            }),
        }
    }

    /// The base units of a text with this very unit; a minus may stand in front.
    ///
    /// # Errors
    /// Another unit, no number, or beyond 64 bits.
    pub fn read(&self, text: &str) -> Result<i64, UnitError> {
        let number = read_value(text, &self.suffix, true).map_err(|why| UnitError::Text {
            text: text.to_owned(),
            suffix: self.suffix.clone(),
            why,
        })?;
        // 128 bits hold any product of two numbers of 64.
        i64::try_from(number.saturating_mul(i128::from(self.size)))
            .map_err(|_| UnitError::Range { text: text.to_owned() })
    }
}
