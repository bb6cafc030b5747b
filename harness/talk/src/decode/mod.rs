//! Bytes of a conversation that is over, read again by a profile: each frame with its message and its fields. It says what bytes mean, and judges nothing.
//!
//! What came is awaited as it was then: what was sent just before says what may answer.

mod request;

use crate::device::Profile;
use crate::protocol::{Answer, Codec, Fields, Heard, Line, Message, Protocol, Say, SpokenVerb, Told, Unasked, Wanted};
use crate::wire::escape;
use pump_hil_model::quantity::Span;
use request::{frames, read_body, read_say, wanted_of};
use std::sync::Arc;

/// A frame, or bytes that are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Its bytes, escaped as in a Rust byte string.
    pub bytes: String,
    /// What it is.
    pub is: Is,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Is {
    /// A message that was asked for, or that comes unasked.
    Message(Meaning),
    /// A message that nobody waits for: it came late, twice, or for no request.
    Stray(Meaning),
    /// Nothing that the profile knows: why.
    Unknown(String),
}

/// What a message means by the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Which message it is, and what it is to the conversation.
    pub what: String,
    /// Its fields; of what comes in the harness's words and base units, of what is sent as they stand there.
    pub fields: Fields,
    /// What it says of the pump.
    pub gives: Vec<(&'static str, String)>,
}

/// What was asked last, as far as the profile knows it.
#[derive(Debug, Default)]
struct Asked {
    /// What it was.
    what: String,
    /// What may answer it, one for each verb that it can be.
    says: Vec<Arc<Say>>,
    /// Its number, where requests have one.
    id: Option<u64>,
    /// Its answer did not come yet.
    waits: bool,
    /// It came back, of a device that echoes: what comes before that answers something else.
    echoed: bool,
}

/// Reads a conversation again, in its order.
#[derive(Debug)]
pub struct Decoder {
    protocol: Arc<Protocol>,
    codec: Codec,
    asked: Asked,
}

