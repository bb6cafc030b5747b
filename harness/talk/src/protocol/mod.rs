//! How a device talks, out of its profile: which frames and messages there are, and how a reply is known to be one.

mod codec;
mod file;
mod frame;
mod message;
mod raw;
mod resolve;
mod wrong;

pub use codec::{Codec, Fields, Heard, Line};
pub use file::text_lines_1;
pub use message::{Means, Message, Tells};
pub(crate) use raw::{RawAsk, RawFrame, RawMatch, RawMessage, RawPairs, RawProtocol};
pub use resolve::{EncodeError, Matching, Protocol};
pub(crate) use wrong::{Mistaken, mistaken};
