//! The frames and messages of one protocol, read from bytes.

use super::message::{Means, Message, Tells};
use super::resolve::{Matching, Protocol};
use crate::frames::{Cut, Cutter, Frame, Wrong};
use crate::messages::{TextField, Value};
use crate::wire::escape_of;
use pump_hil_model::event::Says;
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

impl Heard {
    /// What the line is, for whoever reads the journal. A reply without a number is one to the request in flight.
    #[must_use]
    pub fn says(&self, in_flight: u64) -> Says {
        let ms = |t_ms: u64| i64::try_from(t_ms).ok();
        match self {
            Self::Reply { id, .. } => Says::Reply(id.unwrap_or(in_flight)),
            Self::Data { id, .. } => Says::Data(id.unwrap_or(in_flight)),
            Self::Event { n, t_ms, .. } => Says::Event(*n, ms(*t_ms)),
            Self::Dose { n, t_ms, .. } => Says::Dose(*n, ms(*t_ms)),
        }
    }
}

/// Reads what one protocol says.
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
        self.cutter.feed(bytes, now, |cut| each(line(protocol, cut)));
    }

    /// When [`Codec::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Span> {
        self.cutter.poll_timeout()
    }

    /// Tells the time: what is unfinished for too long is none.
    pub fn handle_timeout(&mut self, now: Span, mut each: impl FnMut(Line)) {
        let protocol = &self.protocol;
        self.cutter.handle_timeout(now, |cut| each(line(protocol, cut)));
    }

    /// Whether what is there of an unfinished frame may be the begin of one.
    #[must_use]
    pub fn is_within_a_frame(&self) -> bool {
        let held = self.cutter.held();
        !held.is_empty() && may_begin(&self.protocol, held)
    }

    /// The unfinished frame, where there is one: what is left when nothing more will come.
    pub fn take_rest(&mut self) -> Option<String> {
        let (kept, total) = self.cutter.take_rest()?;
        Some(escape_of(&kept, total))
    }
}

fn line(protocol: &Protocol, cut: Cut<'_>) -> Line {
    Line {
        text: escape_of(cut.raw, cut.total),
        heard: match cut.frame {
            Ok(frame) => heard(protocol, frame).map_err(Wrong::Message),
            Err(why) => Err(why.clone()),
        },
    }
}

/// Whether a message that is heard may begin so.
fn may_begin(protocol: &Protocol, held: &[u8]) -> bool {
    let kind = |message: &Message| message.kind.or(protocol.hear.last().copied());
    protocol.messages.iter().filter(|message| !message.send).any(|message| {
        let sync = kind(message)
            .and_then(|kind| protocol.kinds.get(kind))
            .map_or(&[][..], |kind| &kind.sync);
        let begins = [sync, message.text.begins().as_bytes()].concat();
        let shared = begins.len().min(held.len());
        begins.is_empty() || begins.get(..shared) == held.get(..shared)
    })
}

/// The first message that a frame is.
fn heard(protocol: &Protocol, frame: Frame<'_>) -> Result<Heard, String> {
    let text = std::str::from_utf8(frame.body).map_err(|_| "it is no text".to_owned())?;
    let mut values = Vec::with_capacity(8);
    let mut best: Option<(&Message, crate::messages::Miss)> = None;
    for (place, message) in protocol.messages.iter().enumerate() {
        if message.send || !fits(protocol, message, frame) {
            continue;
        }
        match message.text.read(text, &mut values) {
            Ok(()) => return Ok(says(protocol, place, message, &values)),
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

fn fits(protocol: &Protocol, message: &Message, frame: Frame<'_>) -> bool {
    let Some(kind) = protocol.kinds.get(frame.kind) else {
        return false;
    };
    message.kind.is_none_or(|only| only == frame.kind)
        && message.when.iter().all(|(name, numbers)| {
            let place = kind.place_of(name);
            let number = place.and_then(|place| kind.number_before(place, frame.content));
            number.is_some_and(|number| numbers.contains(&number))
        })
}

fn says(protocol: &Protocol, place: usize, message: &Message, values: &[Value<'_>]) -> Heard {
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
    let id_field = match &protocol.matching {
        Matching::Field { field, .. } => field.as_str(),
        _ => "",
    };
    let id = number(id_field);
    if protocol.data.contains(&place) {
        let fields = without(&[id_field]);
        return Heard::Data { id, fields };
    }
    let refused = (message.means == Means::Refused).then(|| word("reason"));
    let fields = without(&[id_field, if refused.is_some() { "reason" } else { "" }]);
    Heard::Reply { id, refused, fields }
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
                form.scan(text, |key, value| fields.push((key.to_owned(), value.to_owned())));
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
