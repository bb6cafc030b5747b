//! How late requests come to a pump because of the line: their times in a dose log are the harness's doing, and not the pump's.

use pump_hil_model::event::{Body, Event};
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
    is_granted: bool,
}

impl Late {
    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event) {
        let t = event.t;
        match &event.body {
            Body::Sent { bytes } => {
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
            Body::Timing { scale, .. } => self.is_granted = scale.is_none(),
            Body::Reply { .. } => self.over(t),
            // Nobody waits for an answer any more. At the begin time starts anew.
            Body::StepEnded { .. } | Body::Begun => (self.sent, self.came) = (None, None),
            _ => {}
        }
    }

    /// All of it.
    pub fn sum(&self) -> Span {
        Span(self.sum.min(MOST))
    }

    fn over(&mut self, t: Span) {
        let waited = self.sent.take().map_or(0, |(sent, _)| t.0.saturating_sub(sent.0));
        if waited > if self.is_granted { 0 } else { PROMPT } {
            self.sum = self.sum.saturating_add(waited.min(MOST));
        }
    }
}
