//! The line to a pump: bytes out, bytes in, each with a limit. A new kind of line is an [`Address`] and a file here that opens a [`Wire`](line::Wire).

mod address;
mod child;
mod error;
mod line;
mod look;
mod open;
mod opens;
mod pipes;
mod port;
mod program;
mod rfc2217;
mod serial;
mod settings;
mod strangers;
mod tcp;
mod telnet;
mod tty;
mod unix;

pub use address::{Address, Kind};
pub use error::LinkError;
pub(super) use line::Line;
pub(super) use look::look;
pub use open::LinkAt;
pub(super) use open::Patience;
pub(super) use pipes::pipes;
#[cfg(feature = "sim")]
pub(super) use serial::serial_of_our_own;
pub(super) use serial::{look_ahead, serial};
pub(super) use settings::{Flow, Level, Parity, Settings};
pub use strangers::process_words;
#[cfg(feature = "for-tests")]
pub use telnet::telnet_told;
pub(super) use tty::{beside, may_open, of_usb, ports};
