//! The accepted dose logs: `scenarios/snapshots/NAME.snap`, kept in insta's form and compared through an insta comparator.
//!
//! Invariants. Inside the tolerance the accepted text stays as it is, byte for byte. Outside it nothing is accepted unless a person says so, and
//! who and when stand in `ACCEPTED.jsonl`. In CI nothing is written at all.

mod accept;
mod compare;
mod error;
mod review;
mod update;

pub use accept::{pending_path, snapshot_path};
pub use compare::{DoseComparator, accepted, check};
pub use error::SnapshotError;
pub use review::{Choice, Reviewed, review};
pub use update::{By, Update};

#[cfg(test)]
mod tests;
