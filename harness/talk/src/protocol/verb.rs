//! Verbs out of a profile: what is sent for each, and what answers it.

use super::formula::Formula;
use super::frame::bytes_of;
use super::meaning::{Gives, Round, Target, given, gives, unit_of};
use super::message::{Means, Message, Words, is_dump, one, round_of, shape, signed};
use super::raw::{RawAsk, RawMessage};
use super::raw_json::{RawIs, RawNames, RawNumber, RawReply, RawSend, text_of};
use super::raw_verb::{Effect, RawSure, RawVerb};
use super::wrong::{Mistaken, mistaken};
use crate::messages::{AnyField, Shape, TextField, Unit};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::quantity::mistake_of;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A verb that is said by messages of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenVerb {
    /// Its name.
    pub name: String,
    /// What is asked, one after the other.
    pub says: Vec<Arc<Say>>,
    /// What it does; `None`: as the harness knows of its own verbs.
    pub effect: Option<Effect>,
    /// To say it twice does no harm.
    pub repeat_safe: bool,
    /// Reasons of a refusal that mean that nothing was left to do.
    pub fine: Vec<String>,
    /// What shows that it was carried out, where no answer came.
    pub sure_by: Option<SureBy>,
}

impl SpokenVerb {
    /// The names of its arguments; `id_field` is none of them.
    #[must_use]
    pub fn arguments(&self, id_field: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for say in &self.says {
            let puts = say.puts.iter().zip(say.shape.fields());
            let puts = puts.filter(|(_, field)| !matches!(field, AnyField::Bytes(field) if field.only.is_some()));
            let puts = puts.flat_map(|(put, _)| put.formula.arguments());
            let headers = say.header.iter().filter_map(|(_, header)| match header {
                Header::Argument(formula) => Some(formula.arguments()),
                Header::Is(_) => None,
            });
            let all = puts.chain(headers.flatten()).chain(say.answer.timeout.iter().flat_map(Formula::arguments));
            for name in all.filter(|name| *name != id_field) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }
}

/// What shows that a verb was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SureBy {
    /// The pump is in this state then.
    State(String),
    /// Its reported total has grown then.
    Moved,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// The kind of frame.
    pub kind: usize,
    /// What stands behind it, where no frame says it.
    pub end: Vec<u8>,
    /// What the frame's header holds.
    pub header: Vec<(String, Header)>,
    /// Its body.
    pub shape: Shape,
    /// What stands in the fields of the body, in their order.
    pub puts: Vec<Put>,
    /// What is done with a number that cannot be sent exactly.
    pub round: Option<Round>,
    /// What answers it.
    pub answer: Answer,
}

/// What a field of a header holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// Always this.
    Is(i128),
    /// This argument.
    Argument(Formula),
}

/// What is put into a field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// An argument or a formula.
    pub formula: Formula,
    /// In which unit; `None`: as a count, or a word.
    pub unit: Option<Unit>,
    /// Places behind the point that the field may hold.
    pub places: u32,
    /// Words of the device for words of the harness.
    pub words: Vec<(String, String)>,
}

/// What answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Messages that end it.
    pub replies: Vec<usize>,
    /// Messages that may come before.
    pub data: Vec<usize>,
    /// At most so many.
    pub at_most: usize,
    /// The message that ends it, after all others.
    pub until: Option<usize>,
    /// What a reply has as the request's header has it.
    pub same: Vec<(String, String)>,
    /// The frame itself comes back.
    pub as_sent: bool,
    /// Nothing answers it.
    pub none: bool,
    /// It is echoed first.
    pub echo: bool,
    /// No answer for so long means that it was carried out.
    pub quiet: Option<Span>,
    /// The kind of frame that silence ends.
    pub dump: Option<usize>,
    /// How long it may take, where the verb says it.
    pub timeout: Option<Formula>,
    /// What the reply says of the pump, in place of what the message gives.
    pub(super) gives: Option<Gives>,
}

impl Answer {
    /// What the fields of a reply say of the pump, where the verb says that in place of the message.
    #[must_use]
    pub fn gives_of(&self, fields: &[(String, String)]) -> Option<Vec<(Target, String)>> {
        self.gives.as_ref().map(|gives| given(gives, fields))
    }

