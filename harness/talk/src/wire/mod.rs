//! The harness's own codec of the text-line protocol (`firmware-stub/PROTOCOL.md`).
//!
//! **Invariant:** pure and bounded. Nothing here reads a clock, a file or a port, and no line, however long, makes a buffer grow beyond
//! [`LINE_KEPT_MAX`]. It shares no code with any firmware; both codecs are held to the golden bytes in `fixtures/wire`.

mod crc;
mod decode;
mod encode;
mod escape;
mod frame;
mod value;

pub use crc::{Crc32, crc16};
pub use decode::{Decoder, Line};
pub use encode::{EncodeError, encode_request, request_len};
pub use escape::escape;
pub use frame::{Fields, Frame, Garbled, parse_line};
pub use value::{ValueError, read_value};

/// Bytes that a request may have, without its end.
pub const REQUEST_MAX: usize = 240;
/// Bytes that a pump's line may have, without its end.
pub const LINE_MAX: usize = 320;
/// Bytes of an overlong line that are kept for the journal; the rest is only counted.
pub const LINE_KEPT_MAX: usize = 512;
/// Bytes that a key may have.
pub const KEY_MAX: usize = 32;
