//! What is known of the pump at this point of the journal.
//!
//! Invariant: nothing but events goes in, and volumes count from the begin. What no event told is `None`, never a guess.

use super::alarm::{Alarm, AlarmLatency};
use super::of_step::OfStep;
use super::said::kind_of;
use super::told_at::ToldAt;
use super::total::Total;
use crate::dose::{actuated_delivered, since, together};
use crate::leading::leading_number;
use crate::weighed::Seen;
use pump_hil_model::case::{Measure, field};
use pump_hil_model::event::{Body, DoseEntry, Event, Polled, ReplyFields, Said, Sample, Says};
use pump_hil_model::fault::{FaultName, Tube};
use pump_hil_model::lack::Lacks;
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::Span;
use pump_hil_model::value::MemoryValue;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The pump as the journal shows it.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Scenario time of the last event.
    pub now: Span,
    /// Set-up is done.
    pub begun: bool,
    /// The number of the event with which the scenario began.
    pub begun_at: Option<u64>,
    /// By how much a volume may be apart from what a scenario says, nL, because of the line ([`crate::dose::Builder::slack_nl`]).
    pub slack_nl: i64,
    /// The pump's state.
    pub state: Option<String>,
    /// The prescription's mode.
    pub mode: Option<String>,
    /// Bolus in progress; `none` for none.
    pub bolus: Option<String>,
    /// Rate in force, nL/day.
    pub rate: Option<i64>,
    /// Alarms that were raised, by name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Reported volumes by class since the begin.
    pub reported: Option<[i64; 6]>,
    /// The one total of a pump that counts no classes.
    total: Total,
    /// Computed reservoir volume.
    pub reservoir: Option<i64>,
    /// Last sample of the test block, with `strokes`, `delivered_nl`, `displaced_nl` and `lost_nl` as they stand in it.
    pub sample: Option<Sample>,
    /// Who the pump said it is.
    pub identity: ReplyFields,
    /// What the pump lacks.
    pub(crate) lacks: Lacks,
    /// What it is asked for every so often.
    pub(crate) observing: Observing,
    /// When it answered last that its alarms are none but those that are known, and how long before an alarm was told that was.
    alarms_asked: Option<Span>,
    alarm_late: Span,
    seen: Seen,
    /// That nothing on the line makes it safe was told before anything was started.
    pub(crate) is_told_unsafe: bool,
    /// Fields of the last reply.
    pub reply: ReplyFields,
    /// What the step in progress makes of the event.
    pub(crate) of: OfStep,
    /// What the scenario kept of answers.
    pub(super) kept: BTreeMap<String, String>,
    /// What the pump said since the step began and nobody asked for, escaped.
    pub(super) came_in_step: Option<String>,
    /// Words that the probe read.
    pub memory: BTreeMap<String, MemoryValue>,
    /// Faults that are armed.
    pub faults: BTreeSet<FaultName>,
    /// Latency of the first alarm after each confirmed fault.
    pub latencies: Vec<AlarmLatency>,
    pub(crate) seq: u64,
    /// What the pump told last, each with its place in the journal, for `event` checks.
    told: VecDeque<(u64, Arc<Event>)>,
    pub(crate) last_told: BTreeMap<String, u64>,
    told_at: ToldAt,
    /// When it was that the pump said its last word.
    pub(super) said_at: Span,
    tones: i64,
    battery: Option<i64>,
    stalls: Option<i64>,
    /// Those before the begin.
    stalls_base: i64,
    /// The first line that the scenario's last request sent, and how often.
    asked: Option<(String, i64)>,
    step_is_new: bool,
    lockout: Option<i64>,
    last_running: Option<Span>,
    reported_base: [i64; 6],
    sample_base: Sample,
    released_from: Option<(i64, i64)>,
    last_fault: Option<(FaultName, Span)>,
    fault_latency: Option<Span>,
    marks: BTreeMap<String, BTreeMap<Measure, i64>>,
}

/// Most events that are kept for `event` checks.
const TOLD_MAX: usize = 2_048;

