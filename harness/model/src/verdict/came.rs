//! What came of a pump instead, as data. The words are in [`words`](super::words).

use super::expected::{Account, Answer};
use crate::case::Measure;
use crate::event::Event;
use crate::quantity::{Rate, Span, Volume, scaled};
use crate::unfit::Unfit;
use crate::value::MemoryValue;
use std::collections::BTreeMap;

/// What was. [`Display`](std::fmt::Display) says it with units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// What a check looked at.
    Seen(Seen),
    /// What a check looked at when it had to hold, and by how much later it held.
    Late {
        /// What it looked at.
        instead: Seen,
        /// By how much too late.
        by: Span,
    },
    /// The checks held after this time.
    After(Span),
    /// The core did not come to its place.
    NotReached,
    /// The answer to a request.
    Answer(Answer),
    /// The journal has no answer.
    NoAnswer {
        /// To this verb.
        verb: String,
    },
    /// No answer came.
    Silence {
        /// How often it was asked.
        tries: u32,
    },
    /// The pump is unfit, as the runner found out.
    Unfit(Box<Unfit>),
    /// A state, or a bolus or mode, at an instant where a rule forbids it.
    State(String),
    /// An alarm that is on where a rule forbids it.
    ActiveAlarm(String),
    /// What a rule compares.
    Compared {
        /// The left side.
        left: (Measure, i64),
        /// The right side, where that is a measure too.
        right: Option<(Measure, i64)>,
    },
    /// An alarm that nothing names.
    Alarm {
        /// Its name.
        id: String,
        /// Its priority.
        priority: String,
    },
    /// Records are missing.
    Missing {
        /// From this number on.
        from: u64,
        /// So many.
        count: u64,
    },
    /// What cannot be, as whoever read it puts it.
    Nonsense(String),
    /// A record of this time.
    RecordOf {
        /// Its number.
        number: u64,
        /// The pump's own time of it.
        time: Span,
    },
    /// What the pump told, as a whole.
    Event(Box<Event>),
    /// A number that no pump can have.
    Impossible {
        /// Which, and it.
        what: String,
        /// The line that said it, escaped; `None` where it was read from a log.
        line: Option<String>,
    },
    /// No record since this time.
    NoneSince(Span),
    /// It came last at this time, or has been due since then.
    NotSince(Span),
    /// No answer since this time, to so many questions in a row.
    NoneOf {
        /// When it answered last, or was asked first.
        since: Span,
        /// How many.
        asked: u32,
    },
    /// What went by on the two clocks since they were compared first.
    Clocks {
        /// The host's, as the pump's seconds are counted on this rig.
        host: Span,
        /// The pump's.
        pump: Span,
        /// A `scale` of the rig file that would fit, and the one that it has, where that looks like the cause.
        scale: Option<(u32, u32)>,
    },
    /// The firmware faulted.
    FirmwareFault {
        /// Function and line.
        place: String,
    },
    /// The firmware faulted in its fault handler: the processor stopped for good.
    Lockup {
        /// Function and line.
        place: String,
    },
    /// The pump started again.
    Start,
    /// The firmware hangs.
    Hang {
        /// Function and line.
        place: String,
        /// How long it was given, in milliseconds of host time.
        limit_ms: u64,
    },
    /// It was told to stop, and went on.
    WentOn {
        /// What it was asked, and answered.
        told: String,
        /// What was seen then.
        saw: String,
    },
    /// What the pump did where the oracle had a say.
    Did(Did),
    /// Two accounts are apart.
    Apart {
        /// The one, and its volume, where they are worst.
        what: (Account, Volume),
        /// The other.
        than: (Account, Volume),
        /// When they are worst.
        at: Span,
        /// When they first were too far apart.
        first: Span,
    },
    /// No dose log of this case was accepted.
    NoLog {
        /// Its name.
        case: String,
    },
    /// The dose log differs.
    LogDiffers {
        /// The first differences.
        shown: Vec<String>,
        /// How many there are besides.
        more: usize,
        /// How the prescription changed since the log was accepted: each field, what it was and what it is.
        changed: Vec<String>,
    },
}

