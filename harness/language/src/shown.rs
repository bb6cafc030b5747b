//! A case as a rig can show it: without the checks of what nothing there measures. They are not lost: the case says which they are, its verdict tells how
//! many, and what only they held counts as verified by nobody.

use pump_hil_model::capability::{Capability, lacks_of};
use pump_hil_model::case::{Action, Case, Check, Invariant, Measure, NotShown, Operand, Rule, Step, When};
use pump_hil_model::lack::{Lack, Lacks};
use pump_hil_model::verdict::Expected;
use pump_hil_model::words::{CRITICAL_ALARMS, NON_CRITICAL_ALARMS};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The case as a rig that can do this shows it.
#[must_use]
pub fn shown<'a>(case: &'a Case, can: &BTreeSet<Capability>) -> Cow<'a, Case> {
    let lacks = lacks_of(can);
    let mut split = Split {
        can,
        lacks: &lacks,
        asks_alarms: can.contains(&Capability::PolledAlarms),
        not_shown: Vec::new(),
        may_pass_without_start: false,
        by_pump: false,
        adrift: false,
        marks_adrift: BTreeSet::new(),
        named: BTreeSet::new(),
    };
    let steps = split.steps(&case.steps, true);
    let always = split.rules(&case.always);
    let keeps_log = case.snapshot.is_none() || lacks.gives_dose_log() || can.contains(&Capability::SampledLog);
    if split.not_shown.is_empty() && keeps_log {
        return Cow::Borrowed(case);
    }
    Cow::Owned(Case {
        steps,
        always,
        // A table without what the pump does not tell would be compared with one that has it, or pass for want of rows.
        snapshot: case.snapshot.filter(|_| keeps_log),
        // An `expect` of no reset that is not shown must not excuse one.
        may_start_again: case.may_start_again && !split.may_pass_without_start,
        not_shown: split.not_shown,
        // What the scenario names may come all the same.
        allow_alarms: case.allow_alarms.union(&split.named).cloned().collect(),
        ..case.clone()
    })
}

/// How many checks a case has, those of a repeat once: what its steps expect, which refusals they wait for, and what must hold all the time.
#[must_use]
pub fn checks(case: &Case) -> usize {
    fn of(steps: &[Step]) -> usize {
        let of_step = |step: &Step| match &step.action {
            Action::Expect { checks, .. } => checks.len(),
            Action::Do { refused, .. } => usize::from(refused.is_some()),
            Action::Repeat { steps, .. } => of(steps),
            _ => 0,
        };
        steps.iter().map(of_step).sum()
    }
    of(&case.steps) + case.always.len()
}

/// Takes a case's checks apart: those that are shown, and the others.
struct Split<'a> {
    can: &'a BTreeSet<Capability>,
    lacks: &'a Lacks,
    /// Its alarms are asked for every so often.
    asks_alarms: bool,
    not_shown: Vec<NotShown>,
    /// A check of `resets` is not shown that a pump passes which never started again.
    may_pass_without_start: bool,
    /// A check of the step is not shown because of the pump, and not of the rig.
    by_pump: bool,
    /// A step waited for what the pump does not tell: it may have come up to so much earlier, and what is due so long after it is not known to the minute. Until the
    /// next step at a time of its own.
    adrift: bool,
    /// Marks that were set then.
    marks_adrift: BTreeSet<String>,
    /// Alarms of checks that are not shown.
    named: BTreeSet<String>,
}

