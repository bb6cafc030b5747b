//! The raw line beside everything that was read of it.
//!
//! What a line is stands with it in the journal, so that nothing here knows how a pump talks.

use pump_hil_model::event::{Body, Polled, Said, Says};
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What was sent and what came, as far as what is read next must agree with it.
#[derive(Debug, Default)]
pub(super) struct RawLines {
    /// The last request that was sent, until its answer is read.
    sent: Option<u64>,
    last: Option<Says>,
    /// The last event is a line that the pump spoke unasked.
    spoken: Option<Says>,
    /// Lines that the pump spoke unasked, and of which nothing was made yet: while a log is read they wait.
    waiting: BTreeMap<Says, u32>,
    /// Those that came since the case was played: some of them may still wait when the run is over.
    late: BTreeMap<Says, u32>,
    /// Lines of which could be made only that they are nonsense.
    nonsense: u32,
    /// Plain numbers in the data lines of a page that is not answered to its end.
    page: BTreeSet<u64>,
    /// Those of pages that are: a record that is read from a log has its own among them.
    logged: BTreeSet<u64>,
    played: bool,
    /// Nobody can read what stands in a dose entry.
    no_entries: bool,
}

impl RawLines {
    /// Takes the next event.
    ///
    /// # Errors
    /// What was read of a line that does not stand there, or a line of which nothing was read.
    pub fn on_event(&mut self, body: &Body) -> Result<(), String> {
        let spoken = self.spoken.take();
        match body {
            Body::Sent {
                request: Some(number), ..
            } => self.sent = Some(*number),
            Body::Received { bytes, says } => self.received(bytes, *says),
            Body::Garbled { .. } => drop(spoken.map(|head| self.made_of(head))),
            Body::Nonsense { .. } => self.nonsense = self.nonsense.saturating_add(1),
            Body::Repeated { of, n } => self.repeated(of, *n),
            // Silence was the answer: only that it was asked shows. A reply before it was to another request.
            Body::Reply {
                verb, request: None, ..
            }
            | Body::Polled(Polled {
                verb, request: None, ..
            }) if verb != "raw" && !self.is_answered() => {
                let asked = self.sent.take().is_some();
                let why = || format!("the answer to `{verb}` has no request that was sent");
                return asked.then_some(()).ok_or_else(why);
            }
            Body::Reply { verb, .. } | Body::Polled(Polled { verb, .. }) => return self.replied(verb),
            Body::Pump {
                n: Some(n),
                pump_t,
                read_back,
                said,
                ..
            } => return self.said(*n, *pump_t, *read_back, said),
            Body::Lacks { what } => self.no_entries = what.has(Lack::DOSE_ENTRIES),
            Body::Played => self.played = true,
            Body::Ended => return self.ended(),
            _ => {}
        }
        Ok(())
    }

    fn received(&mut self, text: &str, says: Option<Says>) {
        if let Some(Says::Data(_)) = says {
            return self.page.extend(numbers(text));
        }
        self.last = says.filter(|says| !(self.no_entries && matches!(says, Says::Dose(..))));
        match self.last {
            Some(Says::Reply(number)) if self.sent == Some(number) => self.logged.append(&mut self.page),
            Some(head @ (Says::Event(..) | Says::Dose(..))) => {
                self.spoken = self.last;
                let waiting = if self.played { &mut self.late } else { &mut self.waiting };
                let count = waiting.entry(head).or_default();
                *count = count.saturating_add(1);
            }
            _ => {}
        }
    }

    /// Something was made of a line; `false`: no such line waits for that.
    fn made_of(&mut self, head: Says) -> bool {
        [&mut self.waiting, &mut self.late].into_iter().any(|waiting| {
            let Some(count) = waiting.get_mut(&head) else {
                return false;
            };
            *count = count.saturating_sub(1);
            if *count == 0 {
                waiting.remove(&head);
            }
            true
        })
    }

    fn repeated(&mut self, of: &str, n: u64) {
        let found = self.waiting.keys().chain(self.late.keys()).find(|head| match head {
            Says::Event(number, _) => of == "event" && *number == n,
            Says::Dose(number, _) => of == "dose" && *number == n,
            Says::Reply(_) | Says::Data(_) => false,
        });
        if let Some(head) = found.copied() {
            self.made_of(head);
        }
    }

    /// Whether the last line answers what was sent last.
    fn is_answered(&self) -> bool {
        matches!(self.last, Some(Says::Reply(number)) if self.sent.is_none_or(|sent| sent == number))
    }

    fn replied(&mut self, verb: &str) -> Result<(), String> {
        let Some(Says::Reply(answered)) = self.last else {
            return Err(format!("the answer to `{verb}` has no raw line"));
        };
        // What answers raw bytes may have any number.
        if verb != "raw" && self.sent.take() != Some(answered) {
            return Err(format!("the answer to `{verb}` has no request that was sent"));
        }
        Ok(())
    }

    fn said(&mut self, n: u64, pump_t: Option<Span>, read_back: bool, said: &Said) -> Result<(), String> {
        let t = pump_t.map(|t| t.0);
        let (unasked, what) = match said {
            Said::Dose(_) => (Says::Dose(n, t), "dose entry"),
            _ => (Says::Event(n, t), "event"),
        };
        // The last line is asked as well: a bad record is told twice.
        if self.made_of(unasked) || self.last == Some(unasked) || (read_back && self.logged.contains(&n)) {
            return Ok(());
        }
        Err(format!("the pump's {what} {n} has no raw line"))
    }

    fn ended(&self) -> Result<(), String> {
        let waiting: u32 = self.waiting.values().sum();
        if self.played && waiting > self.nonsense {
            return Err(format!(
                "nothing was made of {waiting} lines that the pump spoke unasked"
            ));
        }
        Ok(())
    }
}

/// The whole numbers that stand in a text by themselves.
fn numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| word.parse().ok())
}
