//! The conversation with a pump: a state machine without port and clock, driven like quinn-proto's.
//!
//! Give it requests ([`Session::request`]), what came ([`Session::handle_bytes`]) and the time ([`Session::handle_timeout`]); send what
//! [`Session::poll_transmit`] gives, wait until [`Session::poll_timeout`], and take [`Session::poll_event`] until it is empty.
//!
//! **Invariants:** one exchange is in flight; a retry sends the identical bytes, so that a pump never carries a request out twice; every queue, answer
//! and retry has a limit of the device profile; no string of a firmware's protocol stands here; what a pump wrote leaves only escaped.

mod arguments;
mod exchange;
mod hear;
mod held;
mod job;
mod log;
mod outgoing;
mod program;
mod request;
mod spoken;
mod state;
mod task;

use crate::device::Profile;
use crate::protocol::{Codec, Fields, Heard, Line, Told, Wanted};
use exchange::{Answer, Exchange, Next, Saying, raw_reply, unasked};
use hear::Hear;
use held::Held;
use job::Job;
pub use job::{can_say, only_reads};
use outgoing::Outgoing;
use pump_hil_model::case::Request;
use pump_hil_model::event::{Body, Says};
use pump_hil_model::quantity::Span;
pub use request::{RequestEnd, RequestError, RequestId, SessionEvent};
use state::State;
use std::collections::VecDeque;
use std::sync::Arc;
use task::{Task, Waiting};

/// The conversation with one pump.
#[derive(Debug)]
pub struct Session {
    profile: Arc<Profile>,
    codec: Codec,
    /// Room for what is cut at once.
    lines: Vec<Line>,
    hear: Hear,
    /// What is known of it by what its messages give.
    state: State,
    queue: Waiting,
    current: Option<Task>,
    exchange: Option<Exchange>,
    out: Outgoing,
    events: VecDeque<SessionEvent>,
    held: Held,
    /// Number of the last request.
    last_seq: u64,
    /// The last line was its answer.
    heard_reply: bool,
    /// What the last `Stage` meant, for the `Commit` after it.
    staged: Option<Arc<program::Intent>>,
}

impl Session {
    /// With a pump of this profile.
    #[must_use]
    pub fn new(profile: Arc<Profile>) -> Self {
        Self {
            codec: Codec::new(Arc::clone(&profile.protocol)),
            out: Outgoing::new(&profile.protocol),
            profile,
            lines: Vec::new(),
            hear: Hear::default(),
            state: State::default(),
            queue: Waiting::default(),
            current: None,
            exchange: None,
            events: VecDeque::new(),
            held: Held::default(),
            last_seq: 0,
            heard_reply: false,
            staged: None,
        }
    }

    /// Takes a request; it is sent when those before it are over.
    ///
    /// # Errors
    /// What cannot be said to this pump is refused at once, and nothing is sent.
    pub fn request(&mut self, request: &Request, now: Span) -> Result<RequestId, RequestError> {
        self.ask(request, false, now)
    }

    /// The same; `is_poll`: it is asked every so often, and said once. Where no answer comes, its next time does.
    ///
    /// # Errors
    /// As [`Session::request`].
    pub fn ask(&mut self, request: &Request, is_poll: bool, now: Span) -> Result<RequestId, RequestError> {
        let limit = self.profile.limits.queue;
        if self.queue.len() >= limit {
            return Err(RequestError::QueueFull { limit });
        }
        let job = Job::new(request, &self.profile, self.staged.as_ref())?;
        if let Some(intent) = job.intent_to_keep() {
            // When it is taken, not when it is carried out: a `Commit` may be queued right behind it, and is made from this.
            self.staged = Some(intent);
        }
        Ok(self.enqueue(job, is_poll, now))
    }

    /// Gives up everything else and asks for what leaves the pump safe, as the profile says.
    pub fn make_safe(&mut self, now: Span) -> RequestId {
        self.exchange = None;
        self.codec.want(Wanted::default(), None);
        self.out.clear();
        self.release();
        while let Some(task) = self.current.take().or_else(|| self.queue.next()) {
            let end = RequestEnd::Abandoned;
            self.events.extend(task.id.map(|id| SessionEvent::Done { id, end }));
        }
        self.enqueue(Job::make_safe(&self.profile), false, now)
    }

