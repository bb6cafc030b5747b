//! How a device talks, out of its profile: which frames and messages there are, and how a reply is known to be one.

mod codec;
mod file;
mod frame;
mod message;
mod raw;
mod wrong;

pub use codec::{Codec, EncodeError, Fields, Heard, Line};
pub use file::text_lines_1;
pub use message::{Means, Message, Tells};
pub(crate) use raw::{RawAsk, RawFrame, RawMatch, RawMessage, RawPairs, RawProtocol};
pub(crate) use wrong::{Mistaken, mistaken};

use crate::frames::FrameKind;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use raw::RawRepeat;
use std::sync::Arc;

/// How a device talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol {
    /// The kinds of frames.
    pub kinds: Arc<[FrameKind]>,
    /// Those that may come.
    pub hear: Vec<usize>,
    /// The one that is sent.
    pub speak: usize,
    /// All messages.
    pub messages: Vec<Message>,
    /// The message that each request is, where there is one.
    pub request: Option<usize>,
    /// Messages that end a request.
    pub replies: Vec<usize>,
    /// Messages that may come before them.
    pub data: Vec<usize>,
    /// How a reply is known to be one of a request.
    pub matching: Matching,
    /// The device knows the same bytes as the same request, and carries it out once.
    pub same_bytes: bool,
}

/// How a reply is known to be one of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching {
    /// A field holds the number of the request.
    Field {
        /// Its name.
        field: String,
        /// The first number.
        from: u64,
        /// The last one, behind which the first comes again.
        to: u64,
        /// What stands there where the device could not read who asked.
        unread: Option<u64>,
    },
    /// By what it is.
    Kind,
    /// What comes next answers what was asked.
    Order,
    /// Nothing is answered.
    Never,
}

impl Protocol {
    /// From what is written of it; `units` are the texts of units that a message may say.
    pub(crate) fn new(raw: &RawProtocol, units: &[String]) -> Result<Self, Mistaken> {
        let kinds = raw.frames.iter().map(|(name, raw)| frame::frame(name, raw));
        let kinds: Vec<FrameKind> = kinds.collect::<Result<_, _>>()?;
        if kinds.is_empty() {
            let what = "a device needs at least one frame".to_owned();
            return Err(mistaken(Mistake::Empty, &["frames"], what));
        }
        let messages = message::messages(raw, &kinds, units)?;
        let find = |key: &str, name: &String| {
            let known = || messages.iter().map(|message| message.name.as_str());
            let help = suggest(name, known()).unwrap_or_default();
            let what = format!("`{name}` is no message of this profile; {help}");
            let what = what.trim_end_matches("; ").to_owned();
            let found = messages.iter().position(|message| message.name == *name);
            found.ok_or_else(|| mistaken(Mistake::Reference, &["ask", key, name], what))
        };
        let all = |key: &str, names: &[String]| names.iter().map(|name| find(key, name)).collect::<Result<Vec<_>, _>>();
        let (request, replies, data) = (
            raw.ask.send.as_ref().map(|name| find("send", name)).transpose()?,
            all("reply", &raw.ask.reply)?,
            all("each", &raw.ask.each.0)?,
        );
        let matching = matching(&raw.matching)?;
        let protocol = Self {
            // Those with a begin of their own first: the one without takes whatever is left.
            hear: heard(&kinds)?,
            speak: 0,
            kinds: kinds.into(),
            messages,
            request,
            replies,
            data,
            matching,
            same_bytes: raw.ask.repeat == Some(RawRepeat::SameBytes),
        };
        protocol.check_matching()?;
        Ok(protocol)
    }

    /// Each message that is told by the number of its request has that number.
    fn check_matching(&self) -> Result<(), Mistaken> {
        let Matching::Field { field, .. } = &self.matching else {
            return Ok(());
        };
        for place in self.request.iter().chain(&self.replies).chain(&self.data) {
            let Some(message) = self.messages.get(*place) else {
                continue;
            };
            if message.text.place_of(field).is_none() {
                let what = format!("`match` is by the field `{field}`, which this message does not have");
                return Err(mistaken(Mistake::Reference, &["messages", &message.name], what));
            }
        }
        Ok(())
    }
}

fn heard(kinds: &[FrameKind]) -> Result<Vec<usize>, Mistaken> {
    let mut hear: Vec<usize> = (0..kinds.len()).collect();
    let sync = |place: &usize| kinds.get(*place).map_or(&[][..], |kind| &kind.sync);
    hear.sort_by_key(|place| {
        (
            sync(place).is_empty(),
            kinds.get(*place).is_some_and(|kind| kind.at_rest.is_none()),
        )
    });
    for (at, place) in hear.iter().enumerate() {
        let same = |other: &&usize| !sync(place).is_empty() && sync(other).first() == sync(place).first();
        if let Some(other) = hear.iter().skip(at.saturating_add(1)).find(same) {
            let name = |place: usize| kinds.get(place).map_or("", |kind| kind.name.as_str());
            let what = format!(
                "`{}` and `{}` begin with the same byte: nothing tells them apart",
                name(*place),
                name(*other)
            );
            return Err(mistaken(Mistake::Twice, &["frames", name(*place)], what));
        }
    }
    Ok(hear)
}

fn matching(raw: &RawMatch) -> Result<Matching, Mistaken> {
    Ok(match raw {
        RawMatch::Field {
            field,
            from,
            to,
            unread,
        } => {
            if from > to {
                let what = format!("`from: {from}` is beyond `to: {to}`");
                return Err(mistaken(Mistake::Range, &["match", "from"], what));
            }
            let (field, from, to, unread) = (field.clone(), *from, *to, *unread);
            Matching::Field {
                field,
                from,
                to,
                unread,
            }
        }
        RawMatch::Word(word) => match word.as_str() {
            "kind" => Matching::Kind,
            "order" => Matching::Order,
            "none" => Matching::Never,
            _ => {
                let what = format!("`{word}` is no way to match; there are `{{field: ..}}`, `kind`, `order`, `none`");
                return Err(mistaken(Mistake::UnknownWord, &["match"], what));
            }
        },
    })
}
