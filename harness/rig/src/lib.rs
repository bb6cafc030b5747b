//! Benches: how a run reaches a pump, lets its time pass, and looks inside.
//!
//! **This crate must never** judge a pump, or let a wait have no end. **Invariants:** everything is bounded; what is wrong here is never the pump's fault ([`RigError`]); under a granted clock no byte is lost and the
//! same calls give the same bytes at any load. Dropping a [`Rig`] ends what it started.
//!
//! A kind of pump is a file of `pumps`, a kind of probe one of `probe/kinds`, a kind of clock one of `clock`, a kind of line one of `link`. Each is
//! entered in one list, and nothing above asks which it is.

mod adopt;
mod agree;
mod boot;
#[cfg(feature = "for-tests")]
mod cable;
mod chip;
mod clock;
mod device;
mod disagreement;
mod error;
mod faults;
mod fence;
mod file;
pub mod files;
mod finding;
mod firmware;
pub mod host_time;
mod inside;
mod instrument;
mod link;
mod listed;
pub mod look;
mod options;
pub mod probe;
mod process;
mod pumps;
pub mod qemu;
mod raw;
mod raw_instrument;
mod received;
mod record;
mod rig;
mod right;
mod rtt;
pub mod shelf;
#[cfg(feature = "sim")]
mod sim;
mod test_block;
mod way_out;

pub use adopt::adopt;
#[cfg(feature = "for-tests")]
pub use cable::{Between, CableFault, Harm, Way};
pub use clock::ClockKind;
pub use disagreement::Disagreement;
pub use error::RigError;
pub use fence::{Advance, Fence, FenceError, Stop};
pub use file::RigFile;
pub use finding::{Finding, Grade};
pub use firmware::FileError;
pub use instrument::{Instrument, InstrumentAt, Reading};
#[cfg(feature = "for-tests")]
pub use link::telnet_told;
pub use link::{Address, LinkAt, LinkError, process_words};
pub use options::{Given, KnownDrug, OpenOptions, RigLimits};
pub use probe::ProbeAt;
pub use process::ProcessError;
pub use qemu::{QemuAt, QemuError};
pub use received::{End, Received};
pub use rig::Rig;
pub use right::Right;
#[cfg(feature = "for-tests")]
pub use rtt::ram::rtt_told;
pub use shelf::Shelf;
#[cfg(feature = "seeded-defects")]
pub use sim::SEEDED_DEFECTS;
#[cfg(feature = "sim")]
pub use sim::{ServeOptions, serve};
pub use test_block::{BlockError, FaultState, TestBlock, WrongBlock};
pub use way_out::WayOut;
