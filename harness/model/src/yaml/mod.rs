//! YAML files that people write: read into a tree that knows where everything stands, checked against a schema, and taken apart into typed
//! but unvalidated structs.
//!
//! The tree is made from parser events and not by a serde library: only so are duplicate keys, every error of a file at once, and a place for
//! each value to be had. Invariant: whatever the bytes, reading ends within the limits of [`tree`], and memory is bounded by them.

mod advice;
mod belongs;
pub mod check;
pub mod document;
mod layout;
mod lines;
mod location;
mod numbers;
mod on_a_line;
mod parse;
mod problem;
pub mod quantity;
pub mod raw;
pub mod schema;
mod short;
mod spaces;
mod syntax;
pub mod tree;

pub use location::Location;
pub use parse::parse;
pub use problem::{FileText, GATHERED_MAX, Problem, TOLD_MAX, diagnose, gather};
