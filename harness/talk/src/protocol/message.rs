//! Messages from what a profile says of them.

use super::frame::whole;
use super::meaning::{FieldWords, Gives, Meaning, Round, gives};
use super::raw::{RawMeans, RawMessage, RawProtocol, RawTells};
use super::raw_json::{RawIs, RawUnasked, text_of};
use super::raw_verb::RawRound;
use super::wrong::{Mistaken, mistaken};
use crate::frames::{FrameKind, NUMBERS, Number, Piece};
use crate::messages::{Around, Class, Layout, LayoutField, PairsForm, Pattern, Shape, Template, Unit};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::words::STATES;
use pump_hil_model::yaml::quantity::mistake_of;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name in the profile.
    pub name: String,
    /// The only kind of frame that it comes in.
    pub kind: Option<usize>,
    /// What the frame's header must hold: name and numbers.
    pub when: Vec<(String, Range<i128>)>,
    /// What it looks like.
    pub shape: Shape,
    /// The harness says it.
    pub send: bool,
    /// Bytes that its frame may have, without its end.
    pub max: Option<usize>,
    /// Whether it comes without a request.
    pub unasked: Unasked,
    /// How long it may stay away, and in which state of the pump.
    pub lost_after: Option<(Option<String>, Span)>,
    /// What it says of the request.
    pub means: Means,
    /// The numbered record that it is.
    pub tells: Option<Tells>,
    pub(super) meaning: Meaning,
    pub(super) gives: Gives,
}

/// Whether a message comes without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// It does not.
    Never,
    /// It never answers a request.
    Always,
    /// It may be either.
    Also,
}

/// What a message says of the request that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// It was carried out.
    Done,
    /// It was refused.
    Refused,
    /// It was not carried out, and may be asked again.
    Busy,
}

/// A numbered record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// An event: fields `n`, `t` and `kind`.
    Event,
    /// A dose entry: fields `n` and `t`.
    Dose,
}

/// What messages may refer to.
pub(super) struct Words<'a> {
    pub kinds: &'a [FrameKind],
    pub pairs: Option<Arc<PairsForm>>,
    /// Parts and options.
    pub parts: BTreeMap<String, String>,
    pub units: Arc<BTreeMap<String, Unit>>,
    pub unit_names: Vec<String>,
    /// Words of fields, by the field's name.
    pub words: BTreeMap<String, Arc<FieldWords>>,
}

impl<'a> Words<'a> {
    pub fn new(
        raw: &RawProtocol,
        kinds: &'a [FrameKind],
        units: Arc<BTreeMap<String, Unit>>,
    ) -> Result<Self, Mistaken> {
        let words = raw.words.iter();
        let words = words.map(|(field, words)| (field.clone(), Arc::new(words.clone())));
        let options = raw.options.iter().map(|(name, text)| (name.clone(), escaped(&text.0)));
        let parts = raw.parts.iter().map(|(name, text)| (name.clone(), text.clone()));
        Ok(Self {
            kinds,
            pairs: pairs(raw)?,
            parts: options.chain(parts).collect(),
            unit_names: units.keys().cloned().collect(),
            units,
            words: words.collect(),
        })
    }

    /// A text with fields.
    pub fn template(&self, text: &str) -> Result<Template, String> {
        let parts = |name: &str| self.parts.get(name).cloned();
        let around = Around {
            pairs: self.pairs.as_ref(),
            units: &self.unit_names,
            parts: &parts,
        };
        Template::new(text, around)
    }

    /// A frame by its name.
    pub fn kind(&self, name: &str, at: &[&str]) -> Result<usize, Mistaken> {
        let known = || self.kinds.iter().map(|kind| kind.name.as_str());
        known().position(|known| known == name).ok_or_else(|| {
            let known: Vec<&str> = known().collect();
            let what = format!("`{name}` is no frame of this profile; it has {}", known.join(", "));
            mistaken(Mistake::Reference, at, what)
        })
    }

    fn meaning(&self, shape: &Shape, round: Option<RawRound>) -> Result<Meaning, String> {
        Meaning::new(shape, &self.units, &self.words, round.map(round_of))
    }
}

/// As it is written in a profile.
pub(super) fn round_of(raw: RawRound) -> Round {
    match raw {
        RawRound::Nearest => Round::Nearest,
        RawRound::Down => Round::Down,
    }
}

