//! The frames and messages of one protocol, read from bytes and written to them.

use super::message::{Means, Message, Tells};
use super::{Matching, Protocol};
use crate::frames::{Cut, Cutter, Frame, Wrong};
use crate::messages::{FieldSpec, Given, TextField, Value};
use crate::wire::escape_of;
use pump_hil_model::quantity::Span;
use std::sync::Arc;

/// Keys and values in the order of the line.
pub type Fields = Vec<(String, String)>;

/// What came, with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its bytes with its end, escaped as in a Rust byte string; of too many only the first.
    pub text: String,
    /// What it says, or why it says nothing.
    pub heard: Result<Heard, Wrong>,
}

/// What a device can say in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The answer to a request; it ends the exchange.
    Reply {
        /// Number of the request, where replies have one.
        id: Option<u64>,
        /// `None`: carried out; else the code of the refusal.
        refused: Option<String>,
        /// Fields, without the code.
        fields: Fields,
    },
    /// What comes before a reply.
    Data {
        /// Number of the request, where replies have one.
        id: Option<u64>,
        /// Fields.
        fields: Fields,
    },
    /// A numbered event, unasked.
    Event {
        /// Number of the event.
        n: u64,
        /// The device's milliseconds.
        t_ms: u64,
        /// Kind.
        kind: String,
        /// Fields.
        fields: Fields,
    },
    /// A numbered dose entry, unasked.
    Dose {
        /// Number of the entry.
        n: u64,
        /// The device's milliseconds.
        t_ms: u64,
        /// Fields.
        fields: Fields,
    },
}

/// Why a request cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The profile has no message that every request is.
    #[error("the profile has no message for it: `ask` names none to `send`")]
    NoMessage,
    /// A field that the message cannot hold.
    #[error("{field}: {why}; send it as raw bytes if it is meant so")]
    Field {
        /// Its name in the message.
        field: String,
        /// Why.
        why: String,
    },
    /// The frame.
    #[error("{0}")]
    Frame(Wrong),
}

/// Reads and writes what one protocol says.
#[derive(Debug)]
pub struct Codec {
    protocol: Arc<Protocol>,
    cutter: Cutter,
}

impl Codec {
    /// Of this protocol.
    #[must_use]
    pub fn new(protocol: Arc<Protocol>) -> Self {
        let cutter = Cutter::new(Arc::clone(&protocol.kinds), protocol.hear.clone());
        Self { protocol, cutter }
    }

    /// Takes bytes that came at `now`, and gives each message that they finish to `each`.
    pub fn feed(&mut self, bytes: &[u8], now: Span, mut each: impl FnMut(Line)) {
        let protocol = &self.protocol;
        self.cutter.feed(bytes, now, |cut| each(protocol.line(cut)));
    }

    /// When [`Codec::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Span> {
        self.cutter.poll_timeout()
    }

    /// Tells the time: what is unfinished for too long is none.
    pub fn handle_timeout(&mut self, now: Span, mut each: impl FnMut(Line)) {
        let protocol = &self.protocol;
        self.cutter.handle_timeout(now, |cut| each(protocol.line(cut)));
    }

    /// Whether what is there of an unfinished frame may be the begin of one.
    #[must_use]
    pub fn is_within_a_frame(&self) -> bool {
        let held = self.cutter.held();
        !held.is_empty() && self.protocol.may_begin(held)
    }

    /// The unfinished frame, where there is one: what is left when nothing more will come.
    pub fn take_rest(&mut self) -> Option<String> {
        let (kept, total) = self.cutter.take_rest()?;
        Some(escape_of(&kept, total))
    }
}

impl Protocol {
    /// The number of the request behind this one.
    #[must_use]
    pub fn id_after(&self, last: u64) -> u64 {
        match &self.matching {
            Matching::Field { from, to, .. } => last
                .checked_add(1)
                .filter(|next| (from..=to).contains(&next))
                .unwrap_or(*from),
            _ => last.saturating_add(1),
        }
    }

    /// Whether a reply says that the device could not read who asked.
    #[must_use]
    pub fn is_unread(&self, id: Option<u64>) -> bool {
        match &self.matching {
            Matching::Field { unread, .. } => unread.is_some() && *unread == id,
            _ => false,
        }
    }