impl Split<'_> {
    fn steps(&mut self, steps: &[Step], outermost: bool) -> Vec<Step> {
        let mut split = |step: &Step| {
            self.adrift &= !(outermost && matches!(step.when, When::At(_)));
            self.step(step)
        };
        steps.iter().map(&mut split).collect()
    }

    /// Each step stays in its place: by that a journal names it.
    fn step(&mut self, step: &Step) -> Step {
        let action = match &step.action {
            Action::Expect {
                checks,
                within,
                throughout,
                poll,
            } => {
                self.by_pump = false;
                if throughout.is_some() {
                    checks.iter().for_each(|check| self.is_seen_in_part(check, step.line));
                }
                let left: Vec<Check> = checks
                    .iter()
                    .filter(|check| self.keeps(check, step.line))
                    .cloned()
                    .collect();
                // What is waited for is not seen: it may come as late as it is allowed to, and the steps behind it begin then.
                let blind = left.is_empty() && !checks.is_empty();
                if blind && within.is_some() && self.by_pump {
                    self.adrift = true;
                    // Who stays longer than the scenario means to may see what it does not name, such as that therapy stood for two days.
                    let any = CRITICAL_ALARMS.iter().chain(NON_CRITICAL_ALARMS);
                    self.named.extend(any.map(|alarm| (*alarm).to_owned()));
                }
                Action::Expect {
                    checks: left,
                    within: within.filter(|_| !blind),
                    throughout: if blind { throughout.or(*within) } else { *throughout },
                    poll: poll.clone().filter(|_| !blind),
                }
            }
            Action::Repeat { times, every, steps } => Action::Repeat {
                times: *times,
                every: *every,
                steps: self.steps(steps, false),
            },
            Action::Mark(name) => {
                if self.adrift {
                    self.marks_adrift.insert(name.clone());
                } else {
                    self.marks_adrift.remove(name);
                }
                step.action.clone()
            }
            other => other.clone(),
        };
        Step { action, ..step.clone() }
    }

    fn keeps(&mut self, check: &Check, line: u32) -> bool {
        let Check::Measure { what, since, range } = check else {
            return self.keeps_what_is_told(check, line);
        };
        let is_adrift = self.adrift || since.as_ref().is_some_and(|since| self.marks_adrift.contains(since));
        if self.is_shown(*what) && !is_adrift {
            return true;
        }
        self.by_pump |= self.is_seen(*what);
        let since = since.as_ref().map_or(String::new(), |since| format!(" since {since}"));
        self.not_shown.push(NotShown {
            line,
            text: format!("{}: {}{since}", what.name(), range.text),
        });
        self.may_pass_without_start |= *what == Measure::Resets && range.low.is_none_or(|low| low <= 0);
        false
    }

    /// A check of what only the pump tells.
    fn keeps_what_is_told(&mut self, check: &Check, line: u32) -> bool {
        let lacks = self.lacks;
        let told = match check {
            Check::Alarm { id, .. } | Check::AlarmCleared { id } => self.shows_alarm(Some(id)),
            Check::NoAlarm { id } => self.shows_alarm(id.as_deref()),
            Check::Event { kind, fields } if kind == "alarm" => self.shows_alarm(fields.get("id").map(String::as_str)),
            // What it was before it told of a change only a status says.
            Check::State(_) | Check::Mode(_) => !lacks.has(Lack::STATUS),
            Check::Bolus(_) => !lacks.has(Lack::STATUS) || lacks.tells_events(),
            Check::Event { kind, .. } | Check::NoEvent { kind } if kind == "dose" => lacks.tells_entries(),
            Check::Event { .. } | Check::NoEvent { .. } => lacks.tells_events(),
            Check::Reply { .. } | Check::Silence | Check::Memory { .. } | Check::Measure { .. } => true,
        };
        let told = told && !self.adrift;
        if !told {
            self.by_pump = true;
            self.named.extend(names(check));
            self.not_shown.push(NotShown {
                line,
                text: Expected::Check(check.clone()).to_string(),
            });
        }
        told
    }

    fn rules(&mut self, rules: &[Invariant]) -> Vec<Invariant> {
        let mut left = Vec::new();
        for rule in rules {
            let shown = match &rule.rule {
                Rule::Compare { left, right, .. } => {
                    let right = match right {
                        Operand::Measure(right) => self.is_shown_always(*right),
                        Operand::Value(_) => true,
                    };
                    right && self.is_shown_always(*left) && !self.is_told_apart(&rule.rule)
                }
                // What it says now and then is not what it is all the time.
                Rule::State { .. } => self.lacks.tells_events(),
                Rule::NoAlarm { id } => self.shows_alarm(id.as_deref()),
            };
            let by_looks = self.asks_alarms && !self.lacks.tells_events();
            if shown && by_looks && matches!(rule.rule, Rule::NoAlarm { .. }) {
                self.seen_in_part(rule.line, &rule.text);
            }
            if shown {
                left.push(rule.clone());
            } else {
                self.not_shown.push(NotShown {
                    line: rule.line,
                    text: rule.text.clone(),
                });
            }
        }
        left
    }

    /// Whether a rule compares with another measure what only memory counts, which is told at another time than that. The reconciliation does it.
    fn is_told_apart(&self, rule: &Rule) -> bool {
        let Rule::Compare { left, right, .. } = rule else {
            return false;
        };
        let by_memory = |measure: Measure| measure == Measure::Actuated && !self.can.contains(&Capability::TestBlock);
        matches!(right, Operand::Measure(right) if by_memory(*left) || by_memory(*right))
    }

    /// Whether an alarm is seen: told, or asked for.
    fn shows_alarm(&self, id: Option<&str>) -> bool {
        let is_asked = self.asks_alarms && !id.is_some_and(|id| self.lacks.has_named(id));
        is_asked || self.lacks.shows_alarm(id)
    }

    /// A check that is looked at for some time, and of which not all is seen: it stays, and fails where it is seen not to hold; else nobody knows.
    fn is_seen_in_part(&mut self, check: &Check, line: u32) {
        let is_no_alarm = matches!(check, Check::NoAlarm { .. });
        if is_no_alarm && self.asks_alarms && !self.lacks.tells_events() {
            self.seen_in_part(line, &Expected::Check(check.clone()).to_string());
        }
    }

    fn seen_in_part(&mut self, line: u32, text: &str) {
        self.not_shown.push(NotShown {
            line,
            text: format!("{text} (between two looks)"),
        });
    }

    fn is_shown(&self, measure: Measure) -> bool {
        let is_asked = measure == Measure::AlarmLatency && self.asks_alarms && !self.lacks.has_named(measure.name());
        self.is_seen(measure) && (is_asked || self.lacks.shows(measure))
    }

    fn is_shown_always(&self, measure: Measure) -> bool {
        self.is_seen(measure) && self.lacks.shows_always(measure)
    }

    /// Whether the rig shows it, where that is the rig's to do.
    fn is_seen(&self, measure: Measure) -> bool {
        !measure.needs_test_block() || self.can.contains(&Capability::Shows(measure))
    }
}

