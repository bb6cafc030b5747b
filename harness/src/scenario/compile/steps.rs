//! The timeline: when each step is due, and its one action.

use super::clock::Clock;
use super::{Compiler, STEPS_MAX, TIME_MAX};
use crate::capability::Capability;
use crate::diagnostic::suggest;
use crate::fault::{FaultName, Param};
use crate::quantity::{Current, Percent, Pressure, QuantityError, Resistance, Span, Temperature, Voltage, Volume};
use crate::scenario::case::{Action, Check, ProbeAction, Request, Step, When};
use crate::scenario::raw::{RawProbe, RawSend, RawStep};
use crate::yaml::Problem;
use crate::yaml::check::short;
use crate::yaml::raw::{Count, Either, Scalar, Table, Text};

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

    fn inject(&mut self, step: &RawStep) -> Option<Action> {
        let name = FaultName::find(&step.inject.as_ref()?.0.text)?;
        self.needs.insert(Capability::Fault(name));
        self.needs.insert(Capability::TestBlock);
        self.injected.insert(name);
        let param = self.fault_param(name, step)?;
        Some(Action::Inject { fault: name, param })
    }

    fn fault_param(&mut self, name: FaultName, step: &RawStep) -> Option<i64> {
        let fault = name.fault();
        let key = param_key(fault.param);
        let given: &[(Text, Scalar)] = step.with.as_ref().map_or(&[], |table: &Table<Scalar>| &table.entries);
        let mut value = None;
        for (text, scalar) in given {
            if Some(text.text.as_str()) == key {
                value = Some(&scalar.0);
            } else {
                let message = format!("`{name}` takes no `{}`", short(&text.text));
                let help = key.map_or_else(
                    || "it takes nothing: remove `with`".to_owned(),
                    |key| format!("it takes `{key}`"),
                );
                self.tell(Problem::new(text.place, message).help(help));
            }
        }
        let Some(text) = value else {
            let place = step.inject.as_ref().map_or(step.place, |word| word.0.place);
            if fault.default.is_none() && given.is_empty() {
                let key = key.unwrap_or("");
                let problem = Problem::new(place, format!("`{name}` needs its parameter `{key}`"));
                self.tell(problem.help(format!("such as `with: {{{key}: {}}}`", param_example(fault.param))));
            }
            return fault.default;
        };
        match param_value(fault.param, text) {
            Ok(value) if i32::try_from(value).is_ok() => Some(value),
            Ok(_) => {
                self.tell(Problem::new(
                    text.place,
                    format!("`{}` is too large for `{name}`", short(&text.text)),
                ));
                None
            }
            Err(problem) => {
                self.tell(problem);
                None
            }
        }
    }

    fn clear(&mut self, step: &RawStep) -> Option<Action> {
        let word = &step.clear.as_ref()?.0;
        let fault = FaultName::find(&word.text)?;
        if !self.injected.contains(&fault) {
            let message = format!("`{fault}` is cleared, but no step before this one injects it");
            let names: Vec<&str> = self.injected.iter().map(|name| name.as_str()).collect();
            self.tell(Problem::new(word.place, message).maybe_help(suggest(&word.text, names)));
            return None;
        }
        Some(Action::Clear { fault })
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

    fn positive_time<D>(&mut self, raw: Option<&crate::yaml::raw::Quantity<D>>, key: &str) -> Option<Span> {
        let raw = raw?;
        let span = self.time(raw)?;
        if span.0 == 0 {
            let problem = Problem::new(
                raw.0.place,
                format!("`{key}: {}` can never hold: it is over at once", short(&raw.0.text)),
            );
            self.tell(problem.help(format!("leave `{key}` out to look at this instant")));
            return None;
        }
        Some(span)
    }

    fn send(&mut self, raw: &RawSend) -> Option<Action> {
        self.needs.insert(Capability::RawSerial);
        let mut bytes = raw
            .text
            .as_ref()
            .map_or_else(Vec::new, |text| text.text.clone().into_bytes());
        if let Some(Scalar(text)) = &raw.hex {
            let digits: Vec<u8> = text.text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
            let pair = |pair: &[u8]| {
                let (high, low) = (
                    char::from(pair[0]).to_digit(16)?,
                    char::from(*pair.get(1)?).to_digit(16)?,
                );
                u8::try_from(high * 16 + low).ok()
            };
            match digits.chunks(2).map(pair).collect::<Option<Vec<u8>>>() {
                Some(more) => bytes.extend(more),
                None => {
                    let message = format!("`{}` is not bytes in hex", short(&text.text));
                    self.tell(
                        Problem::new(text.place, message)
                            .help("two hex digits a byte, such as `00 ff 0d 0a`; quote them"),
                    );
                }
            }
        }
        if bytes.is_empty() && !self.trouble_in(raw.place) {
            self.tell(Problem::new(raw.place, "`send` sends nothing").help("give `text`, `hex`, or both"));
        }
        Some(Action::Send { bytes })
    }

    fn probe(&mut self, raw: &RawProbe, clock: &mut Clock) -> Option<ProbeAction> {
        self.needs.insert(Capability::Probe);
        let given = [
            ("read", raw.read.is_some()),
            ("write", raw.write.is_some()),
            ("flip", raw.flip.is_some()),
            ("halt", raw.halt.is_some()),
            ("break-at", raw.break_at.is_some()),
        ];
        let names: Vec<&str> = given
            .iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| *name)
            .collect();
        let [name] = names.as_slice() else {
            if !self.trouble_in(raw.place) {
                let problem = Problem::new(raw.place, "`probe` does one thing");
                self.tell(problem.help("give one of: read, write, flip, halt, break-at; or `probe: reset`"));
            }
            return None;
        };
        self.probe_companions(raw, name);
        if let Some(Scalar(at)) = [&raw.read, &raw.write, &raw.flip, &raw.break_at]
            .into_iter()
            .find_map(Option::as_ref)
        {
            self.address(at);
        }
        let text = |scalar: &Option<Scalar>| scalar.as_ref().map(|s| s.0.text.clone());
        match *name {
            "read" => Some(ProbeAction::Read { at: text(&raw.read)? }),
            "write" => Some(ProbeAction::Write {
                at: text(&raw.write)?,
                value: self.word(raw.value?)?,
            }),
            "flip" => Some(ProbeAction::Flip {
                at: text(&raw.flip)?,
                bit: self.word(raw.bit?)?,
            }),
            "halt" => {
                self.needs.insert(Capability::RunControl);
                let time = self.positive_time(raw.halt.as_ref(), "halt")?;
                clock.pass(time);
                Some(ProbeAction::Halt { time })
            }
            _ => {
                self.needs.insert(Capability::RunControl);
                let within = self.positive_time(raw.within.as_ref(), "within")?;
                clock.up_to(within, raw.within.as_ref()?.0.place);
                Some(ProbeAction::BreakAt {
                    at: text(&raw.break_at)?,
                    within,
                })
            }
        }
    }

    fn probe_companions(&mut self, raw: &RawProbe, name: &str) {
        let rules = [
            ("value", "write", raw.value.map(|v| v.place)),
            ("bit", "flip", raw.bit.map(|v| v.place)),
            ("within", "break-at", raw.within.as_ref().map(|v| v.0.place)),
        ];
        for (key, owner, place) in rules {
            match place {
                Some(place) if owner != name => {
                    self.tell(
                        Problem::new(place, format!("`{key}` does not go with `{name}`"))
                            .help(format!("it goes with `{owner}`")),
                    );
                }
                None if owner == name && !self.trouble_in(raw.place) => {
                    self.tell(Problem::new(raw.place, format!("`{name}` needs `{key}`")));
                }
                _ => {}
            }
        }
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
        if word.is_none() {
            self.tell(Problem::new(
                count.place,
                format!("{} does not fit 32 bits", count.value),
            ));
        }
        word
    }

    /// A symbol, a symbol with an offset, or a `0x` number.
    pub(super) fn address(&mut self, text: &Text) {
        let hex = |digits: &str| u32::from_str_radix(digits, 16).is_ok();
        if let Some(digits) = text.text.strip_prefix("0x") {
            if !hex(digits) {
                let message = format!("`{}` is no 32-bit address", short(&text.text));
                self.tell(Problem::new(text.place, message));
            }
            return;
        }
        let (symbol, offset) = text.text.split_once('+').unwrap_or((&text.text, "0x0"));
        let offset_fits = offset
            .strip_prefix("0x")
            .map_or_else(|| offset.parse::<u32>().is_ok(), hex);
        if !offset_fits {
            let message = format!("`{}` is no offset", short(offset));
            self.tell(Problem::new(text.place, message).help("write `SYMBOL+0x10`"));
        }
        let symbols = self.catalog.symbols();
        if !symbols.iter().any(|known| known == symbol) {
            let help = suggest(symbol, symbols.iter().map(String::as_str));
            self.tell(Problem::new(text.place, format!("unknown symbol `{}`", short(symbol))).maybe_help(help));
        }
    }
}