/// A text that stands for itself in a template.
fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// All messages of a profile, by their names; prompts, which are frames without a body, among them.
pub(super) fn messages(raw: &RawProtocol, words: &Words<'_>) -> Result<Vec<Message>, Mistaken> {
    let all = raw.messages.iter();
    let mut messages: Vec<Message> = all
        .map(|(name, message)| one(name, message, &["messages", name], words))
        .collect::<Result<_, _>>()?;
    for (place, kind) in words.kinds.iter().enumerate().filter(|(_, kind)| stands_alone(kind)) {
        let raw = raw.frames.get(&kind.name);
        let shape = if is_dump(kind) {
            Shape::All
        } else {
            Shape::Bytes(Layout { fields: Vec::new() })
        };
        let none = BTreeMap::new();
        let given = raw.map_or(&none, |raw| &raw.gives);
        messages.push(Message {
            name: kind.name.clone(),
            kind: Some(place),
            when: Vec::new(),
            meaning: words
                .meaning(&shape, None)
                .map_err(|what| mistaken(Mistake::Unit, &["frames", &kind.name], what))?,
            gives: gives(given, &header_of(kind), &["frames", &kind.name])?,
            shape,
            send: false,
            max: None,
            unasked: Unasked::Also,
            lost_after: None,
            means: Means::Done,
            tells: None,
        });
    }
    Ok(messages)
}

/// Whether a frame is a message by itself: a prompt, or all bytes until silence.
fn stands_alone(kind: &FrameKind) -> bool {
    kind.at_rest.is_some() || is_dump(kind)
}

/// Whether a frame is whatever comes until silence.
pub(super) fn is_dump(kind: &FrameKind) -> bool {
    kind.silence.is_some() && kind.before.is_empty() && kind.after.is_empty() && kind.sync.is_empty()
}

/// Names of the fields in a frame's header.
fn header_of(kind: &FrameKind) -> Vec<&str> {
    kind.before.iter().filter_map(Piece::name).collect()
}

fn pairs(raw: &RawProtocol) -> Result<Option<Arc<PairsForm>>, Mistaken> {
    let Some(raw) = &raw.pairs else { return Ok(None) };
    let class =
        |key: &str, text: &str| Class::new(text).map_err(|what| mistaken(Mistake::Format, &["pairs", key], what));
    let some = |key: &str, text: &str| {
        let what = format!("`{key}` must not be empty: it parts keys and values");
        (!text.is_empty())
            .then(|| text.to_owned())
            .ok_or_else(|| mistaken(Mistake::Empty, &["pairs", key], what))
    };
    Ok(Some(Arc::new(PairsForm {
        before: some("before", &raw.before)?,
        between: some("between", &raw.between)?,
        keys: class("keys", &raw.keys)?,
        key_max: raw.key_max,
        values: class("values", &raw.values)?,
    })))
}

/// A message from what is written of it at a place of the file.
pub(super) fn one(name: &str, raw: &RawMessage, at: &[&str], words: &Words<'_>) -> Result<Message, Mistaken> {
    let wrong = |mistake, key: &str, what| mistaken(mistake, &[at, &[key]].concat(), what);
    let shape = match &raw.matches {
        Some(pattern) => Shape::Like(Pattern::new(pattern).map_err(|what| wrong(Mistake::Format, "matches", what))?),
        None => shape(&raw.is, words, &[at, &["is"]].concat())?,
    };
    let kind = match &raw.frame {
        None => None,
        Some(frame) => Some(words.kind(frame, &[at, &["frame"]].concat())?),
    };
    let mut when = Vec::new();
    for (field, numbers) in &raw.when {
        let range = range(&numbers.0);
        let what = || format!("`{}` is neither a number nor a range such as `0x80..0xFF`", numbers.0);
        let range = range.ok_or_else(|| wrong(Mistake::Number, field, what()))?;
        when.push((field.clone(), range));
    }
    let tells = raw.tells.map(|tells| match tells {
        RawTells::Event => Tells::Event,
        RawTells::Dose => Tells::Dose,
    });
    let needed: &[&str] = match tells {
        Some(Tells::Event) => &["n", "t", "kind"],
        Some(Tells::Dose) => &["n", "t"],
        None => &[],
    };
    if let Some(missing) = needed.iter().find(|needed| shape.place_of(needed).is_none()) {
        let what = format!("a numbered record needs the field `{missing}`");
        return Err(wrong(Mistake::MissingKey, "is", what));
    }
    let mut fields: Vec<&str> = words.kinds.iter().flat_map(header_of).collect();
    let names: Vec<String> = shape.fields().map(|field| field.name().to_owned()).collect();
    fields.extend(names.iter().map(String::as_str));
    Ok(Message {
        name: name.to_owned(),
        kind,
        when,
        meaning: words
            .meaning(&shape, raw.round)
            .map_err(|what| wrong(Mistake::Unit, "is", what))?,
        gives: gives(&raw.gives, &fields, at)?,
        shape,
        send: raw.send,
        max: raw.max,
        unasked: match raw.unasked {
            None | Some(RawUnasked::Never) => Unasked::Never,
            Some(RawUnasked::Always) => Unasked::Always,
            Some(RawUnasked::Also) => Unasked::Also,
        },
        lost_after: lost_after(raw, at)?,
        means: match raw.means {
            None | Some(RawMeans::Done) => Means::Done,
            Some(RawMeans::Refused) => Means::Refused,
            Some(RawMeans::Busy) => Means::Busy,
        },
        tells,
    })
}

