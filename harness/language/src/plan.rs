//! Walking through a case: which step is due next, and when; and what a rig lacks for it.
//!
//! Invariant: pure. The runner says when the step before ended; a cursor says what comes next and from when on.

use pump_hil_model::capability::{Capability, lacks_of};
use pump_hil_model::case::{Action, Case, Measure, Mode, Prescription, Request, Step, When};
use pump_hil_model::event::StepId;
use pump_hil_model::fault::Talk;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::Span;
use std::collections::BTreeSet;

/// A step that is due.
#[derive(Debug, Clone)]
pub struct Due<'a> {
    /// Its place, such as `4#17.2`.
    pub id: StepId,
    /// The step. Never a `Repeat`: the cursor walks into those.
    pub step: &'a Step,
    /// When it is due, since the scenario's begin. It may lie before `now` where the steps before took longer.
    pub at: Span,
}

/// A list of steps that is being walked through.
#[derive(Debug, Clone)]
struct Frame<'a> {
    steps: &'a [Step],
    /// Index of the next step.
    next: usize,
    /// Time of the round's begin.
    begin: Span,
    /// Round, from 1, with the number of rounds and their interval; `None` for the whole timeline.
    round: Option<Round>,
}

#[derive(Debug, Clone, Copy)]
struct Round {
    number: u32,
    times: u32,
    every: Option<Span>,
    /// Begin of the first round.
    first: Span,
}

/// Walks a case's steps in order, into nested repeats.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    stack: Vec<Frame<'a>>,
}

impl<'a> Cursor<'a> {
    /// At the first step.
    #[must_use]
    pub fn new(case: &'a Case) -> Self {
        Self {
            stack: vec![Frame {
                steps: &case.steps,
                next: 0,
                begin: Span(0),
                round: None,
            }],
        }
    }

    /// The next step; `now` is when the one before ended, 0 for the first.
    pub fn next(&mut self, now: Span) -> Option<Due<'a>> {
        let mut now = now;
        loop {
            let frame = self.stack.last_mut()?;
            let Some(step) = frame.steps.get(frame.next) else {
                now = self.end_of_round(now)?;
                continue;
            };
            frame.next += 1;
            let at = match step.when {
                When::At(at) => Span(frame.begin.0.saturating_add(at.0)),
                When::After(after) => Span(now.0.saturating_add(after.0)),
            };
            let Action::Repeat { times, every, steps } = &step.action else {
                return Some(Due {
                    id: self.id(),
                    step,
                    at,
                });
            };
            // The compiler refuses such a repeat, but a journal may hold one; a round without steps would never give one.
            if *times > 0 && !steps.is_empty() {
                // A round cannot begin before the step before it ended.
                let begin = at.max(now);
                self.stack.push(Frame {
                    steps,
                    next: 0,
                    begin,
                    round: Some(Round {
                        number: 1,
                        times: *times,
                        every: *every,
                        first: begin,
                    }),
                });
                now = begin;
            }
        }
    }

    /// Begins the next round, or leaves the repeat. `None` at the end of the timeline. Gives the time that goes on from here.
    fn end_of_round(&mut self, now: Span) -> Option<Span> {
        let frame = self.stack.last_mut()?;
        let round = frame.round.as_mut()?;
        if round.number >= round.times {
            self.stack.pop();
            return Some(now);
        }
        // From the first round, and not from the last: a round that was late does not move all that follow.
        let planned = round.every.map_or(now, |every| {
            Span(
                round
                    .first
                    .0
                    .saturating_add(every.0.saturating_mul(i64::from(round.number))),
            )
        });
        round.number += 1;
        frame.next = 0;
        frame.begin = planned.max(now);
        Some(frame.begin)
    }

    fn id(&self) -> StepId {
        let mut text = String::new();
        for frame in &self.stack {
            if let Some(round) = frame.round {
                text.push_str(&format!("#{}.", round.number));
            }
            text.push_str(&frame.next.to_string());
        }
        StepId(text)
    }
}

/// Steps of a case that are looked at to know its length; what comes behind so many is guessed to be short.
const STEPS_MAX: usize = 10_000;

/// When a case is over, if no step takes longer than it must, and none waits for what a pump does: how long it is at least.
#[must_use]
pub fn length(case: &Case) -> Span {
    let mut cursor = Cursor::new(case);
    let mut now = Span(0);
    for _ in 0..STEPS_MAX {
        let Some(due) = cursor.next(now) else { break };
        // A step that is due before the one ahead of it ended begins when that ends.
        now = Span(now.max(due.at).0.saturating_add(takes(&due.step.action).0));
    }
    now
}

/// The time that a step takes at least.
fn takes(action: &Action) -> Span {
    match action {
        Action::Wait(span) => *span,
        Action::Expect { throughout, .. } => throughout.unwrap_or(Span(0)),
        _ => Span(0),
    }
}

