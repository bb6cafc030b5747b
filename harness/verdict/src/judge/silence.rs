//! What must come without being asked for, and did not.
//!
//! A pump that is asked every so often is silent when it answers several times in a row nothing.
//!
//! The runner reads the pump's log where an entry is overdue, so that here it is known whether the entry was lost on its way or never written. Where the log
//! could not be read either, nobody knows what the pump did since. Only journals of runners that do so are held to it.

use super::findings::Findings;
use super::promised::Promises;
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Came, Expected, Finding, ReasonKind, Records};

/// A pump that only answers for so long does not do what it should, or its line does not carry it.
const ONLY_ANSWERS: Span = Span(6 * 3_600_000);
/// Answers in a row that a pump may leave out: a line loses one now and then.
const MAY_LACK: u32 = 2;
/// Within this by the host's clock, ms, the runner has looked into the log for an entry that is overdue.
const LOOKED: i64 = 10_000;

/// What a pump says of its own.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    /// Interval of its periodic entries.
    every: i64,
    held_to_it: bool,
    /// It promises to say nothing of its own, or its log cannot be read.
    promises_nothing: bool,
    no_log: bool,
    /// How long the pump's clock goes on until then, ms.
    looked: i64,
    begun: bool,
    /// When it said something of its own last, and when its newest entry is of.
    spoke: i64,
    entry: i64,
    /// What is told already.
    lacking: bool,
    quiet: bool,
    samples: Samples,
    promises: Promises,
}

/// The answers of a pump that is asked every so often.
#[derive(Debug, Clone, Default)]
struct Samples {
    asks: Vec<(String, Span)>,
    /// When it answered last, or was asked first.
    answered: Option<Span>,
    /// Questions since then.
    unanswered: u32,
    told: bool,
}

impl Samples {
    /// It answers, whatever it was asked.
    fn answer(&mut self, t: Span) {
        (self.answered, self.unanswered) = (Some(t), 0);
    }

    /// It does not answer.
    fn lost(&mut self, verb: &str, t: Span, broken: bool) -> Option<Found> {
        let since = *self.answered.get_or_insert(t);
        if broken {
            self.answer(t);
            return None;
        }
        self.unanswered = self.unanswered.saturating_add(1);
        let (verb, every) = self.asks.iter().find(|(ask, _)| ask == verb)?.clone();
        if self.unanswered <= MAY_LACK || std::mem::replace(&mut self.told, true) {
            return None;
        }
        Some(Found::Reason(Finding {
            kind: ReasonKind::NoReply,
            t,
            expected: Expected::Records(Records::Samples { verb, every }),
            came: Came::NoneOf {
                since,
                asked: self.unanswered,
            },
        }))
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// The pump's doing.
    Reason(Finding),
    /// It cannot be told whose.
    Trouble(Trouble),
}

impl Found {
    /// Puts it where it is found.
    pub fn put_into(self, findings: &mut Findings) {
        match self {
            Self::Reason(finding) => findings.found(finding),
            Self::Trouble(trouble) => findings.trouble_behind(trouble),
        }
    }
}

impl Silence {
    pub fn new(case: &Case) -> Self {
        Self {
            every: case.log_every.0,
            held_to_it: false,
            promises_nothing: false,
            no_log: false,
            looked: 0,
            begun: false,
            spoke: 0,
            entry: 0,
            lacking: false,
            quiet: false,
            samples: Samples::default(),
            promises: Promises::default(),
        }
    }

