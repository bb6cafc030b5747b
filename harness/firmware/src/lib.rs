//! What a firmware's ELF file says: where its names stand in memory, how its memory is to be read, who called whom, and the texts of `defmt`.
//!
//! **This crate must never** read a file itself, or believe what a file says: it is given bytes, and a broken file is told and breaks nothing.

mod code;
pub mod defmt;
mod elf;
mod error;
mod expression;
mod image;
mod lines;
mod load;
mod names;
mod place;
pub mod stack;
mod types;
mod walk;

pub use elf::Symbol;
pub use error::{ImageError, NameError};
pub use expression::is_expression;
pub use image::Image;
pub use load::Segment;
pub use place::MemoryPlace;

#[cfg(test)]
mod tests;
