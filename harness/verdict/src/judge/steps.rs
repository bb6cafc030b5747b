//! How one step's outcome is decided, from the events between its start and its end.

use super::{Judge, Windows};
use pump_hil_model::case::{Action, Case, Request, Step};
use pump_hil_model::event::{Body, Event, StepId};
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::ReasonKind;
use std::sync::Arc;

/// A step in progress.
#[derive(Debug)]
pub(super) struct Open {
    pub id: StepId,
    pub line: u32,
    pub started: Span,
    /// Places in the lists of steps, from 0, outermost first.
    path: Vec<usize>,
    /// The first refusal, else `Some(None)` once a reply came.
    replied: Option<Option<String>>,
    silent: bool,
    broken: bool,
}

impl Open {
    pub fn step<'a>(&self, case: &'a Case) -> Option<&'a Step> {
        let (last, outer) = self.path.split_last()?;
        let mut steps = case.steps.as_slice();
        for &place in outer {
            match &steps.get(place)?.action {
                Action::Repeat { steps: inner, .. } => steps = inner,
                _ => return None,
            }
        }
        steps.get(*last)
    }
}

/// `4#17.2` names the second step inside the seventeenth round of the fourth: places 3, 1.
fn path(id: &StepId) -> Vec<usize> {
    id.0.split('.')
        .map_while(|part| part.split('#').next()?.parse::<usize>().ok()?.checked_sub(1))
        .collect()
}

impl Judge {
    pub(super) fn step_started(&mut self, t: Span, id: &StepId, line: u32) {
        let open = Open {
            id: id.clone(),
            line,
            started: t,
            path: path(id),
            replied: None,
            silent: false,
            broken: false,
        };
        let case = Arc::clone(&self.case);
        let step = open.step(&case);
        self.open.push(open);
        let Some(step) = step else {
            self.trouble(Trouble::UnknownStep { step: id.clone() });
            return;
        };
        if matches!(step.action, Action::Expect { .. }) {
            self.after_expectation = true;
        } else if self.after_expectation {
            // A group of expectations is over: what came up to its end is used up.
            self.after_expectation = false;
            self.windows.came = self.group_end;
            self.observed.forget_before(self.group_end);
        }
        self.check_throughout(t);
    }

    /// An event inside the open steps.
    pub(super) fn during_steps(&mut self, event: &Event) {
        match &event.body {
            Body::Reply { refused, .. } => {
                if let Some(open) = self.open.last_mut()
                    && !matches!(open.replied, Some(Some(_)))
                {
                    open.replied = Some(refused.clone());
                }
            }
            Body::NoReply { .. } => {
                if let Some(open) = self.open.last_mut() {
                    open.silent = true;
                }
            }
            Body::Breakpoint { at, reached: false } => {
                let came = "it did not come there".to_owned();
                self.reason(ReasonKind::Expectation, event.t, format!("the core at `{at}`"), came);
            }
            _ => {}
        }
        self.check_throughout(event.t);
    }

    pub(super) fn step_ended(&mut self, t: Span, id: &StepId) {
        let Some(at) = self.open.iter().rposition(|open| open.id == *id) else {
            return;
        };
        self.open.truncate(at + 1);
        let case = Arc::clone(&self.case);
        let step = self.open[at].step(&case);
        match step.map(|s| &s.action) {
            Some(Action::Do { request, refused }) => self.judge_do(t, request, refused.as_deref()),
            Some(Action::Expect {
                checks,
                within,
                throughout: _,
            }) => {
                let open = &self.open[at];
                let (late, broken) = (within.is_some_and(|w| t.0 - open.started.0 > w.0), open.broken);
                if !broken {
                    self.judge_checks(t, checks, late.then_some(*within).flatten());
                }
                self.group_end = self.seq;
                self.windows = Windows {
                    came: self.windows.came,
                    absent: self.seq,
                };
            }
            Some(Action::Mark(name)) => {
                let prescribed = self.oracle.prescribed_nl();
                self.observed.mark(name, prescribed);
            }
            _ => {}
        }
        self.open.truncate(at);
    }

    fn judge_checks(&mut self, t: Span, checks: &[pump_hil_model::case::Check], late: Option<Span>) {
        if let Err(unmet) = self.checks_hold(checks) {
            for one in unmet {
                self.reason(ReasonKind::Expectation, t, one.expected, one.came);
            }
        } else if let Some(within) = late {
            let took = self.open.last().map_or(Span(0), |open| Span(t.0 - open.started.0));
            self.reason(
                ReasonKind::Expectation,
                t,
                format!("true within {within}"),
                format!("true after {took}"),
            );
        }
    }

    /// A `throughout` that is broken is told at once, and once.
    fn check_throughout(&mut self, t: Span) {
        let case = Arc::clone(&self.case);
        let Some(open) = self.open.last() else { return };
        let Some(Action::Expect {
            checks,
            throughout: Some(_),
            ..
        }) = open.step(&case).map(|s| &s.action)
        else {
            return;
        };
        if !open.broken && self.checks_hold(checks).is_err() {
            self.judge_checks(t, checks, None);
            if let Some(open) = self.open.last_mut() {
                open.broken = true;
            }
        }
    }

    fn judge_do(&mut self, t: Span, request: &Request, expected: Option<&str>) {
        let Some(open) = self.open.last() else { return };
        let verb = request.verb();
        let words = |refused: Option<&str>| match refused {
            None => format!("`{verb}` accepted"),
            Some("any") => format!("`{verb}` refused"),
            Some(code) => format!("`{verb}` refused with `{code}`"),
        };
        let cut = matches!(request, Request::Program { cut_after: Some(_), .. });
        match &open.replied {
            None if open.silent || cut => {} // silence is judged where it happened
            None => {
                let came = format!("no reply to `{verb}` in the journal");
                self.reason(ReasonKind::NoReply, t, words(expected), came);
            }
            Some(came) => {
                let holds = match (expected, came.as_deref()) {
                    (None, None) | (Some("any"), Some(_)) => true,
                    (Some(expected), Some(came)) => expected == came,
                    (None, Some(_)) => cut,
                    (Some(_), None) => false,
                };
                if !holds {
                    let came = words(came.as_deref());
                    self.reason(ReasonKind::Refusal, t, words(expected), came);
                }
            }
        }
    }
}