/// The alarm that a check expects.
fn names(check: &Check) -> Option<String> {
    match check {
        Check::Alarm { id, .. } | Check::AlarmCleared { id } => Some(id.clone()),
        Check::Event { kind, fields } if kind == "alarm" => fields.get("id").cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::case;
    use pump_hil_model::case::Range;
    use pump_hil_model::quantity::Span;

    fn measure(what: Measure, low: i64) -> Check {
        let range = Range {
            low: Some(low),
            high: None,
            text: format!(">= {low}"),
        };
        Check::Measure {
            what,
            since: None,
            range,
        }
    }

    fn expect(checks: Vec<Check>, within: Option<i64>) -> Step {
        Step {
            line: 7,
            when: When::After(Span(0)),
            action: Action::Expect {
                checks,
                within: within.map(Span),
                throughout: None,
                poll: None,
            },
        }
    }

    #[test]
    fn what_a_rig_cannot_show_leaves_the_steps_and_is_told() {
        let mixed = expect(
            vec![measure(Measure::Delivered, 5), Check::State("running".to_owned())],
            Some(9),
        );
        let blind = expect(vec![measure(Measure::Pressure, 1)], Some(60_000));
        let case = case(vec![mixed, blind]);
        let seen = shown(&case, &BTreeSet::new());
        assert_eq!(checks(&case) - checks(&seen), 2);
        let told: Vec<(u32, &str)> = seen.not_shown.iter().map(|one| (one.line, one.text.as_str())).collect();
        assert_eq!(told, [(7, "delivered: >= 5"), (7, "pressure: >= 1")]);
        assert_eq!(seen.steps.len(), 2, "a step keeps its place");
        assert_eq!(seen.steps[0], expect(vec![Check::State("running".to_owned())], Some(9)));
        let waits = Action::Expect {
            checks: Vec::new(),
            within: None,
            throughout: Some(Span(60_000)),
            poll: None,
        };
        assert_eq!(seen.steps[1].action, waits, "as long as it might have taken");
        let all = Measure::of_the_test_block().map(Capability::Shows).collect();
        assert_eq!(*shown(&case, &all), case);
    }

    #[test]
    fn no_reset_that_nobody_sees_excuses_a_start() {
        let with = |low| {
            let mut case = case(vec![expect(vec![measure(Measure::Resets, low)], None)]);
            case.may_start_again = true;
            shown(&case, &BTreeSet::new()).may_start_again
        };
        assert!(!with(0) && with(1));
    }

    #[test]
    fn what_lies_between_two_looks_is_not_claimed() {
        let none = |throughout| {
            let mut step = expect(vec![Check::NoAlarm { id: None }], None);
            if let Action::Expect { throughout: for_, .. } = &mut step.action {
                *for_ = throughout;
            }
            step
        };
        let came = expect(
            vec![Check::Alarm {
                id: "occlusion".to_owned(),
                priority: None,
            }],
            None,
        );
        let mut case = case(vec![none(None), none(Some(Span(9))), came]);
        case.always.push(Invariant {
            line: 3,
            text: "no alarm".to_owned(),
            rule: Rule::NoAlarm { id: None },
        });
        let silent = lacking(&["unasked"]);
        assert_eq!(shown(&case, &silent).not_shown.len(), 4, "none of it is seen");
        let asked = silent.iter().copied().chain([Capability::PolledAlarms]).collect();
        let seen = shown(&case, &asked);
        let told: Vec<&str> = seen.not_shown.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(told, ["no alarm (between two looks)"; 2]);
        assert_eq!(
            (checks(&seen), checks(&case)),
            (4, 4),
            "they stay, and fail where an alarm is seen"
        );
        let both = BTreeSet::from([Capability::PolledAlarms]);
        assert!(
            shown(&case, &both).not_shown.is_empty(),
            "alarms come by themselves as well"
        );
    }

    fn lacking(names: &[&str]) -> BTreeSet<Capability> {
        let known = names.iter().map(|name| Lack::find(name).expect("a name"));
        known.map(Capability::Lacks).collect()
    }

    #[test]
    fn what_a_pump_does_not_tell_leaves_the_steps_and_is_named_all_the_same() {
        let alarm = Check::Alarm {
            id: "occlusion".to_owned(),
            priority: None,
        };
        let state = || Check::State("running".to_owned());
        let at = |ms, step: Step| Step {
            when: When::At(Span(ms)),
            ..step
        };
        let case = case(vec![
            expect(vec![alarm.clone(), state()], Some(9)),
            expect(vec![alarm], Some(60_000)),
            expect(vec![state()], None),
            at(100_000, expect(vec![state()], None)),
        ]);
        assert_eq!(shown(&case, &lacking(&["mute"])).not_shown, []);
        let seen = shown(&case, &lacking(&["events"]));
        let left: Vec<usize> = seen.steps.iter().map(|step| checks(&one(step))).collect();
        assert_eq!(
            left,
            [1, 0, 0, 1],
            "behind a blind wait nothing is known to the minute, up to the next time that is fixed"
        );
        assert_eq!(seen.not_shown.len(), 3);
        assert!(seen.allow_alarms.contains("occlusion"), "the scenario names it");
        let seen = shown(&case, &lacking(&["occlusion"]));
        assert_eq!(seen.not_shown.len(), 3);
        assert_eq!(shown(&case, &lacking(&["motor-stall"])).not_shown, []);
    }

    fn one(step: &Step) -> Case {
        case(vec![step.clone()])
    }

    #[test]
    fn no_dose_log_is_compared_of_a_pump_that_does_not_tell_all_of_it() {
        let mut case = case(Vec::new());
        case.snapshot = Some(pump_hil_model::case::Tolerance {
            volume: pump_hil_model::quantity::Percent(0),
            volume_floor: pump_hil_model::quantity::Volume(0),
            time: Span(0),
        });
        for (lack, kept) in [
            ("event-log", true),
            ("events", false),
            ("log-every", false),
            ("unasked", false),
        ] {
            let seen = shown(&case, &lacking(&[lack]));
            assert_eq!(seen.snapshot.is_some(), kept, "{lack}");
        }
    }
}
