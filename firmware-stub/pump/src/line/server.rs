//! The pump's end of the line: takes requests, carries each out once, answers, and passes events and dose entries on.

use super::crc16::{crc16, crc16_from};
use super::identity::Identity;
use super::parse::{LineError, Receiver, Request};
use super::queue::{LINE_BYTES, Queue};
use super::render;
use super::request::{self, Ask, Problem, Read};
use super::write::LineWriter;
use crate::command::{Command, Field, Reply};
use crate::nv::Nv;
use crate::pump::Pump;
use crate::record::Event;
use crate::units::{Millis, Nl};

/// What a reset of the processor does not know any more; the shell keeps the server across a reset only if its RAM survives.
///
/// `TX` is the size of the transmit queue in bytes, at least two lines.
#[derive(Clone, Debug)]
pub struct LineServer<const TX: usize> {
    identity: Identity,
    receiver: Receiver,
    queue: Queue<TX>,
    /// The last request that was no mere reading, by seq and crc, and its reply: a repetition is answered from here, whatever was read in between.
    last: Option<(u16, u16)>,
    last_reply: [u8; LINE_BYTES],
    last_reply_len: usize,
    /// The reply whose data lines still leave.
    job: Option<Job>,
    refilled: Option<Nl>,
}

/// A reply of several lines: where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Job {
    seq: u16,
    what: Listing,
    /// Place or number of the next line's item.
    next: u32,
    /// Lines that may still follow.
    left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    Prescription,
    Staged,
    Alarms,
    DoseLog,
    EventLog,
    Library,
}

