//! Each reader of what others wrote, attacked: files that were right are changed at random places, and so are lines of a pump and a chip's memory.
//!
//! A file here is the target of one reader; `list.rs` holds the list of targets to the sources, and to the table in `docs/attack.md`, which says how to run
//! one for hours and how to keep what was found. What holds for all readers: no panic, also by an overflow; a limit of time by the size of the input; a limit
//! of memory; an error that has a place; what was written and read again is the same.

mod attack;
mod edits;
mod guard;
mod list;
mod seeds;
mod told;

mod accepted;
mod defmt;
mod device;
mod drugs;
mod elf;
mod from_pump;
mod journal;
mod manifest;
mod project;
mod requirements;
mod rig;
mod rtt;
mod scenario;
mod server;
mod snapshot;
mod to_pump;
mod transcript;
