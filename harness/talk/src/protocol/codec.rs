//! The frames and messages of one protocol, read from bytes.

use super::meaning::given;
use super::message::{Means, Message, Tells, Unasked};
use super::resolve::Protocol;
use super::told::{Fields, Told};
use crate::frames::{Cut, Cutter, Frame, FrameKind, Piece, Wrong};
use crate::messages::{AnyField, Shape, TextField, Unlike, Value};
use crate::wire::escape_of;
use pump_hil_model::event::Says;
use pump_hil_model::quantity::Span;
use std::sync::Arc;

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
    /// A message of a protocol whose verbs have messages of their own.
    Message(Box<Told>),
    /// What was sent came back.
    Echo,
}

/// What is awaited: it decides what a frame is that could be more than one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Messages that may answer, those that end the request first.
    pub messages: Vec<usize>,
    /// The body that comes back first, of a device that echoes.
    pub echo: Option<Vec<u8>>,
    /// The frame that comes back as its own answer.
    pub as_sent: Option<Vec<u8>>,
}

impl Heard {
    /// What the line is, for whoever reads the journal. A reply without a number is one to the request in flight.
    #[must_use]
    pub fn says(&self, in_flight: u64) -> Option<Says> {
        let ms = |t_ms: u64| i64::try_from(t_ms).ok();
        Some(match self {
            Self::Reply { id, .. } => Says::Reply(id.unwrap_or(in_flight)),
            Self::Data { id, .. } => Says::Data(id.unwrap_or(in_flight)),
            Self::Event { n, t_ms, .. } => Says::Event(*n, ms(*t_ms)),
            Self::Dose { n, t_ms, .. } => Says::Dose(*n, ms(*t_ms)),
            Self::Message(_) | Self::Echo => return None,
        })
    }
}

/// Reads what one protocol says.
#[derive(Debug)]
pub struct Codec {
    protocol: Arc<Protocol>,
    cutter: Cutter,
    wanted: Wanted,
}

impl Codec {
    /// Of this protocol.
    #[must_use]
    pub fn new(protocol: Arc<Protocol>) -> Self {
        let cutter = Cutter::new(Arc::clone(&protocol.kinds), protocol.hear.clone());
        Self {
            protocol,
            cutter,
            wanted: Wanted::default(),
        }
    }

    /// From now on this is awaited; `dump`: the kind of frame that silence ends.
    pub fn want(&mut self, wanted: Wanted, dump: Option<usize>) {
        self.wanted = wanted;
        self.cutter.await_silence(dump);
    }

    /// Takes bytes that came at `now`, and gives each message that they finish to `each`.
    pub fn feed(&mut self, bytes: &[u8], now: Span, mut each: impl FnMut(Line)) {
        let reader = Reader {
            protocol: &self.protocol,
            wanted: &mut self.wanted,
        };
        reader.read(|cuts| self.cutter.feed(bytes, now, cuts), &mut |seen| each(seen.line()));
    }

    /// When [`Codec::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Span> {
        self.cutter.poll_timeout()
    }

    /// Tells the time: what is unfinished for too long is none.
    pub fn handle_timeout(&mut self, now: Span, mut each: impl FnMut(Line)) {
        let reader = Reader {
            protocol: &self.protocol,
            wanted: &mut self.wanted,
        };
        reader.read(|cuts| self.cutter.handle_timeout(now, cuts), &mut |seen| {
            each(seen.line())
        });
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

/// A frame, or bytes that are none, with what it is.
pub(super) struct Seen<'a> {
    /// The bytes as they came; of too many only the first.
    pub raw: &'a [u8],
    /// How many they were.
    pub total: usize,
    /// The frame, where it is one.
    pub frame: Option<Frame<'a>>,
    /// The message's place and what it says, or why it says nothing.
    pub heard: Result<(usize, Heard), Wrong>,
}

impl Seen<'_> {
    fn line(self) -> Line {
        Line {
            text: escape_of(self.raw, self.total),
            heard: self.heard.map(|(_, heard)| heard),
        }
    }
}

/// The place of what is no message of the profile: an echo, or a frame that came back as it was sent.
pub(super) const NO_MESSAGE: usize = usize::MAX;

/// Reads frames as messages.
pub(super) struct Reader<'a> {
    pub protocol: &'a Protocol,
    pub wanted: &'a mut Wanted,
}

