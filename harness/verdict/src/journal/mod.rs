//! The form of a journal: everything that happened in one run, one JSON object a line, append-only, chained by hashes.
//!
//! Invariants. Each line ends with `"chain"`: SHA-256 over the hash before it and the line's own JSON without that field, so that a changed,
//! dropped or swapped line is found. Each event has its number as `"seq"`, from 1, so that a line that was left out is missed even where the chain was computed anew. Each event is one `write` call, so that a killed process loses at most the event it was writing, and the
//! reader uses everything before a torn last line. Nothing read from a journal decides how much memory is taken: a line has a limit.

mod before_3;
mod chain;
mod encoder;
mod error;
mod evidence;
mod header;
mod reader;

pub use chain::{hex, sha256_hex};
pub use encoder::{ChainedLine, Encoder};
pub use error::{JournalError, LINE_LIMIT};
pub use evidence::Evidence;
pub use header::{FORMAT, Header, OLDEST};
pub use reader::{End, Events, Reader};
