//! The event log and the dose log: bounded rings in the lasting memory, each record in two copies and with a number that never restarts.
//!
//! Memory holds only the next numbers and two short queues toward the line. A copy that cannot be written raises an alarm. A record of which neither can is
//! still sent, with its number; the log then lacks that number, and once a write works again a `log-gap` event says how many are missing.

use heapless::Deque;

use crate::bytes::{Coded, Reader, Writer};
use crate::nv::{Nv, Slot};
use crate::record::{DoseEntry, Event, What};
use crate::units::{Millis, Nl, NlPerDay, Seconds};

/// Dose entries that the ring holds.
pub const DOSE_RING: u32 = 512;
/// Events that the ring holds.
pub const EVENT_RING: u32 = 256;
const EVENT_QUEUE: usize = 16;
const DOSE_QUEUE: usize = 8;
/// Longest log record: a dose entry.
const ENTRY_MAX: usize = 96;

/// A queue that forgets its oldest entry when it is full: the numbers show the gap.
#[derive(Debug)]
pub(crate) struct Queue<T, const SIZE: usize>(Deque<T, SIZE>);

impl<T, const SIZE: usize> Queue<T, SIZE> {
    const fn new() -> Self {
        Self(Deque::new())
    }

    fn push(&mut self, item: T) {
        if self.0.is_full() {
            self.pop();
        }
        // There is room now.
        let _ = self.0.push_back(item);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.0.pop_front()
    }
}

/// Heads of the rings and the queues toward the line.
pub(crate) struct Logs {
    pub(crate) next_event: u32,
    pub(crate) next_dose: u32,
    /// Records that could not be written since the last that could.
    pub(crate) lost: u32,
    pub(crate) events: Queue<Event, EVENT_QUEUE>,
    pub(crate) doses: Queue<DoseEntry, DOSE_QUEUE>,
}

impl Logs {
    /// Rings that hold nothing yet.
    pub(crate) const fn new() -> Self {
        Self {
            next_event: 1,
            next_dose: 1,
            lost: 0,
            events: Queue::new(),
            doses: Queue::new(),
        }
    }

    /// Finds where the rings stand, and gives the time of the latest record.
    pub(crate) fn restore<N: Nv>(&mut self, nv: &N) -> u64 {
        let last_event = (0..2 * EVENT_RING)
            .filter_map(|at| read_event_at(nv, at))
            .map(|event| (event.n, event.t.0))
            .max();
        let last_dose = (0..2 * DOSE_RING)
            .filter_map(|at| read_dose_at(nv, at))
            .map(|entry| (entry.n, entry.t.0))
            .max();
        let ((event, event_at), (dose, dose_at)) = (last_event.unwrap_or_default(), last_dose.unwrap_or_default());
        self.next_event = event.saturating_add(1);
        self.next_dose = dose.saturating_add(1);
        event_at.max(dose_at)
    }

    /// Logs an event and sends it; says whether both copies were written.
    pub(crate) fn event<N: Nv>(&mut self, nv: &mut N, t: u64, what: What) -> bool {
        let event = Event {
            n: self.next_event,
            t: Millis(t),
            what,
        };
        self.next_event = self.next_event.saturating_add(1);
        self.events.push(event);
        let mut buf = [0; ENTRY_MAX];
        let len = encode_event(&event, &mut buf).unwrap_or(0);
        self.write(nv, copies(event.n, EVENT_RING).map(Slot::Event), &buf[..len])
    }

    /// Logs a dose entry and sends it; says whether both copies were written.
    pub(crate) fn dose<N: Nv>(&mut self, nv: &mut N, mut entry: DoseEntry) -> bool {
        entry.n = self.next_dose;
        self.next_dose = self.next_dose.saturating_add(1);
        self.doses.push(entry);
        let mut buf = [0; ENTRY_MAX];
        let len = encode_dose(&entry, &mut buf).unwrap_or(0);
        self.write(nv, copies(entry.n, DOSE_RING).map(Slot::Dose), &buf[..len])
    }

