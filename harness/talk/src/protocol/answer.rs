//! What answers a request, out of a profile.

use super::formula::Formula;
use super::meaning::{Gives, Target, given, gives};
use super::message::{Means, Message, Words, is_dump, one};
use super::raw::{RawAsk, RawMessage};
use super::raw_json::{RawNames, RawReply};
use super::raw_verb::RawVerb;
use super::told::Told;
use super::wrong::{Mistaken, mistaken};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::quantity::mistake_of;
use serde_json::Value as Json;

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
    /// Whether a message is one of those that can end the request.
    #[must_use]
    pub fn may_end(&self, told: &Told) -> bool {
        told.as_sent || self.replies.contains(&told.place) || self.until == Some(told.place)
    }

    /// Whether the echo comes first. What silence answers, or silence ends, has its echo in it or has none.
    #[must_use]
    pub fn waits_for_echo(&self) -> bool {
        self.echo && self.quiet.is_none() && self.dump.is_none()
    }

    /// What the fields of a reply say of the pump, where the verb says that in place of the message.
    #[must_use]
    pub fn gives_of(&self, fields: &[(String, String)]) -> Option<Vec<(Target, String)>> {
        self.gives.as_ref().map(|gives| given(gives, fields))
    }

    /// What a reply can say of the pump, where the verb says that in place of the message.
    pub(super) fn gives_at_all(&self) -> Option<Vec<Target>> {
        self.gives
            .as_ref()
            .map(|gives| gives.iter().map(|(target, _)| *target).collect())
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

/// Messages of one reply, where the profile does not say.
const AT_MOST: usize = 64;

pub(super) fn answer(
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
        span.map(Some)
            .map_err(|why| wrong(mistake_of(&why), key, format!("{why}")))
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
    answer.dump = dumps
        .into_iter()
        .find(|kind| around.words.kinds.get(*kind).is_some_and(is_dump));
    if let Some(raw) = &raw.gives {
        let fields = answer
            .replies
            .iter()
            .chain(&answer.until)
            .filter_map(|place| messages.get(*place));
        let fields: Vec<String> = fields
            .flat_map(|message| message.shape.fields().map(|field| field.name().to_owned()))
            .collect();
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
    // As it is written there; it goes before those that are named.
    let in_place = |written: Json, messages: &mut Vec<Message>, answer: &mut Answer| {
        let read: Result<RawMessage, _> = serde_json::from_value(written);
        let read = read.map_err(|why| mistaken(Mistake::Format, at, format!("this is no message: {why}")))?;
        answer.replies.insert(0, messages.len());
        messages.push(one(name, &read, at, around.words)?);
        Ok(())
    };
    let names = match raw {
        RawReply::Names(names) => names,
        RawReply::Map(map) => return in_place(Json::Object(map.clone()), messages, answer),
    };
    for text in names {
        match text.as_str() {
            "none" => answer.none = true,
            "as-sent" => answer.as_sent = true,
            text if is_name(text) => answer.replies.push(find(text, messages, at)?),
            text => in_place(serde_json::json!({ "is": text }), messages, answer)?,
        }
    }
    Ok(())
}

/// Whether a text can only be the name of a message: anything else is a message as it is written.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
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
