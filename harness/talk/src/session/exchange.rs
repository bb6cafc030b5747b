//! One exchange: what a job wants to be said next, what is in flight, and what came of it.

use super::arguments::Arguments;
use super::request::{RequestEnd, RequestError};
use crate::device::Profile;
use crate::frames::Wrong;
use crate::protocol::{Fields, Heard, Means, Message, Say, Target, Told, Wanted, Written};
use pump_hil_model::case::Verb;
use pump_hil_model::event::{Body, Says};
use pump_hil_model::quantity::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The exchange in flight.
#[derive(Debug)]
pub(super) struct Exchange {
    pub seq: u64,
    /// What is sent, and again in each try: the same bytes, by which a pump knows that it carried them out already.
    pub bytes: Vec<u8>,
    pub tries: u32,
    pub deadline: Span,
    pub data: Vec<Fields>,
    /// What answers it, where its messages are its own.
    pub saying: Option<Saying>,
}

/// What answers a request that has messages of its own.
#[derive(Debug)]
pub(super) struct Saying {
    say: Arc<Say>,
    said: Written,
    /// How long the reply may take.
    pub timeout: Span,
    /// The first refusal among messages that do not end the exchange.
    refused: Option<String>,
    /// The device said that it was busy: it did nothing, and may be asked again.
    pub busy: bool,
    /// What was sent came back: what comes before that answers something else.
    echoed: bool,
}

/// What a message is to the exchange in flight.
#[derive(Debug)]
pub(super) enum Taken {
    /// Its end.
    Reply(Answer),
    /// A part of it.
    Part,
    /// Not carried out; it may be asked again.
    Busy,
    /// Nothing.
    Not,
}

impl Exchange {
    /// One that was not sent yet.
    pub fn new(seq: u64, bytes: Vec<u8>, now: Span) -> Self {
        Self {
            seq,
            bytes,
            tries: 0,
            deadline: now,
            data: Vec::new(),
            saying: None,
        }
    }

    /// One whose messages are its own.
    pub fn saying(seq: u64, say: Arc<Say>, said: Written, timeout: Span, now: Span) -> Self {
        let mut exchange = Self::new(seq, said.bytes.clone(), now);
        exchange.saying = Some(Saying {
            say,
            said,
            timeout,
            refused: None,
            busy: false,
            echoed: false,
        });
        exchange
    }

    /// What is awaited.
    pub fn wanted(&self) -> (Wanted, Option<usize>) {
        let Some(saying) = &self.saying else {
            return (Wanted::default(), None);
        };
        let answer = &saying.say.answer;
        let messages = answer.replies.iter().chain(&answer.until).chain(&answer.data);
        let wanted = Wanted {
            messages: messages.copied().collect(),
            echo: answer.echo.then(|| saying.said.body.clone()),
            // The content of a frame is all but its end.
            as_sent: answer.as_sent.then(|| saying.said.content.clone()),
        };
        (wanted, answer.dump)
    }

    /// What was sent came back.
    pub fn echo(&mut self) {
        if let Some(saying) = &mut self.saying {
            saying.echoed = true;
        }
    }

    /// Whether it may be said once more: a device that does it again would do no harm, or did not do it.
    pub fn may_be_said_again(&mut self, harmless: bool, profile: &Profile) -> bool {
        let most = profile.protocol.tries.unwrap_or(profile.limits.tries);
        let busy = self
            .saying
            .as_mut()
            .is_some_and(|saying| std::mem::take(&mut saying.busy));
        (profile.protocol.same_bytes || busy || harmless) && self.tries < most
    }

    /// The end of what nothing answers, or what silence answers.
    pub fn by_silence(&self) -> Option<Answer> {
        let saying = self.saying.as_ref()?;
        let answer = &saying.say.answer;
        (answer.none || answer.quiet.is_some()).then(|| Answer {
            refused: None,
            fields: saying.rounded(),
            data: Vec::new(),
        })
    }

