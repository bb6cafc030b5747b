//! A protocol with every name resolved: what a request is in bytes, and which messages there are.

use super::answer::{Around, find};
use super::frame::frame;
use super::matching::Matching;
use super::meaning::Target;
use super::message::{Message, Unasked, Words, messages};
use super::raw::{RawProtocol, RawRepeat};
use super::speak::{matching, span, spoken};
use super::verb::{SpokenVerb, verb};
use super::wrong::{Mistaken, mistaken};
use crate::frames::{FrameKind, Wrong};
use crate::messages::{AnyField, Given, TextField, Unit};
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::mistake::{Mistake, Subject};
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::document::Document;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// Messages that come without a request, or may.
    pub unasked: Vec<usize>,
    /// Verbs that are said by messages of their own, by name.
    pub verbs: BTreeMap<String, Arc<SpokenVerb>>,
    /// Words of fields, by the field's name: theirs, ours.
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// States that only this device has, and the state that each counts as.
    pub states: BTreeMap<String, String>,
    /// Alarms that only this device has, and the priority of each.
    pub alarms: BTreeMap<String, String>,
    /// How long a reply may take, where the profile says it of all.
    pub timeout: Option<Span>,
    /// How often what may be sent again is sent, where the profile says it.
    pub tries: Option<u32>,
}

impl Protocol {
    /// From what is written of it; `units` are the units that a message may say, by their texts.
    pub(crate) fn new(raw: &RawProtocol, units: BTreeMap<String, Unit>) -> Result<Self, Mistaken> {
        let kinds = raw.frames.iter().map(|(name, raw)| frame(name, raw));
        let kinds: Vec<FrameKind> = kinds.collect::<Result<_, _>>()?;
        if kinds.is_empty() {
            let what = "a device needs at least one frame".to_owned();
            return Err(mistaken(Mistake::Empty, &["frames"], what));
        }
        let words = Words::new(raw, &kinds, Arc::new(units))?;
        let mut messages = messages(raw, &words)?;
        let all = |key: &str, names: &[String]| {
            let found = names.iter().map(|name| find(name, &messages, &["ask", key]));
            found.collect::<Result<Vec<_>, _>>()
        };
        let one = |key: &str, name: &Option<String>| {
            let name = name.as_ref();
            name.map(|name| find(name, &messages, &["ask", key])).transpose()
        };
        let (request, until) = (one("send", &raw.ask.send)?, one("until", &raw.ask.until)?);
        let (replies, data) = (all("reply", &raw.ask.reply)?, all("each", &raw.ask.each.0)?);
        let (speak, hear) = spoken(raw, &words)?;
        let around = Around {
            words: &words,
            ask: &raw.ask,
            speak,
            data: data.clone(),
            replies: replies.clone(),
            until,
        };
        let mut verbs = BTreeMap::new();
        let own = raw.own.verbs.iter().map(|one| (["own", "verbs"].as_slice(), one));
        for (at, (name, written)) in raw.verbs.iter().map(|one| (["verbs"].as_slice(), one)).chain(own) {
            let found = verb(name, written, &[at, &[name.as_str()]].concat(), &around, &mut messages)?;
            verbs.insert(name.clone(), Arc::new(found));
        }
        let unasked = |place: &usize| messages.get(*place).is_some_and(|one| one.unasked != Unasked::Never);
        let protocol = Self {
            unasked: (0..messages.len()).filter(unasked).collect(),
            hear,
            speak,
            request,
            replies,
            data,
            matching: matching(&raw.matching)?,
            same_bytes: raw.ask.repeat == Some(RawRepeat::SameBytes),
            verbs,
            words: raw.words.clone(),
            states: raw.own.states.clone(),
            alarms: raw.own.alarms.clone(),
            timeout: span(&raw.ask.timeout, &["ask", "timeout"])?,
            tries: raw.ask.tries,
            messages,
            kinds: kinds.into(),
        };
        protocol.check_matching()?;
        Ok(protocol)
    }

    /// Reads a protocol that stands in a file of its own; `file` names it in errors.
    ///
    /// # Errors
    /// Everything that is wrong with its shape, else the first name that leads nowhere.
    pub fn parse(text: &str, file: &str) -> Result<Self, WrongFile> {
        let (document, raw) = Document::read::<RawProtocol>(Subject::Device, file, text)?;
        Self::new(&raw, BTreeMap::new()).map_err(|wrong| {
            let path: Vec<&str> = wrong.path.iter().map(String::as_str).collect();
            document.wrong(wrong.mistake, &path, wrong.what)
        })
    }

