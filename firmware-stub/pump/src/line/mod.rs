//! The line: `PROTOCOL.md` as the firmware speaks it.
//!
//! **Invariants**: a request is carried out at most once and only if its crc is right; lines leave whole or not at all; a reply line is never dropped for
//! want of room, it waits. Buffers are fixed: one line in, one queue out, one reply remembered.
//!
//! The shell feeds received bytes to [`LineServer::receive`], calls [`LineServer::poll`] after every pump step and whenever the transmitter has room again,
//! and sends what [`LineServer::take`] gives.

mod crc16;
mod identity;
mod limits;
mod names;
mod parse;
mod queue;
mod render;
mod request;
mod server;
mod value;
mod write;

pub use crc16::{crc16, crc16_from};
pub use identity::Identity;
pub use limits::{KEY_MAX, LINE_MAX, REQUEST_MAX};
pub use names::{
    alarm, alarm_by_name, bolus_kind, cause, code, dose_cause, life, mode, priority, reset_reason, state, tone,
};
pub use parse::{LineError, Receiver, Request};
pub use request::PAGE_MAX;
pub use server::LineServer;
pub use value::{ValueError, hex32, number};
pub use write::LineWriter;
