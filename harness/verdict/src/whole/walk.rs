//! The steps of a case in the order in which a whole run plays them.

use pump_hil_model::case::{Action, Step};
use pump_hil_model::event::StepId;
use std::fmt::Write as _;

/// A list of steps that is being walked through.
#[derive(Debug)]
struct Frame<'a> {
    steps: &'a [Step],
    /// Index of the next one.
    next: usize,
    /// Round of it, from 1, and how many there are; `None` for the whole timeline.
    round: Option<(u32, u32)>,
}

/// Walks through a case's steps, into nested repeats. On purpose not the way on which they are played: a step that is lost there must be missed here.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    stack: Vec<Frame<'a>>,
}

impl<'a> Walk<'a> {
    /// At the first step.
    pub fn new(steps: &'a [Step]) -> Self {
        let (next, round) = (0, None);
        Self {
            stack: vec![Frame { steps, next, round }],
        }
    }

    /// The next step, which is never a `Repeat`.
    pub fn next(&mut self) -> Option<(StepId, &'a Step)> {
        loop {
            let frame = self.stack.last_mut()?;
            let Some(step) = frame.steps.get(frame.next) else {
                match &mut frame.round {
                    Some((round, times)) if *round < *times => {
                        *round = round.saturating_add(1);
                        frame.next = 0;
                    }
                    _ => drop(self.stack.pop()),
                }
                continue;
            };
            frame.next = frame.next.saturating_add(1);
            let Action::Repeat { times, steps, .. } = &step.action else {
                return Some((self.id(), step));
            };
            // A round without steps would go on for ever.
            if *times > 0 && !steps.is_empty() {
                self.stack.push(Frame {
                    steps,
                    next: 0,
                    round: Some((1, *times)),
                });
            }
        }
    }

    fn id(&self) -> StepId {
        let mut text = String::new();
        for frame in &self.stack {
            // To write into a `String` never fails.
            if let Some((round, _)) = frame.round {
                let _ = write!(text, "#{round}.");
            }
            let _ = write!(text, "{}", frame.next);
        }
        StepId(text)
    }
}
