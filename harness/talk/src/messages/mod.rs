//! What frames say: texts and bytes, read and written by one description.
//!
//! **Invariant:** what is written reads back as what was meant. Nothing is rounded in what is sent.

mod argument;
mod class;
mod field_type;
mod layout;
mod pairs;
mod pattern;
mod shape;
mod template;
mod text_field;
mod unit;
mod value;

pub use argument::FieldValue;
pub use class::Class;
pub use field_type::Around;
pub use layout::{Layout, LayoutField};
pub use pairs::{PairsError, PairsForm};
pub use pattern::Pattern;
pub use shape::{AnyField, Shape, Unlike};
pub use template::{FieldSpec, Miss, Template};
pub use text_field::{TextField, WriteError};
pub use unit::{Dimension, Unit, UnitError};
pub use value::{Given, Value};
