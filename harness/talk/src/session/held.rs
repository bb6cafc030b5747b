//! What waits until a log is read: records that came behind others that are missing, and numbers that a log did not bring back yet.

use super::hear::{Missing, Stream};
use pump_hil_model::event::{Body, Unread};
use std::collections::VecDeque;

/// Records that are held back at most while a log is read.
const HELD_MAX: usize = 4_096;
/// Ranges that are tried again at most.
const UNREAD_MAX: usize = 256;

/// Records in the order in which the pump counted them: whoever judges one knows those before it.
#[derive(Debug, Default)]
pub(super) struct Held {
    bodies: VecDeque<Body>,
    unread: Vec<Missing>,
}

impl Held {
    /// Holds back what one line told; `late`: it belongs before those that made its absence known. `false` where there is room for no more.
    pub fn keep(&mut self, told: Vec<Body>, late: bool) -> bool {
        if late {
            for body in told.into_iter().rev() {
                self.bodies.push_front(body);
            }
        } else {
            self.bodies.extend(told);
        }
        self.bodies.len() <= HELD_MAX
    }

    /// The next that is held back.
    pub fn next(&mut self) -> Option<Body> {
        self.bodies.pop_front()
    }

    /// What is missing still, though it was tried: it is asked for again when the session catches up, as when a line is back.
    pub fn keep_unread(&mut self, body: &Body) {
        if let Body::StayMissing {
            of,
            from,
            count,
            why: Unread::Lacking | Unread::Unanswered,
        } = body
            && self.unread.len() < UNREAD_MAX
        {
            let of = if of == Stream::Dose.name() {
                Stream::Dose
            } else {
                Stream::Event
            };
            let (from, count) = (*from, *count);
            self.unread.push(Missing { of, from, count });
        }
    }

    /// Takes what is to be asked for again.
    pub fn take_unread(&mut self, of: Stream) -> Vec<Missing> {
        self.unread.extract_if(.., |missing| missing.of == of).collect()
    }
}