impl Reader<'_> {
    pub fn read(mut self, cut: impl FnOnce(&mut dyn FnMut(Cut<'_>)), each: &mut impl FnMut(Seen<'_>)) {
        cut(&mut |cut| self.line(cut, each));
    }

    fn line(&mut self, cut: Cut<'_>, each: &mut impl FnMut(Seen<'_>)) {
        let heard = match cut.frame {
            Err(why) => Err(why.clone()),
            Ok(frame) => match self.heard(frame) {
                Ok(heard) => Ok(heard),
                Err(_) if self.behind_a_prompt(cut.raw, frame, each) => return,
                Err(why) => Err(Wrong::Message(why)),
            },
        };
        each(Seen {
            raw: cut.raw,
            total: cut.total,
            frame: cut.frame.ok(),
            heard,
        });
    }

    /// Tells a prompt and what stands behind it in one frame with it, where both are messages.
    fn behind_a_prompt(&mut self, raw: &[u8], frame: Frame<'_>, each: &mut impl FnMut(Seen<'_>)) -> bool {
        let Some((prompt, behind)) = self.prompt_and_behind(raw, frame) else {
            return false;
        };
        each(prompt);
        each(behind);
        true
    }

    fn prompt_and_behind<'r>(&mut self, raw: &'r [u8], frame: Frame<'r>) -> Option<(Seen<'r>, Seen<'r>)> {
        let whole = self.protocol.kinds.get(frame.kind)?;
        if !whole.before.is_empty() || !whole.sync.is_empty() {
            return None;
        }
        let prompts = self
            .protocol
            .hear
            .iter()
            .filter_map(|place| Some((*place, self.protocol.kinds.get(*place)?)));
        let mut prompts = prompts.filter(|(_, kind)| kind.at_rest.is_some());
        let (place, head, rest) = prompts.find_map(|(place, kind)| {
            let (head, rest) = frame.body.split_at_checked(kind.head_len())?;
            kind.body_of(head).is_ok().then_some((place, head, rest))
        })?;
        let of = |kind: usize, content, body| Frame { kind, content, body };
        let (prompt, behind) = (of(place, head, &[]), of(frame.kind, rest, rest));
        let heard = [self.heard(prompt).ok()?, self.heard(behind).ok()?];
        let (head, rest) = raw.split_at_checked(head.len())?;
        let seen = |raw: &'r [u8], frame, heard| Seen {
            raw,
            total: raw.len(),
            frame: Some(frame),
            heard: Ok(heard),
        };
        let [first, second] = heard;
        Some((seen(head, prompt, first), seen(rest, behind, second)))
    }

    /// The message that a frame is: one that is awaited, else one that comes unasked, else any.
    fn heard(&mut self, frame: Frame<'_>) -> Result<(usize, Heard), String> {
        if self.wanted.echo.as_deref() == Some(frame.body) {
            self.wanted.echo = None;
            return Ok((NO_MESSAGE, Heard::Echo));
        }
        if self.wanted.as_sent.as_deref() == Some(frame.content) {
            let told = Told {
                place: NO_MESSAGE,
                id: None,
                fields: Fields::new(),
                gives: Vec::new(),
                as_sent: true,
            };
            return Ok((NO_MESSAGE, Heard::Message(Box::new(told))));
        }
        let protocol = self.protocol;
        let mut values = Vec::with_capacity(8);
        let mut best: Option<(&Message, Unlike)> = None;
        // Where every request is one message, what a frame is depends on nothing that is awaited.
        let unasked = match protocol.request {
            Some(_) => &[][..],
            None => &protocol.unasked,
        };
        let order = self.wanted.messages.iter().chain(unasked).copied();
        let order = order.chain(0..protocol.messages.len());
        for place in order {
            let Some(message) = protocol.messages.get(place) else {
                continue;
            };
            if message.send || !fits(protocol, message, frame) {
                continue;
            }
            match message.shape.read(frame.body, &mut values) {
                Ok(()) => return says(protocol, place, message, &values, frame).map(|heard| (place, heard)),
                Err(unlike) if best.as_ref().is_none_or(|(_, far)| unlike.far > far.far) => {
                    best = Some((message, unlike));
                }
                Err(_) => {}
            }
        }
        Err(match best {
            Some((message, unlike)) => format!(
                "no message of the profile; as `{}`: {}",
                message.name,
                message.shape.why(frame.body, &unlike)
            ),
            None => "no message of the profile has this header".to_owned(),
        })
    }
}

