//! The scenario language: from YAML text to cases, the catalogue of what they may name, and which of them are chosen.
//!
//! **This crate must never** read a file itself (a [`scenario::Source`] gives it texts), talk to a rig, or know how a firmware says what a scenario asks for.

pub mod catalog;
pub mod plan;
pub mod scenario;
pub mod select;
mod shown;

pub use shown::{checks, shown};