    /// What a reply can say of the pump, where the verb says that in place of the message.
    pub(super) fn gives_at_all(&self) -> Option<Vec<Target>> {
        self.gives.as_ref().map(|gives| gives.iter().map(|(target, _)| *target).collect())
    }
}

impl Say {
    /// Whether the same bytes may be sent for another.
    pub(super) fn is_said_as(&self, other: &Self) -> bool {
        (self.kind, &self.end, &self.header, &self.shape) == (other.kind, &other.end, &other.header, &other.shape)
    }
}

/// All that a verb may refer to.
pub(super) struct Around<'a> {
    pub words: &'a Words<'a>,
    pub ask: &'a RawAsk,
    /// The frame that is sent.
    pub speak: usize,
    /// States, alarms and others of the profile, by field.
    pub data: Vec<usize>,
    pub replies: Vec<usize>,
    pub until: Option<usize>,
}

/// A verb from what is written of it; messages of its own join `messages`.
pub(super) fn verb(
    name: &str,
    raw: &RawVerb,
    at: &[&str],
    around: &Around<'_>,
    messages: &mut Vec<Message>,
) -> Result<SpokenVerb, Mistaken> {
    let wrong = |mistake, key: &str, what: &str| mistaken(mistake, &[at, &[key]].concat(), what.to_owned());
    let mut says = Vec::new();
    if raw.steps.is_empty() {
        says.push(Arc::new(say(name, raw, at, around, messages)?));
    }
    for (place, step) in raw.steps.iter().enumerate() {
        if raw.send.is_some() || !step.steps.is_empty() {
            return Err(wrong(Mistake::KeyCombination, "do", "a verb has `send`, or `do` with steps that have it"));
        }
        let place = place.to_string();
        says.push(Arc::new(say(name, step, &[at, &["do", &place]].concat(), around, messages)?));
    }
    let sure_by = raw.sure_by.as_ref().or_else(|| raw.steps.last().and_then(|step| step.sure_by.as_ref()));
    let sure_by = match sure_by {
        None => None,
        Some(RawSure { state: Some(state), moved: None }) => Some(SureBy::State(state.clone())),
        Some(RawSure { state: None, moved: Some(total) }) if total == "reported" => Some(SureBy::Moved),
        Some(_) => {
            let what = "`sure-by` is `{state: STATE}` or `{moved: reported}`";
            return Err(wrong(Mistake::Format, "sure-by", what));
        }
    };
    Ok(SpokenVerb {
        name: name.to_owned(),
        says,
        effect: raw.effect,
        repeat_safe: raw.repeat.is_some(),
        fine: raw.fine.0.clone(),
        sure_by,
    })
}

fn say(
    name: &str,
    raw: &RawVerb,
    at: &[&str],
    around: &Around<'_>,
    messages: &mut Vec<Message>,
) -> Result<Say, Mistaken> {
    let wrong = |mistake, key: &str, what: String| mistaken(mistake, &[at, &[key]].concat(), what);
    let send = raw.send.as_ref();
    let send = send.ok_or_else(|| wrong(Mistake::MissingKey, "send", format!("`{name}` has no `send`")))?;
    let kind = around.words.kinds.get(around.speak);
    let (is, header) = match send {
        RawSend::Text(text) => (RawIs::Text(text.clone()), BTreeMap::new()),
        RawSend::Map(map) => parts_of(map, &[at, &["send"]].concat())?,
    };
    let shape = shape(&is, around.words, &[at, &["send"]].concat())?;
    let mut filled = Vec::new();
    for name in kind.into_iter().flat_map(|kind| &kind.before).filter_map(|piece| piece.name()) {
        let said = header.get(name).or_else(|| around.ask.header.get(name));
        let Some(said) = said else {
            let what = format!("the header of this frame has `{name}`: say what stands there, here or in `ask: header`");
            return Err(wrong(Mistake::MissingKey, "send", what));
        };
        filled.push((name.to_owned(), held(said).map_err(|what| wrong(Mistake::Format, "send", what))?));
    }
    if let Some(stranger) = header.keys().find(|key| !filled.iter().any(|(name, _)| name == *key)) {
        let known: Vec<&str> = filled.iter().map(|(name, _)| name.as_str()).collect();
        let help = suggest(stranger, known.iter().copied()).unwrap_or_default();
        let what = format!("`{stranger}` is no field of this frame's header; {help}");
        let what = what.trim_end_matches("; ").to_owned();
        return Err(mistaken(Mistake::Reference, &[at, &["send", stranger]].concat(), what));
    }
    let puts = shape.fields().map(|field| put(field, around.words));
    let puts = puts.collect::<Result<_, _>>().map_err(|what| wrong(Mistake::Format, "send", what))?;
    let end = around.ask.end.as_deref().map_or(Ok(Vec::new()), bytes_of);
    let ended = kind.is_some_and(|kind| !kind.ends.is_empty()) && around.ask.end.is_none();
    Ok(Say {
        kind: around.speak,
        end: if ended { Vec::new() } else { end.map_err(|what| mistaken(Mistake::Format, &["ask", "end"], what))? },
        header: filled,
        shape,
        puts,
        round: raw.send_round.map(round_of),
        answer: answer(name, raw, at, around, messages)?,
    })
}