/// Whether a message that is heard may begin so.
fn may_begin(protocol: &Protocol, held: &[u8]) -> bool {
    let kind = |message: &Message| message.kind.or(protocol.hear.last().copied());
    protocol.messages.iter().filter(|message| !message.send).any(|message| {
        let sync = kind(message)
            .and_then(|kind| protocol.kinds.get(kind))
            .map_or(&[][..], |kind| &kind.sync);
        let begins = [sync, message.shape.begins().as_bytes()].concat();
        let shared = begins.len().min(held.len());
        begins.is_empty() || begins.get(..shared) == held.get(..shared)
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

fn says(
    protocol: &Protocol,
    place: usize,
    message: &Message,
    values: &[Value<'_>],
    frame: Frame<'_>,
) -> Result<Heard, String> {
    let at = |name: &str| message.shape.place_of(name);
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
            return Ok(Heard::Event { n, t_ms, kind, fields });
        }
        Some(Tells::Dose) => {
            let fields = without(&["n", "t"]);
            return Ok(Heard::Dose { n, t_ms, fields });
        }
        None => {}
    }
    let id_field = protocol.id_field();
    let id = number(id_field);
    if protocol.request.is_none() || message.unasked == Unasked::Always {
        return told(protocol, place, message, values, frame, id).map(|told| Heard::Message(Box::new(told)));
    }
    if protocol.data.contains(&place) {
        let fields = without(&[id_field]);
        return Ok(Heard::Data { id, fields });
    }
    let refused = (message.means == Means::Refused).then(|| word("reason"));
    let fields = without(&[id_field, if refused.is_some() { "reason" } else { "" }]);
    Ok(Heard::Reply { id, refused, fields })
}

/// What a message tells in the harness's words and base units.
fn told(
    protocol: &Protocol,
    place: usize,
    message: &Message,
    values: &[Value<'_>],
    frame: Frame<'_>,
    id: Option<u64>,
) -> Result<Told, String> {
    let mut fields = Fields::with_capacity(FIELDS_USUAL);
    if let Some(kind) = protocol.kinds.get(frame.kind) {
        header(protocol, kind, frame.content, &mut fields);
    }
    for (place, field) in message.shape.fields().enumerate() {
        let text = message.meaning.text(&message.shape, place, values);
        let text = text.map_err(|why| format!("`{}` says what cannot be: {why}", message.name))?;
        match (text, field, values.get(place)) {
            (_, AnyField::Text(spec), Some(Value::Pairs(text))) => {
                if let TextField::Pairs(form) = &spec.holds {
                    form.scan(text, |key, value| fields.push((key.to_owned(), value.to_owned())));
                }
            }
            (Some(text), field, _) => fields.push((field.name().to_owned(), text)),
            (None, ..) => {}
        }
    }
    if message.shape == Shape::All {
        fields.push(("text".to_owned(), crate::wire::escape(frame.body)));
    }
    Ok(Told {
        place,
        id,
        gives: given(&message.gives, &fields),
        fields,
        as_sent: false,
    })
}

/// The fields of a frame's header, by their names.
fn header(protocol: &Protocol, kind: &FrameKind, content: &[u8], fields: &mut Fields) {
    for (place, piece) in kind.before.iter().enumerate() {
        let (Some(name), Some(number)) = (piece.name(), kind.number_before(place, content)) else {
            continue;
        };
        let theirs = match piece {
            Piece::OneOf { .. } => {
                u8::try_from(number).map_or_else(|_| String::new(), |byte| char::from(byte).to_string())
            }
            _ => number.to_string(),
        };
        let ours = protocol.words.get(name).and_then(|words| words.get(&theirs));
        fields.push((name.to_owned(), ours.cloned().unwrap_or(theirs)));
    }
}

/// Named fields, and the pairs of those that hold some, in their order; without some.
fn fields_of(message: &Message, values: &[Value<'_>], without: &[&str]) -> Fields {
    let mut fields = Fields::with_capacity(FIELDS_USUAL);
    for (field, value) in message.shape.fields().zip(values) {
        let AnyField::Text(spec) = field else { continue };
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
