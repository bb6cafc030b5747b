//! Scenarios: from YAML text to validated cases.
pub mod case;
