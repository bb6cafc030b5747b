//! What goes out on the line, and what may come back because of it that answers no request.

use crate::protocol::Protocol;
use crate::wire::escape;
use pump_hil_model::event::Body;
use std::collections::VecDeque;

/// The bytes that wait to be sent, and how the line was left.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// What a whole request ends with; nothing where its end is not known by its last bytes.
    end: Vec<u8>,
    /// Ends a line that was left unfinished so that it cannot be taken for a whole one.
    spoil: Vec<u8>,
    waiting: VecDeque<Vec<u8>>,
    /// What was sent last did not end its line.
    line_open: bool,
    /// The same of what was truly handed out.
    sent_open: bool,
    /// Of the complaints that are expected, those about lines that still wait.
    nacks_waiting: u32,
    /// Raw bytes were sent since the last reply: an answer may come that nobody waits for.
    raw_sent: bool,
    /// Complaints that are expected, about lines that were left unfinished and spoilt.
    nacks_due: u32,
}

impl Outgoing {
    /// To a device of this protocol.
    pub fn new(protocol: &Protocol) -> Self {
        let kind = protocol.kinds.get(protocol.speak);
        Self {
            end: kind.and_then(|kind| kind.ends.first().cloned()).unwrap_or_default(),
            spoil: kind.map(|kind| kind.spoil.clone()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Whether the line is open behind these bytes.
    fn is_open(&self, bytes: &[u8], before: bool) -> bool {
        // No bytes leave the line as it was.
        if bytes.is_empty() {
            before
        } else {
            !bytes.ends_with(&self.end)
        }
    }

    /// Queues bytes, those of the request with this number; what the journal says of them.
    pub fn put(&mut self, bytes: Vec<u8>, request: Option<u64>) -> Body {
        self.line_open = self.is_open(&bytes, self.line_open);
        let sent = Body::Sent {
            bytes: escape(&bytes),
            request,
        };
        self.waiting.push_back(bytes);
        sent
    }

    /// Queues bytes that are no request.
    pub fn put_raw(&mut self, bytes: Vec<u8>) -> Body {
        self.raw_sent = true;
        self.put(bytes, None)
    }

    /// Makes a request, or the begin of one, fit to be sent on a line that was left open.
    pub fn spoil(&mut self, request: &mut Vec<u8>) {
        if self.line_open && !request.is_empty() && !self.spoil.is_empty() {
            // Whatever was left unfinished on the line would swallow this request; and a mere line end could complete it.
            request.splice(0..0, self.spoil.iter().copied());
            self.nacks_due = self.nacks_due.saturating_add(1);
            self.nacks_waiting = self.nacks_waiting.saturating_add(1);
        }
    }

    /// The bytes to send next.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let bytes = self.waiting.pop_front()?;
        self.sent_open = self.is_open(&bytes, self.sent_open);
        if self.waiting.is_empty() {
            self.nacks_waiting = 0;
        }
        Some(bytes)
    }

    /// Nothing of what waits is sent: the line stays as what was sent before left it.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.line_open = self.sent_open;
        self.nacks_due = self.nacks_due.saturating_sub(std::mem::take(&mut self.nacks_waiting));
    }

    /// The line may have been left in the middle of anything.
    pub fn cut(&mut self) {
        self.clear();
        (self.line_open, self.sent_open) = (true, true);
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
        let left = self.nacks_due.checked_sub(1);
        self.nacks_due = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::text_lines_1;

    #[test]
    fn what_is_not_sent_leaves_the_line_as_it_was() {
        let mut out = Outgoing::new(&text_lines_1());
        out.put_raw(b"#1 st".to_vec());
        assert_eq!(out.next().as_deref(), Some(&b"#1 st"[..]));
        let mut request = b"#2 start *0000\n".to_vec();
        out.spoil(&mut request);
        out.put(request, Some(2));
        out.clear();
        // The half line is still there, and the complaint about it is still to come.
        let mut stop = b"#3 stop *0000\n".to_vec();
        out.spoil(&mut stop);
        assert_eq!(stop, b"~\n#3 stop *0000\n");
        assert!(out.expects_nack());
        assert!(
            !out.expects_nack(),
            "the request that was not sent is complained of by nobody"
        );
    }
}
