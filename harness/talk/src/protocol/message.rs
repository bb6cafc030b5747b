//! Messages from what a profile says of them.

use super::frame::whole;
use super::raw::{RawMeans, RawMessage, RawProtocol, RawTells, RawUnasked};
use super::wrong::{Mistaken, mistaken};
use crate::frames::FrameKind;
use crate::messages::{Around, Class, PairsForm, Template};
use pump_hil_model::mistake::Mistake;
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
    /// What it says.
    pub text: Template,
    /// The harness says it.
    pub send: bool,
    /// Bytes that its frame may have, without its end.
    pub max: Option<usize>,
    /// It may come without a request.
    pub unasked: bool,
    /// What it says of the request.
    pub means: Means,
    /// The numbered record that it is.
    pub tells: Option<Tells>,
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

/// All messages of a profile, by their names.
pub(super) fn messages(raw: &RawProtocol, kinds: &[FrameKind], units: &[String]) -> Result<Vec<Message>, Mistaken> {
    let pairs = pairs(raw)?;
    let parts = |name: &str| raw.parts.get(name).cloned();
    let around = Around {
        pairs: pairs.as_ref(),
        units,
        parts: &parts,
    };
    let all = raw.messages.iter();
    all.map(|(name, message)| one(name, message, kinds, around)).collect()
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

fn one(name: &str, raw: &RawMessage, kinds: &[FrameKind], around: Around<'_>) -> Result<Message, Mistaken> {
    let at = |key: &str| vec!["messages".to_owned(), name.to_owned(), key.to_owned()];
    let wrong = |mistake, key: &str, what| Mistaken {
        mistake,
        path: at(key),
        what,
    };
    let text = Template::new(&raw.is, around).map_err(|what| wrong(Mistake::Format, "is", what))?;
    let kind = match &raw.frame {
        None => None,
        Some(frame) => Some(kinds.iter().position(|kind| kind.name == *frame).ok_or_else(|| {
            let known: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
            let what = format!("`{frame}` is no frame of this profile; it has {}", known.join(", "));
            wrong(Mistake::Reference, "frame", what)
        })?),
    };
    let mut when = Vec::new();
    for (field, numbers) in &raw.when {
        let range = range(&numbers.0);
        let what = || format!("`{}` is neither a number nor a range such as `0x80..0xFF`", numbers.0);
        when.push((
            field.clone(),
            range.ok_or_else(|| wrong(Mistake::Number, field, what()))?,
        ));
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
    if let Some(missing) = needed.iter().find(|needed| text.place_of(needed).is_none()) {
        let what = format!("a numbered record needs the field `{missing}`");
        return Err(wrong(Mistake::MissingKey, "is", what));
    }
    Ok(Message {
        name: name.to_owned(),
        kind,
        when,
        text,
        send: raw.send,
        max: raw.max,
        unasked: matches!(raw.unasked, Some(RawUnasked::Always | RawUnasked::Also)),
        means: match raw.means {
            None | Some(RawMeans::Done) => Means::Done,
            Some(RawMeans::Refused) => Means::Refused,
            Some(RawMeans::Busy) => Means::Busy,
        },
        tells,
    })
}

/// A number, or the numbers from one to another.
fn range(text: &str) -> Option<Range<i128>> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let (from, to) = (i128::from(whole(from)?), i128::from(whole(to)?));
    (from <= to).then(|| from..to.saturating_add(1))
}
