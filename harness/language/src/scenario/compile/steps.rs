//! The timeline, walked step by step with what is in force at each.

use super::action::action_of;
use super::cannot_fail::Limits;
use super::clock::Clock;
use super::date::Begin;
use super::dosing::Dosing;
use super::expect::{checks, silent};
use super::inject::Injected;
use super::kept::Kept;
use super::marks::Marks;
use super::on_rigs::{asked, polled, programmed};
use super::prescription::prescription;
use super::probe::{probe, send};
use super::request::request;
use super::told::Told;
use super::values::{TIME_MAX, bits_32, positive_time, time};
use crate::catalog::Catalog;
use crate::scenario::raw::{RawExpectNone, RawStep};
use pump_hil_model::case::{Action, Check, Poll, ProbeAction, Request, Step, Verb};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::words::REFUSAL_ALLOWED;
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::raw::Either;
use std::collections::BTreeMap;

/// Compiles the whole timeline, and tells how long it lasts at the longest; `dosing` is what the file's own prescription programs.
pub(super) fn timeline(
    raw: &[RawStep],
    catalog: &Catalog,
    begin: Begin,
    dosing: Dosing,
    limits: Limits,
    told: &mut Told<'_>,
) -> (Vec<Step>, Span) {
    let mut compiler = Compiler {
        catalog,
        told,
        dosing,
        marks: Marks::default(),
        kept: Kept::default(),
        injected: Injected::default(),
        staged: None,
        limits,
        depth: 0,
        tones_told: false,
        just_expected: false,
    };
    let mut clock = Clock::new(begin);
    let steps = compiler.steps(raw, &mut clock);
    clock.end(raw.last(), compiler.told);
    compiler.marks.tell_unused(compiler.told);
    compiler.kept.tell_unused(compiler.told);
    (steps, clock.latest())
}

/// What the steps so far have left in force.
struct Compiler<'a, 'p> {
    catalog: &'a Catalog,
    told: &'a mut Told<'p>,
    dosing: Dosing,
    marks: Marks,
    kept: Kept,
    injected: Injected,
    /// The drug of what is staged, which counts from its commit on.
    staged: Option<Dosing>,
    limits: Limits,
    /// Repeats around the step.
    depth: usize,
    /// The pump was asked to tell its tones.
    tones_told: bool,
    /// Since the expectation before nothing happened, and no time passed.
    just_expected: bool,
}

impl Compiler<'_, '_> {
    fn steps(&mut self, raw: &[RawStep], clock: &mut Clock) -> Vec<Step> {
        let mut steps = Vec::new();
        for step in raw {
            if self.told.is_full() {
                break;
            }
            clock.count_step();
            let before = clock.latest();
            let when = clock.begin(step, self.told);
            self.just_expected &= clock.latest() == before;
            if let (Some(when), Some(action)) = (when, self.action(step, clock)) {
                steps.push(Step {
                    line: step.place.line,
                    when,
                    action,
                });
            }
        }
        steps
    }

