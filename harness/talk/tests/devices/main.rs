//! Profiles of unlike devices: known bytes are sent for a verb, and known bytes are understood.

mod bench;
mod known_bytes;
mod observe;
mod rules;
