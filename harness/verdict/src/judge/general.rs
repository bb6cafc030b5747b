//! What needs no step: alarms that nobody named, records that are missing or cannot be, silence, a broken rig, and how the pump was left.

use super::commands::Commands;
use super::contradicts::Contradicts;
use super::findings::{Findings, Here};
use super::observed::Observed;
use super::sequence::Sequence;
use super::steps::Steps;
use crate::dose::Lag;
use pump_hil_model::case::{Action, Case, Check, Request, Step};
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::fault::Talk;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Came, Expected, Finding, ReasonKind, Records};
use pump_hil_model::words::priority_of;
use std::collections::BTreeSet;

/// How long after a fault of the line was cleared a gap in the numbering may still show: it does at the next record of its kind, which may be the
/// next day's.
const LINE_AFTERMATH: Span = Span(24 * 3_600_000);
/// How long after that a request may still stay without an answer: one that was on its way, with all its tries.
const SILENCE_AFTERMATH: Span = Span(60_000);
/// How far the pump's time may fall behind before nothing that it reports can be compared any more. Generous, because on a rig whose time runs
/// many times as fast as the host's a slow host looks like a slow pump.
const BEHIND: Span = Span(3_600_000);

/// The pump's own counting, its alarms and its answers, which are held to what is right of every pump.
#[derive(Debug, Clone)]
pub(super) struct General {
    /// Alarms that the scenario names, and those of the others that were told already.
    announced: BTreeSet<String>,
    /// Priorities that the scenario names itself.
    priorities: BTreeSet<(String, String)>,
    unexpected: BTreeSet<String>,
    /// When a fault of the line was armed or cleared last.
    line_trouble: Option<Span>,
    /// The newest of what the pump counts, and its own time then.
    event: Option<(u64, Span)>,
    dose: Option<(u64, Span)>,
    lag: Lag,
    behind: bool,
    /// Something came from it.
    heard: bool,
    sequence: Sequence,
    contradicts: Contradicts,
    commands: Commands,
}

impl General {
    pub fn new(case: &Case) -> Self {
        let mut announced = case.allow_alarms.clone();
        let mut priorities = BTreeSet::new();
        announce(&case.steps, &mut announced, &mut priorities);
        Self {
            announced,
            priorities,
            unexpected: BTreeSet::new(),
            line_trouble: None,
            event: None,
            dose: None,
            lag: Lag::default(),
            behind: false,
            heard: false,
            sequence: Sequence::default(),
            contradicts: Contradicts::default(),
            commands: Commands::new(case),
        }
    }

    /// Takes the next event, after it is observed and its steps are judged.
    pub fn on_event(&mut self, event: &Event, seen: &Observed, steps: &Steps, out: &mut Findings) {
        let (t, seq) = (event.t, out.seq);
        let disturbed = seen.faults.iter().any(|f| f.effects().talk != Talk::Clear) || self.line_is_excused(t, seen);
        let contradicts = self.contradicts.on_event(event, seq, disturbed);
        let unasked = self.commands.on_event(event, steps.step());
        for what in contradicts.into_iter().chain(unasked) {
            let expected = Expected::Records(Records::InOrder);
            out.reason(steps.here(), ReasonKind::Record, t, expected, Came::Nonsense(what));
        }
        let gap_at_once = self.sequence.on_event(event, seq);
        let mut reason = |kind, expected, came| out.reason(steps.here(), kind, t, expected, came);
        match &event.body {
            Body::FaultArmed { fault, .. } | Body::FaultCleared { fault } if fault.effects().talk == Talk::Broken => {
                self.line_trouble = Some(t);
            }
            // In a journal of before it told what became of them; else `Sequence` judges that.
            Body::Gap { of, from, count } if gap_at_once && seen.begun && !self.line_is_excused(t, seen) => {
                let (of, from, count) = (of.clone(), *from, *count);
                let expected = Expected::Records(Records::All { of });
                reason(ReasonKind::Gap, expected, Came::Missing { from, count });
            }
            Body::Timing { scale: Some(_), drift } => self.lag.allow(*drift),
            Body::Reply { .. } | Body::Received { .. } => self.heard = true,
            // One that need not say who it is, and never said a word, may not be there.
            Body::NoReply { verb, tries } if seen.begun && !self.heard && seen.lacks.has(Lack::IDENTIFY) => {
                out.trouble(Trouble::NotHeard {
                    what: format!("any word of the pump, up to `{verb}`"),
                    why: format!("none came in {tries} tries: check the cable, the port and the speed in the rig file"),
                });
            }
            Body::NoReply { verb, tries } if !self.silence_is_excused(t, seen, steps) => {
                let expected = Expected::Reply { verb: verb.clone() };
                reason(ReasonKind::NoReply, expected, Came::Silence { tries: *tries });
            }
            Body::Nonsense { why } if !self.line_is_excused(t, seen) => {
                let expected = Expected::Records(Records::InOrder);
                reason(ReasonKind::Record, expected, Came::Nonsense(why.clone()));
            }
            Body::FaultUnconfirmed { fault, why } => out.trouble(Trouble::FaultUnconfirmed {
                fault: *fault,
                why: why.clone(),
            }),
            Body::Interrupted { by } => out.trouble(Trouble::Interrupted { by: by.clone() }),
            Body::Pump {
                n,
                pump_t,
                said,
                read_back,
            } => {
                if let Some((n, pump_t)) = n.zip(*pump_t) {
                    let of_dose = matches!(said, Said::Dose(_));
                    self.in_order(t, n, pump_t, of_dose, steps.here(), out);
                    if of_dose && !read_back {
                        self.in_time(t, pump_t, seen, out);
                    }
                }
                self.named(seen.said_at, said, steps.here_or_last(), out);
            }
            _ => {}
        }
    }

