//! A journal as a person reads it: the steps of its scenario, and what came between them.

use super::units::in_units;
use pump_hil_model::case::{Action, Case, places};
use pump_hil_model::event::{Body, Event, Sample, StepId};
use pump_hil_model::event_text::event_words;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_within};
use pump_hil_model::verdict::Expected;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Where something came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// What the pump said and answered.
    Pump,
    /// What the harness sent.
    Host,
    /// What a probe read and did.
    Probe,
    /// Faults that were injected.
    Faults,
    /// Lines from the pump as they came.
    Lines,
}

impl Source {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pump => "pump",
            Self::Host => "host",
            Self::Probe => "probe",
            Self::Faults => "faults",
            Self::Lines => "lines",
        }
    }

    /// Of an event; `None` for what belongs to the run itself, which is always shown.
    fn of(body: &Body) -> Option<Self> {
        match body {
            Body::Received { .. } => Some(Self::Lines),
            Body::Sent { .. } => Some(Self::Host),
            Body::Identified { .. }
            | Body::Garbled { .. }
            | Body::Nonsense { .. }
            | Body::Reply { .. }
            | Body::NoReply { .. }
            | Body::Polled(_)
            | Body::PollLost { .. }
            | Body::Awaited { .. }
            | Body::Pump { .. }
            | Body::Gap { .. }
            | Body::Repeated { .. }
            | Body::LogRead { .. }
            | Body::StayMissing { .. } => Some(Self::Pump),
            Body::Sample(_)
            | Body::Weighed(_)
            | Body::MemoryRead { .. }
            | Body::Watched { .. }
            | Body::WatchFull { .. }
            | Body::Breakpoint { .. }
            | Body::Probe { .. }
            | Body::Log(_) => Some(Self::Probe),
            Body::FaultArmed { .. }
            | Body::FaultConfirmed { .. }
            | Body::FaultUnconfirmed { .. }
            | Body::FaultCleared { .. } => Some(Self::Faults),
            _ => None,
        }
    }
}

/// What is shown of a journal.
#[derive(Debug, Clone)]
pub struct Part {
    /// From this time of the scenario on.
    pub from: Option<Span>,
    /// Up to it.
    pub to: Option<Span>,
    /// What of the pump, the harness and the probe.
    pub sources: BTreeSet<Source>,
}

impl Part {
    fn holds(&self, t: Span) -> bool {
        self.from.is_none_or(|from| t >= from) && self.to.is_none_or(|to| t <= to)
    }
}

/// Writes a time line, event by event.
#[derive(Debug)]
pub struct Timeline<'a> {
    case: &'a Case,
    part: Part,
    /// The step in progress, where it is not shown yet.
    step: Option<String>,
    begun: bool,
    /// The last one of the test block: that nothing changed is not told again.
    sample: Option<Sample>,
    left_out: u64,
    /// Events of another time than that which is shown.
    outside: u64,
}

impl<'a> Timeline<'a> {
    /// Of a journal of `case`.
    #[must_use]
    pub fn new(case: &'a Case, part: Part) -> Self {
        Self {
            case,
            part,
            step: None,
            begun: false,
            sample: None,
            left_out: 0,
            outside: 0,
        }
    }

    /// The lines of the next event; empty where it is not shown.
    pub fn lines(&mut self, event: &Event) -> String {
        let mut text = String::new();
        let shown = self.part.holds(event.t);
        match &event.body {
            // Each step is told at its begin; its end says nothing more.
            Body::StepEnded { .. } => return text,
            Body::StepStarted { step, line } => {
                let what = self.step_line(event.t, step, *line);
                if shown {
                    self.step = None;
                    text = what;
                } else {
                    self.step = Some(what);
                }
                return text;
            }
            _ => {}
        }
        self.begun |= matches!(event.body, Body::Begun);
        let source = Source::of(&event.body);
        if !shown {
            self.outside += 1;
            return text;
        }
        if source.is_some_and(|source| !self.part.sources.contains(&source)) || self.is_as_before(&event.body) {
            self.left_out += 1;
            return text;
        }
        // The step that goes on where the part begins.
        text.extend(self.step.take());
        let source = source.map_or("", Source::word);
        let words = in_units(&self.case.units, &event_words(event));
        // The column says it already.
        let rest = words.strip_prefix(source).and_then(|rest| rest.strip_prefix(": "));
        // Nor does the end of a line say anything.
        let words = rest.unwrap_or(&words).trim_end_matches("\\n");
        let _ = writeln!(text, "{:>18}  {source:<6}  {words}", self.time(event.t));
        text
    }

    /// Whether the test block holds what it held when it was shown last.
    fn is_as_before(&mut self, body: &Body) -> bool {
        let Body::Sample(sample) = body else { return false };
        self.sample.replace(*sample) == Some(*sample)
    }

    /// The scenario's time begins behind the set-up.
    fn time(&self, t: Span) -> String {
        if self.begun { t.clock() } else { "set-up".to_owned() }
    }

    /// How many events before `from` and behind `to` were not shown.
    #[must_use]
    pub fn outside(&self) -> u64 {
        self.outside
    }

    /// How many events of the time that is shown were not, for what they are.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn step_line(&self, t: Span, id: &StepId, line: u32) -> String {
        let step = self.case.step_at(&places(id));
        let what = step.map_or_else(String::new, |step| format!("  {}", action_words(&step.action)));
        format!("{:>18}  step {} (line {line}){what}\n", t.clock(), safe(&id.0))
    }
}

/// What a step does, as its scenario says it.
fn action_words(action: &Action) -> String {
    let what = match action {
        Action::Do { request, refused, .. } => {
            let refused = refused.as_ref().map(|why| format!(", refused: {why}"));
            format!("do: {}{}", request.name(), refused.unwrap_or_default())
        }
        Action::Inject { fault, .. } => format!("inject: {fault}"),
        Action::Clear { fault } => format!("clear: {fault}"),
        Action::Expect {
            checks,
            within,
            throughout,
            ..
        } => {
            let checks = checks.iter().map(|check| Expected::Check(check.clone()).to_string());
            let checks = checks.collect::<Vec<_>>().join("; ");
            let within = within.map(|within| format!(", within {within}"));
            let throughout = throughout.map(|throughout| format!(", for {throughout}"));
            format!(
                "expect: {checks}{}{}",
                within.unwrap_or_default(),
                throughout.unwrap_or_default()
            )
        }
        Action::Send { bytes, .. } => format!("send: {} bytes", bytes.len()),
        Action::Probe(_) => "probe".to_owned(),
        Action::Wait(time) => format!("wait: {time}"),
        Action::Mark(name) => format!("mark: {name}"),
        Action::Repeat { times, .. } => format!("repeat: {times}"),
    };
    safe_within(&what, 160)
}
