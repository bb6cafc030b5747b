//! pump-hil: a hardware-in-the-loop test harness for implantable intrathecal drug pumps.
//!
//! ARCHITECTURE.md has the map. In one line: YAML becomes cases, a runner plays a case on a rig, everything that happens is an event in a journal,
//! and the journal is judged.
//!
//! **This crate must never** decide what a pump did wrong (the crate `verdict` does, from a journal), or print outside of [`cli`]. It brings the other crates
//! together, and has the files and the command line.

pub mod cli;
pub mod descriptors;
mod doctor;
pub mod explained;
pub mod files;
pub mod interrupt;
pub mod journal;
pub mod manifest;
pub mod pages;
mod prescription_key;
pub mod project;
pub mod report;
pub mod reporter;
pub mod runner;
pub mod runs;
mod safety;
#[cfg(feature = "sim")]
pub mod shipped;
pub mod snapshot;
pub mod suite;
