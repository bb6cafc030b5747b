//! Reading a log back: all of it, or what was missed.

use super::exchange::{Answer, Next};
use super::hear::{Compared, Hear, Missing, Stream, event_bodies};
use super::request::RequestEnd;
use crate::device::{Limits, LogVerb, Profile};
use crate::wire::Fields;
use pump_hil_model::event::Body;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// One record of a log: its time in milliseconds and its fields, without number and time.
type Record = (u64, Fields);

#[derive(Debug)]
pub(super) struct LogJob {
    log: LogVerb,
    stream: Stream,
    /// Missing records are wanted, not all.
    only_missing: bool,
    begun: bool,
    /// Numbers that are still to be asked for, as `first..=last`.
    want: VecDeque<(u64, u64)>,
    /// Everything that is wanted.
    all: Vec<(u64, u64)>,
    got: BTreeMap<u64, Record>,
    /// Oldest and newest number that the pump keeps, as it said last.
    kept: Option<(u64, u64)>,
    pages_left: u32,
    passes_left: u32,
    recover_left: u64,
}

impl LogJob {
    pub fn all(log: LogVerb, limits: &Limits) -> Self {
        Self::new(log, Stream::Dose, false, limits)
    }

    pub fn missing(log: LogVerb, missing: Missing, limits: &Limits) -> Self {
        let mut job = Self::new(log, missing.of, true, limits);
        job.widen(&missing);
        job
    }

    fn new(log: LogVerb, stream: Stream, only_missing: bool, limits: &Limits) -> Self {
        Self {
            log,
            stream,
            only_missing,
            begun: false,
            want: VecDeque::new(),
            all: Vec::new(),
            got: BTreeMap::new(),
            kept: None,
            pages_left: limits.log_pages,
            passes_left: limits.tries,
            recover_left: limits.recover,
        }
    }

    pub fn widen(&mut self, missing: &Missing) -> bool {
        if self.begun || !self.only_missing || missing.of != self.stream {
            return false;
        }
        // A pump whose numbers jump far must not have the harness read without end; what is beyond is told as a gap all the same.
        let count = missing.count.min(self.recover_left);
        self.recover_left -= count;
        if count > 0 {
            let range = (missing.from, missing.from + count - 1);
            self.want.push_back(range);
            self.all.push(range);
        }
        true
    }

    pub fn first(&mut self) -> Next {
        self.begun = true;
        if !self.only_missing {
            // One record, to learn which numbers the pump keeps.
            self.want.push_back((1, 1));
        }
        self.ask()
            .unwrap_or_else(|| Next::Done(RequestEnd::Ok { fields: Arc::default() }))
    }

    fn ask(&mut self) -> Option<Next> {
        if self.pages_left == 0 {
            return None;
        }
        let (from, to) = self.want.pop_front()?;
        debug_assert!(
            1 <= from && from <= to,
            "numbers begin with 1, and a range is not empty"
        );
        self.pages_left -= 1;
        let count = (to - from + 1).min(self.log.page);
        // Compared before it is added: a pump may name the largest number that there is.
        if count <= to - from {
            self.want.push_front((from + count, to));
        }
        Some(Next::Send {
            verb: self.log.send.clone(),
            fields: vec![
                (self.log.from.clone(), from.to_string()),
                (self.log.count.clone(), count.to_string()),
            ],
        })
    }

    pub fn answered(&mut self, answer: Answer, profile: &Profile, hear: &mut Hear, bodies: &mut Vec<Body>) -> Next {
        if answer.refused.is_some() {
            return Next::Done(answer.end());
        }
        // Only the first answer says what is to be read: the pump logs on meanwhile, and a range that grew with it would never be read to
        // its end.
        let learning = self.kept.is_none();
        let number = |key: &str| answer.field(key).and_then(|v| v.parse::<u64>().ok());
        if let (Some(first), Some(last)) = (number(&self.log.first), number(&self.log.last)) {
            self.kept = Some((first, last));
        }
        for fields in answer.data {
            match self.record(fields) {
                Ok((n, record)) => {
                    self.got.insert(n, record);
                }
                Err(why) => bodies.push(Body::Nonsense { why }),
            }
        }
        if learning
            && !self.only_missing
            && let Some((first, last)) = self.kept
            // A log that is empty, or a pump that says nonsense: `ask` needs a range that holds something.
            && first >= 1
            && last >= first
        {
            self.want.push_back((first, last));
            self.all.push((first, last));
        }
        if let Some(next) = self.ask() {
            return next;
        }
        // A page may have been cut short, by the pump or by the line: what it left out is asked for again.
        if self.passes_left > 0 {
            self.passes_left -= 1;
            self.want = self.still_missing().into();
            if let Some(next) = self.ask() {
                return next;
            }
        }
        Next::Done(self.conclude(profile, hear, bodies))
    }

