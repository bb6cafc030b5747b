//! How a device talks, out of its profile: which frames and messages there are, and how a reply is known to be one.

mod answer;
mod codec;
mod file;
mod formula;
mod frame;
mod matching;
mod meaning;
mod message;
mod raw;
mod raw_json;
mod raw_verb;
mod resolve;
mod say;
mod shown_frame;
mod speak;
mod told;
mod verb;
mod wrong;

pub use answer::Answer;
pub use codec::{Codec, Heard, Line, Wanted};
pub use file::text_lines_1;
pub use formula::{Amount, Formula};
pub use matching::Matching;
pub use meaning::{Round, Target};
pub use message::{Means, Message, Tells, Unasked};
pub(crate) use raw::{RawAsk, RawFrame, RawMessage, RawPairs, RawProtocol, RawSpeak};
pub(crate) use raw_json::{RawMatch, RawNumber};
pub use raw_verb::Effect;
pub(crate) use raw_verb::{RawOwn, RawVerb};
pub use resolve::{EncodeError, Protocol};
pub use say::Written;
pub use shown_frame::{ShownFrame, ShownPart, Viewer};
pub use told::{Fields, Told};
pub use verb::{Header, Put, Say, SpokenVerb, SureBy};
pub(crate) use wrong::{Mistaken, mistaken};