    /// What a message is to it.
    pub fn takes(&mut self, told: &Told, message: Option<&Message>) -> Taken {
        let limit = match &self.saying {
            Some(saying) if saying.is_of(told, self.seq) => saying.say.answer.at_most,
            _ => return Taken::Not,
        };
        let means = message.map_or(Means::Done, |message| message.means);
        let Some(saying) = &mut self.saying else {
            return Taken::Not;
        };
        let answer = &saying.say.answer;
        let reason = told.fields.iter().find(|(key, _)| key == "reason");
        let reason = || reason.map_or_else(|| "refused".to_owned(), |(_, reason)| reason.clone());
        let ends = answer.may_end(told);
        if means == Means::Busy && (ends || answer.data.contains(&told.place)) {
            saying.busy = true;
            return Taken::Busy;
        }
        if ends && (answer.until.is_none_or(|until| until == told.place) || means == Means::Refused) {
            let refused = (means == Means::Refused).then(reason).or_else(|| saying.refused.take());
            let mut fields = saying.rounded();
            fields.extend(
                told.fields
                    .iter()
                    .filter(|(key, _)| refused.is_none() || key != "reason")
                    .cloned(),
            );
            let data = std::mem::take(&mut self.data);
            return Taken::Reply(Answer { refused, fields, data });
        }
        if !ends && !answer.data.contains(&told.place) {
            return Taken::Not;
        }
        if means == Means::Refused {
            saying.refused.get_or_insert_with(reason);
        }
        if self.data.len() < limit {
            self.data.push(told.fields.clone());
        }
        Taken::Part
    }

    /// What a message is in the journal, where it ends the exchange.
    pub fn says(&self, told: &Told) -> Option<Says> {
        let saying = self.saying.as_ref().filter(|saying| saying.is_of(told, self.seq))?;
        saying.say.answer.may_end(told).then_some(Says::Reply(self.seq))
    }

    /// What the last part says besides its own fields.
    pub fn add_to_part(&mut self, fields: Fields) {
        if let Some(part) = self.data.last_mut() {
            give(part, fields);
        }
    }

    /// What its reply gives, where the verb says that itself.
    pub fn gives(&self, told: &Told) -> Option<Vec<(Target, String)>> {
        self.saying.as_ref()?.say.answer.gives_of(&told.fields)
    }

    /// Takes a data line; `false` where there are `limit` already.
    pub fn take(&mut self, fields: Fields, limit: usize) -> bool {
        // A retry may list again what was listed already.
        if self.data.contains(&fields) {
            return true;
        }
        let room = self.data.len() < limit;
        if room {
            self.data.push(fields);
        }
        room
    }
}

impl Saying {
    /// Whether a message can be of this request: by its number, and by what it has as the request has it.
    fn is_of(&self, told: &Told, seq: u64) -> bool {
        let held = |name: &str| self.said.header.iter().find(|(known, _)| known == name);
        let same = self.say.answer.same.iter().all(|(field, of)| {
            let came = told.fields.iter().find(|(known, _)| known == field);
            // A message that lacks the field is told apart by what it is alone.
            came.zip(held(of))
                .is_none_or(|((_, came), (_, sent))| *came == sent.to_string())
        });
        let echoed = self.echoed || !self.say.answer.waits_for_echo();
        same && echoed && told.id.is_none_or(|id| id == seq)
    }

    /// How long it may stay without an answer.
    pub fn patience(&self) -> Span {
        let answer = &self.say.answer;
        if answer.none {
            Span(0)
        } else {
            answer.quiet.unwrap_or(self.timeout)
        }
    }

    /// What could not be sent exactly, and was sent in its place.
    fn rounded(&self) -> Fields {
        let rounded = self.said.rounded.iter();
        rounded
            .map(|(what, sent)| (format!("sent.{what}"), sent.clone()))
            .collect()
    }
}

/// What a job wants next.
#[derive(Debug)]
pub(super) enum Next {
    Send {
        verb: String,
        fields: Fields,
    },
    /// A request with messages of its own.
    Say {
        say: Arc<Say>,
        arguments: Arc<Arguments>,
    },
    Done(RequestEnd),
}

impl Next {
    /// The exchange that it is, not sent yet; `verb` is what is asked, for messages.
    ///
    /// # Errors
    /// How the job ends instead: it is done, or this cannot be said.
    pub fn written(self, verb: &str, profile: &Profile, seq: u64, now: Span) -> Result<Exchange, RequestEnd> {
        let protocol = &profile.protocol;
        match self {
            Self::Done(end) => Err(end),
            Self::Send { verb: theirs, fields } => {
                let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                let written = protocol.request(seq, &theirs, &pairs);
                let verb = Verb::of(verb).map_or("", Verb::word);
                let why = |why| RequestEnd::NotSent {
                    why: RequestError::Encode { verb, why },
                };
                Ok(Exchange::new(seq, written.map_err(why)?, now))
            }
            Self::Say { say, arguments } => {
                let usual = protocol.timeout.unwrap_or(profile.limits.reply_timeout);
                let written = say.write(protocol, seq, &|name| arguments.get(name));
                let verb = verb.to_owned();
                let why = |why| RequestEnd::NotSent {
                    why: RequestError::Say { verb, why },
                };
                let written = written.map_err(why)?;
                let timeout = written.timeout.unwrap_or(usual);
                Ok(Exchange::saying(seq, say, written, timeout, now))
            }
        }
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub refused: Option<String>,
    pub fields: Fields,
    pub data: Vec<Fields>,
}

impl Answer {
    /// How an exchange that ends its job ended.
    pub fn end(self, profile: &Profile) -> RequestEnd {
        let fields = self.fields.into_iter();
        let ours = fields.map(|(key, value)| (profile.keys.into_ours(key), value));
        end_of(self.refused, ours.collect())
    }

