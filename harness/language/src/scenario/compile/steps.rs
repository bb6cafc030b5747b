//! The timeline: when each step is due, and its one action.

use super::clock::Clock;
use super::{Compiler, STEPS_MAX, TIME_MAX};
use crate::scenario::raw::RawStep;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Action, Check, ProbeAction, Request, Step, When};
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Count, Either, Text};
use pump_hil_model::yaml::{GATHERED_MAX, Problem};

/// Every action with the keys that only go with it.
const COMPANIONS: &[(&str, &[&str])] = &[
    ("do", &["with", "refused"]),
    ("program", &["refused", "cut-after"]),
    ("inject", &["with"]),
    ("expect", &["within", "for"]),
    ("repeat", &["every", "steps"]),
];

impl Compiler<'_> {
    /// Compiles the whole timeline.
    pub(super) fn timeline(&mut self, raw: &[RawStep]) -> Vec<Step> {
        let mut clock = Clock::default();
        let mut total = 0;
        let steps = self.steps(raw, &mut clock, &mut total);
        let told = self
            .problems
            .iter()
            .any(|p| p.message.starts_with("the rounds take longer"));
        if let Some(last) = raw.last().filter(|_| clock.latest > TIME_MAX.0 && !told) {
            self.tell(Problem::new(
                last.place,
                format!("the scenario lasts longer than {TIME_MAX}"),
            ));
        }
        steps
    }

    fn steps(&mut self, raw: &[RawStep], clock: &mut Clock, total: &mut u64) -> Vec<Step> {
        let mut steps = Vec::new();
        for step in raw {
            if self.problems.len() >= GATHERED_MAX {
                break;
            }
            *total = total.saturating_add(1);
            let when = self.when(step, clock);
            if let (Some(when), Some(action)) = (when, self.action(step, clock, total)) {
                steps.push(Step {
                    line: step.place.line,
                    when,
                    action,
                });
            }
        }
        steps
    }

    fn when(&mut self, step: &RawStep, clock: &mut Clock) -> Option<When> {
        if let (Some(at), Some(_)) = (&step.at, &step.after) {
            self.tell(Problem::new(at.0.place, "a step has either `at` or `after`"));
        }
        if let Some(raw) = &step.at {
            let at = self.time(raw)?;
            if at.0 < clock.earliest {
                let message = format!(
                    "time goes back: `at: {}`, but it is already {}",
                    short(&raw.0.text),
                    Span(clock.earliest)
                );
                self.tell(Problem::new(raw.0.place, message).help("steps stand in the order of their times"));
                return None;
            }
            if at.0 < clock.latest {
                self.cannot_hold(clock, at);
            }
            clock.stand_at(at);
            return Some(When::At(at));
        }
        let after = match &step.after {
            Some(raw) => self.time(raw)?,
            None => Span(0),
        };
        clock.pass(after);
        Some(When::After(after))
    }

    /// The next fixed time comes before a wait is over.
    fn cannot_hold(&mut self, clock: &Clock, at: Span) {
        if let Some((place, span)) = clock.open {
            let message = format!(
                "`within` can last until {}, but the next step is due at {at}",
                Span(clock.latest)
            );
            let room = at.0 - (clock.latest - span.0);
            let help = format!("shorten it to at most {}, or move the next step", Span(room.max(0)));
            self.tell(Problem::new(place, message).help(help));
        }
    }

    fn action(&mut self, step: &RawStep, clock: &mut Clock, total: &mut u64) -> Option<Action> {
        let name = self.one_action(step)?;
        self.companions(step, name);
        match name {
            "do" => {
                let request = self.request(step.r#do.as_ref()?, step.with.as_ref())?;
                Some(Action::Do {
                    request,
                    refused: step.refused.as_ref().map(|word| word.0.text.clone()),
                })
            }
            "program" | "stage" => self.programming(step),
            "inject" => self.inject(step),
            "clear" => self.clear(step),
            "expect" => self.expect(step, clock),
            "send" => self.send(step.send.as_ref()?),
            "probe" => match step.probe.as_ref()? {
                Either::Short(_) => {
                    self.needs.insert(Capability::RunControl);
                    self.needs.insert(Capability::Probe);
                    Some(Action::Probe(ProbeAction::Reset))
                }
                Either::Long(probe) => self.probe(probe, clock).map(Action::Probe),
            },
            "wait" => {
                let span = self.time(step.wait.as_ref()?)?;
                clock.pass(span);
                Some(Action::Wait(span))
            }
            "mark" => self.mark(step.mark.as_ref()?),
            _ => self.repeat(step, clock, total),
        }
    }

    /// The name of the step's one action.
    fn one_action(&mut self, step: &RawStep) -> Option<&'static str> {
        let given = [
            ("do", step.r#do.is_some()),
            ("program", step.program.is_some()),
            ("stage", step.stage.is_some()),
            ("inject", step.inject.is_some()),
            ("clear", step.clear.is_some()),
            ("expect", step.expect.is_some()),
            ("send", step.send.is_some()),
            ("probe", step.probe.is_some()),
            ("wait", step.wait.is_some()),
            ("mark", step.mark.is_some()),
            ("repeat", step.repeat.is_some()),
        ];
        let names: Vec<&'static str> = given
            .iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| *name)
            .collect();
        match names.as_slice() {
            [one] => return Some(one),
            [] if self.trouble_in(step.place) => {}
            [] => {
                let all: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
                let problem = Problem::new(step.place, "a step without an action");
                self.tell(problem.help(format!("give it one of: {}", all.join(", "))));
            }
            several => {
                let message = format!("a step has one action, not {}: {}", several.len(), several.join(", "));
                self.tell(Problem::new(step.place, message).help("begin a new step with `-` for each"));
            }
        }
        None
    }

    /// Keys that go with another action than this one.
    fn companions(&mut self, step: &RawStep, action: &str) {
        let given = [
            ("with", step.with.as_ref().map(|table| table.place)),
            ("refused", step.refused.as_ref().map(|word| word.0.place)),
            ("cut-after", step.cut_after.map(|count| count.place)),
            ("within", step.within.as_ref().map(|text| text.0.place)),
            ("for", step.r#for.as_ref().map(|text| text.0.place)),
            ("every", step.every.as_ref().map(|text| text.0.place)),
            (
                "steps",
                step.steps
                    .as_ref()
                    .map(|steps| steps.first().map_or(step.place, |s| s.place)),
            ),
        ];
        for (key, place) in given {
            let fits = COMPANIONS
                .iter()
                .any(|(name, keys)| *name == action && keys.contains(&key));
            if let (Some(place), false) = (place, fits) {
                let owners: Vec<&str> = COMPANIONS
                    .iter()
                    .filter(|(_, keys)| keys.contains(&key))
                    .map(|(name, _)| *name)
                    .collect();
                let problem = Problem::new(place, format!("`{key}` does not go with `{action}`"));
                self.tell(problem.help(format!("it goes with `{}`", owners.join("` or `"))));
            }
        }
    }

    fn programming(&mut self, step: &RawStep) -> Option<Action> {
        let refused = step.refused.as_ref().map(|word| word.0.text.clone());
        let cut_after = step.cut_after.map(|count| self.word(count));
        if let (Some(count), Some(_)) = (step.cut_after, &refused) {
            let problem = Problem::new(count.place, "a session that is cut off cannot be refused");
            self.tell(problem.help("give `cut-after` or `refused`"));
        }
        // A session that fails or is staged only leaves the old drug in force.
        let before = self.concentration;
        if let Some(raw) = &step.stage {
            let prescription = self.prescription(raw, false).map(Box::new);
            return Some(Action::Do {
                request: Request::Stage {
                    prescription: prescription?,
                },
                refused,
            });
        }
        let prescription = self.prescription(step.program.as_ref()?, false).map(Box::new);
        if refused.is_some() || cut_after.is_some() {
            self.concentration = before;
        }
        Some(Action::Do {
            request: Request::Program {
                prescription: prescription?,
                cut_after: match cut_after {
                    Some(None) => return None,
                    Some(some) => some,
                    None => None,
                },
            },
            refused,
        })
    }

    fn expect(&mut self, step: &RawStep, clock: &mut Clock) -> Option<Action> {
        let checks: Vec<Check> = self.checks(step.expect.as_ref()?);
        let (within, throughout) = (
            self.positive_time(step.within.as_ref(), "within"),
            self.positive_time(step.r#for.as_ref(), "for"),
        );
        if let (Some(raw), Some(_)) = (&step.within, &step.r#for) {
            self.tell(Problem::new(raw.0.place, "`within` and `for` in one step").help("make two steps of it"));
        }
        if let (Some(raw), Some(span)) = (&step.within, within) {
            clock.up_to(span, raw.0.place);
        }
        if let Some(span) = throughout {
            clock.pass(span);
        }
        Some(Action::Expect {
            checks,
            within,
            throughout,
        })
    }

    pub(super) fn positive_time<D>(
        &mut self,
        raw: Option<&pump_hil_model::yaml::raw::Quantity<D>>,
        key: &str,
    ) -> Option<Span> {
        let raw = raw?;
        let span = self.time(raw)?;
        if span.0 == 0 {
            let shown = short(&raw.0.text);
            self.tell(match key {
                "within" | "for" => Problem::new(
                    raw.0.place,
                    format!("`{key}: {shown}` can never hold: it is over at once"),
                )
                .help(format!("leave `{key}` out to look at this instant")),
                _ => Problem::new(raw.0.place, format!("`{key}: {shown}` is over at once")),
            });
            return None;
        }
        Some(span)
    }

    fn mark(&mut self, text: &Text) -> Option<Action> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.text.is_empty() || text.text.len() > 60 || !text.text.chars().all(fits) {
            self.tell(Problem::new(
                text.place,
                format!("`{}` is no name for a mark", short(&text.text)),
            ));
            return None;
        }
        if let Some((first, _)) = self.marks.get(&text.text) {
            let message = format!("the mark `{}` is set twice", text.text);
            let label = format!("first on line {}", first.line);
            self.tell(Problem::new(text.place, message).label(label));
            return None;
        }
        self.marks.insert(text.text.clone(), (text.place, false));
        Some(Action::Mark(text.text.clone()))
    }

    fn repeat(&mut self, step: &RawStep, clock: &mut Clock, total: &mut u64) -> Option<Action> {
        let count = step.repeat?;
        let Some(raw) = step.steps.as_ref().filter(|steps| !steps.is_empty()) else {
            if !self.trouble_in(step.place) {
                self.tell(Problem::new(count.place, "`repeat` needs `steps`"));
            }
            return None;
        };
        let mut round = Clock::default();
        let mut inner = 0;
        let steps = self.steps(raw, &mut round, &mut inner);
        let times = self.word(count)?;
        if times == 0 {
            self.tell(Problem::new(count.place, "`repeat: 0` does nothing").help("remove the step"));
            return None;
        }
        let before = *total;
        *total = total.saturating_add(inner.saturating_mul(u64::from(times)));
        if *total > STEPS_MAX {
            // Told where the limit is passed, and not again in each repeat around it.
            if before <= STEPS_MAX && inner <= STEPS_MAX {
                self.tell(Problem::new(
                    count.place,
                    format!("the file expands to more than {STEPS_MAX} steps"),
                ));
            }
            return None;
        }
        let every = match &step.every {
            Some(raw) => Some(self.positive_time(Some(raw), "every")?),
            None => None,
        };
        self.rounds(step, times, every, &round, clock);
        Some(Action::Repeat { times, every, steps })
    }

    /// How long the rounds take.
    fn rounds(&mut self, step: &RawStep, times: u32, every: Option<Span>, round: &Clock, clock: &mut Clock) {
        let place = step.every.as_ref().map_or(step.place, |raw| raw.0.place);
        let times = i64::from(times);
        let (low, high) = match every {
            Some(every) => {
                if round.earliest > every.0 {
                    let message = format!("a round takes {}, longer than `every: {every}`", Span(round.earliest));
                    self.tell(Problem::new(place, message));
                } else if round.latest > every.0 && times > 1 {
                    self.cannot_hold(round, every);
                }
                let begins = every.0.saturating_mul(times - 1);
                (
                    begins.saturating_add(round.earliest),
                    begins.saturating_add(round.latest),
                )
            }
            None => (round.earliest.saturating_mul(times), round.latest.saturating_mul(times)),
        };
        if high > TIME_MAX.0 {
            let message = format!("the rounds take longer than {TIME_MAX}");
            self.tell(Problem::new(place, message));
        }
        clock.earliest = clock.earliest.saturating_add(low);
        clock.latest = clock.latest.saturating_add(high);
        if clock.latest > clock.earliest && clock.open.is_none() {
            clock.open = round.open;
        }
    }

    /// A 32-bit number.
    pub(super) fn word(&mut self, count: Count) -> Option<u32> {
        let word = u32::try_from(count.value).ok();
        // That it is less than 0 was told with the file's shape.
        if word.is_none() && count.value >= 0 {
            self.tell(Problem::new(
                count.place,
                format!("{} does not fit 32 bits", count.value),
            ));
        }
        word
    }
}