    fn record(&self, mut fields: Fields) -> Result<(u64, Record), String> {
        let name = self.stream.name();
        let n = crate::device::text_at(&fields, &self.log.number)
            .and_then(|v| v.parse::<u64>().map_err(|e| e.to_string()))
            .map_err(|why| format!("a record of the {name} log: {why}"))?;
        let time = self.log.time.read(&fields);
        let time = time.map_err(|why| format!("record {n} of the {name} log: {why}"))?;
        fields.retain(|(key, _)| *key != self.log.number && *key != self.log.time.key);
        // The unit takes a minus in front; a pump's time since first power has none.
        Ok((n, (u64::try_from(time).unwrap_or(0), fields)))
    }

    /// What is wanted, kept by the pump, and not there.
    fn still_missing(&self) -> Vec<(u64, u64)> {
        // A pump that never said what it keeps may keep everything.
        let (first, last) = self.kept.unwrap_or((1, u64::MAX));
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for &(from, to) in &self.all {
            // Record by record, not number by number: the pump says how many numbers there are.
            let (mut next, to) = (from.max(first), to.min(last));
            for &n in self.got.keys().filter(|n| (from.max(first)..=to).contains(*n)) {
                if next < n {
                    ranges.push((next, n - 1));
                }
                // A pump may name the largest number that there is.
                next = n.saturating_add(1);
            }
            if next <= to && !self.got.contains_key(&to) {
                ranges.push((next, to));
            }
        }
        ranges
    }

    fn conclude(&mut self, profile: &Profile, hear: &mut Hear, bodies: &mut Vec<Body>) -> RequestEnd {
        let got = std::mem::take(&mut self.got);
        let read = got.len();
        let (mut unheard, mut differing) = (0_u64, Vec::new());
        for (n, (t_ms, fields)) in got {
            if self.only_missing {
                // Records that nobody missed may come in a page as well: they were heard already.
                if self.all.iter().any(|(from, to)| (*from..=*to).contains(&n)) {
                    bodies.extend(self.bodies(profile, hear, n, t_ms, fields));
                    self.all = without(&self.all, n);
                }
                continue;
            }
            match hear.compare(n, t_ms, &fields) {
                // What is from before this conversation is no gap of it.
                Compared::Same | Compared::Before => {}
                Compared::Differs => differing.push(n.to_string()),
                Compared::Unheard => {
                    unheard += 1;
                    bodies.extend(self.bodies(profile, hear, n, t_ms, fields));
                }
            }
        }
        let (first, last) = self.kept.unwrap_or_default();
        let mut fields = BTreeMap::from([
            ("first".to_owned(), first.to_string()),
            ("last".to_owned(), last.to_string()),
            ("read".to_owned(), read.to_string()),
            ("unheard".to_owned(), unheard.to_string()),
        ]);
        if differing.is_empty() {
            return RequestEnd::Ok {
                fields: Arc::new(fields),
            };
        }
        fields.insert("differing".to_owned(), differing.join(","));
        RequestEnd::Refused {
            reason: "log-differs".to_owned(),
            fields: Arc::new(fields),
        }
    }

    fn bodies(&self, profile: &Profile, hear: &mut Hear, n: u64, t_ms: u64, mut fields: Fields) -> Vec<Body> {
        let Some(key) = self.log.kind.as_ref().filter(|_| self.stream == Stream::Event) else {
            return hear.dose_bodies(profile, n, t_ms, &fields);
        };
        match fields.iter().position(|(k, _)| k == key) {
            Some(place) => {
                let (_, kind) = fields.remove(place);
                event_bodies(profile, n, t_ms, &kind, fields)
            }
            None => vec![Body::Nonsense {
                why: format!("event {n} of the log has no `{key}`"),
            }],
        }
    }

    /// What a recovery could not read, and why.
    pub fn unfinished(&self, end: &RequestEnd) -> Option<String> {
        let why = match end {
            RequestEnd::Ok { .. } => "the pump keeps them no more, or its answers were garbled",
            RequestEnd::NoReply { .. } => "no answer came",
            _ => "the pump refused to read them",
        };
        let ranges: Vec<String> = self.all.iter().map(|(from, to)| format!("{from}..={to}")).collect();
        (!ranges.is_empty()).then(|| {
            format!(
                "missing {} records {} stay missing: {why}",
                self.stream.name(),
                ranges.join(", ")
            )
        })
    }
}

/// `ranges` without the number `n`.
fn without(ranges: &[(u64, u64)], n: u64) -> Vec<(u64, u64)> {
    let mut left = Vec::new();
    for &(from, to) in ranges {
        if !(from..=to).contains(&n) {
            left.push((from, to));
            continue;
        }
        if from < n {
            left.push((from, n - 1));
        }
        if n < to {
            left.push((n + 1, to));
        }
    }
    left
}
