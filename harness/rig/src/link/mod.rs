//! The line to a pump: bytes out, bytes in, each with a limit. A new kind of line is a file here that opens a [`Wire`].

mod error;
mod line;
mod pipes;
mod port;
mod serial;
mod strangers;
mod tty;

pub use error::LinkError;
pub(super) use line::Line;
pub(super) use pipes::pipes;
#[cfg(feature = "sim")]
pub(super) use serial::serial_of_our_own;
pub(super) use serial::{adopted, awaited, serial, serial_back};
pub(super) use tty::beside;
