//! The accepted dose logs: `scenarios/snapshots/NAME.snap`, kept in insta's form and compared through an insta comparator.
//!
//! Invariants. Inside the tolerance the accepted text stays as it is, byte for byte. Outside it nothing is accepted unless a person says so, and
//! who and when stand in `ACCEPTED.jsonl`; what was changed without a line there is compared with nothing. In CI nothing is written at all. A file that is
//! damaged is told as such: it is neither "none yet" nor a failure of the pump.

mod accept;
mod beside;
mod compare;
mod error;
mod file;
mod line;
mod lines;
mod meant;
mod review;
mod shown;
mod update;

pub use beside::Table;
pub use compare::{HeldTo, Snapshots};
pub use error::SnapshotError;
pub use file::{RECORD, is_of_run, orphans, pending_path, snapshot_path, waiting, waits};
pub use line::{Line, Tone};
pub use lines::Lines;
pub use meant::Meant;
pub use review::{Choice, Person, Reason, Reviewed, review};
pub use shown::Shown;
pub use update::{BUILD_SERVERS, By, NO_REASON, Update};

#[cfg(test)]
mod tests;
