//! The vocabulary of a run: everything that runner, journal, judge and reporters say to each other.
//!
//! One linear stream of [`Event`]s is the whole interface between running a scenario and looking at it. Nothing that decides a verdict lives
//! elsewhere, so that a journal can be judged again years later.

use crate::crash::Crash;
use crate::fault::FaultName;
use crate::lack::Lacks;
use crate::observing::Observing;
use crate::quantity::{Percent, Span};
use crate::trouble_code::TroubleCode;
use crate::unfit::Unfit;
use crate::value::MemoryValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::dose_entry::DoseEntry;
pub use crate::firmware_told::{InFlash, Log};
pub use crate::said::{BEYOND, Polled, Said, Says, Unread, Weighed};
pub use crate::sample::Sample;

/// A reply's fields with their units. Shared: whoever asked, the journal and the judge hold the same.
pub type ReplyFields = Arc<BTreeMap<String, String>>;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Scenario time: since the begin, negative during set-up on rigs where set-up takes time.
    pub t: Span,
    /// The host's monotonic clock in microseconds since the run began. It decides nothing; two runs differ in it.
    pub host_us: u64,
    /// What.
    #[serde(flatten)]
    pub body: Body,
}

/// Longer than any run: 200 years.
const BEYOND_TIME: Span = Span(200 * 366 * 86_400_000);

impl Event {
    /// Whether it can be reckoned with at all: its time, and each number that the pump or the probe told.
    #[must_use]
    pub fn is_reckonable(&self) -> bool {
        let time = |t: Span| t.0.unsigned_abs() < BEYOND_TIME.0.unsigned_abs();
        let all = |numbers: &[i64]| {
            numbers
                .iter()
                .all(|number| number.unsigned_abs() < BEYOND.unsigned_abs())
        };
        let body = match &self.body {
            Body::Pump { pump_t, said, .. } => said.is_reckonable() && pump_t.is_none_or(time),
            Body::Sample(sample) => {
                let volumes = [
                    sample.delivered_nl,
                    sample.displaced_nl,
                    sample.lost_nl,
                    sample.reservoir_nl,
                ];
                all(&volumes) && sample.strokes < BEYOND.unsigned_abs()
            }
            _ => true,
        };
        body && time(self.t)
    }
}

impl Body {
    /// What a line of the pump is of which this was read, as far as this says it.
    #[must_use]
    pub fn says(&self) -> Option<Says> {
        match self {
            Self::Reply { request, .. } | Self::Polled(Polled { request, .. }) => request.map(Says::Reply),
            Self::Pump {
                n: Some(n),
                pump_t,
                said,
                ..
            } => Some(match said {
                Said::Dose(_) => Says::Dose(*n, pump_t.map(|t| t.0)),
                _ => Says::Event(*n, pump_t.map(|t| t.0)),
            }),
            _ => None,
        }
    }

    /// The fields of an answer that was carried out, whoever asked; and its verb.
    #[must_use]
    pub fn answer(&self) -> Option<(&str, &ReplyFields)> {
        match self {
            Self::Reply {
                verb,
                refused: None,
                fields,
                ..
            }
            | Self::Polled(Polled {
                verb,
                refused: None,
                fields,
                ..
            }) => Some((verb, fields)),
            _ => None,
        }
    }

    /// Whether it is of what goes over the line, or is seen beside it: there may be any number of these.
    #[must_use]
    pub fn is_talk(&self) -> bool {
        matches!(
            self,
            Self::Sent { .. }
                | Self::Received { .. }
                | Self::Garbled { .. }
                | Self::Nonsense { .. }
                | Self::Reply { .. }
                | Self::NoReply { .. }
                | Self::Polled(_)
                | Self::PollLost { .. }
                | Self::Awaited { .. }
                | Self::Weighed(_)
                | Self::Pump { .. }
                | Self::Gap { .. }
                | Self::Sample(_)
                | Self::Watched { .. }
                | Self::Log(_)
        )
    }
}

