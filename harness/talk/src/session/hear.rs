//! What the pump says unasked: put into the harness's words, and counted so that a gap is seen.

use crate::device::{Profile, SaidAt};
use crate::protocol::Fields;
use crate::wire::Crc32;
use pump_hil_model::event::{Body, DoseEntry, Said};
use pump_hil_model::quantity::Span;
use std::collections::BTreeMap;

/// Records of each kind that are remembered, to compare them with the log, and with a line that comes twice.
const REMEMBERED_MAX: usize = 16_384;

/// The two things that a pump counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stream {
    Event,
    Dose,
}

impl Stream {
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Dose => "dose",
        }
    }
}

/// Numbers that were jumped over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    pub of: Stream,
    pub from: u64,
    pub count: u64,
}

impl Missing {
    /// What is told of it.
    pub fn gap(&self) -> Body {
        Body::Gap {
            of: self.of.name().to_owned(),
            from: self.from,
            count: self.count,
        }
    }
}

/// What one line had to tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub missing: Option<Missing>,
    /// Newer ones came before it.
    pub late: bool,
    pub bodies: Vec<Body>,
}

/// Listens to one pump.
#[derive(Debug, Default)]
pub(super) struct Hear {
    events: Known,
    doses: Known,
}

/// What is known of one of the two things that a pump counts.
#[derive(Debug, Default)]
struct Known {
    last: Option<u64>,
    /// Fingerprints of those that were told, the newest [`REMEMBERED_MAX`].
    told: BTreeMap<u64, u32>,
}

impl Known {
    fn remember(&mut self, n: u64, fingerprint: u32) {
        self.told.insert(n, fingerprint);
        if self.told.len() > REMEMBERED_MAX {
            self.told.pop_first();
        }
        debug_assert!(self.told.len() <= REMEMBERED_MAX, "one comes, and one goes");
    }

    /// What a number says that came on the line.
    fn count(&mut self, n: u64, fingerprint: u32) -> Counted {
        match self.last {
            // The two counters never restart, also not at a reset (PROTOCOL.md, Lines): a number that does not grow is a line that came twice or late,
            // or the pump lost count.
            Some(known) if n <= known => match self.told.get(&n) {
                Some(told) if *told == fingerprint => Counted::Again,
                Some(_) => Counted::Passed,
                // One that was missed, and overtaken by a later one. Nothing is known of those below the oldest that is remembered.
                None if self.told.keys().next().is_some_and(|oldest| n > *oldest) => Counted::Late,
                None => Counted::Passed,
            },
            Some(known) => {
                self.last = Some(n);
                let next = known.saturating_add(1);
                Counted::After(
                    n.checked_sub(next)
                        .filter(|missed| *missed > 0)
                        .map(|missed| (next, missed)),
                )
            }
            // The first that is heard: the pump may have counted long before the conversation began.
            None => {
                self.last = Some(n);
                Counted::After(None)
            }
        }
    }
}

impl Hear {
    /// An event came.
    pub fn event(&mut self, profile: &Profile, n: u64, t_ms: u64, kind: &str, fields: Fields) -> Told {
        let fingerprint = of_event(t_ms, kind, &fields);
        let counted = self.events.count(n, fingerprint);
        self.told(Stream::Event, n, counted, |hear| {
            hear.events.remember(n, fingerprint);
            event_bodies(profile, At::heard(n, t_ms), kind, fields)
        })
    }

    /// A dose entry came.
    pub fn dose(&mut self, profile: &Profile, n: u64, t_ms: u64, fields: Fields) -> Told {
        // What it says nobody can read.
        if profile.dose_entry.is_none() {
            return Told::default();
        }
        let counted = self.doses.count(n, fingerprint(t_ms, &fields));
        self.told(Stream::Dose, n, counted, |hear| {
            hear.dose_bodies(profile, At::heard(n, t_ms), &fields)
        })
    }

