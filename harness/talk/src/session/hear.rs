//! What the pump says unasked: put into the harness's words, and counted so that a gap is seen.

use crate::device::{Profile, SaidAt};
use crate::wire::{Crc32, Fields};
use pump_hil_model::event::{Body, DoseEntry, Said};
use pump_hil_model::quantity::Span;
use std::collections::BTreeMap;

/// Dose entries that are remembered, to compare them with the log.
const REMEMBERED_MAX: usize = 16_384;

/// The two things that a pump counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What one line had to tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub missing: Option<Missing>,
    pub bodies: Vec<Body>,
}

/// Listens to one pump.
#[derive(Debug, Default)]
pub(super) struct Hear {
    last_event: Option<u64>,
    last_dose: Option<u64>,
    /// Fingerprints of the dose entries that were heard, the newest [`REMEMBERED_MAX`].
    doses: BTreeMap<u64, u32>,
}

impl Hear {
    /// An event came.
    pub fn event(&mut self, profile: &Profile, n: u64, t_ms: u64, kind: &str, fields: Fields) -> Told {
        let mut told = Told::default();
        match count(&mut self.last_event, n) {
            Counted::Again => told.bodies.push(again(Stream::Event, n)),
            Counted::After(missing) => {
                told.missing = missing.map(|(from, count)| Missing {
                    of: Stream::Event,
                    from,
                    count,
                });
                told.bodies = event_bodies(profile, n, t_ms, kind, fields);
            }
        }
        told
    }

    /// A dose entry came.
    pub fn dose(&mut self, profile: &Profile, n: u64, t_ms: u64, fields: Fields) -> Told {
        let mut told = Told::default();
        match count(&mut self.last_dose, n) {
            Counted::Again => told.bodies.push(again(Stream::Dose, n)),
            Counted::After(missing) => {
                told.missing = missing.map(|(from, count)| Missing {
                    of: Stream::Dose,
                    from,
                    count,
                });
                told.bodies = self.dose_bodies(profile, n, t_ms, &fields);
            }
        }
        told
    }

    /// A dose entry in the harness's words, remembered as heard.
    pub fn dose_bodies(&mut self, profile: &Profile, n: u64, t_ms: u64, fields: &Fields) -> Vec<Body> {
        match dose_entry(profile, fields) {
            Ok(entry) => {
                self.doses.insert(n, fingerprint(t_ms, fields));
                if self.doses.len() > REMEMBERED_MAX {
                    self.doses.pop_first();
                }
                debug_assert!(self.doses.len() <= REMEMBERED_MAX, "one comes, and one goes");
                vec![pump(n, t_ms, Said::Dose(entry))]
            }
            Err(why) => vec![Body::Nonsense {
                why: format!("dose entry {n}: {why}"),
            }],
        }
    }

    /// How an entry of the log relates to what was heard.
    pub fn compare(&self, n: u64, t_ms: u64, fields: &Fields) -> Compared {
        match (self.doses.get(&n), self.doses.keys().next()) {
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
    After(Option<(u64, u64)>),
    Again,
}

/// Counts `n`; a jump gives the first missing number and how many are.
fn count(last: &mut Option<u64>, n: u64) -> Counted {
    match *last {
        // The two counters never restart, also not at a reset (PROTOCOL.md, Lines): a number that does not grow is a repeat, or the pump
        // lost count.
        Some(known) if n <= known => Counted::Again,
        Some(known) => {
            *last = Some(n);
            // No sum overflows: the codec takes no number beyond 4294967295.
            Counted::After((n > known + 1).then_some((known + 1, n - known - 1)))
        }
        // The first that is heard: the pump may have counted long before the conversation began.
        None => {
            *last = Some(n);
            Counted::After(None)
        }
    }
}

fn again(of: Stream, n: u64) -> Body {
    Body::Nonsense {
        why: format!("{} {n} came again or late; its number was passed already", of.name()),
    }
}

fn pump(n: u64, t_ms: u64, said: Said) -> Body {
    Body::Pump {
        n: Some(n),
        // A time beyond 63 bits is left out, not cut: the judge must not reckon with a wrong one.
        pump_t: i64::try_from(t_ms).ok().map(Span),
        said,
    }
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
pub(super) fn event_bodies(profile: &Profile, n: u64, t_ms: u64, kind: &str, fields: Fields) -> Vec<Body> {
    let other = |fields: Fields| {
        pump(
            n,
            t_ms,
            Said::Other {
                kind: kind.to_owned(),
                fields: fields.into_iter().collect(),
            },
        )
    };
    match profile.events.get(kind) {
        None => vec![other(fields)],
        Some(at) => match said(profile, at, &fields) {
            Ok(said) => vec![pump(n, t_ms, said)],
            Err(why) => vec![
                Body::Nonsense {
                    why: format!("event {n} `{kind}`: {why}"),
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
    let at = &profile.dose_entry;
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
