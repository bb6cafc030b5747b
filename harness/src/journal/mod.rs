//! Journals on disk; their form is [`pump_hil_verdict::journal`].
//!
//! Invariants: each event is one `write` call, so that a killed process loses at most the event it was writing, and the reader uses everything before a torn last
//! line. A run is judged from the file that it wrote, not from what stands at its path when it is over.

mod judged;
mod writer;

pub use judged::{Judged, is_one, judge_file, judge_written, open};
pub use writer::{Writer, Written};

/// How journals name the program that wrote them.
pub const HARNESS: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests;