impl<const TX: usize> LineServer<TX> {
    /// A line on which nothing was said yet.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self {
            identity,
            receiver: Receiver::new(),
            queue: Queue::new(),
            last: None,
            last_reply: [0; LINE_BYTES],
            last_reply_len: 0,
            job: None,
            refilled: None,
        }
    }

    /// Takes bytes that arrived at `now` up to the end of the first line, carries out the request that ends there, and returns how many it took. It takes
    /// none while a reply waits for room. The rest is for the shell to keep and to offer again after [`Self::poll`]: so no reply is ever dropped, and with
    /// room to send, what is said and in what order does not hang on the pieces in which bytes arrive.
    pub fn receive<N: Nv>(&mut self, now: Millis, bytes: &[u8], pump: &mut Pump<N>) -> usize {
        for (taken, &byte) in bytes.iter().enumerate() {
            if self.job.is_some() || !self.queue.has_room(LINE_BYTES) {
                return taken;
            }
            if self.receiver.push(byte) {
                let receiver = core::mem::take(&mut self.receiver);
                self.line(now, receiver.line(), pump);
                return taken + 1;
            } else if byte == b'\n' {
                self.receiver.clear();
            }
        }
        bytes.len()
    }

    /// The receiver lost bytes: the line that arrives, or would arrive next, is answered `overrun` and not read.
    pub const fn overrun(&mut self) {
        self.receiver.overrun();
    }

    /// Moves what waits into the transmit queue as far as there is room: first the reply that is under way, then events, then dose entries. What finds no
    /// room stays with the pump, whose own short queues forget their oldest: the numbers show it. `seen` is told of every event that passes.
    pub fn poll<N: Nv>(&mut self, pump: &mut Pump<N>, mut seen: impl FnMut(&Event)) {
        while self.job.is_some() && self.queue.has_room(LINE_BYTES) {
            self.continue_job(pump);
        }
        // A reply must still find room behind them.
        while self.job.is_none() && self.queue.has_room(2 * LINE_BYTES) {
            if let Some(event) = pump.next_event() {
                seen(&event);
                self.say(|| render::event(&event));
            } else if let Some(entry) = pump.next_dose_entry() {
                self.say(|| render::dose(&entry));
            } else {
                break;
            }
        }
    }

    /// Whether there is nothing to say and nothing to send: [`Self::poll`] would change nothing, and [`Self::front`] is empty.
    #[must_use]
    pub fn is_idle<N: Nv>(&self, pump: &Pump<N>) -> bool {
        self.job.is_none() && self.queue.len() == 0 && !pump.has_news()
    }

    /// The bytes to send next, as far as they lie together.
    #[must_use]
    pub fn front(&self) -> &[u8] {
        self.queue.front()
    }

    /// Takes the first `count` bytes off: they were sent.
    pub fn sent(&mut self, count: usize) {
        self.queue.pop(count);
    }

    /// Copies bytes to send into `into`, takes them off and returns how many they are.
    pub fn take(&mut self, into: &mut [u8]) -> usize {
        let mut count = 0;
        while count < into.len() && self.queue.len() > 0 {
            let front = self.queue.front();
            let part = front.len().min(into.len() - count);
            into[count..count + part].copy_from_slice(&front[..part]);
            self.queue.pop(part);
            count += part;
        }
        count
    }

    /// The volume that a clinician filled in since the last call: the shell of a simulated pump passes it to its plant.
    pub const fn take_refill(&mut self) -> Option<Nl> {
        self.refilled.take()
    }

    #[inline(never)] // What one request takes of the stack must not lie under the next.
    fn line<N: Nv>(&mut self, now: Millis, line: Result<&[u8], LineError>, pump: &mut Pump<N>) {
        match line.and_then(Request::parse) {
            Err(error) => self.say(|| render::err(0, error.code())),
            Ok(request) => self.request(now, &request, pump),
        }
    }

    fn request<N: Nv>(&mut self, now: Millis, request: &Request<'_>, pump: &mut Pump<N>) {
        let seq = request.seq.unwrap_or(0);
        if request.seq.is_none() && request::is_read(request.verb) == Some(false) {
            return self.say(|| hint(request));
        }
        let id = request.seq.map(|seq| (seq, request.crc));
        // Whoever asks in the right form is a programmer.
        let _ = pump.command(now, Command::Interrogate);
        if id.is_some() && id == self.last {
            // It was carried out: only its reply was lost.
            self.queue.push(&self.last_reply[..self.last_reply_len]);
            return;
        }
        match request::ask(request, pump.library()) {
            Err(problem) => self.say(|| problem_line(seq, &problem)),
            Ok(Ask::Read(read)) => self.read(seq, read, pump),
            Ok(Ask::Stage) => {
                let reply = stage(now, request, pump);
                self.answer(seq, id, None, &reply);
            }
            Ok(Ask::Do(command)) => {
                let reply = pump.command(now, command);
                self.answer(seq, id, Some(command), &reply);
            }
        }
    }

    /// Says what came of a request that was no mere reading, and remembers it.
    fn answer(&mut self, seq: u16, id: Option<(u16, u16)>, command: Option<Command>, reply: &Reply) {
        self.last = id;
        if let (Some(Command::Refill { added, .. }), Ok(_)) = (command, reply) {
            self.refilled = Some(added);
        }
        if let (Some(Command::SelfTest), Ok(_)) = (command, reply) {
            self.reply(seq, true, || {
                let mut line = render::ok(seq);
                line.pair("result", "pass");
                line
            });
        } else {
            self.reply(seq, true, || render::reply(seq, reply));
        }
    }

    /// Answers what takes one line; starts what takes several, which leave with the next poll.
    fn read<N: Nv>(&mut self, seq: u16, read: Read, pump: &Pump<N>) {
        let identity = self.identity;
        let (what, next, left) = match read {
            Read::Identify => return self.reply(seq, false, || render::identity(seq, &identity)),
            Read::Status => {
                return self.reply(seq, false, || {
                    render::status(seq, &pump.status(), pump.active_alarms().map(|alarm| alarm.id))
                });
            }
            Read::Totals => return self.reply(seq, false, || render::totals(seq, &pump.totals())),
            Read::Forecast => return self.reply(seq, false, || render::forecast(seq, &pump.forecast())),
            Read::Prescription if pump.prescription_crc32().is_none() => {
                return self.reply(seq, false, || render::err(seq, "no-prescription"));
            }
            Read::Staged if !pump.status().session_open => {
                return self.reply(seq, false, || render::err(seq, "no-session"));
            }
            Read::Prescription => (Listing::Prescription, 0, u32::MAX),
            Read::Staged => (Listing::Staged, 0, u32::MAX),
            Read::Alarms => (Listing::Alarms, 0, u32::MAX),
            Read::Library => (Listing::Library, 0, u32::MAX),
            Read::DoseLog { from, count } => (Listing::DoseLog, from, count),
            Read::EventLog { from, count } => (Listing::EventLog, from, count),
        };
        self.job = Some(Job { seq, what, next, left });
    }

    /// Writes one more line of the reply that is under way; there is room for it.
    fn continue_job<N: Nv>(&mut self, pump: &Pump<N>) {
        let Some(mut job) = self.job else { return };
        let more = job.line(pump, self);
        self.job = more.then_some(job);
        if !more {
            self.say(|| job.end(pump));
        }
    }

    // A line is a tenth of a small processor's stack: it is written and queued in a frame of its own, from which nothing deeper is called.

    #[inline(never)]
    fn say(&mut self, line: impl FnOnce() -> LineWriter) {
        if let Some(bytes) = line().finish() {
            self.enqueue(bytes);
        }
    }

    /// Says a reply, or that it does not fit; and keeps it for a repetition of its request.
    #[inline(never)]
    fn reply(&mut self, seq: u16, keep: bool, line: impl FnOnce() -> LineWriter) {
        match line().finish() {
            Some(bytes) => self.queue_reply(keep, bytes),
            None => self.no_space(seq, keep),
        }
    }

    #[inline(never)]
    fn no_space(&mut self, seq: u16, keep: bool) {
        let mut line = render::err(seq, "no-space");
        self.queue_reply(keep, line.finish().unwrap_or_default());
    }

    fn queue_reply(&mut self, keep: bool, bytes: &[u8]) {
        if keep {
            self.last_reply_len = bytes.len();
            self.last_reply[..bytes.len()].copy_from_slice(bytes);
        }
        self.enqueue(bytes);
    }

    /// Whoever says something looked for room before: no line is ever dropped here.
    fn enqueue(&mut self, bytes: &[u8]) {
        let has_room = self.queue.push(bytes);
        debug_assert!(has_room);
    }
}

