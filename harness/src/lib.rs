//! pump-hil: a hardware-in-the-loop test harness for implantable intrathecal drug pumps.
//!
//! ARCHITECTURE.md has the map. In one line: YAML becomes cases, a runner plays a case on a rig, everything that happens is an event in a journal,
//! and the journal is judged.

pub mod capability;
pub mod catalog;
pub mod cli;
pub mod crash;
pub mod device;
pub mod diagnostic;
pub mod dose;
pub mod event;
pub mod fault;
pub mod files;
pub mod firmware;
pub mod interrupt;
pub mod journal;
pub mod judge;
pub mod oracle;
pub mod plan;
pub mod quantity;
pub mod reconcile;
pub mod report;
pub mod rig;
pub mod runner;
pub mod scenario;
pub mod select;
pub mod session;
#[cfg(feature = "sim")]
pub mod shipped;
pub mod snapshot;
pub mod suite;
#[cfg(test)]
mod testing;
pub mod trouble;
pub mod verdict;
pub mod wire;
pub mod yaml;