    /// Takes the next event; `said_at`: when it was that the pump said what it tells. `broken`: a fault is armed that keeps the pump from talking.
    pub fn on_event(&mut self, event: &Event, said_at: Span, broken: bool) -> Option<Found> {
        if let Some(finding) = self.promises.on_event(event, broken) {
            return Some(Found::Reason(finding));
        }
        let t = event.t.0;
        match &event.body {
            Body::Timing { scale, .. } => {
                self.held_to_it = true;
                self.looked = LOOKED.saturating_mul(scale.unwrap_or(0).into());
            }
            Body::Lacks { what } => {
                self.promises_nothing = !what.tells_in_time();
                self.no_log = what.has(Lack::DOSE_LOG);
            }
            Body::Observing { how } => {
                let asks = how.asks().into_iter();
                self.samples.asks = asks.map(|(verb, every)| (verb.to_owned(), every)).collect();
            }
            Body::PollLost { verb } => return self.samples.lost(verb, event.t, broken),
            Body::Polled(_) => self.samples.answer(event.t),
            Body::Begun => {
                self.samples.answer(event.t);
                self.begun = true;
                (self.spoke, self.entry) = (t, t);
            }
            Body::Reply { .. } if self.promises_nothing => self.samples.answer(event.t),
            _ if self.promises_nothing => {}
            Body::Pump { read_back, said, .. } => {
                if !read_back {
                    self.spoke = t;
                }
                if matches!(said, Said::Dose(_) | Said::Boot { .. }) {
                    self.entry = self.entry.max(said_at.0);
                }
            }
            // Who changes the interval, halts the core or lets it fault knows that entries come at other times.
            Body::Probe { .. } | Body::Breakpoint { .. } | Body::Crash(_) => self.begin_anew(t),
            Body::FaultArmed { .. } | Body::FaultCleared { .. } => self.begin_anew(t),
            Body::Reply {
                verb, refused: None, ..
            } if verb == "log-every" && self.begun => {
                self.every = self.every.max(86_400_000);
                self.begin_anew(t);
            }
            Body::Reply { .. } if broken => self.begin_anew(t),
            Body::Reply { .. } => return self.answers(t),
            Body::LogRead { of, .. } if of == "dose" && !broken => return self.log_is_read(t),
            // Without a log nobody knows whether an entry was written: what is told of its own at all is looked at above.
            Body::Played if !broken && !self.no_log => return self.steps_are_over(t),
            _ => {}
        }
        None
    }

    fn begin_anew(&mut self, t: i64) {
        (self.spoke, self.entry) = (t, t);
    }

    /// An entry that is overdue now was not read back.
    fn steps_are_over(&mut self, t: i64) -> Option<Found> {
        let overdue = self.overdue_after().saturating_add(self.looked);
        if !self.held_to_it || self.lacking || t.saturating_sub(self.entry) <= overdue {
            return None;
        }
        Some(Found::Trouble(Trouble::NotHeard {
            what: format!("each dose entry since {}", Span(self.entry).clock()),
            why: "the pump did not answer when its log was asked for them".to_owned(),
        }))
    }

    /// It answers: has it said anything else?
    fn answers(&mut self, t: i64) -> Option<Found> {
        // One entry may have been lost on its way.
        let most = ONLY_ANSWERS.0.max(self.overdue_after().saturating_add(self.every));
        if !self.held_to_it || !self.begun || self.quiet || t.saturating_sub(self.spoke) <= most {
            return None;
        }
        self.quiet = true;
        Some(Found::Trouble(Trouble::OnlyAnswers {
            since: Span(self.spoke),
        }))
    }

    /// Its log is read: all entries that there are are known.
    fn log_is_read(&mut self, t: i64) -> Option<Found> {
        let since = self.entry;
        if !self.held_to_it || !self.begun || self.lacking || t.saturating_sub(since) <= self.overdue_after() {
            return self.answers(t);
        }
        self.lacking = true;
        Some(Found::Reason(Finding {
            kind: ReasonKind::Record,
            t: Span(t),
            expected: Expected::Records(Records::Every(Span(self.every))),
            came: Came::NoneSince(Span(since)),
        }))
    }

    /// After which time without an entry one is missing.
    fn overdue_after(&self) -> i64 {
        self.every.saturating_add(self.every / 20).saturating_add(60_000)
    }
}

/// It was told to stop at the end of the steps, and did not answer: whatever a probe saw of it, it is not the pump that was heard up to there.
pub(super) fn when_stopped() -> Trouble {
    Trouble::NotHeard {
        what: "the pump's answer when it was told to stop".to_owned(),
        why: "it came to none of the tries".to_owned(),
    }
}