    fn told(&mut self, of: Stream, n: u64, counted: Counted, bodies: impl FnOnce(&mut Self) -> Vec<Body>) -> Told {
        let mut told = Told::default();
        match counted {
            Counted::Again => told.bodies.push(Body::Repeated {
                of: of.name().to_owned(),
                n,
            }),
            Counted::Passed => told.bodies.push(Body::Nonsense {
                why: format!(
                    "{} {n} goes back: its number was passed already, and it says something else",
                    of.name()
                ),
            }),
            Counted::Late => {
                told.late = true;
                told.bodies = bodies(self);
            }
            Counted::After(missing) => {
                told.missing = missing.map(|(from, count)| Missing { of, from, count });
                told.bodies = bodies(self);
            }
        }
        told
    }

    /// The newest number that was told.
    pub fn last(&self, of: Stream) -> Option<u64> {
        self.known(of).last
    }

    /// The log was read up to this number.
    pub fn read_up_to(&mut self, of: Stream, last: u64) {
        let known = match of {
            Stream::Event => &mut self.events,
            Stream::Dose => &mut self.doses,
        };
        known.last = Some(known.last.map_or(last, |known| known.max(last)));
    }

    /// Whether this record was told already.
    pub fn is_told(&self, of: Stream, n: u64) -> bool {
        self.known(of).told.contains_key(&n)
    }

    fn known(&self, of: Stream) -> &Known {
        match of {
            Stream::Event => &self.events,
            Stream::Dose => &self.doses,
        }
    }

    /// An event of the log in the harness's words, remembered as told.
    pub fn logged_event(&mut self, profile: &Profile, at: At, kind: &str, fields: Fields) -> Vec<Body> {
        self.events.remember(at.n, of_event(at.t_ms, kind, &fields));
        event_bodies(profile, at, kind, fields)
    }

    /// A dose entry in the harness's words, remembered as told.
    pub fn dose_bodies(&mut self, profile: &Profile, at: At, fields: &Fields) -> Vec<Body> {
        match dose_entry(profile, fields) {
            Ok(entry) => {
                self.doses.remember(at.n, fingerprint(at.t_ms, fields));
                vec![at.said(Said::Dose(entry))]
            }
            Err(why) => vec![Body::Nonsense {
                why: format!("dose entry {}: {why}", at.n),
            }],
        }
    }

    /// How an entry of the log relates to what was heard.
    pub fn compare(&self, n: u64, t_ms: u64, fields: &Fields) -> Compared {
        match (self.doses.told.get(&n), self.doses.told.keys().next()) {
            (Some(heard), _) if *heard == fingerprint(t_ms, fields) => Compared::Same,
            (Some(_), _) => Compared::Differs,
            // Below the oldest that is remembered nothing can be said: it may be from before, or was let go to make room.
            (None, Some(oldest)) if n > *oldest => Compared::Unheard,
            (None, _) => Compared::Before,
        }
    }
}

/// How an entry of the log relates to what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// Heard just so.
    Same,
    /// Heard otherwise.
    Differs,
    /// Not heard, though later ones or the ones around it were.
    Unheard,
    /// From before this conversation.
    Before,
}

enum Counted {
    /// A newer one; a jump gives the first missing number and how many are.
    After(Option<(u64, u64)>),
    /// It was told before, just so.
    Again,
    /// It was missed, and comes late.
    Late,
    /// Its number was passed, and it is not what was told under it.
    Passed,
}

/// Number and time of a record, and how it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    n: u64,
    t_ms: u64,
    read_back: bool,
}

impl At {
    /// It was said unasked.
    pub fn heard(n: u64, t_ms: u64) -> Self {
        Self {
            n,
            t_ms,
            read_back: false,
        }
    }

    /// It stood in the log.
    pub fn read_back(n: u64, t_ms: u64) -> Self {
        Self {
            n,
            t_ms,
            read_back: true,
        }
    }

