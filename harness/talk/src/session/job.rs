//! What a request takes: one exchange, or several.

use super::exchange::{Answer, Cut, Next, end_of};
use super::hear::{Hear, Missing, Stream};
use super::held::Held;
use super::log::LogJob;
use super::program::{Intent, ProgramJob};
use super::request::{RequestEnd, RequestError};
use crate::device::{LogVerb, Profile, arg_of};
use crate::protocol::{Fields, Protocol};
use pump_hil_model::case::{Request, Section, Verb};
use pump_hil_model::event::{Body, Unread};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug)]
pub(super) enum Job {
    /// One exchange.
    Single(SingleJob),
    /// A programming session, or a part of one.
    Program(Box<ProgramJob>),
    /// Reading a log.
    Log(Box<LogJob>),
    /// One exchange after the other until one is carried out.
    Safe(SafeJob),
}

#[derive(Debug)]
pub(super) struct SingleJob {
    verb: &'static str,
    send: String,
    fields: Fields,
    rename: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(super) struct SafeJob {
    /// The harness's and the firmware's verbs, the next one last.
    left: Vec<(Verb, String)>,
    /// By the harness's word.
    asked: &'static str,
}

/// Whether a request can be said to a pump of this profile: by the same way in which a session says it.
///
/// # Errors
/// Why it cannot be said.
pub fn can_say(request: &Request, profile: &Profile) -> Result<(), RequestError> {
    Job::new(request, profile, None)?.written(&profile.protocol).map(drop)
}

impl Job {
    pub fn new(request: &Request, profile: &Profile, staged: Option<&Arc<Intent>>) -> Result<Self, RequestError> {
        let verb = request.verb();
        let not_there = || RequestError::NotInProfile {
            device: profile.device.clone(),
            verb: verb.word(),
        };
        let programming = profile.programming.as_ref().ok_or_else(not_there);
        Ok(match request {
            Request::Program {
                prescription,
                cut_after,
            } => {
                let programming = programming?;
                let intent = Arc::new(Intent::new(verb.word(), prescription, profile, programming)?);
                Self::Program(Box::new(ProgramJob::program(
                    programming,
                    &profile.limits,
                    intent,
                    *cut_after,
                )))
            }
            Request::Stage { prescription } => {
                let programming = programming?;
                let intent = Arc::new(Intent::new(verb.word(), prescription, profile, programming)?);
                Self::Program(Box::new(ProgramJob::stage(programming, &profile.limits, intent)))
            }
            Request::Commit => {
                let job = ProgramJob::commit(programming?, &profile.limits, staged.cloned());
                Self::Program(Box::new(job))
            }
            Request::Abort => Self::Single(SingleJob {
                verb: verb.word(),
                send: programming?.abort.clone(),
                fields: Vec::new(),
                rename: BTreeMap::new(),
            }),
            Request::ReadLog => {
                let log = profile.dose_log.clone().ok_or_else(not_there)?;
                Self::Log(Box::new(LogJob::all(log, &profile.limits)))
            }
            _ => {
                debug_assert_eq!(verb.section(), Section::Requests, "`{verb}` has no job of its own");
                Self::Single(SingleJob::new(request, profile)?)
            }
        })
    }

    /// Whether what it says first can be written.
    pub fn written(self, protocol: &Protocol) -> Result<Self, RequestError> {
        if let Self::Single(job) = &self {
            let pairs: Vec<(&str, &str)> = job.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let verb = job.verb;
            let written = protocol.request(protocol.last_id(), &job.send, &pairs);
            written.map_err(|why| RequestError::Encode { verb, why })?;
        }
        Ok(self)
    }

    pub fn make_safe(profile: &Profile) -> Self {
        // None is lost by `filter_map`: a profile whose `make-safe` names a verb that `requests` lacks is not loaded.
        let verbs = profile.make_safe.iter().rev();
        let left = verbs
            .filter_map(|verb| Some((*verb, profile.requests.get(verb)?.send.clone())))
            .collect();
        Self::Safe(SafeJob { left, asked: "" })
    }

    /// Reads back what was jumped over; else what is to be told where the profile has no log for it.
    pub fn recover(profile: &Profile, missing: Missing) -> Result<Self, Box<Body>> {
        match log_of(profile, missing.of) {
            Some(log) => Ok(Self::Log(Box::new(LogJob::missing(log, missing, &profile.limits)))),
            None => Err(Box::new(Body::StayMissing {
                of: missing.of.name().to_owned(),
                from: missing.from,
                count: missing.count,
                why: Unread::NoLog,
            })),
        }
    }

