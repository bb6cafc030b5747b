//! What the step in progress makes of what the pump says.

use pump_hil_model::case::Action;
use pump_hil_model::event::Body;
use std::collections::BTreeMap;

/// How an event is taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfStep {
    /// The runner asks for itself, for what a check or a mark looks at: its replies are not the scenario's.
    pub looking: bool,
    /// The step asks the pump for something: what is sent is that, sent again, or the session's own reading of a log.
    pub asking: bool,
    /// Fields of this answer that the scenario keeps, by the names under which it uses them.
    pub keeping: BTreeMap<String, String>,
}

impl OfStep {
    /// In a step with this action.
    pub fn new(action: Option<&Action>, body: &Body) -> Self {
        let replies = |name: &str| matches!(body, Body::Reply { verb, .. } if verb == name);
        let mut of = Self::default();
        match action {
            Some(Action::Do { keep, .. }) => {
                of.asking = true;
                if matches!(body, Body::Reply { .. }) {
                    of.keeping.clone_from(keep);
                }
            }
            // What a waiting step asks again and again is what it looks at. Other replies must not replace the one that `reply` looks at (LANGUAGE.md,
            // `expect`).
            Some(Action::Expect { poll, .. }) => {
                of.looking = !poll.as_ref().is_some_and(|poll| replies(poll.request.name()));
            }
            Some(Action::Mark(_)) => of.looking = true,
            _ => {}
        }
        of
    }
}