    fn said(self, said: Said) -> Body {
        Body::Pump {
            n: Some(self.n),
            // A time beyond 63 bits is left out, not cut: the judge must not reckon with a wrong one.
            pump_t: i64::try_from(self.t_ms).ok().map(Span),
            read_back: self.read_back,
            said,
        }
    }
}

fn of_event(t_ms: u64, kind: &str, fields: &Fields) -> u32 {
    let mut all = fields.clone();
    all.push((String::new(), kind.to_owned()));
    fingerprint(t_ms, &all)
}

/// The same for the same entry, in whatever order its fields stand.
fn fingerprint(t_ms: u64, fields: &Fields) -> u32 {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    // A `dose-log` line need not have its fields in the order of the entry that was sent unasked.
    sorted.sort();
    let mut crc = Crc32::default();
    crc.feed(&t_ms.to_le_bytes());
    for (key, value) in sorted {
        crc.feed(key.as_bytes());
        crc.feed(b"=");
        crc.feed(value.as_bytes());
        crc.feed(b"\n");
    }
    crc.value()
}

/// An event in the harness's words. One that lacks what its kind needs is journaled under its own name, with what is wrong.
fn event_bodies(profile: &Profile, at: At, kind: &str, fields: Fields) -> Vec<Body> {
    let other = |fields: Fields| {
        at.said(Said::Other {
            kind: profile.kinds.ours(kind),
            fields: fields
                .into_iter()
                .map(|(key, value)| (profile.keys.into_ours(key), value))
                .collect(),
        })
    };
    match profile.events.get(kind) {
        None => vec![other(fields)],
        Some(said_at) => match said(profile, said_at, &fields) {
            Ok(said) => vec![at.said(said)],
            Err(why) => vec![
                Body::Nonsense {
                    why: format!("event {} `{kind}`: {why}", at.n),
                },
                // What came is kept beside the complaint: who looks for the cause needs the pump's own words.
                other(fields),
            ],
        },
    }
}

fn said(profile: &Profile, at: &SaidAt, fields: &Fields) -> Result<Said, String> {
    let word = |key: &str| crate::device::text_at(fields, key).map(|w| profile.words.ours(w));
    Ok(match at {
        SaidAt::Boot { reason } => Said::Boot { reason: word(reason)? },
        SaidAt::State { from, to, cause } => Said::State {
            from: word(from)?,
            to: word(to)?,
            cause: word(cause)?,
        },
        SaidAt::Alarm { id, priority } => Said::Alarm {
            id: word(id)?,
            priority: word(priority)?,
        },
        SaidAt::AlarmClear { id } => Said::AlarmClear { id: word(id)? },
        SaidAt::BolusStart { kind, dose, over } => Said::BolusStart {
            kind: word(kind)?,
            dose_nl: dose.read(fields)?,
            over_ms: over.read(fields)?,
        },
        SaidAt::BolusEnd { kind, given, cause } => Said::BolusEnd {
            kind: word(kind)?,
            given_nl: given.read(fields)?,
            cause: word(cause)?,
        },
    })
}

fn dose_entry(profile: &Profile, fields: &Fields) -> Result<DoseEntry, String> {
    let at = profile.dose_entry.as_ref();
    let at = at.ok_or("the device profile does not say what stands in an entry")?;
    let word = |key: &str| crate::device::text_at(fields, key).map(|w| profile.words.ours(w));
    Ok(DoseEntry {
        cause: word(&at.cause)?,
        mode: word(&at.mode)?,
        rate_nl_per_day: at.rate.read(fields)?,
        basal_nl: at.basal.read(fields)?,
        patient_nl: at.patient.read(fields)?,
        periodic_nl: at.periodic.read(fields)?,
        clinician_nl: at.clinician.read(fields)?,
        prime_nl: at.prime.read(fields)?,
        bridge_nl: at.bridge.read(fields)?,
        strokes: at.strokes.read(fields)?,
        reservoir_nl: at.reservoir.read(fields)?,
    })
}