impl Job {
    /// Says the next data line; whether there was one.
    fn line<N: Nv, const TX: usize>(&mut self, pump: &Pump<N>, to: &mut LineServer<TX>) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        let at = self.next;
        self.next += 1;
        let (seq, library) = (self.seq, pump.library());
        let field = |field| to.say(|| render::field(seq, field, library));
        match self.what {
            Listing::Prescription => pump.prescription_fields().nth(at as usize).map(field),
            Listing::Staged => pump.staged_fields().nth(at as usize).map(field),
            Listing::Alarms => pump
                .active_alarms()
                .nth(at as usize)
                .map(|alarm| to.say(|| render::alarm(seq, &alarm))),
            Listing::Library => library.get(at as usize).map(|drug| to.say(|| render::drug(seq, drug))),
            Listing::DoseLog => pump.dose_log(at).next().map(|entry| {
                self.next = entry.n.saturating_add(1);
                to.say(|| render::logged_dose(seq, &entry));
            }),
            Listing::EventLog => pump.event_log(at).next().map(|event| {
                self.next = event.n.saturating_add(1);
                to.say(|| render::logged_event(seq, &event));
            }),
        }
        .is_some()
    }

    /// The reply that ends the data lines.
    fn end<N: Nv>(&self, pump: &Pump<N>) -> LineWriter {
        let mut line = render::ok(self.seq);
        match self.what {
            Listing::Prescription => render::sum(
                &mut line,
                pump.prescription_fields().count(),
                pump.prescription_crc32().unwrap_or(0),
            ),
            Listing::Staged => render::sum(&mut line, pump.staged_fields().count(), pump.staged_crc32()),
            Listing::Alarms | Listing::Library => {}
            Listing::DoseLog => render::ring(&mut line, pump.dose_log_bounds()),
            Listing::EventLog => render::ring(&mut line, pump.event_log_bounds()),
        }
        line
    }
}

/// Stages all fields of a request or none.
#[inline(never)] // As the lines above.
fn stage<N: Nv>(now: Millis, request: &Request<'_>, pump: &mut Pump<N>) -> Reply {
    let library = pump.library();
    let mut fields = [Field::SoftConfirm; request::FIELDS_MAX];
    let mut count = 0;
    // Every field was read before, and a key stands once: they fit.
    let read = request
        .pairs()
        .filter_map(|(key, value)| request::field(key, value, library).ok());
    for (place, field) in fields.iter_mut().zip(read) {
        *place = field;
        count += 1;
    }
    pump.stage_all(now, &fields[..count])
}

/// A line that the pump never heard of.
fn problem_line(seq: u16, problem: &Problem<'_>) -> LineWriter {
    let mut line = render::err(seq, problem.code);
    if let Some(field) = problem.field {
        line.pair("field", field);
    }
    if let Some((limit, unit)) = problem.limit {
        line.number("limit", limit, unit);
    }
    line
}

/// What a line typed without crc would need for a verb that changes something.
fn hint(request: &Request<'_>) -> LineWriter {
    let crc = crc16_from(crc16(b"#1 "), request.text().as_bytes());
    let mut line = render::err(0, "crc-required");
    line.pair("crc", format_args!("{crc:04X}"));
    line
}
