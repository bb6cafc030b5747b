//! Reading a log back: all of it, what was missed, or what came since.

use super::exchange::{Answer, Next};
use super::hear::{At, Compared, Hear, Missing, Stream};
use super::request::RequestEnd;
use crate::device::{Limits, LogVerb, Profile};
use crate::protocol::Fields;
use pump_hil_model::event::{Body, Unread};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// One record of a log: its time in milliseconds and its fields, without number and time.
type Record = (u64, Fields);

/// What is wanted of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// All of it, to compare it with what was told.
    All,
    /// These numbers, which were jumped over.
    Missing,
    /// Whatever came since this number, which nobody heard.
    Since(u64),
}

#[derive(Debug)]
pub(super) struct LogJob {
    log: LogVerb,
    stream: Stream,
    what: What,
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
        Self::new(log, Stream::Dose, What::All, limits)
    }

    /// What came since the newest that was told. Where none was, only which numbers there are: what stands in the log is from before this conversation.
    pub fn since(log: LogVerb, of: Stream, last: Option<u64>, unread: &[Missing], limits: &Limits) -> Self {
        let from = last.map_or(u64::MAX, |last| last.saturating_add(1));
        let mut job = Self::new(log, of, What::Since(from), limits);
        job.all
            .extend(unread.iter().filter_map(|missing| range(missing.from, missing.count)));
        job
    }

    pub fn missing(log: LogVerb, missing: Missing, limits: &Limits) -> Self {
        let mut job = Self::new(log, missing.of, What::Missing, limits);
        job.widen(&missing);
        job
    }

    fn new(log: LogVerb, stream: Stream, what: What, limits: &Limits) -> Self {
        Self {
            log,
            stream,
            what,
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
        if self.begun || self.what != What::Missing || missing.of != self.stream {
            return false;
        }
        // A pump whose numbers jump far must not have the harness read without end; what is beyond is told as a gap all the same.
        let count = missing.count.min(self.recover_left);
        self.recover_left = self.recover_left.saturating_sub(count);
        if let Some(range) = range(missing.from, count) {
            self.want.push_back(range);
            self.all.push(range);
        }
        true
    }

    pub fn first(&mut self) -> Next {
        self.begun = true;
        match self.what {
            // One record, to learn which numbers the pump keeps.
            What::All | What::Since(u64::MAX) => self.want.push_back((1, 1)),
            // One page, which most often is all.
            What::Since(from) => self.want.extend(range(from, self.log.page)),
            What::Missing => {}
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
        self.pages_left = self.pages_left.saturating_sub(1);
        let count = count(from, to).min(self.log.page);
        if let Some(next) = from.checked_add(count).filter(|next| *next <= to) {
            self.want.push_front((next, to));
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
            return Next::Done(answer.end(profile));
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
            && let Some((first, last)) = self.kept
            // A log that is empty, or a pump that says nonsense: `ask` needs a range that holds something.
            && first >= 1
            && last >= first
        {
            match self.what {
                What::All => {
                    self.want.push_back((first, last));
                    self.all.push((first, last));
                }
                // A pump that names a number far ahead must not have the harness read without end.
                What::Since(from) if from <= last => {
                    let most = from.saturating_add(self.recover_left.saturating_sub(1));
                    self.all.push((from, last.min(most)));
                }
                What::Since(_) | What::Missing => {}
            }
        }
        if let Some(next) = self.ask() {
            return next;
        }
        // A page may have been cut short, by the pump or by the line: what it left out is asked for again.
        if self.passes_left > 0 {
            self.passes_left = self.passes_left.saturating_sub(1);
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
                ranges.extend(before(next, n));
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
            if self.what != What::All {
                // Records that nobody missed may come in a page as well, and one that was missed may have come late: they were told already.
                let wanted = self.all.iter().any(|(from, to)| (*from..=*to).contains(&n));
                if wanted && !hear.is_told(self.stream, n) {
                    bodies.extend(self.bodies(profile, hear, n, t_ms, fields));
                }
                if wanted {
                    self.all = without(&self.all, n);
                }
                continue;
            }
            match hear.compare(n, t_ms, &fields) {
                // What is from before this conversation is no gap of it.
                Compared::Same | Compared::Before => {}
                Compared::Differs => differing.push(n.to_string()),
                Compared::Unheard => {
                    unheard = unheard.saturating_add(1);
                    bodies.extend(self.bodies(profile, hear, n, t_ms, fields));
                }
            }
        }
        let (first, last) = self.kept.unwrap_or_default();
        self.up_to_date(hear, last, bodies);
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

    /// Tells how far the log is known now, where not only a gap was read.
    fn up_to_date(&self, hear: &mut Hear, last: u64, bodies: &mut Vec<Body>) {
        if self.what == What::Missing || self.kept.is_none() {
            return;
        }
        // Beyond what may be read back nothing is known: the next record shows that as a gap.
        let last = match (self.what, self.limit()) {
            (What::Since(_), Some(limit)) => last.min(limit),
            _ => last,
        };
        hear.read_up_to(self.stream, last);
        // Nothing was told before: what stands in the log is an earlier conversation's, and only from here on it is known.
        if self.what == What::Since(u64::MAX) {
            return;
        }
        bodies.push(Body::LogRead {
            of: self.stream.name().to_owned(),
            last,
        });
    }

    /// The newest number that may be read back.
    fn limit(&self) -> Option<u64> {
        match self.what {
            What::Since(from) if from < u64::MAX => Some(from.saturating_add(self.recover_left.saturating_sub(1))),
            _ => None,
        }
    }

    fn bodies(&self, profile: &Profile, hear: &mut Hear, n: u64, t_ms: u64, mut fields: Fields) -> Vec<Body> {
        let at = At::read_back(n, t_ms);
        let Some(key) = self.log.kind.as_ref().filter(|_| self.stream == Stream::Event) else {
            return hear.dose_bodies(profile, at, &fields);
        };
        match fields.iter().position(|(k, _)| k == key) {
            Some(place) => {
                let (_, kind) = fields.remove(place);
                hear.logged_event(profile, at, &kind, fields)
            }
            None => vec![Body::Nonsense {
                why: format!("event {n} of the log has no `{key}`"),
            }],
        }
    }

    /// What could not be read back, and why.
    pub fn unfinished(&self, end: &RequestEnd) -> Vec<Body> {
        let oldest = self.kept.map_or(0, |(first, _)| first);
        let why = |from: u64| match end {
            RequestEnd::Ok { .. } if from < oldest => Unread::TooOld,
            RequestEnd::Ok { .. } if self.pages_left > 0 && self.kept.is_some() => Unread::Lacking,
            RequestEnd::Ok { .. } => Unread::TooMany,
            RequestEnd::NoReply { .. } | RequestEnd::Abandoned => Unread::Unanswered,
            _ => Unread::Refused,
        };
        let told = |(from, to): (u64, u64)| Body::StayMissing {
            of: self.stream.name().to_owned(),
            from,
            count: count(from, to),
            why: why(from),
        };
        // A range that begins before the oldest that is kept may go on behind it: for each part its own reason.
        let parts = self.all.iter().flat_map(|&(from, to)| match before(from, oldest) {
            Some(lost) if oldest <= to => vec![lost, (oldest, to)],
            _ => vec![(from, to)],
        });
        parts.map(told).collect()
    }
}

/// `count` numbers from the first on; `None` for none. A pump may name the largest number that there is, and no range goes beyond it.
fn range(first: u64, count: u64) -> Option<(u64, u64)> {
    Some((first, first.saturating_add(count.checked_sub(1)?)))
}

/// How many numbers a range holds.
fn count(first: u64, last: u64) -> u64 {
    last.saturating_sub(first).saturating_add(1)
}

/// The numbers from the first on that are below `end`; `None` for none.
fn before(first: u64, end: u64) -> Option<(u64, u64)> {
    let last = end.checked_sub(1)?;
    (first <= last).then_some((first, last))
}

/// `ranges` without the number `n`.
fn without(ranges: &[(u64, u64)], n: u64) -> Vec<(u64, u64)> {
    let mut left = Vec::new();
    for &(from, to) in ranges {
        if !(from..=to).contains(&n) {
            left.push((from, to));
            continue;
        }
        left.extend(before(from, n));
        // The largest number that there is has none behind it.
        left.extend(n.checked_add(1).filter(|next| *next <= to).map(|next| (next, to)));
    }
    left
}