impl Observed {
    /// Takes the next event.
    pub fn on_event(&mut self, event: &Arc<Event>) {
        self.seq = self.seq.saturating_add(1);
        self.now = event.t;
        self.seen.on_event(event, &self.observing);
        match &event.body {
            Body::StepStarted { .. } => (self.step_is_new, self.came_in_step) = (true, None),
            Body::Received { bytes, says } if !matches!(says, Some(Says::Reply(_) | Says::Data(_))) => {
                self.came_in_step.get_or_insert_with(|| bytes.clone());
            }
            Body::Sent { bytes, .. } if self.of.asking => self.sent(bytes),
            Body::Begun => {
                (self.begun, self.begun_at) = (true, Some(self.seq));
                self.stalls_base = self.stalls.unwrap_or(0);
                self.last_running = Some(event.t);
            }
            Body::Reply { refused, fields, .. } => self.reply(refused.as_deref(), fields),
            Body::Polled(Polled { fields, .. }) if event.body.answer().is_some() => self.tells(fields),
            Body::Pump {
                said,
                pump_t,
                read_back,
                ..
            } => {
                let at = self.told_at.at(event.t, *pump_t, *read_back);
                self.said_at = at;
                self.said(at, said);
                self.told(event, said);
            }
            Body::Sample(sample) => {
                if !self.begun {
                    self.sample_base = *sample;
                }
                self.sample = Some(*sample);
            }
            Body::FaultArmed { fault, .. } => {
                self.faults.insert(*fault);
                self.last_fault = Some((*fault, event.t));
                self.fault_latency = None;
            }
            Body::FaultConfirmed { fault } => {
                self.last_fault = Some((*fault, event.t));
                self.fault_latency = None;
            }
            Body::FaultCleared { fault } => {
                self.faults.remove(fault);
                if fault.effects().tube == Tube::Closes {
                    self.released_from = self.sample.as_ref().map(actuated_delivered);
                }
            }
            Body::Lacks { what } => self.lacks = what.clone(),
            Body::Observing { how } => self.observing = how.clone(),
            Body::NotSafeByLine { .. } => self.is_told_unsafe = true,
            Body::Identified { fields } => self.identity = Arc::clone(fields),
            Body::MemoryRead { at, value } => {
                self.memory.insert(at.clone(), value.clone());
            }
            _ => {}
        }
        if let (Some((verb, _)), Some(alarms)) = (event.body.answer(), &self.observing.alarms)
            && *verb == *alarms.ask
        {
            self.alarms_asked = Some(event.t);
        }
        if self.state.as_deref() == Some("running") {
            self.last_running = Some(event.t);
        }
    }

    /// Takes over who the pump is, and what it counts since its first power, so that only what comes behind it counts.
    pub(super) fn keep_counts(&mut self, before: &Self) {
        self.identity = Arc::clone(&before.identity);
        self.is_told_unsafe = before.is_told_unsafe;
        self.stalls = before.stalls;
    }

    /// A line of a request, or the same one again.
    fn sent(&mut self, bytes: &str) {
        match &mut self.asked {
            _ if self.step_is_new => self.asked = Some((bytes.to_owned(), 1)),
            Some((line, tries)) if line == bytes => *tries = tries.saturating_add(1),
            _ => {}
        }
        self.step_is_new = false;
    }

    /// Whether any alarm is active.
    #[must_use]
    pub fn active_alarms(&self) -> Vec<&str> {
        self.alarms
            .iter()
            .filter(|(_, a)| a.is_active())
            .map(|(id, _)| id.as_str())
            .collect()
    }

    /// Remembers every measure under `name`.
    pub(crate) fn mark(&mut self, name: &str, prescribed: Option<i64>) {
        let mut values = BTreeMap::new();
        for measure in Measure::ALL {
            if let Some(value) = self.measure(measure, prescribed) {
                values.insert(measure, value);
            }
        }
        self.marks.insert(name.to_owned(), values);
    }

    /// What `measure` counts from at the mark: for a level, such as a rate, 0; for a count what it was then, or 0 where it was not known. `None`
    /// if there is no such mark yet.
    pub(crate) fn at_mark(&self, name: &str, measure: Measure) -> Option<i64> {
        let then = self.marks.get(name)?;
        Some(if measure.is_level() {
            0
        } else {
            then.get(&measure).copied().unwrap_or(0)
        })
    }