/// The bytes and the header of what is sent.
fn parts_of(map: &Map<String, Json>, at: &[&str]) -> Result<(RawIs, BTreeMap<String, RawNumber>), Mistaken> {
    let mut header = BTreeMap::new();
    let mut is = RawIs::default();
    for (key, value) in map {
        if key == "is" {
            let read = serde_json::from_value(value.clone());
            is = read.map_err(|_| {
                let what = "`is` is a text, or a list of numbers such as `{dose: u32be, unit: 10 nL}`".to_owned();
                mistaken(Mistake::Format, &[at, &["is"]].concat(), what)
            })?;
            continue;
        }
        let Some(text) = text_of(value) else {
            let what = format!("`{key}` is a field of the header: a number, or an argument such as `\"{{channel}}\"`");
            return Err(mistaken(Mistake::Format, &[at, &[key]].concat(), what));
        };
        header.insert(key.clone(), RawNumber(text));
    }
    Ok((is, header))
}

/// What a field of the header holds: a number, or an argument in braces.
fn held(raw: &RawNumber) -> Result<Header, String> {
    if let Some(inside) = raw.0.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        return Formula::new(inside).map(Header::Argument);
    }
    let one = || match raw.0.as_bytes() {
        [byte] if !byte.is_ascii_digit() => Some(i128::from(*byte)),
        _ => None,
    };
    let number = signed(&raw.0).or_else(one);
    number.map(Header::Is).ok_or_else(|| format!("`{}` is neither a number nor an argument", raw.0))
}

fn put(field: AnyField<'_>, words: &Words<'_>) -> Result<Put, String> {
    let unit = field.unit().map(|unit| unit_of(unit, &words.units)).transpose()?;
    let places = match field {
        AnyField::Text(field) => match &field.holds {
            TextField::Dec { .. } | TextField::Sci => PLACES,
            _ => 0,
        },
        AnyField::Bytes(_) | AnyField::Group(_) => 0,
    };
    let theirs = words.words.get(field.name()).into_iter().flat_map(|words| words.iter());
    Ok(Put {
        formula: Formula::new(field.name())?,
        unit,
        places,
        words: theirs.map(|(theirs, ours)| (ours.clone(), theirs.clone())).collect(),
    })
}

/// Places behind the point that a decimal may have.
const PLACES: u32 = 9;

/// Messages of one reply, where the profile does not say.
const AT_MOST: usize = 64;

