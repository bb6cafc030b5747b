//! What a step leaves in a journal when it was truly performed.

use pump_hil_model::case::needs::{needs_alarms, needs_sample, needs_status, needs_totals};
use pump_hil_model::case::{Action, Check, ProbeAction, Request, Step, Verb};
use pump_hil_model::event::Body;
use pump_hil_model::lack::{Lack, Lacks};
use pump_hil_model::observing::Observing;
use std::collections::BTreeSet;

/// A step in progress, and what was seen of it.
#[derive(Debug)]
pub(super) struct Performed<'a> {
    action: &'a Action,
    sent: bool,
    answered: bool,
    armed: bool,
    confirmed: bool,
    cleared: bool,
    probed: bool,
    /// The rig says why the step could not do its work.
    troubled: bool,
    /// What the pump was asked about itself, and what came of it; the test block was read.
    status: bool,
    totals: bool,
    sampled: bool,
    /// The verbs that were answered or given up.
    verbs: BTreeSet<String>,
    /// Places of memory that were read; no more than the step has checks.
    read: Vec<String>,
}

impl<'a> Performed<'a> {
    /// Nothing was seen yet.
    pub fn new(step: &'a Step) -> Self {
        Self {
            action: &step.action,
            sent: false,
            answered: false,
            armed: false,
            confirmed: false,
            cleared: false,
            probed: false,
            troubled: false,
            status: false,
            totals: false,
            sampled: false,
            verbs: BTreeSet::new(),
            read: Vec::new(),
        }
    }

    /// Takes an event of the step.
    pub fn on_event(&mut self, body: &Body) {
        match (body, self.action) {
            (Body::Sent { .. }, _) => self.sent = true,
            (Body::RigTrouble { .. } | Body::Hung { .. }, _) => self.troubled = true,
            (Body::Reply { verb, .. } | Body::NoReply { verb, .. }, Action::Do { request, .. }) => {
                self.answered |= request.name() == verb;
            }
            (
                Body::FaultArmed { fault, param },
                Action::Inject {
                    fault: due,
                    param: value,
                },
            ) => {
                self.armed |= fault == due && param == value;
            }
            (
                Body::FaultConfirmed { fault } | Body::FaultUnconfirmed { fault, .. },
                Action::Inject { fault: due, .. },
            ) => {
                self.confirmed |= fault == due;
            }
            (Body::FaultCleared { fault } | Body::FaultUnconfirmed { fault, .. }, Action::Clear { fault: due }) => {
                self.cleared |= fault == due;
            }
            // That a breakpoint was set does not say whether the core came by.
            (Body::Probe { .. }, Action::Probe(action)) => {
                self.probed |= !matches!(action, ProbeAction::BreakAt { .. })
            }
            (Body::Breakpoint { at, .. }, Action::Probe(ProbeAction::BreakAt { at: due, .. })) => {
                self.probed |= at == due;
            }
            (Body::Reply { verb, .. } | Body::NoReply { verb, .. }, Action::Expect { .. }) => {
                self.status |= verb == Verb::Status.word();
                self.totals |= verb == Verb::Totals.word();
                if !self.verbs.contains(verb) {
                    self.verbs.insert(verb.clone());
                }
            }
            (Body::Sample(_) | Body::Weighed(_), _) => self.sampled = true,
            (Body::MemoryRead { at, .. }, _) => {
                // Where there is no test block, memory tells what a motor moved.
                self.sampled = true;
                if !self.read.contains(at) {
                    self.read.push(at.clone());
                }
            }
            _ => {}
        }
    }

    /// What its end must not come without, in words.
    pub fn missing(&self, lacks: &Lacks, observing: &Observing) -> Vec<String> {
        let mut missing = Vec::new();
        let mut want = |there: bool, what: &str| {
            if !there && !self.troubled {
                missing.push(what.to_owned());
            }
        };
        let unread = |at: &String| !self.read.contains(at);
        match self.action {
            // Of a session that is cut off nobody waits for the answer.
            Action::Do { request, .. } => want(
                self.answered || is_cut_off(request),
                "nothing says what came of its request",
            ),
            Action::Inject { fault, .. } => {
                want(self.armed, &format!("`{fault}` was not armed as the case says"));
                want(self.confirmed, &format!("`{fault}` was not read back in effect"));
            }
            Action::Clear { fault } => want(self.cleared, &format!("`{fault}` was not cleared")),
            Action::Send { bytes, .. } => want(self.sent || bytes.is_empty(), "its bytes were not sent"),
            Action::Probe(ProbeAction::Read { at }) => want(!unread(at), &format!("`{at}` was not read")),
            Action::Probe(_) => want(self.probed, "the probe did nothing"),
            Action::Expect { checks, .. } => {
                let asks = needs_status(checks) && !lacks.has(Lack::STATUS);
                want(self.status || !asks, "its status was not asked");
                want(self.totals || !needs_totals(checks), "its totals were not asked");
                want(self.sampled || !needs_sample(checks), "the test block was not read");
                let alarms = observing.alarms.as_ref().filter(|_| needs_alarms(checks));
                let unasked = alarms.is_some_and(|asked| !self.verbs.contains(&asked.ask));
                want(!unasked, "its alarms were not asked");
                for check in checks {
                    if let Check::Memory { at, .. } = check {
                        want(!unread(at), &format!("`{at}` was not read"));
                    }
                }
            }
            Action::Wait(_) | Action::Mark(_) | Action::Repeat { .. } => {}
        }
        missing
    }
}

fn is_cut_off(request: &Request) -> bool {
    matches!(request, Request::Program { cut_after: Some(_), .. })
}