    /// A measure in its base unit; `prescribed` is the oracle's. `None` while nothing told it.
    #[must_use]
    pub fn measure(&self, what: Measure, prescribed: Option<i64>) -> Option<i64> {
        let class = |i: usize| Some(self.reported.map_or(0, |r| r[i]));
        let probe = self.sample.as_ref();
        let since = probe.map(|s| {
            let (actuated, delivered) = actuated_delivered(s);
            let (a0, d0) = actuated_delivered(&self.sample_base);
            (actuated.saturating_sub(a0), delivered.saturating_sub(d0))
        });
        match what {
            Measure::Delivered => self.seen.delivered().or(since.map(|s| s.1)),
            Measure::Actuated => self.seen.actuated().or(since.map(|s| s.0)),
            Measure::Reported => Some(
                self.total
                    .since_begin()
                    .unwrap_or_else(|| self.reported.map_or(0, together)),
            ),
            Measure::Prescribed => prescribed,
            Measure::Basal => class(0),
            Measure::PatientBoluses => class(1),
            Measure::PeriodicBoluses => class(2),
            Measure::ClinicianBoluses => class(3),
            Measure::Prime => class(4),
            Measure::Bridge => class(5),
            Measure::Rate => self.rate,
            Measure::Reservoir => self.reservoir,
            Measure::TrueReservoir => probe.map(|s| s.reservoir_nl),
            Measure::Battery => self.battery,
            Measure::Pressure => probe.map(|s| i64::from(s.catheter_pa)),
            Measure::PostOcclusionBolus => {
                let (a0, d0) = self.released_from?;
                let (a, d) = actuated_delivered(probe?);
                Some(d.saturating_sub(d0).saturating_sub(a.saturating_sub(a0)))
            }
            Measure::Stalls => self.stalls.map(|stalls| stalls.saturating_sub(self.stalls_base)),
            Measure::Lockout => self.lockout,
            Measure::AlarmLatency => self.fault_latency.map(|l| l.0),
            Measure::Resets => probe.map(|s| i64::from(s.resets).saturating_sub(self.sample_base.resets.into())),
            Measure::Tones => Some(self.tones),
            Measure::WithoutTherapy => self.last_running.map(|t| self.now.0.saturating_sub(t.0)),
            Measure::Tries => self.asked.as_ref().map(|(_, tries)| *tries),
        }
    }

    /// Volume that left beside the patient since the begin.
    #[must_use]
    pub fn lost_nl(&self) -> i64 {
        self.sample
            .map_or(0, |s| s.lost_nl.saturating_sub(self.sample_base.lost_nl))
    }

    fn reply(&mut self, refused: Option<&str>, fields: &ReplyFields) {
        if !self.of.looking {
            self.reply = Arc::clone(fields);
            if let Some(code) = refused {
                Arc::make_mut(&mut self.reply).insert("code".to_owned(), code.to_owned());
            }
            for (name, of) in std::mem::take(&mut self.of.keeping) {
                if let Some(value) = field(fields, &of) {
                    self.kept.insert(name, value.clone());
                }
            }
        }
        if refused.is_none() {
            self.tells(fields);
        }
    }

    /// What an answer says of the pump.
    fn tells(&mut self, fields: &ReplyFields) {
        for (key, value) in fields.iter() {
            let number = || leading_number(value);
            match key.as_str() {
                "state" => self.state = Some(value.clone()),
                "mode" => self.mode = Some(value.clone()),
                "bolus" => self.bolus = Some(value.clone()),
                "rate" => self.rate = number().or(self.rate),
                "battery" => self.battery = number().or(self.battery),
                "stalls" => self.stalls = number().or(self.stalls),
                "lockout" => self.lockout = number().map(|s| s.saturating_mul(1_000)).or(self.lockout),
                "reservoir" => self.reservoir = number().or(self.reservoir),
                "reported" => self.total.told(value, self.begun),
                _ => {}
            }
        }
        if let Some(totals) = crate::dose::totals(fields) {
            self.volumes(totals);
        }
    }

    /// When a balance was asked for what it showed last at rest.
    #[must_use]
    pub fn weighed_at(&self) -> Option<Span> {
        self.seen.weighed_at()
    }

    /// Why a balance tells no mass.
    #[must_use]
    pub fn weighs_nothing(&self) -> Option<&str> {
        let (times, why) = &self.seen.faults;
        (*times > 0).then_some(why)
    }

