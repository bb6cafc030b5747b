//! How one step's outcome is decided, from the events between its start and its end.

use super::checks::{Look, Unmet, Windows};
use super::findings::{Findings, Here};
use super::late::Late;
use super::observed::Observed;
use super::unheard::{Put, Unheard};
use pump_hil_model::case::needs::seen_late_by;
use pump_hil_model::case::{Action, Case, Check, Request, Step, ToldBy, Verb, places};
use pump_hil_model::event::{Body, Event, StepId};
use pump_hil_model::lack::Lacks;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Answer, Came, Expected, ReasonKind, Seen};
use pump_hil_model::words::REFUSAL_ALLOWED;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A step in progress.
#[derive(Debug, Clone)]
struct Open {
    id: StepId,
    line: u32,
    started: Span,
    /// Places in the lists of steps, from 0, outermost first.
    path: Vec<usize>,
    /// The first refusal, else `Some(None)` once a reply came.
    replied: Option<Option<String>>,
    silent: bool,
    broken: bool,
    /// The last event is what tells this.
    told_now: Option<ToldBy>,
    /// Since when what is waited for holds, by the pump's own time where its line was late; and at which place of the journal.
    holds_since: Option<(Span, u64)>,
}

impl Open {
    /// How long it took until what it waits for held; where that is not known, until `t`.
    fn took(&self, t: Span) -> Span {
        let until = self.holds_since.map_or(t, |(since, _)| since);
        Span(until.0.saturating_sub(self.started.0))
    }

    fn step<'a>(&self, case: &'a Case) -> Option<&'a Step> {
        case.step_at(&self.path)
    }
}

/// The steps in progress, outermost first, and from where on each next one counts.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    case: Arc<Case>,
    open: Vec<Open>,
    windows: Windows,
    /// Where the last expectation ended, and whether the last step was one.
    group_end: u64,
    after_expectation: bool,
    /// The rig grants the pump its time.
    granted: bool,
    /// What the last expectation waited for came late: the pump is ahead of the steps.
    behind: bool,
    /// What did not come until it had to.
    late: Late,
    /// The step that ended last.
    last: Option<(StepId, u32)>,
}

impl Steps {
    pub fn new(case: Arc<Case>) -> Self {
        Self {
            case,
            open: Vec::new(),
            windows: Windows::default(),
            group_end: 0,
            after_expectation: false,
            granted: false,
            behind: false,
            late: Late::default(),
            last: None,
        }
    }

    /// The step in progress.
    pub fn step(&self) -> Option<&Step> {
        self.open.last().and_then(|open| open.step(&self.case))
    }

    /// Since when all holds that the step in progress waits for.
    pub fn holds_since(&self) -> Option<Span> {
        Some(self.open.last()?.holds_since?.0)
    }