fn answer(
    name: &str,
    raw: &RawVerb,
    at: &[&str],
    around: &Around<'_>,
    messages: &mut Vec<Message>,
) -> Result<Answer, Mistaken> {
    let wrong = |mistake, key: &str, what: String| mistaken(mistake, &[at, &[key]].concat(), what);
    let span = |key: &str, text: &Option<String>| -> Result<Option<Span>, Mistaken> {
        let Some(text) = text else { return Ok(None) };
        let span: Result<Span, _> = text.parse();
        span.map(Some).map_err(|why| wrong(mistake_of(&why), key, format!("{why}")))
    };
    let mut answer = Answer {
        replies: around.replies.clone(),
        data: around.data.clone(),
        at_most: around.ask.at_most.unwrap_or(AT_MOST),
        until: around.until,
        same: around.ask.same.iter().map(|(a, b)| (a.clone(), b.clone())).collect(),
        as_sent: false,
        none: false,
        echo: around.ask.echo,
        quiet: span("quiet", &raw.quiet)?,
        dump: None,
        timeout: raw
            .timeout
            .as_deref()
            .map(Formula::new)
            .transpose()
            .map_err(|what| wrong(Mistake::Format, "timeout", what))?,
        gives: None,
    };
    if let Some(RawNames(names)) = &raw.each {
        let found = names.iter().map(|name| find(name, messages, &[at, &["each"]].concat()));
        answer.data.extend(found.collect::<Result<Vec<_>, _>>()?);
    }
    if raw.reply.is_some() || raw.quiet.is_some() {
        // What the prompt of others ends, this does not wait for.
        answer.until = None;
    }
    if let Some(reply) = &raw.reply {
        let refusals = |place: &usize| messages.get(*place).is_some_and(|message| message.means != Means::Done);
        answer.replies.retain(refusals);
        replies(name, reply, at, around, messages, &mut answer)?;
    }
    let dumps = answer.replies.iter().filter_map(|place| messages.get(*place)?.kind);
    answer.dump = dumps.into_iter().find(|kind| around.words.kinds.get(*kind).is_some_and(is_dump));
    if let Some(raw) = &raw.gives {
        let fields = answer.replies.iter().chain(&answer.until).filter_map(|place| messages.get(*place));
        let fields: Vec<String> =
            fields.flat_map(|message| message.shape.fields().map(|field| field.name().to_owned())).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        answer.gives = Some(gives(raw, &fields, at)?);
    }
    let answers = !answer.replies.is_empty() || answer.until.is_some() || answer.quiet.is_some();
    if !answers && !answer.none && !answer.as_sent {
        let what = format!("nothing answers `{name}`: name its `reply`, here or in `ask`, or write `reply: none`");
        return Err(wrong(Mistake::MissingKey, "reply", what));
    }
    Ok(answer)
}

/// The messages that end a verb, each by its name or as it is written there.
fn replies(
    name: &str,
    raw: &RawReply,
    at: &[&str],
    around: &Around<'_>,
    messages: &mut Vec<Message>,
    answer: &mut Answer,
) -> Result<(), Mistaken> {
    let at = &[at, &["reply"]].concat();
    let mut add = |raw: RawMessage, messages: &mut Vec<Message>| {
        let message = one(name, &raw, at, around.words)?;
        answer.replies.insert(0, messages.len());
        messages.push(message);
        Ok(())
    };
    let names = match raw {
        RawReply::Names(names) => names,
        RawReply::Map(map) => {
            let read: Result<RawMessage, _> = serde_json::from_value(Json::Object(map.clone()));
            let read = read.map_err(|why| mistaken(Mistake::Format, at, format!("this is no message: {why}")))?;
            return add(read, messages);
        }
    };
    for text in names {
        match text.as_str() {
            "none" => answer.none = true,
            "as-sent" => answer.as_sent = true,
            text if is_name(text) => {
                let place = find(text, messages, at)?;
                answer.replies.push(place);
            }
            text => {
                let read: Result<RawMessage, _> = serde_json::from_value(serde_json::json!({ "is": text }));
                let read = read.map_err(|why| mistaken(Mistake::Format, at, format!("this is no message: {why}")))?;
                let message = one(name, &read, at, around.words)?;
                answer.replies.insert(0, messages.len());
                messages.push(message);
            }
        }
    }
    Ok(())
}

/// Whether a text can only be the name of a message: anything else is a message as it is written.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A message by its name.
pub(super) fn find(name: &str, messages: &[Message], at: &[&str]) -> Result<usize, Mistaken> {
    let found = messages.iter().position(|message| message.name == name);
    found.ok_or_else(|| {
        let known = || messages.iter().map(|message| message.name.as_str());
        let help = suggest(name, known()).unwrap_or_default();
        let what = format!("`{name}` is no message of this profile; {help}");
        let what = what.trim_end_matches("; ").to_owned();
        mistaken(Mistake::Reference, &[at, &[name]].concat(), what)
    })
}