    fn write<N: Nv>(&mut self, nv: &mut N, slots: [Slot; 2], record: &[u8]) -> bool {
        let written = slots.map(|slot| nv.write(slot, record).is_ok());
        // With one copy nothing is lost yet; but the next failure would lose it, so the caller alarms.
        if written == [false; 2] {
            self.lost = self.lost.saturating_add(1);
        }
        written == [true; 2]
    }
}

/// Places of a record's copies: the second ring stands behind the first.
const fn copies(n: u32, ring: u32) -> [u16; 2] {
    let at = n % ring;
    [at as u16, (at + ring) as u16]
}

/// First and last number that a ring can hold; none: the last is before the first.
pub(crate) const fn bounds(next: u32, ring: u32) -> (u32, u32) {
    let last = next - 1;
    (if last > ring { last - ring + 1 } else { 1 }, last)
}

pub(crate) fn read_event<N: Nv>(nv: &N, n: u32) -> Option<Event> {
    let mut copies = copies(n, EVENT_RING).into_iter();
    copies.find_map(|at| read_event_at(nv, u32::from(at)).filter(|event| event.n == n))
}

pub(crate) fn read_dose<N: Nv>(nv: &N, n: u32) -> Option<DoseEntry> {
    let mut copies = copies(n, DOSE_RING).into_iter();
    copies.find_map(|at| read_dose_at(nv, u32::from(at)).filter(|entry| entry.n == n))
}

fn read_event_at<N: Nv>(nv: &N, at: u32) -> Option<Event> {
    nv.read(Slot::Event(at as u16)).and_then(decode_event)
}

fn read_dose_at<N: Nv>(nv: &N, at: u32) -> Option<DoseEntry> {
    nv.read(Slot::Dose(at as u16)).and_then(decode_dose)
}

fn encode_dose(entry: &DoseEntry, buf: &mut [u8; ENTRY_MAX]) -> Option<usize> {
    let mut out = Writer::new(buf);
    out.u32(entry.n);
    out.u64(entry.t.0);
    out.u8(entry.cause.code());
    out.u8(entry.mode.code());
    out.u32(entry.rate.0 as u32);
    for volume in [
        entry.basal,
        entry.patient,
        entry.periodic,
        entry.clinician,
        entry.prime,
        entry.bridge,
    ] {
        out.u64(volume.0);
    }
    out.u64(entry.strokes);
    out.u64(entry.reservoir.0);
    out.seal()
}

fn decode_dose(record: &[u8]) -> Option<DoseEntry> {
    let mut input = Reader::unseal(record)?;
    Some(DoseEntry {
        n: input.u32()?,
        t: Millis(input.u64()?),
        cause: Coded::from_code(input.u8()?)?,
        mode: Coded::from_code(input.u8()?)?,
        rate: NlPerDay(u64::from(input.u32()?)),
        basal: Nl(input.u64()?),
        patient: Nl(input.u64()?),
        periodic: Nl(input.u64()?),
        clinician: Nl(input.u64()?),
        prime: Nl(input.u64()?),
        bridge: Nl(input.u64()?),
        strokes: input.u64()?,
        reservoir: Nl(input.u64()?),
    })
}

fn encode_event(event: &Event, buf: &mut [u8; ENTRY_MAX]) -> Option<usize> {
    let (tag, numbers) = flatten(event.what);
    let mut out = Writer::new(buf);
    out.u32(event.n);
    out.u64(event.t.0);
    out.u8(tag);
    for number in numbers {
        out.u64(number);
    }
    out.seal()
}

fn decode_event(record: &[u8]) -> Option<Event> {
    let mut input = Reader::unseal(record)?;
    let (n, t, tag) = (input.u32()?, Millis(input.u64()?), input.u8()?);
    let what = unflatten(tag, [input.u64()?, input.u64()?, input.u64()?])?;
    Some(Event { n, t, what })
}