    /// What is missing at the end.
    pub fn finish(&mut self, out: &mut Findings) {
        self.sequence.finish(out);
        for claim in self.contradicts.finish() {
            let finding = Finding {
                kind: ReasonKind::Record,
                t: claim.t,
                expected: Expected::Records(Records::InOrder),
                came: Came::Nonsense(claim.what()),
            };
            out.found_at(claim.seq, finding);
        }
    }

    /// An alarm that no step names is a failure, once; one of another priority than is its own always, but where a step names that.
    fn named(&mut self, t: Span, said: &Said, here: Here<'_>, out: &mut Findings) {
        let Said::Alarm { id, priority } = said else { return };
        let named = || self.priorities.contains(&(id.clone(), priority.clone()));
        if let Some(right) = priority_of(id).filter(|right| right != priority)
            && !named()
        {
            let what = format!("it raises the alarm {id} as {priority}, which is {right}");
            let expected = Expected::Records(Records::InOrder);
            out.reason(here, ReasonKind::Record, t, expected, Came::Nonsense(what));
        }
        if !self.announced.contains(id) && self.unexpected.insert(id.clone()) {
            let came = Came::Alarm {
                id: id.clone(),
                priority: priority.clone(),
            };
            out.reason(here, ReasonKind::UnexpectedAlarm, t, Expected::NamedAlarmsOnly, came);
        }
    }

    /// A newer record has a later time.
    fn in_order(&mut self, t: Span, number: u64, time: Span, of_dose: bool, here: Here<'_>, out: &mut Findings) {
        let newest = if of_dose { &mut self.dose } else { &mut self.event };
        // A record that was lost and read again from the log has an older number: it may come late, and it does not move the newest.
        let before = newest.filter(|(newest, _)| number > *newest);
        if newest.is_none() || before.is_some() {
            *newest = Some((number, time));
        }
        if let Some((after, earlier)) = before
            && time < earlier
        {
            let expected = Expected::Records(Records::NotBefore {
                number,
                after,
                time: earlier,
            });
            out.reason(here, ReasonKind::Record, t, expected, Came::RecordOf { number, time });
        }
    }

    /// Where the pump's time falls far behind without a cut line, its entries belong to no sample and to no nominal dose: oracle and reconciliation
    /// would be silent, and silence must not pass.
    fn in_time(&mut self, t: Span, pump_t: Span, seen: &Observed, out: &mut Findings) {
        let lag = self.lag.of(t, Some(pump_t));
        // On a disturbed line entries are read again later, so their being late says nothing of the pump's clock.
        if lag > BEHIND && !self.behind && !self.line_is_excused(t, seen) {
            self.behind = true;
            out.trouble(Trouble::ClockBehind { lag });
        }
    }

    fn line_is_excused(&self, t: Span, seen: &Observed) -> bool {
        seen.faults.iter().any(|f| f.effects().talk == Talk::Broken)
            || self
                .line_trouble
                .is_some_and(|last| t.0.saturating_sub(last.0) <= LINE_AFTERMATH.0)
    }

    /// Whether what came on the line may be spoilt by what the scenario does.
    pub fn line_is_disturbed(&self, t: Span, seen: &Observed, steps: &Steps) -> bool {
        let sends = matches!(steps.step().map(|step| &step.action), Some(Action::Send { .. }));
        sends || (seen.begun && self.silence_is_excused(t, seen, steps))
    }

    /// Whether a request may stay unanswered.
    pub fn silence_is_excused(&self, t: Span, seen: &Observed, steps: &Steps) -> bool {
        let cut = matches!(
            steps.step().map(|step| &step.action),
            Some(Action::Do {
                request: Request::Program { cut_after: Some(_), .. },
                ..
            })
        );
        // Before the begin nothing was tested yet: a set-up that gets no answer is the rig's trouble, and is noted as such.
        !seen.begun
            // Its answer cannot come: the request never arrived as a whole.
            || cut
            || seen.faults.iter().any(|f| f.effects().talk != Talk::Clear)
            || self
                .line_trouble
                .is_some_and(|last| t.0.saturating_sub(last.0) <= SILENCE_AFTERMATH.0)
    }
}

/// Names of alarms that some step names, and the priorities that it names with them.
fn announce(steps: &[Step], names: &mut BTreeSet<String>, priorities: &mut BTreeSet<(String, String)>) {
    for step in steps {
        match &step.action {
            Action::Expect { checks, .. } => {
                for check in checks {
                    if let Check::Alarm {
                        id,
                        priority: Some(priority),
                    } = check
                    {
                        priorities.insert((id.clone(), priority.clone()));
                    }
                    match check {
                        Check::Alarm { id, .. } | Check::AlarmCleared { id } => {
                            names.insert(id.clone());
                        }
                        // An alarm can be expected as an event as well. `no-alarm` names one that must not come, and so allows nothing.
                        Check::Event { kind, fields } if kind == "alarm" => names.extend(fields.get("id").cloned()),
                        _ => {}
                    }
                }
            }
            Action::Repeat { steps, .. } => announce(steps, names, priorities),
            _ => {}
        }
    }
}
