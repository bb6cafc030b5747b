//! Texts on a line: bytes made harmless, numbers with their unit, and the checksum over a prescription.

mod crc;
mod escape;
mod kept;
mod limits;
mod value;

pub use crc::Crc32;
pub(crate) use escape::escape_of;
pub use escape::{escape, unescape};
pub use kept::{Kept, kept};
pub use limits::LINE_KEPT_MAX;
pub use value::{ValueError, read_value};