    /// The last number that a request may have; the longest there is.
    #[must_use]
    pub fn last_id(&self) -> u64 {
        match &self.matching {
            Matching::Field { to, .. } => *to,
            _ => 0,
        }
    }

    /// Bytes that a pair of a request takes.
    #[must_use]
    pub fn pair_len(&self, key: &str, value: &str) -> usize {
        let message = self.request.and_then(|place| self.messages.get(place));
        let mut fields = message.into_iter().flat_map(|message| &message.text.fields);
        let form = fields.find_map(|field| match &field.holds {
            TextField::Pairs(form) => Some(form),
            _ => None,
        });
        form.map_or(0, |form| form.len_of(key, value))
    }

    /// Bytes that a request may have, without its end.
    #[must_use]
    pub fn request_max(&self) -> usize {
        let message = self.request.and_then(|place| self.messages.get(place));
        let kind = message.and_then(|message| self.kinds.get(message.kind.unwrap_or(self.speak)));
        let most = kind.map_or(0, |kind| kind.max);
        message
            .and_then(|message| message.max)
            .map_or(most, |max| max.min(most))
    }

    /// The same, with requests of at most so many bytes.
    #[must_use]
    pub fn with_request_max(&self, max: usize) -> Self {
        let mut protocol = self.clone();
        if let Some(message) = protocol.request.and_then(|place| protocol.messages.get_mut(place)) {
            message.max = Some(max);
        }
        protocol
    }

    /// Bytes that are left for the fields of a request, with the longest number.
    #[must_use]
    pub fn room(&self, verb: &str) -> usize {
        let message = self.request.and_then(|place| self.messages.get(place));
        let kind = message.and_then(|message| self.kinds.get(message.kind.unwrap_or(self.speak)));
        let end = kind.and_then(|kind| kind.ends.first()).map_or(0, Vec::len);
        let len = self.request(self.last_id(), verb, &[]).map_or(0, |bytes| bytes.len());
        self.request_max().saturating_sub(len.saturating_sub(end))
    }

    fn line(&self, cut: Cut<'_>) -> Line {
        Line {
            text: escape_of(cut.raw, cut.total),
            heard: match cut.frame {
                Ok(frame) => self.heard(frame).map_err(Wrong::Message),
                Err(why) => Err(why.clone()),
            },
        }
    }

    /// Whether a message that is heard may begin so.
    fn may_begin(&self, held: &[u8]) -> bool {
        let kind = |message: &Message| message.kind.or(self.hear.last().copied());
        self.messages.iter().filter(|message| !message.send).any(|message| {
            let sync = kind(message)
                .and_then(|kind| self.kinds.get(kind))
                .map_or(&[][..], |kind| &kind.sync);
            let begins = [sync, message.text.begins().as_bytes()].concat();
            let shared = begins.len().min(held.len());
            begins.is_empty() || begins.get(..shared) == held.get(..shared)
        })
    }

    /// The first message that a frame is.
    fn heard(&self, frame: Frame<'_>) -> Result<Heard, String> {
        let text = std::str::from_utf8(frame.body).map_err(|_| "it is no text".to_owned())?;
        let mut values = Vec::with_capacity(8);
        let mut best: Option<(&Message, crate::messages::Miss)> = None;
        for (place, message) in self.messages.iter().enumerate() {
            if message.send || !self.fits(message, frame) {
                continue;
            }
            match message.text.read(text, &mut values) {
                Ok(()) => return Ok(self.says(place, message, &values)),
                Err(miss) if best.is_none_or(|(_, far)| (miss.at, miss.part) > (far.at, far.part)) => {
                    best = Some((message, miss));
                }
                Err(_) => {}
            }
        }
        Err(match best {
            Some((message, miss)) => format!(
                "no message of the profile; as `{}`: {}",
                message.name,
                message.text.why(text, miss)
            ),
            None => "no message of the profile has this header".to_owned(),
        })
    }

    fn fits(&self, message: &Message, frame: Frame<'_>) -> bool {
        let Some(kind) = self.kinds.get(frame.kind) else {
            return false;
        };
        message.kind.is_none_or(|only| only == frame.kind)
            && message.when.iter().all(|(name, numbers)| {
                let place = kind.place_of(name);
                let number = place.and_then(|place| kind.number_before(place, frame.content));
                number.is_some_and(|number| numbers.contains(&number))
            })
    }