/// What a case needs and a rig lacks, in order: the reasons to skip it.
#[must_use]
pub fn missing(needs: &BTreeSet<Capability>, rig: &BTreeSet<Capability>) -> Vec<Capability> {
    needs.difference(rig).copied().collect()
}

/// What a case asks of its pump and the pump of a rig lacks, in order: the reasons to skip it. What it only looks at is no reason (`shown`).
#[must_use]
pub fn lacking(case: &Case, can: &BTreeSet<Capability>) -> Vec<Lack> {
    let lacks = lacks_of(can);
    if lacks.is_empty() {
        return Vec::new();
    }
    let mut asks = Asks::default();
    if let Some(prescription) = &case.prescription {
        asks.of_prescription(prescription);
    }
    // A pump that counts what its reservoir holds begins with nothing, if nobody says what was filled in.
    if case.reservoir.is_some() && lacks.shows_always(Measure::Reservoir) {
        asks.0.insert(Lack::REFILL);
    }
    asks.of_steps(&case.steps);
    asks.0.into_iter().filter(|lack| lacks.has(*lack)).collect()
}

/// Whether a case may make a pump deliver; `only_reads` says it of a request that the device's profile says that it changes nothing.
#[must_use]
pub fn starts(case: &Case, only_reads: &dyn Fn(&Request) -> bool) -> bool {
    fn of(steps: &[Step], only_reads: &dyn Fn(&Request) -> bool) -> bool {
        steps.iter().any(|step| match &step.action {
            Action::Do { request, .. } => request.verb().may_start() && !only_reads(request),
            Action::Send { .. } => true,
            Action::Repeat { steps, .. } => of(steps, only_reads),
            _ => false,
        })
    }
    case.prescription.is_some() || of(&case.steps, only_reads)
}

/// What is asked of a pump, by its names.
#[derive(Debug, Default)]
struct Asks(BTreeSet<Lack>);

impl Asks {
    fn of_steps(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.action {
                Action::Do { request, .. } => self.of_request(request),
                // What was lost meanwhile only the pump's logs can tell.
                Action::Inject { fault, .. } if fault.effects().talk == Talk::Broken => {
                    self.0.extend([Lack::DOSE_LOG, Lack::EVENT_LOG]);
                }
                Action::Repeat { steps, .. } => self.of_steps(steps),
                _ => {}
            }
        }
    }

    fn of_request(&mut self, request: &Request) {
        match request {
            Request::Program { prescription, .. } | Request::Stage { prescription } => {
                self.of_prescription(prescription);
            }
            Request::Commit | Request::Abort => drop(self.0.insert(Lack::PROGRAM)),
            Request::ReadLog => drop(self.0.insert(Lack::DOSE_LOG)),
            _ => self.0.extend(Lack::find(request.verb().word())),
        }
    }

    fn of_prescription(&mut self, prescription: &Prescription) {
        self.0.insert(Lack::PROGRAM);
        let mode = match prescription.mode {
            Mode::Continuous { .. } => "program-continuous",
            Mode::Flex { .. } => "program-flex",
            Mode::Periodic { .. } => "program-periodic",
            Mode::Minimum => "program-minimum",
        };
        self.0.extend(Lack::find(mode));
        // A schedule goes by the pump's own clock.
        if matches!(prescription.mode, Mode::Flex { .. }) {
            self.0.insert(Lack::SET_CLOCK);
        }
    }
}

/// Both: what a case needs of a rig, and what it asks of its pump, that are not there. With any of them the case is skipped.
#[must_use]
pub fn unmet(case: &Case, can: &BTreeSet<Capability>) -> Vec<Capability> {
    let of_pump = lacking(case, can).into_iter().map(Capability::Lacks);
    missing(&case.needs, can).into_iter().chain(of_pump).collect()
}

/// What a rig lacks, in words: what it cannot do, what it cannot show, and what its pump has not.
#[must_use]
pub fn cannot(missing: &[Capability]) -> String {
    let shows = |capability: &&Capability| matches!(capability, Capability::Shows(_));
    let of_pump = |capability: &&Capability| matches!(capability, Capability::Lacks(_));
    let (lacks, of_rig): (Vec<_>, Vec<_>) = missing.iter().partition(of_pump);
    let (show, do_): (Vec<_>, Vec<_>) = of_rig.into_iter().partition(shows);
    let told = |verb: &str, of: Vec<&Capability>| {
        let names = of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("cannot {verb} {names}"))
    };
    let lacks = lacks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let lacks = (!lacks.is_empty()).then(|| format!("has a pump with {lacks}"));
    let parts = [told("do", do_), told("show", show), lacks];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

#[cfg(test)]
pub(crate) mod tests;