    /// The same for a part of a job, of which the end says which.
    pub fn end_at(self, profile: &Profile, at: &str) -> RequestEnd {
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let ours = self.fields.into_iter();
        fields.extend(ours.map(|(key, value)| (profile.keys.into_ours(key), value)));
        fields.insert("at".to_owned(), at.to_owned());
        end_of(self.refused, fields)
    }

    /// Adds what the reply says of the pump.
    pub fn give(&mut self, fields: Fields) {
        give(&mut self.fields, fields);
    }

    pub fn field(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

/// Adds what a message says of the pump. A field of the message that only has the name of such a thing is none: it is told as `said.NAME`.
fn give(to: &mut Fields, gives: Fields) {
    for (key, _) in to.iter_mut() {
        if Target::ALL.iter().any(|(_, word)| word == key) && !gives.iter().any(|(given, _)| given == key) {
            key.insert_str(0, "said.");
        }
    }
    to.retain(|(key, _)| !gives.iter().any(|(given, _)| given == key));
    to.extend(gives);
}

/// Takes a data line of the exchange with this number; what is to be told of one too many, or of one that nobody waits for.
pub(super) fn take_data(
    exchange: Option<&mut Exchange>,
    id: Option<u64>,
    fields: Fields,
    limit: usize,
    last_seq: u64,
) -> Option<Body> {
    match exchange.filter(|exchange| id.is_none_or(|id| id == exchange.seq)) {
        Some(exchange) => (!exchange.take(fields, limit)).then(|| Body::Garbled {
            why: format!("more than {limit} data lines, the limit of the device profile"),
        }),
        None => Some(unasked(last_seq, id, "a data line of")),
    }
}

/// What a line is in the journal.
pub(super) fn says(heard: &Result<Heard, Wrong>, exchange: Option<&Exchange>, last_seq: u64) -> Option<Says> {
    match heard {
        Ok(Heard::Message(told)) => exchange?.says(told),
        Ok(heard) => heard.says(last_seq),
        Err(_) => None,
    }
}

/// Puts a value behind those that a field has already.
pub(super) fn beside(fields: &mut BTreeMap<String, String>, key: String, value: &str) {
    let joined = fields.entry(key).or_default();
    if !joined.is_empty() {
        joined.push(' ');
    }
    joined.push_str(value);
}

/// How a request ended that was carried out, or refused for this reason.
pub(super) fn end_of(refused: Option<String>, fields: BTreeMap<String, String>) -> RequestEnd {
    let fields = Arc::new(fields);
    match refused {
        None => RequestEnd::Ok { fields },
        Some(reason) => RequestEnd::Refused { reason, fields },
    }
}

/// Where a session that is to be cut off ends.
pub(super) struct Cut {
    /// Bytes of this exchange that are still sent.
    pub left: usize,
    /// Bytes sent in all.
    pub sent: u32,
}

/// So many requests behind the newest an answer may still be one that came late, or twice.
const ANSWERED_LATE: u64 = 16;

/// What is to be told of an answer that nobody waits for: it is late, or doubled, where its request was sent not long ago; else it is a stranger's.
pub(super) fn unasked(last_seq: u64, id: Option<u64>, what: &str) -> Body {
    let Some(seq) = id else {
        let why = format!("{what} no request: nobody waits for one");
        return Body::Garbled { why };
    };
    let ago = last_seq.checked_sub(seq);
    if seq > 0 && ago.is_some_and(|ago| ago <= ANSWERED_LATE) {
        let of = "reply".to_owned();
        return Body::Repeated { of, n: seq };
    }
    let why = format!("{what} request {seq}, which nobody waits for");
    Body::Garbled { why }
}

/// What is to be told of the answer to raw bytes.
pub(super) fn raw_reply(profile: &Profile, request: Option<u64>, refused: Option<String>, fields: Fields) -> Body {
    let ours = fields
        .into_iter()
        .map(|(key, value)| (profile.keys.into_ours(key), value));
    Body::Reply {
        verb: "raw".to_owned(),
        refused,
        fields: Arc::new(ours.collect()),
        request,
    }
}