    /// Where a reason belongs that is found now.
    pub fn here(&self) -> Here<'_> {
        self.open.last().map(|open| (&open.id, open.line))
    }

    /// As [`Self::here`]; between two steps the one that ended last.
    pub fn here_or_last(&self) -> Here<'_> {
        let last = || self.last.as_ref().map(|(id, line)| (id, *line));
        self.here().or_else(last)
    }

    /// Those of the checks that do not hold now.
    pub fn unmet(&self, checks: &[Check], seen: &Observed, prescribed: Option<i64>) -> Vec<Unmet> {
        let windows = self.windows;
        Look {
            seen,
            windows,
            prescribed,
        }
        .unmet(checks)
    }

    /// Takes the next event, after it is observed; `prescribed` is the oracle's.
    pub fn on_event(
        &mut self,
        event: &Event,
        seen: &mut Observed,
        unheard: &mut Unheard,
        prescribed: Option<i64>,
        out: &mut Findings,
    ) {
        self.late.on_event(event.t, seen, prescribed, out);
        match &event.body {
            Body::StepStarted { step, line } => {
                if self.started(event.t, step, *line, seen, out) {
                    self.check_at(event.t, seen, prescribed, out);
                }
            }
            Body::StepEnded { step } => self.ended(event.t, step, seen, unheard, prescribed, out),
            body => {
                if let Body::Timing { scale, .. } = body {
                    self.granted = scale.is_none();
                }
                self.during(event.t, body, out);
                self.asked_of(body);
                self.check_at(event.t, seen, prescribed, out);
            }
        }
    }

    /// Whether the case has this step.
    fn started(&mut self, t: Span, id: &StepId, line: u32, seen: &mut Observed, out: &mut Findings) -> bool {
        self.open.push(Open {
            id: id.clone(),
            line,
            started: t,
            path: places(id),
            replied: None,
            silent: false,
            broken: false,
            told_now: None,
            holds_since: None,
        });
        let (expects, acts) = match self.step() {
            Some(step) => (matches!(step.action, Action::Expect { .. }), step.action.acts()),
            None => {
                // The journal and its case do not belong together. That is no failure of a pump.
                out.trouble(Trouble::UnknownStep { step: id.clone() });
                return false;
            }
        };
        if acts {
            self.late.acted();
        }
        if expects {
            self.after_expectation = true;
        } else if self.after_expectation {
            // A group of expectations is over: what came up to its end is used up.
            self.after_expectation = false;
            self.windows.came = self.group_end;
            seen.forget_before(self.group_end);
        }
        true
    }

    /// What the event tells that a pump may say only when it is asked.
    fn asked_of(&mut self, body: &Body) {
        let Some(open) = self.open.last_mut() else { return };
        open.told_now = match body.answer() {
            Some((verb, _)) if verb == Verb::Status.word() => Some(ToldBy::Status),
            Some((verb, _)) if verb == Verb::Totals.word() => Some(ToldBy::Totals),
            _ => None,
        };
    }

    /// An event inside the open steps.
    fn during(&mut self, t: Span, body: &Body, out: &mut Findings) {
        if let Body::Breakpoint { at, reached: false } = body {
            let expected = Expected::CoreAt(at.clone());
            out.reason(self.here(), ReasonKind::Expectation, t, expected, Came::NotReached);
        }
        let Some(open) = self.open.last_mut() else { return };
        match body {
            // The first refusal stays: what is asked again after it, as in a repeat, does not make it good.
            Body::Reply { refused, .. } if !matches!(open.replied, Some(Some(_))) => {
                open.replied = Some(refused.clone());
            }
            Body::NoReply { .. } => open.silent = true,
            _ => {}
        }
    }

    fn ended(
        &mut self,
        t: Span,
        id: &StepId,
        seen: &mut Observed,
        unheard: &mut Unheard,
        prescribed: Option<i64>,
        out: &mut Findings,
    ) {
        // From the end: the innermost step is the one that ends. An end without a begin is passed over, as any journal must be judged.
        let Some(at) = self.open.iter().rposition(|open| open.id == *id) else {
            return;
        };
        // A step that was left without its end, as where a run broke off, ends with the one around it.
        self.open.truncate(at.saturating_add(1));
        let case = Arc::clone(&self.case);
        let open = &self.open[at];
        match open.step(&case).map(|step| &step.action) {
            Some(Action::Do { request, refused, keep }) => {
                self.judge_do(t, request, refused.as_deref(), out);
                if refused.is_none() {
                    self.judge_kept(t, keep, seen, out);
                }
            }
            Some(Action::Expect { checks, within, .. }) => {
                // With `>`: what comes true at the very end of `within` is in time.
                // It may have come some time before it was seen.
                let seen_late = seen_late_by(checks, &seen.observing).0;
                let late = within.filter(|within| open.took(t).0 > within.0.saturating_add(seen_late));
                if !open.broken {
                    let known = self.put_off(t, checks, seen, unheard, prescribed);
                    let before = out.kept();
                    self.judge_checks(t, &known, late, seen, prescribed, out);
                    self.late.missed(before..out.kept(), self.windows, within.is_some(), t);
                }
                debug_assert!(
                    self.windows.came <= self.group_end && self.group_end < out.seq,
                    "windows only go on"
                );
                // The two differ on purpose: expectations in a row look at the same events for what must have come, but each begins anew for what
                // must not.
                self.group_end = self.used_up(t, checks, seen, out.seq);
                self.windows.absent = out.seq;
            }
            Some(Action::Mark(name)) => seen.mark(name, prescribed),
            _ => {}
        }
        self.last = self.open.drain(at..).next().map(|open| (open.id, open.line));
    }

    /// Up to which place what came is used up by the expectation that ends now at this one. Where the line was late, what the pump did since it was met came in
    /// the time of the next steps.
    fn used_up(&mut self, t: Span, checks: &[Check], seen: &Observed, now: u64) -> u64 {
        let Some(open) = self.open.last() else { return now };
        let since = open.holds_since.filter(|_| self.granted);
        let late = since.filter(|(since, _)| *since < t).map(|(_, at)| at);
        // The next one may be met by what came before its begin.
        let at_once = self.behind && since.is_some_and(|(since, _)| since == open.started);
        self.behind = late.is_some() || at_once;
        let look = Look {
            seen,
            windows: self.windows,
            prescribed: None,
        };
        let met = late.or_else(|| {
            checks
                .iter()
                .filter_map(|check| look.met_at(check))
                .max()
                .filter(|_| at_once)
        });
        met.map_or(now, |at| at.saturating_add(1).max(self.group_end))
    }

    /// Puts off what cannot be known while the pump is not heard. Gives the others.
    fn put_off<'c>(
        &self,
        t: Span,
        checks: &'c [Check],
        seen: &Observed,
        unheard: &mut Unheard,
        prescribed: Option<i64>,
    ) -> Cow<'c, [Check]> {
        if unheard.since().is_none() {
            return Cow::Borrowed(checks);
        }
        let open = self.open.last();
        let answered = open.is_some_and(|open| open.replied.is_some() && !open.silent);
        let (later, now): (Vec<_>, Vec<_>) = checks
            .iter()
            .cloned()
            .partition(|check| unheard.puts_off(check, answered));
        for check in later {
            unheard.put_off(Put {
                here: self.here().map(|(id, line)| (id.clone(), line)),
                t,
                held: self.unmet(std::slice::from_ref(&check), seen, prescribed).is_empty(),
                check,
            });
        }
        Cow::Owned(now)
    }

    /// Judges checks at their end; `late`: they had to hold within this, and the time is over.
    fn judge_checks(
        &self,
        t: Span,
        checks: &[Check],
        late: Option<Span>,
        seen: &Observed,
        prescribed: Option<i64>,
        out: &mut Findings,
    ) {
        let unmet = self.unmet(checks, seen, prescribed);
        if let (true, Some(within)) = (unmet.is_empty(), late) {
            let took = self.open.last().map_or(Span(0), |open| open.took(t));
            let (expected, came) = (Expected::Within(within), Came::After(took));
            out.reason(self.here(), ReasonKind::Expectation, t, expected, came);
        }
        for one in unmet {
            out.reason(self.here(), ReasonKind::Expectation, t, one.expected, one.came);
        }
    }

    /// Looks at an expectation that takes time: a `throughout` that is broken is told at once, and once; of a `within` it is kept since when it holds.
    fn check_at(&mut self, t: Span, seen: &Observed, prescribed: Option<i64>, out: &mut Findings) {
        let case = Arc::clone(&self.case);
        let Some(open) = self.open.last().filter(|open| !open.broken) else {
            return;
        };
        let Some(Action::Expect {
            checks,
            within,
            throughout,
            ..
        }) = open.step(&case).map(|s| &s.action)
        else {
            return;
        };
        if within.is_none() && throughout.is_none() {
            return;
        }
        // What a pump says only when it is asked is looked at when it has said it, and else is of some time before.
        let known = is_known(checks, &seen.lacks, open.told_now);
        let holds = self.unmet(checks, seen, prescribed).is_empty();
        if throughout.is_some() && !holds && !known {
            return;
        }
        if throughout.is_some() && !holds {
            self.judge_checks(t, checks, None, seen, prescribed, out);
        }
        if let Some(open) = self.open.last_mut() {
            open.broken = throughout.is_some() && !holds;
            open.holds_since = if holds {
                open.holds_since.or(Some((t, out.seq)))
            } else {
                None
            };
        }
    }

    fn judge_do(&self, t: Span, request: &Request, expected: Option<&str>, out: &mut Findings) {
        let Some(open) = self.open.last() else { return };
        let verb = request.name().to_owned();
        let answer = |refused: Option<&str>| Answer {
            verb: verb.clone(),
            refused: refused.map(str::to_owned),
        };
        let cut = matches!(request, Request::Program { cut_after: Some(_), .. });
        match &open.replied {
            None if open.silent || cut => {} // silence is judged where it happened
            None => {
                let expected = Expected::Answer(answer(expected));
                out.reason(self.here(), ReasonKind::NoReply, t, expected, Came::NoAnswer { verb });
            }
            Some(came) => {
                let holds = match (expected, came.as_deref()) {
                    (None, None) | (Some("any"), Some(_)) | (Some(REFUSAL_ALLOWED), _) => true,
                    (Some(expected), Some(came)) => expected == came,
                    // A session that was cut off may be answered as a broken line (PROTOCOL.md, noise), which is no refusal of what it asked for.
                    (None, Some(_)) => cut,
                    (Some(_), None) => false,
                };
                if !holds {
                    let (expected, came) = (Expected::Answer(answer(expected)), answer(came.as_deref()));
                    out.reason(self.here(), ReasonKind::Refusal, t, expected, Came::Answer(came));
                }
            }
        }
    }

    /// What the scenario keeps of an answer must be in it.
    fn judge_kept(&self, t: Span, keep: &BTreeMap<String, String>, seen: &Observed, out: &mut Findings) {
        let accepted = self.open.last().is_some_and(|open| open.replied == Some(None));
        let missing = keep
            .iter()
            .filter(|(name, _)| accepted && !seen.kept.contains_key(*name));
        let fields: BTreeMap<_, _> = missing.map(|(name, of)| (of.clone(), format!("${name}"))).collect();
        if !fields.is_empty() {
            let expected = Expected::Check(Check::Reply { fields });
            let fields = (*seen.reply).clone();
            out.reason(
                self.here(),
                ReasonKind::Expectation,
                t,
                expected,
                Came::Seen(Seen::Reply { fields }),
            );
        }
    }
}

/// Whether all that the checks look at is of this instant: what the last event tells, what the pump tells of its own, and what others do.
fn is_known(checks: &[Check], lacks: &Lacks, told_now: Option<ToldBy>) -> bool {
    let tells = lacks.tells_events() && lacks.tells_entries();
    checks.iter().all(|check| match check {
        Check::State(_) | Check::Mode(_) | Check::Bolus(_) => tells || told_now == Some(ToldBy::Status),
        Check::Measure { what, .. } => match what.told_by() {
            ToldBy::Status => tells || told_now == Some(ToldBy::Status),
            ToldBy::Totals => lacks.tells_entries() || told_now == Some(ToldBy::Totals),
            ToldBy::Events | ToldBy::TestBlock | ToldBy::Harness => true,
        },
        _ => true,
    })
}
