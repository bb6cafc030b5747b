//! What goes out on the line, and what may come back because of it that answers no request.

use crate::wire::escape;
use pump_hil_model::event::Body;
use std::collections::VecDeque;

/// Ends a line that was left unfinished so that it cannot be taken for a whole one.
// `~` stands in no value, and a line must end with ` *` and four hex digits (PROTOCOL.md, Lines): with it no begin of a request can be a
// whole one. The pump answers it `syntax` and carries nothing out.
const SPOIL: [u8; 2] = *b"~\n";

/// The bytes that wait to be sent, and how the line was left.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    waiting: VecDeque<Vec<u8>>,
    /// What was sent last did not end its line.
    line_open: bool,
    /// Raw bytes were sent since the last reply: an answer may come that nobody waits for.
    raw_sent: bool,
    /// Complaints that are expected, about lines that were left unfinished and spoilt.
    nacks_due: u32,
}

impl Outgoing {
    /// Queues bytes; what the journal says of them.
    pub fn put(&mut self, bytes: Vec<u8>) -> Body {
        // No bytes leave the line as it was.
        self.line_open = bytes.last().map_or(self.line_open, |b| *b != b'\n');
        let sent = Body::Sent { bytes: escape(&bytes) };
        self.waiting.push_back(bytes);
        sent
    }

    /// Queues bytes that are no request.
    pub fn put_raw(&mut self, bytes: Vec<u8>) -> Body {
        self.raw_sent = true;
        self.put(bytes)
    }

    /// Makes a request, or the begin of one, fit to be sent on a line that was left open.
    pub fn spoil(&mut self, request: &mut Vec<u8>) {
        if self.line_open && !request.is_empty() {
            // Whatever was left unfinished on the line would swallow this request; and a mere line end could complete it.
            request.splice(0..0, SPOIL);
            self.nacks_due += 1;
        }
    }

    /// The bytes to send next.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        self.waiting.pop_front()
    }

    /// Nothing of what waits is sent.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// A request was answered: the pump has read all that was sent before it.
    pub fn answered(&mut self) {
        self.raw_sent = false;
        self.nacks_due = 0;
    }

    /// Whether a reply may answer raw bytes.
    pub fn raw_sent(&self) -> bool {
        self.raw_sent
    }

    /// Whether a complaint of the pump is one that was expected; it is expected no more.
    pub fn expects_nack(&mut self) -> bool {
        let expected = self.nacks_due > 0;
        self.nacks_due -= u32::from(expected);
        expected
    }
}
