//! `always`: what must hold all the time, looked at whenever all that it compares is fresh.

use super::findings::Findings;
use super::observed::Observed;
use crate::dose::STROKE_NL;
use pump_hil_model::case::{Case, Measure, Op, Operand, Rule, ToldBy, Verb};
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::{Came, Expected, Finding, ReasonKind};

#[derive(Debug, Clone)]
pub(super) struct Invariants {
    rules: Vec<Watched>,
    entry_since_sample: bool,
    /// When a reply told what an entry tells elsewhere: it belongs to the samples of that instant alone.
    replied: Option<Span>,
}

#[derive(Debug, Clone)]
struct Watched {
    line: u32,
    text: String,
    rule: Rule,
    needs: Needs,
    broken: bool,
}

/// What must be fresh.
#[derive(Debug, Clone, Copy, Default)]
struct Needs {
    entry: bool,
    sample: bool,
}

/// What just became fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fresh {
    Entry,
    Sample,
    Other,
}

impl Invariants {
    pub fn new(case: &Case) -> Self {
        let rules = case.always.iter().map(|invariant| Watched {
            line: invariant.line,
            text: invariant.text.clone(),
            rule: invariant.rule.clone(),
            needs: needs(&invariant.rule),
            broken: false,
        });
        Self {
            rules: rules.collect(),
            entry_since_sample: false,
            replied: None,
        }
    }

    pub fn on_event(&mut self, event: &Event, seen: &Observed, prescribed: Option<i64>, out: &mut Findings) {
        if !seen.begun {
            return;
        }
        let fresh = match &event.body {
            Body::Sample(_) => Fresh::Sample,
            Body::Weighed(weighed) if weighed.stable => {
                // At rest nothing moves: what was reported last holds.
                self.entry_since_sample |= seen.observing.reported.is_some();
                self.replied = None;
                Fresh::Sample
            }
            Body::Watched { at, .. } | Body::MemoryRead { at, .. } if counts(seen, at) => Fresh::Sample,
            Body::Pump {
                said: Said::Dose(_), ..
            } => Fresh::Entry,
            // Where no entry tells of the dose, what it gave in all does.
            Body::Reply {
                verb, refused: None, ..
            } if verb == Verb::Totals.word() && !seen.lacks.tells_entries() => Fresh::Entry,
            Body::Polled(polled)
                if seen
                    .observing
                    .reported
                    .as_ref()
                    .is_some_and(|asked| asked.ask == polled.verb) =>
            {
                Fresh::Entry
            }
            Body::Pump { .. } | Body::Reply { .. } | Body::Begun => Fresh::Other,
            _ => return,
        };
        if fresh == Fresh::Entry {
            self.entry_since_sample = true;
            self.replied = matches!(event.body, Body::Reply { .. } | Body::Polled(_)).then_some(event.t);
        }
        if self.replied.is_some_and(|replied| replied != event.t) {
            self.entry_since_sample = false;
        }
        for rule in self.rules.iter_mut().filter(|r| !r.broken) {
            let ready = match (rule.needs.entry, rule.needs.sample) {
                (false, false) => true,
                (true, false) => fresh == Fresh::Entry,
                (false, true) => fresh == Fresh::Sample,
                (true, true) => fresh == Fresh::Sample && self.entry_since_sample,
            };
            if ready && let Some(came) = broken(&rule.rule, seen, prescribed) {
                rule.broken = true;
                let finding = Finding {
                    kind: ReasonKind::Invariant,
                    t: event.t,
                    expected: Expected::Always(rule.text.clone()),
                    came,
                };
                out.of_rule(rule.line, finding);
            }
        }
        if fresh == Fresh::Sample {
            self.entry_since_sample = false;
        }
    }
}

/// Whether this place in memory counts what the motor moved.
fn counts(seen: &Observed, at: &str) -> bool {
    let counts = seen.observing.actuated.as_ref();
    counts.is_some_and(|counts| counts.memory == at)
}

fn needs(rule: &Rule) -> Needs {
    // State and alarms come as events of their own, and are known at each instant.
    let Rule::Compare { left, right, .. } = rule else {
        return Needs::default();
    };
    let mut sides = vec![*left];
    if let Operand::Measure(measure) = right {
        sides.push(*measure);
    }
    Needs {
        // An entry tells the reservoir as well.
        entry: sides
            .iter()
            .any(|m| m.told_by() == ToldBy::Totals || *m == Measure::Reservoir),
        sample: sides.iter().any(|m| m.told_by() == ToldBy::TestBlock),
    }
}

/// What came, if the rule does not hold. What nothing told yet breaks nothing.
fn broken(rule: &Rule, seen: &Observed, prescribed: Option<i64>) -> Option<Came> {
    match rule {
        Rule::State { equal, state } => {
            let now = seen.state.as_deref()?;
            ((now == state) != *equal).then(|| Came::State(now.to_owned()))
        }
        Rule::NoAlarm { id } => {
            let active = seen.active_alarms();
            let found = active.iter().find(|a| id.as_ref().is_none_or(|id| id == *a))?;
            Some(Came::ActiveAlarm((*found).to_owned()))
        }
        Rule::Compare {
            left,
            op,
            right,
            percent,
            absolute,
        } => {
            let left_value = seen.measure(*left, prescribed)?;
            // With a fixed value no stroke is allowed besides: a limit that a person wrote is meant as it stands.
            let (right_value, quantum) = match right {
                Operand::Value(value) => (*value, 0),
                Operand::Measure(m) => {
                    let quantum = if m.is_volume() { 2 * STROKE_NL } else { 0 };
                    (seen.measure(*m, prescribed)?, quantum)
                }
            };
            let share = percent.of(right_value.saturating_abs());
            let slack = share.saturating_add(*absolute).saturating_add(quantum);
            let difference = left_value.saturating_sub(right_value);
            // What was told of each of them may be off by so much.
            let (right_less, right_more) = match right {
                Operand::Measure(measure) => seen.widened(*measure),
                Operand::Value(_) => (0, 0),
            };
            let (less, more) = seen.widened(*left);
            let at_least = difference.saturating_sub(less).saturating_sub(right_more);
            let at_most = difference.saturating_add(more).saturating_add(right_less);
            let holds = match op {
                Op::AtMost => at_least <= slack,
                Op::AtLeast => at_most >= slack.saturating_neg(),
                Op::Equal => at_least <= slack && at_most >= slack.saturating_neg(),
            };
            if holds {
                return None;
            }
            Some(Came::Compared {
                left: (*left, left_value),
                right: match right {
                    Operand::Measure(measure) => Some((*measure, right_value)),
                    Operand::Value(_) => None,
                },
            })
        }
    }
}