    fn says(&self, place: usize, message: &Message, values: &[Value<'_>]) -> Heard {
        let at = |name: &str| message.text.place_of(name);
        let number = |name: &str| match at(name).and_then(|place| values.get(place)) {
            Some(Value::Number { digits, .. }) => u64::try_from(*digits).ok(),
            _ => None,
        };
        let word = |name: &str| match at(name).and_then(|place| values.get(place)) {
            Some(Value::Text(word)) => (*word).to_owned(),
            _ => String::new(),
        };
        let without = |names: &[&str]| fields_of(message, values, names);
        let (n, t_ms) = (number("n").unwrap_or(0), number("t").unwrap_or(0));
        match message.tells {
            Some(Tells::Event) => {
                let (kind, fields) = (word("kind"), without(&["n", "t", "kind"]));
                return Heard::Event { n, t_ms, kind, fields };
            }
            Some(Tells::Dose) => {
                let fields = without(&["n", "t"]);
                return Heard::Dose { n, t_ms, fields };
            }
            None => {}
        }
        let id_field = match &self.matching {
            Matching::Field { field, .. } => field.as_str(),
            _ => "",
        };
        let id = number(id_field);
        if self.data.contains(&place) {
            let fields = without(&[id_field]);
            return Heard::Data { id, fields };
        }
        let refused = (message.means == Means::Refused).then(|| word("reason"));
        let fields = without(&[id_field, if refused.is_some() { "reason" } else { "" }]);
        Heard::Reply { id, refused, fields }
    }

    /// Writes a request that is a verb with fields, with its end.
    ///
    /// # Errors
    /// What the message cannot carry.
    pub fn request(&self, id: u64, verb: &str, fields: &[(&str, &str)]) -> Result<Vec<u8>, EncodeError> {
        let message = self.request.and_then(|place| self.messages.get(place));
        let message = message.ok_or(EncodeError::NoMessage)?;
        let id_field = match &self.matching {
            Matching::Field { field, .. } => field.as_str(),
            _ => "",
        };
        let given = |spec: &FieldSpec| match &spec.holds {
            TextField::Pairs(_) => Some(Given::Pairs(fields)),
            _ if spec.name == id_field => Some(Given::Number(id.into())),
            _ if spec.name == "verb" => Some(Given::Text(verb)),
            _ => None,
        };
        let mut body = Vec::with_capacity(64);
        message
            .text
            .write(&given, &mut body)
            .map_err(|(field, why)| EncodeError::Field {
                field: format!("`{field}`"),
                why: why.map_or_else(|| "it has no value".to_owned(), |why| why.to_string()),
            })?;
        let kind = message.kind.unwrap_or(self.speak);
        let mut out = Vec::with_capacity(body.len().saturating_add(16));
        let kind = self.kinds.get(kind).ok_or(EncodeError::NoMessage)?;
        kind.write(&body, &|_| None, &mut out).map_err(EncodeError::Frame)?;
        let len = out.len().saturating_sub(kind.ends.first().map_or(0, Vec::len));
        if let Some(max) = message.max.filter(|max| len > *max) {
            return Err(EncodeError::Frame(Wrong::TooLong { len, max }));
        }
        Ok(out)
    }
}

/// Named fields, and the pairs of those that hold some, in their order; without some.
fn fields_of(message: &Message, values: &[Value<'_>], without: &[&str]) -> Fields {
    let mut fields = Fields::with_capacity(FIELDS_USUAL);
    for (spec, value) in message.text.fields.iter().zip(values) {
        if without.contains(&spec.name.as_str()) {
            continue;
        }
        match (value, &spec.holds) {
            (Value::Pairs(text), TextField::Pairs(form)) => {
                let pairs = form.pairs(text).flatten();
                fields.extend(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
            }
            (Value::Text(text), _) => fields.push((spec.name.clone(), (*text).to_owned())),
            (Value::Number { digits, .. }, _) => fields.push((spec.name.clone(), digits.to_string())),
            (Value::Absent | Value::Pairs(_), _) => {}
        }
    }
    fields
}

/// The fields of a status reply, the longest that is asked for often.
const FIELDS_USUAL: usize = 20;