impl Decoder {
    /// By this profile.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        let protocol = Arc::clone(&profile.protocol);
        Self {
            codec: Codec::new(Arc::clone(&protocol)),
            protocol,
            asked: Asked::default(),
        }
    }

    /// Takes bytes that came at `now`; gives what they finish.
    pub fn heard(&mut self, bytes: &[u8], now: Span) -> Vec<Decoded> {
        let mut lines = Vec::new();
        self.codec.handle_timeout(now, |line| lines.push(line));
        self.codec.feed(bytes, now, |line| lines.push(line));
        lines.into_iter().map(|line| self.decoded(line)).collect()
    }

    /// Takes bytes that were sent; gives first what came before and ends with it, then what they are.
    pub fn sent(&mut self, bytes: &[u8]) -> (Vec<Decoded>, Vec<Decoded>) {
        // Who sends had heard all that there was to hear.
        let before = self.rested();
        let cuts = self.cut_sent(bytes);
        (before, cuts)
    }

    /// What is left when nothing more comes.
    pub fn end(&mut self) -> Vec<Decoded> {
        let mut found = self.rested();
        found.extend(self.codec.take_rest().map(|bytes| Decoded {
            bytes,
            is: Is::Unknown("the begin of a frame whose rest did not come".to_owned()),
        }));
        found
    }

    /// What silence ends.
    fn rested(&mut self) -> Vec<Decoded> {
        let mut lines = Vec::new();
        while let Some(due) = self.codec.poll_timeout() {
            self.codec.handle_timeout(due, |line| lines.push(line));
        }
        lines.into_iter().map(|line| self.decoded(line)).collect()
    }

    fn decoded(&mut self, line: Line) -> Decoded {
        let is = match line.heard {
            Ok(heard) => self.meaning(heard),
            Err(why) => Is::Unknown(why.to_string()),
        };
        Decoded { bytes: line.text, is }
    }

    fn meaning(&mut self, heard: Heard) -> Is {
        let plain = |what: String, fields: Fields| Meaning {
            what,
            fields,
            gives: Vec::new(),
        };
        match heard {
            Heard::Event { n, t_ms, kind, fields } => {
                Is::Message(plain(format!("event {n} at {t_ms} ms: {kind}"), fields))
            }
            Heard::Dose { n, t_ms, fields } => Is::Message(plain(format!("dose entry {n} at {t_ms} ms"), fields)),
            Heard::Echo => {
                self.asked.echoed = true;
                Is::Message(plain(format!("echo of {}", self.asked.what), Fields::new()))
            }
            Heard::Data { id, fields } => {
                let meaning = plain(format!("a part of the reply{}", numbered(id)), fields);
                self.of_request(id, meaning, false)
            }
            Heard::Reply { id, refused, fields } => {
                let how = refused.map_or_else(|| "done".to_owned(), |reason| format!("refused, {reason}"));
                let meaning = plain(format!("reply{}: {how}", numbered(id)), fields);
                self.of_request(id, meaning, true)
            }
            Heard::Message(told) => self.message(*told),
        }
    }

    /// A message that has the number of its request, or is of the one that waits.
    fn of_request(&mut self, id: Option<u64>, mut meaning: Meaning, ends: bool) -> Is {
        let is_of = self.asked.waits && (id.is_none() || id == self.asked.id);
        if !is_of {
            return Is::Stray(meaning);
        }
        self.asked.waits = !ends;
        meaning.what = format!("{}, to {}", meaning.what, self.asked.what);
        Is::Message(meaning)
    }

    /// A message of a protocol whose verbs have messages of their own.
    fn message(&mut self, told: Told) -> Is {
        let message = self.protocol.messages.get(told.place);
        let name = message.map_or("what was sent", |message| &message.name);
        let unasked = message.map_or(Unasked::Never, |message| message.unasked);
        let asked = &self.asked;
        let answers = asked.says.iter().map(|say| &say.answer);
        let answers = answers.filter(|answer| asked.waits && (asked.echoed || !answer.waits_for_echo()));
        let of_mine = |answer: &&Answer| answer.may_end(&told) || answer.data.contains(&told.place);
        let answer = answers.clone().find(of_mine);
        let gives = answer.filter(|answer| answer.may_end(&told));
        let gives = gives
            .and_then(|answer| answer.gives_of(&told.fields))
            .unwrap_or(told.gives.clone());
        let ends = |answer: &Answer| answer.may_end(&told) && answer.until.is_none_or(|until| until == told.place);
        let (what, waits) = match (answer, unasked) {
            (Some(answer), also) if also != Unasked::Always => {
                let what = format!("`{name}`, to {}", self.asked.what);
                (Some(what), !ends(answer))
            }
            (_, Unasked::Never) => (None, self.asked.waits),
            _ => (Some(format!("`{name}`, unasked")), self.asked.waits),
        };
        let meaning = Meaning {
            what: what.clone().unwrap_or_else(|| format!("`{name}`")),
            gives: gives
                .into_iter()
                .map(|(target, value)| (target.word(), value))
                .collect(),
            fields: told.fields.clone(),
        };
        self.asked.waits = waits;
        match what {
            Some(_) => Is::Message(meaning),
            None => Is::Stray(meaning),
        }
    }

    /// What was sent, and what answers it from now on.
    fn cut_sent(&mut self, bytes: &[u8]) -> Vec<Decoded> {
        let protocol = Arc::clone(&self.protocol);
        if let Some(request) = protocol.request.and_then(|place| protocol.messages.get(place)) {
            return self.cut_requests(&protocol, request, bytes);
        }
        let mut asked = Asked {
            waits: true,
            ..Asked::default()
        };
        let (mut names, mut fields, mut wanted, mut dump) = (Vec::new(), None, Wanted::default(), None);
        for verb in protocol.verbs.values() {
            for say in &verb.says {
                let Some(read) = read_say(&protocol, say, bytes) else {
                    continue;
                };
                names.push(name_of(verb));
                wanted = wanted_of(&say.answer, &read, wanted);
                dump = dump.or(say.answer.dump);
                fields.get_or_insert(read.fields);
                asked.says.push(Arc::clone(say));
            }
        }
        names.dedup();
        asked.what = names.join(" or ");
        let is = match fields {
            Some(fields) => Is::Message(Meaning {
                what: format!("request {}", asked.what),
                fields,
                gives: Vec::new(),
            }),
            None => Is::Unknown("no verb of the profile says this".to_owned()),
        };
        self.codec.want(wanted, dump);
        self.asked = asked;
        vec![Decoded {
            bytes: escape(bytes),
            is,
        }]
    }

    /// Frames of which each is the one message that every request is.
    fn cut_requests(&mut self, protocol: &Protocol, request: &Message, bytes: &[u8]) -> Vec<Decoded> {
        let kind = request.kind.unwrap_or(protocol.speak);
        let mut found = Vec::new();
        frames(protocol, kind, bytes, |raw, frame| {
            let read = frame.and_then(|frame| read_body(request, frame).ok_or_else(|| "it is no request".to_owned()));
            let is = match read {
                Err(why) => Is::Unknown(why),
                Ok(fields) => {
                    let of = |name: &str| {
                        fields
                            .iter()
                            .find(|(key, _)| key == name)
                            .map(|(_, value)| value.clone())
                    };
                    let id = of(protocol.id_field()).and_then(|id| id.parse().ok());
                    self.asked = Asked {
                        what: format!("`{}`", of("verb").unwrap_or_default()),
                        says: Vec::new(),
                        id,
                        waits: true,
                        echoed: false,
                    };
                    let what = format!("request{} {}", numbered(id), self.asked.what);
                    let gives = Vec::new();
                    Is::Message(Meaning { what, fields, gives })
                }
            };
            found.push(Decoded { bytes: escape(raw), is });
        });
        found
    }
}

fn numbered(id: Option<u64>) -> String {
    id.map_or_else(String::new, |id| format!(" {id}"))
}

fn name_of(verb: &SpokenVerb) -> String {
    format!("`{}`", verb.name)
}

#[cfg(test)]
mod tests;
