//! One exchange: what a job wants to be said next, what is in flight, and what came of it.

use super::request::RequestEnd;
use crate::device::Profile;
use crate::protocol::Fields;
use pump_hil_model::event::Body;
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
        }
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

/// What a job wants next.
#[derive(Debug)]
pub(super) enum Next {
    Send { verb: String, fields: Fields },
    Done(RequestEnd),
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

    pub fn field(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
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