/// The key of a fault's parameter.
fn param_key(param: Param) -> Option<&'static str> {
    match param {
        Param::None => None,
        Param::Count(key, ..)
        | Param::Percent(key, ..)
        | Param::Hours(key)
        | Param::Millis(key, _)
        | Param::Volume(key)
        | Param::Voltage(key)
        | Param::Resistance(key)
        | Param::Pressure(key)
        | Param::Current(key)
        | Param::Temperature(key) => Some(key),
    }
}

/// What a fault's parameter looks like.
fn param_example(param: Param) -> &'static str {
    match param {
        Param::None => "",
        Param::Count(..) => "10",
        Param::Percent(..) => "50 %",
        Param::Hours(_) => "72 h",
        Param::Millis(..) => "100 ms",
        Param::Volume(_) => "1 mL",
        Param::Voltage(_) => "2.4 V",
        Param::Resistance(_) => "400 Ohm",
        Param::Pressure(_) => "-2 kPa",
        Param::Current(_) => "20 mA",
        Param::Temperature(_) => "42 C",
    }
}

/// A fault's parameter in the unit of the test block.
fn param_value(param: Param, text: &Text) -> Result<i64, Problem> {
    let whole = &text.text;
    let wrong = |error: QuantityError| crate::catalog::load::quantity_problem(text, &error);
    let limited = |value: i64, low: i64, high: i64| {
        if (low..=high).contains(&value) {
            Ok(value)
        } else {
            let message = format!("`{}` is not between {low} and {high}", short(whole));
            Err(Problem::new(text.place, message))
        }
    };
    let divided = |value: i64, by: i64, unit: &str| {
        if value % by == 0 {
            Ok(value / by)
        } else {
            Err(Problem::new(
                text.place,
                format!("`{}` is not a whole number of {unit}", short(whole)),
            ))
        }
    };
    match param {
        Param::None => Ok(0),
        Param::Count(_, low, high) => {
            let value = crate::yaml::raw::integer(whole);
            let value =
                value.ok_or_else(|| Problem::new(text.place, format!("`{}` is not a whole number", short(whole))))?;
            limited(value, low, high)
        }
        Param::Percent(_, low, high) => {
            let percent: Percent = whole.parse().map_err(wrong)?;
            limited(divided(percent.0, 1_000, "percent")?, low, high)
        }
        Param::Hours(_) => {
            let span: Span = whole.parse().map_err(wrong)?;
            limited(divided(span.0, 3_600_000, "hours")?, 1, 100_000)
        }
        Param::Millis(_, signed) => {
            let span: Span = whole.parse().map_err(wrong)?;
            limited(
                span.0,
                if signed { i64::from(i32::MIN) } else { 1 },
                i64::from(i32::MAX),
            )
        }
        Param::Volume(_) => limited(whole.parse::<Volume>().map_err(wrong)?.0, 0, i64::from(i32::MAX)),
        Param::Voltage(_) => limited(whole.parse::<Voltage>().map_err(wrong)?.0, 0, 100_000),
        Param::Resistance(_) => limited(whole.parse::<Resistance>().map_err(wrong)?.0, 0, 1_000_000),
        Param::Pressure(_) => Ok(whole.parse::<Pressure>().map_err(wrong)?.0),
        Param::Current(_) => limited(whole.parse::<Current>().map_err(wrong)?.0, 0, 1_000_000),
        Param::Temperature(_) => Ok(whole.parse::<Temperature>().map_err(wrong)?.0),
    }
}
