//! How late requests come to a pump because of the line: their times in a dose log are the harness's doing, and not the pump's.

use pump_hil_model::event::{Body, Event};
use pump_hil_model::fault::Talk;
use pump_hil_model::quantity::Span;

/// By the host's clock an answer that comes so soon is no delay. Where time is granted a prompt one takes none.
const PROMPT: i64 = 500;
/// The longest that one wait for an answer counts, and all of a run: a line that is worse is to be mended.
const MOST: i64 = 10_000;

/// The delay so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Late {
    /// What was sent last, and when, while its answer is not known to be there.
    sent: Option<(Span, String)>,
    /// When something came last.
    came: Option<Span>,
    sum: i64,
    /// Scenario time per host time; `None` where time is granted.
    scale: Option<u32>,
    begun: bool,
    /// Faults that disturb the line, or the pump's talk, by the scenario's own doing.
    disturbed: u32,
    slow: bool,
}

impl Late {
    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event) {
        let t = event.t;
        match &event.body {
            Body::Sent { bytes, .. } => {
                // The same once more, because no answer came (the first may have ended an open line); or the next of one request, because the one before was
                // answered just now.
                let again = self
                    .sent
                    .as_ref()
                    .is_some_and(|(_, sent)| sent.ends_with(bytes.as_str()));
                if again || self.came == Some(t) {
                    self.over(t);
                }
                self.sent = Some((t, bytes.clone()));
            }
            Body::Received { .. } => self.came = Some(t),
            Body::Timing { scale, .. } => self.scale = *scale,
            Body::FaultArmed { fault, .. } if fault.effects().talk != Talk::Clear => {
                self.disturbed = self.disturbed.saturating_add(1);
            }
            Body::FaultCleared { fault } if fault.effects().talk != Talk::Clear => {
                self.disturbed = self.disturbed.saturating_sub(1);
            }
            Body::Reply { .. } => self.over(t),
            // Nobody waits for an answer any more. At the begin time starts anew.
            Body::StepEnded { .. } | Body::Polled(_) | Body::PollLost { .. } => (self.sent, self.came) = (None, None),
            Body::Begun => (self.begun, self.sent, self.came) = (true, None, None),
            _ => {}
        }
    }

    /// All of it.
    pub fn sum(&self) -> Span {
        Span(self.sum.min(MOST))
    }

    /// Whether an answer was late since the begin because of the line, and not of the scenario.
    pub fn is_slow(&self) -> bool {
        self.slow
    }

    fn over(&mut self, t: Span) {
        let waited = self.sent.take().map_or(0, |(sent, _)| t.0.saturating_sub(sent.0));
        // Of the host's time.
        let prompt = PROMPT.saturating_mul(self.scale.unwrap_or(0).into());
        self.slow |= self.begun && self.disturbed == 0 && waited > prompt;
        if waited > if self.scale.is_some() { PROMPT } else { 0 } {
            self.sum = self.sum.saturating_add(waited.min(MOST));
        }
    }
}
