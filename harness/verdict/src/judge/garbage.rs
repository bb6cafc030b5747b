//! What came on the line and is no line of a pump, where no fault of the scenario explains it. A little of it is a note: any cable spoils a line in its
//! life. Where it is more, a line alone cannot tell whether the pump or its cable is ill, and a run that stands on it proves nothing.

use pump_hil_model::event::{Body, Event};
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::{Trouble, TroubleCode};

/// So many pieces are a note in any run.
const FEW: u64 = 3;
/// And so many lines of a run may hold one.
const ONE_IN: u64 = 100;

#[derive(Debug, Clone, Default)]
pub(super) struct Garbage {
    /// Before the pump said who it is, a port may hold what was said to nobody.
    known: bool,
    lines: u64,
    pieces: u64,
    /// When the first came, what it was, and why it is none of a pump.
    first: Option<(Span, String, String)>,
    last: String,
}

impl Garbage {
    /// Takes the next event; `excused`: a fault of the scenario may have made it.
    pub fn on_event(&mut self, event: &Event, excused: bool) {
        match &event.body {
            Body::Identified { .. } => self.known = true,
            Body::Received { bytes, .. } => {
                self.lines = self.lines.saturating_add(1);
                self.last.clone_from(bytes);
            }
            Body::Garbled { why } if self.known && !excused => {
                self.pieces = self.pieces.saturating_add(1);
                self.first
                    .get_or_insert_with(|| (event.t, self.last.clone(), why.clone()));
            }
            _ => {}
        }
    }

    /// What there is to say of it, for people.
    pub fn note(&self) -> Option<String> {
        let (t, what, why) = self.first.as_ref()?;
        Some(format!(
            "{} of {} lines that came are none of a pump, and no fault of the scenario explains it; the first, at {t}: {what} ({why})",
            self.pieces, self.lines
        ))
    }

    /// The same where it is too much to believe in the rest.
    pub fn trouble(&self) -> Option<Trouble> {
        let much = self.pieces > FEW && self.pieces > self.lines / ONE_IN;
        let note = self.note().filter(|_| much)?;
        let what = format!("{note}; check cable, speed and supply: a line alone cannot tell whether the pump is ill");
        Some(Trouble::told(TroubleCode::of("line-garbage"), what))
    }
}
