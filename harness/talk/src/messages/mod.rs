//! What frames say: texts and bytes, read and written by one description.
//!
//! **Invariant:** what is written reads back as what was meant. Nothing is rounded in what is sent.

mod class;
mod field_type;
mod pairs;
mod template;
mod text_field;
mod value;

pub use class::Class;
pub use field_type::Around;
pub use pairs::{PairsError, PairsForm};
pub use template::{FieldSpec, Miss, Template};
pub use text_field::{TextField, WriteError};
pub use value::{Given, Value};
