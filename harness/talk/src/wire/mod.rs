//! The harness's own codec of the text-line protocol (`firmware-stub/PROTOCOL.md`).
//!
//! **Invariant:** pure and bounded. Nothing here reads a clock, a file or a port, and no line, however long, makes a buffer grow beyond
//! [`LINE_KEPT_MAX`]. It shares no code with any firmware; both codecs are held to the golden bytes in `fixtures/wire`.

mod crc;
mod decode;
mod encode;
mod escape;
mod frame;
mod limits;
mod value;

pub use crc::{Crc32, crc16};
pub use decode::{Decoder, Line};
pub use encode::{EncodeError, encode_request, request_len};
pub use escape::escape;
pub(crate) use escape::escape_of;
pub use frame::{Fields, Frame, Garbled, parse_line};
pub use limits::{KEY_MAX, LINE_KEPT_MAX, LINE_MAX, REQUEST_MAX};
pub use value::{ValueError, read_value};