    /// A verb that is said just as this one is, and is another.
    #[must_use]
    pub fn said_alike(&self, verb: &SpokenVerb) -> Option<&str> {
        let same = |other: &SpokenVerb| {
            let pairs = other.says.iter().zip(&verb.says);
            other.says.len() == verb.says.len() && pairs.into_iter().all(|(one, other)| one.is_said_as(other))
        };
        let mut others = self.verbs.values().filter(|other| other.name != verb.name);
        others.find(|other| same(other)).map(|other| other.name.as_str())
    }

    /// The field that holds the number of a request; empty: none does.
    #[must_use]
    pub fn id_field(&self) -> &str {
        match &self.matching {
            Matching::Field { field, .. } => field,
            _ => "",
        }
    }

    /// The words that a field of this name can have here, by the profile.
    #[must_use]
    pub fn words_of(&self, field: &str) -> Vec<String> {
        let words = self
            .words
            .get(field)
            .into_iter()
            .flat_map(|words| words.values().cloned());
        let of_shapes = self.messages.iter().flat_map(|message| message.shape.fields());
        let named = of_shapes
            .filter(|found| found.name() == field)
            .flat_map(|found| match found {
                AnyField::Bytes(field) => field.names.iter().map(|(_, word)| word.clone()).collect(),
                _ => Vec::new(),
            });
        words.chain(named).collect()
    }

    /// Whether a verb's reply says this of the pump.
    #[must_use]
    pub fn replies_with(&self, verb: &str, target: Target) -> bool {
        let answers = self
            .verbs
            .get(verb)
            .into_iter()
            .flat_map(|verb| &verb.says)
            .map(|say| &say.answer);
        answers.into_iter().any(|answer| match answer.gives_at_all() {
            Some(own) => own.contains(&target),
            None => {
                let places = answer.replies.iter().chain(&answer.data).chain(&answer.until);
                places.copied().any(|place| self.gives(place, target))
            }
        })
    }

    /// Whether the pump says this unasked.
    #[must_use]
    pub fn tells(&self, target: Target) -> bool {
        self.unasked.iter().any(|place| self.gives(*place, target))
    }

    /// Whether a message says it that comes unasked in this way.
    #[must_use]
    pub fn tells_as(&self, unasked: Unasked, target: Target) -> bool {
        let is = |message: &&Message| message.unasked == unasked;
        let mut places = (0..self.messages.len()).filter(|place| self.messages.get(*place).as_ref().is_some_and(is));
        places.any(|place| self.gives(place, target))
    }

    fn gives(&self, place: usize, target: Target) -> bool {
        let message = self.messages.get(place);
        let sums = |given: Target| matches!(given, Target::SinceStart | Target::Flow) && target == Target::Reported;
        let is = |given: Target| given == target || sums(given);
        message.is_some_and(|message| message.gives.iter().any(|(given, _)| is(*given)))
    }

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
        let mut fields = message.into_iter().flat_map(|message| message.shape.fields());
        let form = fields.find_map(|field| match field {
            AnyField::Text(field) => match &field.holds {
                TextField::Pairs(form) => Some(form),
                _ => None,
            },
            AnyField::Bytes(_) | AnyField::Group(_) => None,
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

    /// Writes a request that is a verb with fields, with its end.
    ///
    /// # Errors
    /// What the message cannot carry.
    pub fn request(&self, id: u64, verb: &str, fields: &[(&str, &str)]) -> Result<Vec<u8>, EncodeError> {
        let message = self.request.and_then(|place| self.messages.get(place));
        let message = message.ok_or(EncodeError::NoMessage)?;
        let id_field = self.id_field();
        let given = |field: AnyField<'_>| match field {
            AnyField::Text(spec) if matches!(spec.holds, TextField::Pairs(_)) => Some(Given::Pairs(fields)),
            _ if field.name() == id_field => Some(Given::Number(id.into())),
            _ if field.name() == "verb" => Some(Given::Text(verb)),
            _ => None,
        };
        let mut body = Vec::with_capacity(64);
        let written = message.shape.write(&given, &mut body);
        written.map_err(|(field, why)| EncodeError::Field {
            field: format!("`{field}`"),
            why,
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

    /// Each message that is told by the number of its request has that number.
    fn check_matching(&self) -> Result<(), Mistaken> {
        let Matching::Field { field, .. } = &self.matching else {
            return Ok(());
        };
        for place in self.request.iter().chain(&self.replies).chain(&self.data) {
            let Some(message) = self.messages.get(*place) else {
                continue;
            };
            if message.shape.place_of(field).is_none() {
                let what = format!("`match` is by the field `{field}`, which this message does not have");
                return Err(mistaken(Mistake::Reference, &["messages", &message.name], what));
            }
        }
        Ok(())
    }
}