    /// By how much a measure may be less, or more, than what was told of it, because the pump is asked for it every so often.
    pub(super) fn widened(&self, what: Measure) -> (i64, i64) {
        match what {
            Measure::Reported => {
                let off = self.observing.reported_off().0;
                (off, off)
            }
            Measure::AlarmLatency => (self.alarm_late.0, 0),
            Measure::Delivered => {
                let off = self.observing.delivered.as_ref().map_or(0, |weighs| weighs.off().0);
                (off, off)
            }
            _ => (0, 0),
        }
    }

    fn volumes(&mut self, now: [i64; 6]) {
        if !self.begun {
            self.reported_base = now;
        }
        self.reported = Some(since(now, self.reported_base));
    }

    fn said(&mut self, t: Span, said: &Said) {
        match said {
            Said::State { to, .. } => self.state = Some(to.clone()),
            Said::Alarm { id, priority } => self.alarm(t, id, priority),
            Said::AlarmClear { id } => {
                let seq = self.seq;
                if let Some(alarm) = self.alarms.get_mut(id) {
                    alarm.cleared = Some(seq);
                }
            }
            Said::BolusStart { kind, .. } => self.bolus = Some(kind.clone()),
            Said::BolusEnd { .. } => self.bolus = Some("none".to_owned()),
            Said::Dose(entry) => self.entry(entry),
            Said::Other { kind, fields } => match kind.as_str() {
                // The end of a tone is told as well.
                "tone" if fields.get("kind").is_none_or(|kind| kind != "silent") => {
                    self.tones = self.tones.saturating_add(1);
                }
                "rate" => self.rate = fields.get("rate").and_then(|r| leading_number(r)).or(self.rate),
                _ => fields
                    .get("reported")
                    .iter()
                    .for_each(|total| self.total.told(total, self.begun)),
            },
            Said::Boot { .. } => {}
        }
    }

    fn told(&mut self, event: &Arc<Event>, said: &Said) {
        match self.last_told.get_mut(kind_of(said)) {
            Some(last) => *last = self.seq,
            None => {
                self.last_told.insert(kind_of(said).to_owned(), self.seq);
            }
        }
        // A pump that talks without end must not fill the memory; `last_told` still knows each kind.
        if self.told.len() >= TOLD_MAX {
            self.told.pop_front();
        }
        debug_assert!(
            self.told.back().is_none_or(|(last, _)| *last < self.seq),
            "one event tells one thing"
        );
        self.told.push_back((self.seq, Arc::clone(event)));
    }

    /// What the pump told of that kind, from a place in the journal on, each with its own.
    pub(super) fn told_since(&self, kind: &str, from: u64) -> impl DoubleEndedIterator<Item = (u64, &Said)> {
        let told = self.told.iter().filter_map(|(seq, event)| match &event.body {
            Body::Pump { said, .. } => Some((*seq, said)),
            _ => None,
        });
        told.filter(move |(seq, said)| *seq >= from && kind_of(said) == kind)
    }

    fn alarm(&mut self, t: Span, id: &str, priority: &str) {
        self.alarm_late = self
            .alarms_asked
            .map_or(Span(0), |asked| Span(t.0.saturating_sub(asked.0)));
        self.alarms.insert(
            id.to_owned(),
            Alarm {
                priority: priority.to_owned(),
                t,
                raised: self.seq,
                cleared: None,
            },
        );
        if self.fault_latency.is_none()
            && let Some((fault, since)) = self.last_fault
        {
            let latency = Span(t.0.saturating_sub(since.0));
            self.fault_latency = Some(latency);
            self.latencies.push(AlarmLatency {
                fault: fault.to_string(),
                alarm: id.to_owned(),
                latency,
            });
        }
    }

    fn entry(&mut self, entry: &DoseEntry) {
        self.mode = Some(entry.mode.clone());
        self.rate = Some(entry.rate_nl_per_day);
        self.reservoir = Some(entry.reservoir_nl);
        self.volumes(entry.classes());
    }

    /// Forgets what was told before `seq`.
    pub(crate) fn forget_before(&mut self, seq: u64) {
        while self.told.front().is_some_and(|(told, _)| *told < seq) {
            self.told.pop_front();
        }
    }
}