/// Which step: its place in the list, and in nested repeats `place#round.place`, such as `4#17.2`; all from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Body {
    /// The firmware that the rig runs, as its file has it.
    Firmware {
        /// The file.
        elf: String,
        /// SHA-256 of all of it that is loaded, with its places.
        sha256: String,
        /// Its build, where the file tells.
        build: Option<String>,
        /// How it comes to be in the chip's flash.
        in_flash: InFlash,
        /// Host time that the look into flash and the writing took, in milliseconds.
        took_ms: u64,
    },
    /// The pump on the other end, as the identity check found it.
    Identified {
        /// Reply fields, such as model, serial, firmware, build.
        fields: ReplyFields,
    },
    /// What the pump cannot tell, or be asked, by its device profile. It stands in no journal of a pump that lacks nothing.
    Lacks {
        /// Each with its reason.
        what: Lacks,
    },
    /// What the harness asks the pump for every so often, by its device profile. It stands in no journal of a pump that is not asked so.
    Observing {
        /// What, how often, and how exactly it is told.
        how: Observing,
    },
    /// Nothing on the line makes the pump safe, and no power or probe of the rig can: told before it is asked for anything that may start it.
    NotSafeByLine {
        /// Why, and who must see to it.
        why: String,
    },
    /// What set-up found that was left of the pump's past, and what it did about it. Nothing before this is judged but firmware that fails, numbers that
    /// cannot be, and a pump that does not stop. It stands in no journal of a pump that was powered anew.
    Past {
        /// What was found, in words; empty: nothing.
        found: Vec<String>,
        /// What was done.
        did: Vec<String>,
    },
    /// Set-up is done, scenario time begins.
    Begun,
    /// A step became due.
    StepStarted {
        /// Which.
        step: StepId,
        /// Its line in the file.
        line: u32,
    },
    /// The runner is done with a step. Whether it passed is the judge's to say.
    StepEnded {
        /// Which.
        step: StepId,
    },
    /// Bytes that were sent, escaped as in a Rust byte string.
    Sent {
        /// The bytes.
        bytes: String,
        /// Number of the request that they are, where requests have one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<u64>,
    },
    /// A line, or bytes that are none, that came; escaped likewise, cut at 512 with a mark.
    Received {
        /// The bytes.
        bytes: String,
        /// What was read from it; `None`: nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        says: Option<Says>,
    },
    /// What came was not a valid frame.
    Garbled {
        /// Why.
        why: String,
    },
    /// An intact frame says what cannot be: a number that was passed already, a dose entry without its volumes.
    Nonsense {
        /// What.
        why: String,
    },
    /// The pump answered a request.
    Reply {
        /// The verb.
        verb: String,
        /// `None`: carried out; else the reason it was refused with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
        /// Reply fields with their units.
        #[serde(default, skip_serializing_if = "is_empty")]
        fields: ReplyFields,
        /// Number of the request, where requests have one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<u64>,
    },
    /// No answer came, after all retries.
    NoReply {
        /// The verb.
        verb: String,
        /// How often it was sent.
        tries: u32,
    },
    /// The pump answered what it is asked every so often.
    Polled(Polled),
    /// It did not answer that. It is not asked again before its time.
    PollLost {
        /// The verb.
        verb: String,
    },
    /// An instrument beside the pump was read.
    Weighed(Weighed),
    /// The harness looked for a message that must come by itself, and it had not come.
    Awaited {
        /// Its name.
        message: String,
    },
    /// The pump spoke unasked.
    Pump {
        /// Its own number of the event, where it has one.
        n: Option<u64>,
        /// Its own time, where it gives one.
        pump_t: Option<Span>,
        /// It was not heard when it was said: the pump's log told it later, on request.
        #[serde(default, skip_serializing_if = "is_heard")]
        read_back: bool,
        /// What it said.
        #[serde(flatten)]
        said: Said,
    },
    /// A number of the pump's own counting was jumped over.
    Gap {
        /// `event` or `dose`.
        of: String,
        /// First that is missing.
        from: u64,
        /// How many.
        count: u64,
    },
    /// A record of a number that was told before, and just so, or a reply to a request that nobody waits for any more: a line came twice, or late. Nothing is
    /// counted twice.
    Repeated {
        /// `event`, `dose` or `reply`.
        of: String,
        /// Its number.
        n: u64,
    },
    /// A log of the pump was read: every record up to `last` is told, or told to be missing.
    LogRead {
        /// `event` or `dose`.
        of: String,
        /// The newest number that the pump keeps.
        last: u64,
    },
    /// Records that were missed and that the pump's log did not bring back.
    StayMissing {
        /// `event` or `dose`.
        of: String,
        /// First of them.
        from: u64,
        /// How many.
        count: u64,
        /// Why.
        why: Unread,
    },
    /// How time passes on this rig, and how far the pump's clock may be from it; told at the begin. A journal of before there was this event is not held to
    /// what it makes possible to judge.
    Timing {
        /// Pump seconds in a second of the host; `None`: the harness grants time.
        scale: Option<u32>,
        /// Share of a span that the pump's clock may be off.
        drift: Percent,
    },
    /// The test block, read by the probe at one instant.
    Sample(Sample),
    /// A fault's switch was set.
    FaultArmed {
        /// Which.
        fault: FaultName,
        /// Parameter in the unit of the test block.
        param: i64,
    },
    /// The fault was read back in effect.
    FaultConfirmed {
        /// Which.
        fault: FaultName,
    },
    /// The fault could not be confirmed, or cleared.
    FaultUnconfirmed {
        /// Which.
        fault: FaultName,
        /// Why.
        why: String,
    },
    /// The fault is off again, read back.
    FaultCleared {
        /// Which.
        fault: FaultName,
    },
    /// The probe read memory.
    MemoryRead {
        /// Variable, symbol or address.
        at: String,
        /// What it holds.
        value: MemoryValue,
    },
    /// A place that the scenario watches holds something else than before; told when time came to a stand.
    Watched {
        /// Variable, symbol or address.
        at: String,
        /// Its type in the source.
        of: String,
        /// The pump's own time: ms since it was powered, as far as the rig knows.
        pump_t: Span,
        /// What it holds.
        value: MemoryValue,
    },
    /// The watched places changed so often that no further change is noted.
    WatchFull {
        /// Changes that were noted.
        noted: u32,
    },
    /// The firmware told the probe something, by RTT.
    Log(Log),
    /// What the pump was doing when it, or the case, came to grief. Of all of it only that the firmware faulted is judged.
    Crash(Box<Crash>),
    /// The firmware hangs: it did nothing that it was asked, and its own time stood, while the probe still answered.
    Hung {
        /// Where its core is: function and line.
        place: String,
        /// How long it was given, in milliseconds of host time.
        limit_ms: u64,
    },
    /// The pump does not do what every pump must, though it was found well before: it ends the case.
    Unfit(Box<Unfit>),
    /// A step waited for the core to come by a breakpoint.
    Breakpoint {
        /// Function, line of the source, symbol or address.
        at: String,
        /// It did.
        reached: bool,
    },
    /// The probe did something else.
    Probe {
        /// What, for people.
        did: String,
    },
    /// The rig, not the pump, is in trouble: the verdict cannot be about the pump.
    RigTrouble {
        /// Which; `None` in journals from before there were codes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<TroubleCode>,
        /// What, and what to do.
        what: String,
    },
    /// The person or the system asked to stop.
    Interrupted {
        /// `SIGINT` or `SIGTERM`.
        by: String,
    },
    /// The last step is over. What follows leaves the pump safe; of it only firmware that faults or hangs is judged, and a rig that breaks.
    Played,
    /// An earlier run on this rig did not come to its end; the pump was made safe before anything else.
    EarlierRun {
        /// What is known of it.
        what: String,
        /// What was done.
        did: Vec<String>,
        /// What could not be made safe.
        failed: Vec<String>,
    },
    /// The pump was told to stop, answered, and went on.
    WentOn {
        /// What it was asked, and answered.
        told: String,
        /// What was seen then.
        saw: String,
    },
    /// How the pump was left.
    MadeSafe {
        /// What was done.
        did: Vec<String>,
        /// What could not be made safe.
        failed: Vec<String>,
    },
    /// The run is over; the last event.
    Ended,
}

fn is_empty(fields: &ReplyFields) -> bool {
    fields.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_heard(read_back: &bool) -> bool {
    !read_back
}
