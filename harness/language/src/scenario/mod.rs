//! Scenarios: from YAML text to validated cases.
//!
//! `load` reads a file and its shared set-ups into trees, fills in a table's rows, checks the structure against the schema, and compiles what is
//! left into [`pump_hil_model::case::Case`]s. **Invariant**: nothing here touches a file system, a clock or a rig; all errors of a file come back at once.

mod compile;
pub mod load;
mod people;
pub mod raw;
pub mod schema;
mod table;
mod units;

pub use load::{Source, SourceError, load, sha256};

#[cfg(test)]
mod tests;
