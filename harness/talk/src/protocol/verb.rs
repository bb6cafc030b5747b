//! Verbs out of a profile: what is sent for each, and what answers it.

use super::answer::{Answer, Around, answer};
use super::formula::Formula;
use super::frame::bytes_of;
use super::meaning::{Round, unit_of};
use super::message::{Message, Words, round_of, shape, signed};
use super::raw_json::{RawIs, RawNumber, RawSend, text_of};
use super::raw_verb::{Effect, RawSure, RawVerb};
use super::wrong::{Mistaken, mistaken};
use crate::messages::{AnyField, Shape, TextField, Unit};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
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
            let all = puts
                .chain(headers.flatten())
                .chain(say.answer.timeout.iter().flat_map(Formula::arguments));
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
            return Err(wrong(
                Mistake::KeyCombination,
                "do",
                "a verb has `send`, or `do` with steps that have it",
            ));
        }
        let place = place.to_string();
        says.push(Arc::new(say(
            name,
            step,
            &[at, &["do", &place]].concat(),
            around,
            messages,
        )?));
    }
    let sure_by = raw
        .sure_by
        .as_ref()
        .or_else(|| raw.steps.last().and_then(|step| step.sure_by.as_ref()));
    let sure_by = match sure_by {
        None => None,
        Some(RawSure {
            state: Some(state),
            moved: None,
        }) => Some(SureBy::State(state.clone())),
        Some(RawSure {
            state: None,
            moved: Some(total),
        }) if total == "reported" => Some(SureBy::Moved),
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
    for name in kind
        .into_iter()
        .flat_map(|kind| &kind.before)
        .filter_map(|piece| piece.name())
    {
        let said = header.get(name).or_else(|| around.ask.header.get(name));
        let Some(said) = said else {
            let what =
                format!("the header of this frame has `{name}`: say what stands there, here or in `ask: header`");
            return Err(wrong(Mistake::MissingKey, "send", what));
        };
        filled.push((
            name.to_owned(),
            held(said).map_err(|what| wrong(Mistake::Format, "send", what))?,
        ));
    }
    if let Some(stranger) = header.keys().find(|key| !filled.iter().any(|(name, _)| name == *key)) {
        let known: Vec<&str> = filled.iter().map(|(name, _)| name.as_str()).collect();
        let help = suggest(stranger, known.iter().copied()).unwrap_or_default();
        let what = format!("`{stranger}` is no field of this frame's header; {help}");
        let what = what.trim_end_matches("; ").to_owned();
        return Err(mistaken(Mistake::Reference, &[at, &["send", stranger]].concat(), what));
    }
    let puts = shape.fields().map(|field| put(field, around.words));
    let puts = puts
        .collect::<Result<_, _>>()
        .map_err(|what| wrong(Mistake::Format, "send", what))?;
    let end = around.ask.end.as_deref().map_or(Ok(Vec::new()), bytes_of);
    let ended = kind.is_some_and(|kind| !kind.ends.is_empty()) && around.ask.end.is_none();
    Ok(Say {
        kind: around.speak,
        end: if ended {
            Vec::new()
        } else {
            end.map_err(|what| mistaken(Mistake::Format, &["ask", "end"], what))?
        },
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
    number
        .map(Header::Is)
        .ok_or_else(|| format!("`{}` is neither a number nor an argument", raw.0))
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
