//! What stands in a field of a request.

use super::unit::{Dimension, Unit, UnitError};

/// A value in the harness's base units, or a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// A number of base units.
    Number(Dimension, i64),
    /// A word.
    Word(&'a str),
}

impl FieldValue<'_> {
    /// Its text in `unit`.
    ///
    /// # Errors
    /// Where the unit measures something else, or is too coarse.
    pub fn write(&self, unit: &Unit) -> Result<String, UnitError> {
        match self {
            Self::Word(word) => Ok((*word).to_owned()),
            Self::Number(dimension, base) if *dimension == unit.dimension => unit.write(*base),
            Self::Number(dimension, _) => Err(UnitError::Dimension {
                suffix: unit.suffix.clone(),
                unit: unit.dimension,
                value: *dimension,
            }),
        }
    }
}