    /// Reads back from the pump's logs what came since the newest record that was told. [`Session::is_catching_up`] until that is done.
    pub fn catch_up(&mut self, now: Span) {
        if self.queue.can_catch_up() {
            let jobs = Job::catch_up(&self.profile, &self.hear, &mut self.held);
            self.queue.catch_up(jobs);
            self.start_next(now);
        }
    }

    /// Whether something is being read back from the pump's logs.
    #[must_use]
    pub fn is_catching_up(&self) -> bool {
        self.current.iter().any(|task| task.id.is_none()) || self.queue.has_own()
    }

    /// The line was gone, or somebody else spoke on it: what went out last may have no end, and what came last is not whole. Requests are numbered from
    /// behind `after`, which is no other conversation's: a pump answers the very same line from memory, and carries nothing out.
    pub fn line_was_cut(&mut self, after: u16) {
        self.out.cut();
        self.codec = Codec::new(Arc::clone(&self.profile.protocol));
        self.last_seq = after.into();
    }

    /// Sends bytes as they are. What comes back is journaled; nothing waits for it.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let sent = self.out.put_raw(bytes.to_vec());
        self.journal(sent);
    }

    /// Bytes to send next.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.next()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    /// When [`Session::handle_timeout`] wants to be called; `None` while nothing is in flight.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Span> {
        let deadlines = self.exchange.iter().map(|e| e.deadline);
        deadlines.chain(self.codec.poll_timeout()).min()
    }

    /// Whether a reply is awaited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.exchange.is_some()
    }

    /// Takes bytes from the pump. Of one that never falls silent they are all that tells the time.
    pub fn handle_bytes(&mut self, bytes: &[u8], now: Span) {
        // Taken out, because what it calls for each line borrows the whole session.
        let mut lines = std::mem::take(&mut self.lines);
        self.codec.feed(bytes, now, |line| lines.push(line));
        self.handle_lines(lines, now);
        self.handle_timeout(now);
    }

    fn handle_lines(&mut self, mut lines: Vec<Line>, now: Span) {
        for line in lines.drain(..) {
            self.handle_line(line, now);
        }
        self.lines = lines;
    }

    /// Tells the time: sends again what went unanswered, or gives it up.
    pub fn handle_timeout(&mut self, now: Span) {
        if self.codec.poll_timeout().is_some_and(|due| due <= now) {
            let mut lines = std::mem::take(&mut self.lines);
            self.codec.handle_timeout(now, |line| lines.push(line));
            self.handle_lines(lines, now);
        }
        if self.exchange.as_ref().is_some_and(|e| e.deadline <= now) {
            self.try_again(now);
        }
    }

    /// The run is over: what is left of an unfinished line goes to the journal, unless it is the begin of a line as pumps say them, which may be on its way.
    pub fn end_of_line(&mut self) {
        if !self.codec.is_within_a_frame() {
            self.tell_rest("bytes that do not begin a line");
        }
    }

    /// What is left of an unfinished line goes to the journal.
    fn tell_rest(&mut self, why: &str) {
        if let Some(bytes) = self.codec.take_rest() {
            self.journal(Body::Received { bytes, says: None });
            self.journal(Body::Garbled { why: why.to_owned() });
        }
    }

    /// The line is gone or the run is over: what is left of an unfinished line goes to the journal, and what waits is told that no answer came.
    pub fn close(&mut self) {
        // Before the requests end: the journal then shows what came before it says that no answer did.
        self.tell_rest("the line ended in the middle of this");
        let tries = self.exchange.take().map_or(0, |e| e.tries);
        self.end(RequestEnd::NoReply { tries });
        while let Some(task) = self.queue.next() {
            self.finish(task, RequestEnd::Abandoned);
        }
        self.release();
    }

    fn enqueue(&mut self, job: Job, is_poll: bool, now: Span) -> RequestId {
        let id = self.queue.ask(job, is_poll);
        self.start_next(now);
        id
    }

    fn start_next(&mut self, now: Span) {
        while self.current.is_none() {
            debug_assert!(self.exchange.is_none(), "what is in flight belongs to the current job");
            let Some(mut task) = self.queue.next() else { return };
            let next = task.job.first();
            self.current = Some(task);
            self.perform(next, now);
        }
    }

    /// Does what the current job wants next.
    fn perform(&mut self, next: Next, now: Span) {
        let verb = self.current.as_ref().map_or("", |task| task.job.verb());
        let seq = self.profile.protocol.id_after(self.last_seq);
        match next.written(verb, &self.profile, seq, now) {
            Ok(exchange) => {
                self.last_seq = seq;
                let (wanted, dump) = exchange.wanted();
                self.codec.want(wanted, dump);
                self.exchange = Some(exchange);
                self.send_exchange(now);
            }
            Err(end) => self.end(end),
        }
    }

    /// Sends the exchange in flight, once more or for the first time; a session that is to be cut off ends where its bytes do.
    fn send_exchange(&mut self, now: Span) {
        let limits = &self.profile.limits;
        let Some(exchange) = &mut self.exchange else { return };
        exchange.tries = exchange.tries.saturating_add(1);
        self.heard_reply = false;
        debug_assert!(exchange.tries <= self.profile.protocol.tries.unwrap_or(limits.tries));
        // Counted from each try: a retry has the whole time again.
        let patience = exchange.saying.as_ref().map_or(limits.reply_timeout, Saying::patience);
        exchange.deadline = now.checked_add(patience).unwrap_or(Span(i64::MAX));
        // A copy is cut and spoilt. A retry must be the same bytes: a pump knows by seq and crc that it carried a request out already
        // (PROTOCOL.md, Lines).
        let mut bytes = exchange.bytes.clone();
        let request = Some(exchange.seq);
        // Before `spoil`: what a scenario counts with `cut-after` are bytes of the session, not those that end an open line.
        let cut = self.current.as_mut().and_then(|t| t.job.cut(bytes.len()));
        if let Some(cut) = &cut {
            bytes.truncate(cut.left);
        }
        self.out.spoil(&mut bytes);
        // A session may be cut off before its first byte (`cut-after: 0`).
        if !bytes.is_empty() {
            let sent = self.out.put(bytes, request);
            self.journal(sent);
        }
        if let Some(cut) = cut {
            self.exchange = None;
            self.end(RequestEnd::CutOff { sent: cut.sent });
        }
    }

    fn try_again(&mut self, now: Span) {
        let Some(exchange) = &mut self.exchange else { return };
        if let Some(answer) = exchange.by_silence() {
            self.exchange = None;
            return self.take_answer(answer, now);
        }
        let tries = exchange.tries;
        let again = |task: &Task| task.may_say_again(exchange, &self.profile);
        if self.current.as_ref().is_some_and(again) {
            self.send_exchange(now);
        } else {
            self.exchange = None;
            let next = self.current.as_mut().and_then(|task| task.job.unanswered(tries));
            self.perform(next.unwrap_or(Next::Done(RequestEnd::NoReply { tries })), now);
        }
        self.start_next(now);
    }

    fn handle_line(&mut self, line: Line, now: Span) {
        // First the line, then what follows from it: whoever reads the journal sees the cause before the effect.
        let says = exchange::says(&line.heard, self.exchange.as_ref(), self.last_seq);
        self.heard_reply = matches!(says, Some(Says::Reply(_)));
        self.journal(Body::Received { bytes: line.text, says });
        match line.heard {
            Ok(Heard::Reply { id, refused, fields }) => self.handle_reply(id, refused, fields, now),
            Ok(Heard::Data { id, fields }) => self.handle_data(id, fields),
            Ok(Heard::Event { n, t_ms, kind, fields }) => {
                self.told(|hear, profile| hear.event(profile, n, t_ms, &kind, fields), now);
            }
            Ok(Heard::Dose { n, t_ms, fields }) => self.told(|hear, profile| hear.dose(profile, n, t_ms, fields), now),
            Ok(Heard::Message(told)) => self.handle_message(*told, now),
            Ok(Heard::Echo) => self.exchange.iter_mut().for_each(Exchange::echo),
            Err(why) => self.journal(Body::Garbled { why: why.to_string() }),
        }
    }

    /// A message of a protocol whose verbs have messages of their own: an answer, a part of one, or said unasked.
    fn handle_message(&mut self, told: Told, now: Span) {
        let (bodies, answer) = self.state.hear(&self.profile, &mut self.exchange, told, now);
        bodies.into_iter().for_each(|body| self.journal(body));
        if let Some(answer) = answer {
            self.exchange = None;
            self.take_answer(answer, now);
        }
    }

    /// An exchange is over.
    fn take_answer(&mut self, answer: Answer, now: Span) {
        self.out.answered();
        let mut bodies = Vec::new();
        let Some(task) = &mut self.current else { return };
        let next = task.job.answered(answer, &self.profile, &mut self.hear, &mut bodies);
        bodies.into_iter().for_each(|body| self.journal(body));
        self.perform(next, now);
        self.start_next(now);
    }

    /// Journals what was heard, and reads back what is missing before it.
    fn told(&mut self, told: impl FnOnce(&mut Hear, &Profile) -> hear::Told, now: Span) {
        let told = told(&mut self.hear, &self.profile);
        // The gap stands before the record that shows it, as in the pump's own counting.
        if let Some(missing) = told.missing {
            self.journal(missing.gap());
            self.recover(missing, now);
        }
        if self.is_catching_up() {
            if !self.held.keep(told.bodies, told.late) {
                self.release();
            }
            return;
        }
        told.bodies.into_iter().for_each(|body| self.journal(body));
    }

    /// Journals what was held back while a log was read.
    fn release(&mut self) {
        while let Some(body) = self.held.next() {
            self.journal(body);
        }
    }

    fn recover(&mut self, missing: hear::Missing, now: Span) {
        if self.queue.widen(&missing) {
            return;
        }
        let job = match Job::recover(&self.profile, missing) {
            Ok(job) => job,
            Err(without) => return self.journal(*without),
        };
        self.queue.recover(job);
        self.start_next(now);
    }

    fn handle_data(&mut self, id: Option<u64>, fields: Fields) {
        let most = self.profile.limits.data_lines;
        let told = exchange::take_data(self.exchange.as_mut(), id, fields, most, self.last_seq);
        self.events.extend(told.map(SessionEvent::Journal));
    }

    fn handle_reply(&mut self, id: Option<u64>, refused: Option<String>, fields: Fields, now: Span) {
        // The pump could not read who asked.
        let unread = self.profile.protocol.is_unread(id);
        match self.exchange.take() {
            Some(exchange) if id.is_none_or(|id| id == exchange.seq) => {
                let data = exchange.data;
                self.take_answer(Answer { refused, fields, data }, now);
            }
            // The pump complains of the line that was spoilt on purpose. The request behind it, on a line of its own, is still to be answered.
            Some(exchange) if unread && refused.is_some() && self.out.expects_nack() => {
                self.exchange = Some(exchange);
            }
            // What is in flight may have suffered on its way; to say it again does no harm.
            Some(exchange) if unread && refused.is_some() && !self.out.raw_sent() => {
                self.exchange = Some(exchange);
                self.try_again(now);
            }
            other => {
                self.exchange = other;
                let stray = match self.out.raw_sent() {
                    true => Some(raw_reply(&self.profile, id, refused, fields)),
                    // One without a number is about noise on an idle line: it is journaled as received, and says no more.
                    false => (!unread).then(|| unasked(self.last_seq, id, "a reply to")),
                };
                self.events.extend(stray.map(SessionEvent::Journal));
            }
        }
    }

    /// Ends the current job.
    fn end(&mut self, end: RequestEnd) {
        self.codec.want(Wanted::default(), None);
        if let Some(task) = self.current.take() {
            self.finish(task, end);
        }
    }

    fn finish(&mut self, task: Task, end: RequestEnd) {
        let Some(id) = task.id else {
            for body in task.job.unfinished(&end) {
                self.held.keep_unread(&body);
                self.journal(body);
            }
            if !self.is_catching_up() {
                self.release();
            }
            return;
        };
        // Silence is an answer without a line.
        let request = self.heard_reply.then_some(self.last_seq);
        let body = end.body(task.job.verb(), request, task.is_poll);
        body.into_iter().for_each(|body| self.journal(body));
        self.events.push_back(SessionEvent::Done { id, end });
    }

    fn journal(&mut self, body: Body) {
        self.events.push_back(SessionEvent::Journal(body));
    }
}