/// How long a message may stay away: one that comes by itself, and is no numbered record.
fn lost_after(raw: &RawMessage, at: &[&str]) -> Result<Option<(Option<String>, Span)>, Mistaken> {
    let Some(lost) = &raw.lost_after else { return Ok(None) };
    let at = [at, &["lost-after"]].concat();
    if raw.unasked != Some(RawUnasked::Always) || raw.tells.is_some() {
        let what = "only a message that comes by itself (`unasked: true`) can be lost".to_owned();
        return Err(mistaken(Mistake::KeyCombination, &at, what));
    }
    if let Some(state) = lost.state.as_ref().filter(|state| !STATES.contains(&state.as_str())) {
        let help = suggest(state, STATES.iter().copied()).unwrap_or_else(|| STATES.join(", "));
        let what = format!("`{state}` is no state of a pump; {help}");
        return Err(mistaken(Mistake::UnknownWord, &at, what));
    }
    let after: Span = lost
        .after
        .parse()
        .map_err(|e| mistaken(mistake_of(&e), &at, format!("{e}")))?;
    if after.0 <= 0 {
        return Err(mistaken(
            Mistake::Range,
            &at,
            "`lost-after` must be more than 0".to_owned(),
        ));
    }
    Ok(Some((lost.state.clone(), after)))
}

/// What a message looks like.
pub(super) fn shape(raw: &RawIs, words: &Words<'_>, at: &[&str]) -> Result<Shape, Mistaken> {
    match raw {
        RawIs::Text(text) => {
            let template = words.template(text);
            template
                .map(Shape::Text)
                .map_err(|what| mistaken(Mistake::Format, at, what))
        }
        RawIs::Bytes(fields) => {
            let fields = fields.iter().map(|field| layout_field(field, at));
            let fields: Vec<LayoutField> = fields.collect::<Result<_, _>>()?;
            Ok(Shape::Bytes(Layout { fields }))
        }
    }
}

/// Keys of a number of a binary message besides its name.
const BESIDES: [&str; 5] = ["unit", "is", "bits", "none", "value"];

fn layout_field(map: &Map<String, Json>, at: &[&str]) -> Result<LayoutField, Mistaken> {
    let wrong = |mistake, key: &str, what: String| mistaken(mistake, &[at, &[key]].concat(), what);
    let mut named = map
        .iter()
        .filter(|(key, _)| map.len() == 1 || !BESIDES.contains(&key.as_str()));
    let (Some((name, word)), None) = (named.next(), named.next()) else {
        let what = "a number is `{NAME: u16be}`, with `unit`, `is`, `bits`, `none` or `value` if need be".to_owned();
        return Err(wrong(Mistake::Format, "is", what));
    };
    let word = text_of(word).unwrap_or_default();
    let number = Number::find(&word);
    let number = number.ok_or_else(|| {
        let what = format!("`{word}` is no number; there are {NUMBERS}");
        wrong(Mistake::UnknownWord, &word, what)
    })?;
    let whole_at = |key: &str| -> Result<Option<i128>, Mistaken> {
        let text = map.get(key).filter(|_| key != name).and_then(text_of);
        let Some(text) = text else { return Ok(None) };
        let what = || wrong(Mistake::Number, key, format!("`{key}` must be a whole number"));
        signed(&text).map(Some).ok_or_else(what)
    };
    let mut names = Vec::new();
    for (number, word) in table(map, "is") {
        let what = || wrong(Mistake::Number, "is", format!("`{number}` is no whole number"));
        names.push((signed(number).ok_or_else(what)?, word));
    }
    let mut bits = Vec::new();
    for (bit, word) in table(map, "bits") {
        let place = bit.parse::<u32>().ok().filter(|bit| *bit < 64);
        let what = || wrong(Mistake::Number, "bits", format!("`{bit}` is no place of a bit"));
        bits.push((place.ok_or_else(what)?, word));
    }
    Ok(LayoutField {
        name: name.clone(),
        number,
        unit: map.get("unit").and_then(text_of),
        names,
        bits,
        none: whole_at("none")?,
        only: whole_at("value")?,
    })
}

fn table<'a>(map: &'a Map<String, Json>, key: &str) -> impl Iterator<Item = (&'a str, String)> + use<'a> {
    let table = map.get(key).and_then(Json::as_object);
    let rows = table.into_iter().flatten();
    rows.filter_map(|(key, word)| Some((key.as_str(), text_of(word)?)))
}

/// A whole number, also a negative one, also in hexadecimal.
pub(super) fn signed(text: &str) -> Option<i128> {
    match text.strip_prefix('-') {
        Some(rest) => i128::from(whole(rest)?).checked_neg(),
        None => whole(text).map(i128::from),
    }
}

/// A number, or the numbers from one to another.
fn range(text: &str) -> Option<Range<i128>> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let (from, to) = (i128::from(whole(from)?), i128::from(whole(to)?));
    (from <= to).then(|| from..to.saturating_add(1))
}
