//! Which frames are sent and heard, and how a reply is known to be one of a request.

use super::matching::Matching;
use super::message::{Words, is_dump};
use super::raw::RawProtocol;
use super::raw_json::RawMatch;
use super::wrong::{Mistaken, mistaken};
use crate::frames::FrameKind;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::quantity::mistake_of;

/// A span that must be above 0.
pub(super) fn span(text: &Option<String>, at: &[&str]) -> Result<Option<Span>, Mistaken> {
    let Some(text) = text else { return Ok(None) };
    let span: Result<Span, _> = text.parse();
    let span = span.map_err(|why| mistaken(mistake_of(&why), at, format!("{why}")))?;
    if span.0 > 0 {
        return Ok(Some(span));
    }
    Err(mistaken(Mistake::Range, at, "it must be more than 0".to_owned()))
}

/// The kind of frame that is sent, and those that are heard.
pub(super) fn spoken(raw: &RawProtocol, words: &Words<'_>) -> Result<(usize, Vec<usize>), Mistaken> {
    let kinds = words.kinds;
    let all = || (0..kinds.len()).collect();
    let Some((first, _)) = raw.speak.first_key_value() else {
        // A prompt and a dump are heard, and never sent.
        let sent = kinds.iter().position(|kind| kind.at_rest.is_none() && !is_dump(kind));
        return Ok((sent.unwrap_or(0), heard(kinds, all())?));
    };
    let mode = raw.options.get("mode").map_or(first, |mode| &mode.0);
    let Some(speak) = raw.speak.get(mode) else {
        let known: Vec<&str> = raw.speak.keys().map(String::as_str).collect();
        let what = format!("`{mode}` is no way to speak; `speak` has {}", known.join(", "));
        return Err(mistaken(Mistake::Reference, &["options", "mode"], what));
    };
    let send = words.kind(&speak.send, &["speak", mode, "send"])?;
    let hear = speak
        .hear
        .0
        .iter()
        .map(|name| words.kind(name, &["speak", mode, "hear"]));
    Ok((send, heard(kinds, hear.collect::<Result<_, _>>()?)?))
}

/// Those with a begin of their own first: the one without takes whatever is left.
fn heard(kinds: &[FrameKind], mut hear: Vec<usize>) -> Result<Vec<usize>, Mistaken> {
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

pub(super) fn matching(raw: &RawMatch) -> Result<Matching, Mistaken> {
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