    /// Reads back what came since the newest record that was told, and what stayed missing.
    pub fn catch_up<'a>(profile: &'a Profile, hear: &'a Hear, held: &'a mut Held) -> impl Iterator<Item = Self> + 'a {
        [Stream::Event, Stream::Dose].into_iter().filter_map(move |of| {
            let log = log_of(profile, of)?;
            let job = LogJob::since(log, of, hear.last(of), &held.take_unread(of), &profile.limits);
            Some(Self::Log(Box::new(job)))
        })
    }

    /// The harness's name of what is done.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Single(job) => job.verb,
            Self::Program(job) => job.verb.word(),
            Self::Log(_) => Verb::ReadLog.word(),
            Self::Safe(_) => "make-safe",
        }
    }

    /// Whether it may be carried out twice: it only reads, or ends therapy.
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::Single(job) => Verb::of(job.verb).is_some_and(|verb| verb.only_reads() || verb.ends_therapy()),
            Self::Log(_) | Self::Safe(_) => true,
            Self::Program(_) => false,
        }
    }

    /// What a `Stage` meant, which its `Commit` is checked against.
    pub fn intent_to_keep(&self) -> Option<Arc<Intent>> {
        match self {
            Self::Program(job) => job.intent_to_keep(),
            _ => None,
        }
    }

    /// Takes more missing numbers into a recovery that has not begun.
    pub fn widen(&mut self, missing: &Missing) -> bool {
        match self {
            Self::Log(job) => job.widen(missing),
            _ => false,
        }
    }

    /// What a recovery could not read.
    pub fn unfinished(&self, end: &RequestEnd) -> Vec<Body> {
        match self {
            Self::Log(job) => job.unfinished(end),
            _ => Vec::new(),
        }
    }

    /// Counts `len` bytes that are about to be sent; tells where to stop.
    pub fn cut(&mut self, len: usize) -> Option<Cut> {
        match self {
            Self::Program(job) => job.cut(len),
            _ => None,
        }
    }

    pub fn first(&mut self) -> Next {
        match self {
            Self::Single(job) => Next::Send {
                verb: job.send.clone(),
                fields: std::mem::take(&mut job.fields),
            },
            Self::Program(job) => job.first(),
            Self::Log(job) => job.first(),
            Self::Safe(job) => job.next(),
        }
    }

    pub fn answered(&mut self, answer: Answer, profile: &Profile, hear: &mut Hear, bodies: &mut Vec<Body>) -> Next {
        match self {
            Self::Single(job) => Next::Done(job.end(answer, profile)),
            Self::Program(job) => job.answered(answer, profile),
            Self::Log(job) => job.answered(answer, profile, hear, bodies),
            Self::Safe(job) => job.answered(&answer),
        }
    }
}

fn log_of(profile: &Profile, of: Stream) -> Option<LogVerb> {
    match of {
        Stream::Dose => profile.dose_log.clone(),
        Stream::Event => profile.event_log.clone(),
    }
}

impl SingleJob {
    fn new(request: &Request, profile: &Profile) -> Result<Self, RequestError> {
        let template = profile.requests.get(&request.verb());
        let verb = request.verb().word();
        let template = template.ok_or_else(|| RequestError::NotInProfile {
            device: profile.device.clone(),
            verb,
        })?;
        let mut fields = Vec::new();
        for field in &template.fields {
            let key = || field.key.clone();
            let value = arg_of(request, field.from).ok_or_else(|| RequestError::Open { verb, key: key() })?;
            let text = value
                .write(&field.unit)
                .map_err(|why| RequestError::Unit { verb, key: key(), why })?;
            fields.push((key(), profile.words.theirs(&text)));
        }
        Ok(Self {
            verb,
            send: template.send.clone(),
            fields,
            rename: template.rename.clone(),
        })
    }

    /// Reply fields under the harness's names; data lines join them, a key that comes again with its values side by side.
    fn end(&self, answer: Answer, profile: &Profile) -> RequestEnd {
        let ours = |key: String| match self.rename.get(&key) {
            Some(ours) => ours.clone(),
            None => profile.keys.into_ours(key),
        };
        // Gathered at once, which sorts once.
        let mut fields: BTreeMap<String, String> = answer
            .fields
            .into_iter()
            .map(|(key, value)| (ours(key), value))
            .collect();
        let mut listed: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in answer.data.into_iter().flatten() {
            let joined = listed.entry(ours(key)).or_default();
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(&value);
        }
        for (key, value) in listed {
            fields.entry(key).or_insert(value);
        }
        end_of(answer.refused, fields)
    }
}

impl SafeJob {
    fn next(&mut self) -> Next {
        match self.left.pop() {
            Some((verb, send)) => {
                self.asked = verb.word();
                Next::Send {
                    verb: send,
                    fields: Vec::new(),
                }
            }
            None => Next::Done(RequestEnd::Refused {
                reason: "not-made-safe".to_owned(),
                fields: Arc::default(),
            }),
        }
    }

    fn answered(&mut self, answer: &Answer) -> Next {
        match &answer.refused {
            None => Next::Done(RequestEnd::Ok {
                fields: Arc::new(BTreeMap::from([("did".to_owned(), self.asked.to_owned())])),
            }),
            // The last refusal is told, and not that the list is at its end: it says why the pump could not be made safe.
            Some(reason) if self.left.is_empty() => Next::Done(RequestEnd::Refused {
                reason: reason.clone(),
                fields: Arc::new(BTreeMap::from([("asked".to_owned(), self.asked.to_owned())])),
            }),
            Some(_) => self.next(),
        }
    }
}
