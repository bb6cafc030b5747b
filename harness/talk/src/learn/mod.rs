//! What a transcript shows of how a device talks: ends, syncs, lengths, checks and the forms of messages, each with the frames that bear witness to it.
//!
//! **It never says what a message does.** No verb gets a role or an effect from it: who knows the device states them.

mod bytes;
mod check;
mod conversation;
mod ends;
mod framing;
mod layout;
mod length;
mod length_at;
mod messages;
mod profile;
mod transcript;
mod words;

pub use check::DIFFERENT_LEAST as CHECK_FRAMES_LEAST;
pub use conversation::Proposal;
pub use profile::profile;
pub use transcript::{Form, Piece, Side, Transcript, Untaught, hex_bytes};
