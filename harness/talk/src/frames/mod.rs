//! Bytes cut into frames, and frames written, by what a profile says of them.
//!
//! **Invariant:** pure and bounded. No line, however long, makes a buffer grow beyond what the profile allows, and how bytes were split never shows.

mod catalogue;
mod check;
mod cutter;
mod endless;
mod kind;
mod number;
mod step;
mod stuffing;
mod wrong;

pub use check::{Check, CrcParameters, Then};
pub use cutter::{Cut, Cutter, Frame};
pub use kind::{FrameKind, Mark, Piece};
pub use number::{NUMBERS, Number};
pub use stuffing::Stuffing;
pub use wrong::Wrong;