/// What a check looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The alarms that are on.
    Active(Vec<String>),
    /// The alarm, with its priority.
    Alarm {
        /// Its name.
        id: String,
        /// Its priority.
        priority: String,
    },
    /// The alarm was never raised.
    NeverRaised,
    /// The alarm is still on.
    StillActive,
    /// The alarm was cleared before the last expectation.
    ClearedBefore,
    /// A level that the pump tells by a word; `None`: it has not yet.
    Level {
        /// Which.
        name: &'static str,
        /// The word.
        is: Option<String>,
    },
    /// No event of this kind.
    NoEvent {
        /// Kind.
        kind: String,
    },
    /// The last event of this kind.
    Event {
        /// Kind.
        kind: String,
        /// Its fields.
        fields: BTreeMap<String, String>,
    },
    /// A line of the pump, escaped, that should not have come.
    Line {
        /// What it said.
        bytes: String,
    },
    /// An event of this kind that should not have been.
    Told {
        /// Kind.
        kind: String,
    },
    /// The last reply.
    Reply {
        /// Its fields.
        fields: BTreeMap<String, String>,
    },
    /// A measure in its base unit; `None`: nothing told it.
    Measure {
        /// Which.
        what: Measure,
        /// It.
        value: Option<i64>,
    },
    /// Memory; `None`: it was not read.
    Memory {
        /// Variable, symbol or address.
        at: String,
        /// What it holds.
        value: Option<MemoryValue>,
    },
}

/// What the pump did where the oracle had a say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Another prescription came into force.
    OtherPrescription,
    /// It went to running by itself.
    Ran {
        /// As it says, why.
        cause: String,
    },
    /// Neither the line nor its log tells of a start.
    ToldNoStart,
    /// It reported this volume.
    Reported(Volume),
    /// It gave this volume of a bolus.
    Gave {
        /// It.
        given: Volume,
        /// How the bolus ended.
        cause: String,
    },
    /// The basal rate.
    Rate {
        /// It.
        rate: Rate,
        /// The mode.
        mode: String,
    },
    /// The reservoir, as it computes it.
    Reservoir(Volume),
    /// The strokes that it counts are so much.
    Stroked(Volume),
    /// Its motor moved this much.
    Actuated(Volume),
    /// A periodic bolus of this volume.
    OneOf(Volume),
    /// A periodic bolus.
    Periodic {
        /// Its volume.
        dose: Volume,
        /// Its time.
        over: Span,
    },
    /// A periodic bolus so long after the last.
    OneAfter(Span),
    /// No periodic bolus: since therapy started, or since the last, so long ago.
    NonePeriodic(Option<Span>),
    /// A bolus of this volume began.
    Began(Volume),
    /// The bolus did not begin.
    DidNotBegin,
    /// It granted the bolus.
    Granted,
    /// It refused the bolus.
    Refused {
        /// With this code.
        code: String,
    },
    /// It raised the alarm so long after what it is due by.
    RaisedAfter(Span),
    /// It raised the alarm with so much left.
    RaisedWith(Volume),
    /// No alarm, so long without therapy.
    NoneWithoutTherapy(Span),
    /// No alarm, with so much left.
    NoneWith(Volume),
    /// No alarm, so long after what it is due by.
    NoneAfter(Span),
}

impl Came {
    /// Whether the pump's clock is so far off that its scale is wrong, or it counts in other units: what else is wrong then follows from it.
    #[must_use]
    pub fn is_another_clock(&self) -> bool {
        matches!(self, Self::Clocks { host, pump, .. } if times_apart(*host, *pump).is_some())
    }
}

/// How many times faster or slower the pump's clock is, in tenths, and which of the two; `None` where it merely drifts.
pub(super) fn times_apart(host: Span, pump: Span) -> Option<(i64, &'static str)> {
    let tenths = |more: Span, less: Span| scaled(more.0, 10, less.0.max(1));
    let (faster, slower) = (tenths(pump, host), tenths(host, pump));
    match (faster, slower) {
        (15.., _) => Some((faster, "faster")),
        (_, 15..) => Some((slower, "slower")),
        _ => None,
    }
}
