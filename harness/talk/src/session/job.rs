//! What a request takes: one exchange, or several.

use super::exchange::{Answer, Cut, Next, beside, end_of};
use super::hear::{Hear, Missing, Stream};
use super::held::Held;
use super::log::LogJob;
use super::program::{Intent, ProgramJob};
use super::request::{RequestEnd, RequestError};
use super::spoken::SpokenJob;
pub use super::spoken::only_reads;
use crate::device::{LogVerb, Profile, arg_of};
use crate::protocol::Fields;
use pump_hil_model::case::{Request, Section, Verb};
use pump_hil_model::event::{Body, Unread};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug)]
pub(super) enum Job {
    /// One exchange.
    Single(SingleJob),
    /// A verb that is said by messages of its own.
    Spoken(Box<SpokenJob>),
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
    /// The harness's verbs and how each is said, the next one last.
    left: Vec<(Verb, Stopping)>,
    /// By the harness's word.
    asked: &'static str,
    /// What is asked now, where it has messages of its own.
    spoken: Option<SpokenJob>,
}

/// How a verb that ends therapy is said.
#[derive(Debug)]
enum Stopping {
    /// The firmware's verb.
    Verb(String),
    /// Messages of its own.
    Spoken(Box<SpokenJob>),
}

impl Stopping {
    /// `None`: the profile does not have it. No profile whose `make-safe` names such a verb is loaded.
    fn of(verb: Verb, profile: &Profile) -> Option<Self> {
        let request = match verb {
            Verb::Stop => Request::Stop,
            Verb::MinimumRate => Request::MinimumRate,
            _ => return None,
        };
        if let Some(job) = SpokenJob::new(&request, profile) {
            return Some(Self::Spoken(Box::new(job)));
        }
        profile
            .requests
            .get(&verb)
            .map(|template| Self::Verb(template.send.clone()))
    }
}

/// Whether a request can be said to a pump of this profile: by the same way in which a session says it.
///
/// # Errors
/// Why it cannot be said.
pub fn can_say(request: &Request, profile: &Profile) -> Result<(), RequestError> {
    Job::new(request, profile, None)?.written(profile)
}

impl Job {
    pub fn new(request: &Request, profile: &Profile, staged: Option<&Arc<Intent>>) -> Result<Self, RequestError> {
        let verb = request.verb();
        if let Some(job) = SpokenJob::new(request, profile) {
            return Ok(Self::Spoken(Box::new(job)));
        }
        let not_there = || RequestError::NotInProfile {
            device: profile.device.clone(),
            verb: verb.word(),
        };
        let programming = profile.programming.as_ref().ok_or_else(not_there);
        Ok(match request {
            Request::Own { own, .. } => {
                return Err(RequestError::NotOwn {
                    device: profile.device.clone(),
                    verb: own.clone(),
                });
            }
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

    /// Whether what it says can be written.
    fn written(&self, profile: &Profile) -> Result<(), RequestError> {
        match self {
            Self::Single(job) => {
                let pairs: Vec<(&str, &str)> = job.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                let (verb, protocol) = (job.verb, &profile.protocol);
                let written = protocol.request(protocol.last_id(), &job.send, &pairs);
                written.map(drop).map_err(|why| RequestError::Encode { verb, why })
            }
            Self::Spoken(job) => job.written(profile),
            _ => Ok(()),
        }
    }

    pub fn make_safe(profile: &Profile) -> Self {
        // None is lost by `filter_map`: a profile whose `make-safe` names a verb that `requests` lacks is not loaded.
        let verbs = profile.make_safe.iter().rev();
        let left = verbs
            .filter_map(|verb| Some((*verb, Stopping::of(*verb, profile)?)))
            .collect();
        Self::Safe(SafeJob {
            left,
            asked: "",
            spoken: None,
        })
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
    pub fn verb(&self) -> &str {
        match self {
            Self::Single(job) => job.verb,
            Self::Spoken(job) => job.name(),
            Self::Program(job) => job.verb.word(),
            Self::Log(_) => Verb::ReadLog.word(),
            Self::Safe(_) => "make-safe",
        }
    }

    /// Whether it may be carried out twice: it only reads, or ends therapy.
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::Single(job) => Verb::of(job.verb).is_some_and(|verb| verb.only_reads() || verb.ends_therapy()),
            Self::Spoken(job) => job.is_harmless(),
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
            Self::Spoken(job) => job.next(),
            Self::Program(job) => job.first(),
            Self::Log(job) => job.first(),
            Self::Safe(job) => job.next(),
        }
    }

    /// No answer came, and it is not said again: what it does then, where that is not its end.
    pub fn unanswered(&mut self, tries: u32) -> Option<Next> {
        match self {
            Self::Spoken(job) => job.unanswered(tries),
            _ => None,
        }
    }

    pub fn answered(&mut self, answer: Answer, profile: &Profile, hear: &mut Hear, bodies: &mut Vec<Body>) -> Next {
        match self {
            Self::Single(job) => Next::Done(job.end(answer, profile)),
            Self::Spoken(job) => job.answered(answer),
            Self::Program(job) => job.answered(answer, profile),
            Self::Log(job) => job.answered(answer, profile, hear, bodies),
            Self::Safe(job) => job.answered(answer),
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
            beside(&mut listed, ours(key), &value);
        }
        for (key, value) in listed {
            fields.entry(key).or_insert(value);
        }
        end_of(answer.refused, fields)
    }
}

impl SafeJob {
    fn next(&mut self) -> Next {
        self.spoken = None;
        match self.left.pop() {
            Some((verb, how)) => {
                self.asked = verb.word();
                match how {
                    Stopping::Verb(verb) => Next::Send {
                        verb,
                        fields: Vec::new(),
                    },
                    Stopping::Spoken(job) => self.spoken.insert(*job).next(),
                }
            }
            None => Next::Done(RequestEnd::Refused {
                reason: "not-made-safe".to_owned(),
                fields: Arc::default(),
            }),
        }
    }

    fn answered(&mut self, answer: Answer) -> Next {
        let refused = match &mut self.spoken {
            None => answer.refused,
            Some(job) => match job.answered(answer) {
                Next::Done(RequestEnd::Ok { .. }) => None,
                Next::Done(RequestEnd::Refused { reason, .. }) => Some(reason),
                other => return other,
            },
        };
        match refused {
            None => Next::Done(RequestEnd::Ok {
                fields: Arc::new(BTreeMap::from([("did".to_owned(), self.asked.to_owned())])),
            }),
            // The last refusal is told, and not that the list is at its end: it says why the pump could not be made safe.
            Some(reason) if self.left.is_empty() => Next::Done(RequestEnd::Refused {
                reason,
                fields: Arc::new(BTreeMap::from([("asked".to_owned(), self.asked.to_owned())])),
            }),
            Some(_) => self.next(),
        }
    }
}
