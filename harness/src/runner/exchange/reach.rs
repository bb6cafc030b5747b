//! The conversation as the way to safety sees it: a pump that can be asked, and whose time passes.

use super::Exchange;
use crate::safety::{Heard, Reach, Stopped, numbers};
use pump_hil_model::case::Request;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Span;
use pump_hil_rig::{Rig, RigError};
use pump_hil_talk::session::RequestEnd;

impl Reach for Exchange<'_> {
    fn rig(&mut self) -> &mut Rig {
        self.at.rig()
    }

    fn heard(&self) -> &Heard {
        &self.told
    }

    fn take_down(&mut self, body: Body) {
        // What the journal does not take is told by its end.
        let _ = self.note(body);
    }

    fn rig_broke(&mut self, error: &RigError) {
        // As above.
        let (post_mortem, at) = self.post_mortem();
        let _ = post_mortem.note_trouble(at, error);
    }

    fn line_is_back(&mut self) {
        self.session.line_was_cut(numbers());
    }

    async fn ask_to_stop(&mut self) -> Result<RequestEnd, Stopped> {
        self.standstill.begin();
        let now = self.at.rig().now();
        let id = self.session.make_safe(now);
        self.outcome(id).await
    }

    async fn ask(&mut self, request: &Request) -> Result<RequestEnd, Stopped> {
        // Once: whether a pump that does not answer is silent is the judge's question, and nobody waits for it here.
        Self::ask(self, request).await
    }

    async fn pass(&mut self, span: Span) -> Result<(), Stopped> {
        self.standstill.begin();
        self.pass_time(self.after(span)).await
    }
}