    fn action(&mut self, step: &RawStep, clock: &mut Clock) -> Option<Action> {
        let action = action_of(step, self.told)?;
        let just_expected = std::mem::take(&mut self.just_expected);
        match action {
            "do" => {
                let (verb, with) = (step.r#do.as_ref()?, step.with.as_ref());
                match verb.0.text.as_str() {
                    "report-tones" => self.tones_told = true,
                    "commit" => self.commit(step.refused.as_ref().map(|word| word.0.text.as_str())),
                    "abort" => self.staged = None,
                    _ => {}
                }
                self.kept.used_in(with, self.told);
                let keep = self.kept.keep(step.keep.as_ref(), self.told);
                let request = request(verb, with, self.catalog, self.dosing, self.told)?;
                asked(&request, verb.0.place, with, self.catalog, self.told);
                Some(Action::Do {
                    request,
                    refused: step.refused.as_ref().map(|word| word.0.text.clone()),
                    keep,
                })
            }
            "program" | "stage" => self.programming(step),
            "inject" => self.injected.inject(step, self.told),
            "clear" => self.injected.clear(step, self.told),
            "expect" => {
                let raw = step.expect.as_ref()?;
                silent(raw, self.tones_told, just_expected && step.r#for.is_none(), self.told);
                self.just_expected = step.r#for.is_none();
                self.expect(step, clock)
            }
            "expect-none" => self.silence(step.expect_none.as_ref()?, clock),
            "send" => send(step.send.as_ref()?, clock, self.told),
            "probe" => match step.probe.as_ref()? {
                Either::Short(_) => Some(Action::Probe(ProbeAction::Reset)),
                Either::Long(raw) => probe(raw, clock, self.catalog, self.told).map(Action::Probe),
            },
            "wait" => {
                let span = time(step.wait.as_ref()?, self.told)?;
                clock.pass(span);
                Some(Action::Wait(span))
            }
            "mark" => {
                self.just_expected = just_expected;
                self.marks.set(step.mark.as_ref()?, self.told).map(Action::Mark)
            }
            _ => self.repeat(step, clock),
        }
    }

    fn silence(&mut self, raw: &RawExpectNone, clock: &mut Clock) -> Option<Action> {
        if raw.within.is_none() && !self.told.inside(raw.place) {
            let problem = Problem::new(Mistake::MissingKey, raw.place, "`expect-none` needs `within`");
            self.told
                .tell(problem.help("say for how long, such as `expect-none: {within: 500 ms}`"));
        }
        let span = positive_time(raw.within.as_ref(), "within", self.told)?;
        clock.pass(span);
        Some(Action::Expect {
            checks: vec![Check::Silence],
            within: None,
            throughout: Some(span),
            poll: None,
        })
    }

    fn programming(&mut self, step: &RawStep) -> Option<Action> {
        let refused = step.refused.as_ref().map(|word| word.0.text.clone());
        let cut_after = step.cut_after.map(|count| bits_32(count, self.told));
        if let (Some(count), Some(_)) = (step.cut_after, &refused) {
            let message = "a session that is cut off cannot be refused";
            let problem = Problem::new(Mistake::KeyCombination, count.place, message);
            self.told.tell(problem.help("give `cut-after` or `refused`"));
        }
        let before = self.dosing;
        if let Some(raw) = &step.stage {
            let prescription = prescription(raw, false, self.catalog, &mut self.dosing, self.told);
            let staged = std::mem::replace(&mut self.dosing, before);
            match refused.as_deref() {
                None => self.staged = Some(staged),
                // Where it was refused the commit puts what was staged before in force, if any.
                Some(REFUSAL_ALLOWED) => self.staged = Some(self.staged.unwrap_or(before).either(staged)),
                Some(_) => {}
            }
            let request = Request::Stage {
                prescription: Box::new(prescription?),
            };
            programmed(&request, raw, self.catalog, self.told);
            let keep = BTreeMap::new();
            return Some(Action::Do { request, refused, keep });
        }
        let raw = step.program.as_ref()?;
        self.staged = None;
        let prescription = prescription(raw, false, self.catalog, &mut self.dosing, self.told);
        if refused.as_deref() == Some(REFUSAL_ALLOWED) {
            self.dosing = before.either(self.dosing);
        } else if refused.is_some() || cut_after.is_some() {
            // A session that fails leaves the old drug in force.
            self.dosing = before;
        }
        let request = Request::Program {
            prescription: Box::new(prescription?),
            cut_after: match cut_after {
                // Given, and not readable: that was told. Without this the session would run whole.
                Some(None) => return None,
                Some(some) => some,
                None => None,
            },
        };
        programmed(&request, raw, self.catalog, self.told);
        let keep = BTreeMap::new();
        Some(Action::Do { request, refused, keep })
    }

    /// What is staged comes into force, unless the pump refuses.
    fn commit(&mut self, refused: Option<&str>) {
        match refused {
            None => self.dosing = self.staged.take().unwrap_or(self.dosing),
            Some(REFUSAL_ALLOWED) => self.dosing = self.staged.map_or(self.dosing, |staged| self.dosing.either(staged)),
            Some(_) => {}
        }
    }

    fn expect(&mut self, step: &RawStep, clock: &mut Clock) -> Option<Action> {
        let within = positive_time(step.within.as_ref(), "within", self.told);
        let throughout = positive_time(step.r#for.as_ref(), "for", self.told);
        // Times inside a repeat count from the round's begin.
        let passed = match self.depth {
            0 => Span(
                clock
                    .latest()
                    .0
                    .saturating_add(within.or(throughout).unwrap_or_default().0),
            ),
            _ => TIME_MAX,
        };
        let limits = self.limits.after(passed);
        self.kept.used_in_expect(step.expect.as_ref()?, self.told);
        let poll = self.poll(step);
        let checks = checks(step.expect.as_ref()?, self.catalog, &mut self.marks, limits, self.told);
        if let (Some(raw), Some(_)) = (&step.within, &step.r#for) {
            let message = "`within` and `for` in one step";
            let problem = Problem::new(Mistake::KeyCombination, raw.0.place, message);
            self.told.tell(problem.help("make two steps of it"));
        }
        if let (Some(raw), Some(span)) = (&step.within, within) {
            // It may be true at once: only the latest time moves.
            clock.up_to(span, raw.0.place);
        }
        if let Some(span) = throughout {
            clock.pass(span);
        }
        Some(Action::Expect {
            checks,
            within,
            throughout,
            poll,
        })
    }

    /// What a waiting `expect` asks again and again.
    fn poll(&mut self, step: &RawStep) -> Option<Poll> {
        let Some(verb) = &step.poll else {
            let alone = [
                ("with", step.with.as_ref().map(|table| table.place)),
                ("every", step.every.as_ref().map(|text| text.0.place)),
            ];
            for (key, place) in alone {
                if let Some(place) = place {
                    let message = format!("`{key}` goes with `poll` in an `expect`");
                    let problem = Problem::new(Mistake::KeyCombination, place, message);
                    self.told
                        .tell(problem.help("add `poll: VERB`, which is asked again and again"));
                }
            }
            return None;
        };
        if step.within.is_none() {
            let message = "`poll` needs `within`: it asks until the expectation is met";
            self.told
                .tell(Problem::new(Mistake::KeyCombination, verb.0.place, message));
        }
        self.kept.used_in(step.with.as_ref(), self.told);
        let request = request(verb, step.with.as_ref(), self.catalog, self.dosing, self.told)?;
        // Of a device's own verb its profile knows it.
        if request.verb() != Verb::Own && !request.verb().only_reads() {
            let message = format!(
                "`poll: {}` does more than read, and would do it again and again",
                verb.0.text
            );
            let problem = Problem::new(Mistake::KeyCombination, verb.0.place, message);
            self.told
                .tell(problem.help("ask for it with `do`, and poll a verb that only reads"));
            return None;
        }
        asked(&request, verb.0.place, step.with.as_ref(), self.catalog, self.told);
        polled(&request, verb.0.place, self.catalog, self.told);
        let every = positive_time(step.every.as_ref(), "every", self.told);
        Some(Poll { request, every })
    }

    fn repeat(&mut self, step: &RawStep, clock: &mut Clock) -> Option<Action> {
        let count = step.repeat?;
        let Some(raw) = step.steps.as_ref().filter(|steps| !steps.is_empty()) else {
            if !self.told.inside(step.place) {
                let problem = Problem::new(Mistake::MissingKey, count.place, "`repeat` needs `steps`");
                self.told.tell(problem);
            }
            return None;
        };
        // Times inside count from the round's begin (LANGUAGE.md, Timeline), and marks and drugs go on through it.
        let mut round = Clock::new(Begin::Round);
        self.depth += 1;
        let steps = self.steps(raw, &mut round);
        self.depth -= 1;
        self.just_expected = false;
        // After the steps, so that their mistakes are told even where the count is wrong.
        let times = bits_32(count, self.told)?;
        if times == 0 {
            let problem = Problem::new(Mistake::Range, count.place, "`repeat: 0` does nothing");
            self.told.tell(problem.help("remove the step"));
            return None;
        }
        clock.count_rounds(&round, times, count.place, self.told)?;
        let every: Option<Span> = match &step.every {
            Some(raw) => Some(positive_time(Some(raw), "every", self.told)?),
            None => None,
        };
        clock.pass_rounds(&round, times, every, step, self.told);
        Some(Action::Repeat { times, every, steps })
    }
}