/// An event as a tag and three numbers.
fn flatten(what: What) -> (u8, [u64; 3]) {
    let code = |code: u8| u64::from(code);
    match what {
        What::Boot { reason } => (0, [code(reason.code()), 0, 0]),
        What::State { from, to, cause } => (1, [code(from.code()), code(to.code()), code(cause.code())]),
        What::Rx { crc32 } => (2, [u64::from(crc32), 0, 0]),
        What::Session { is } => (3, [code(is.code()), 0, 0]),
        What::Rate { rate } => (4, [rate.0, 0, 0]),
        What::BolusStart { kind, dose, over } => (5, [code(kind.code()), dose.0, over.0]),
        What::BolusEnd { kind, given, cause } => (6, [code(kind.code()), given.0, code(cause.code())]),
        What::Refused { verb, code: why } => (7, [code(verb.code()), code(why.code()), 0]),
        What::Alarm { id } => (8, [code(id.code()), 0, 0]),
        What::AlarmClear { id } => (9, [code(id.code()), 0, 0]),
        What::Muted => (10, [0; 3]),
        What::Unmuted => (11, [0; 3]),
        What::Tone { kind } => (12, [code(kind.code()), 0, 0]),
        What::Stall { strokes } => (13, [u64::from(strokes), 0, 0]),
        What::StallEnd { lost } => (14, [lost.0, 0, 0]),
        What::Magnet { on } => (15, [u64::from(on), 0, 0]),
        What::Wake => (16, [0; 3]),
        What::Eri { eos } => (17, [eos.0, 0, 0]),
        What::Refill {
            expected,
            residual,
            added,
        } => (18, [expected.0, residual.0, added.0]),
        What::Memory { copy_b, lost } => (19, [u64::from(copy_b), u64::from(lost), 0]),
        What::Clock { by_ms } => (20, [by_ms.cast_unsigned(), 0, 0]),
        What::LogGap { lost } => (21, [u64::from(lost), 0, 0]),
        What::Pressure { is } => (22, [code(is.code()), 0, 0]),
    }
}

fn unflatten(tag: u8, [a, b, c]: [u64; 3]) -> Option<What> {
    fn of<T: Coded>(number: u64) -> Option<T> {
        T::from_code(u8::try_from(number).ok()?)
    }
    Some(match tag {
        0 => What::Boot { reason: of(a)? },
        1 => What::State {
            from: of(a)?,
            to: of(b)?,
            cause: of(c)?,
        },
        2 => What::Rx { crc32: a as u32 },
        3 => What::Session { is: of(a)? },
        4 => What::Rate { rate: NlPerDay(a) },
        5 => What::BolusStart {
            kind: of(a)?,
            dose: Nl(b),
            over: Seconds(c),
        },
        6 => What::BolusEnd {
            kind: of(a)?,
            given: Nl(b),
            cause: of(c)?,
        },
        7 => What::Refused {
            verb: of(a)?,
            code: of(b)?,
        },
        8 => What::Alarm { id: of(a)? },
        9 => What::AlarmClear { id: of(a)? },
        10 => What::Muted,
        11 => What::Unmuted,
        12 => What::Tone { kind: of(a)? },
        13 => What::Stall { strokes: a as u32 },
        14 => What::StallEnd { lost: Millis(a) },
        15 => What::Magnet { on: a != 0 },
        16 => What::Wake,
        17 => What::Eri { eos: Seconds(a) },
        18 => What::Refill {
            expected: Nl(a),
            residual: Nl(b),
            added: Nl(c),
        },
        19 => What::Memory {
            copy_b: a != 0,
            lost: b != 0,
        },
        20 => What::Clock { by_ms: a.cast_signed() },
        21 => What::LogGap { lost: a as u32 },
        22 => What::Pressure { is: of(a)? },
        _ => return None,
    })
}
