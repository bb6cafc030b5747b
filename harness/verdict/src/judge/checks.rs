//! Whether a check holds now, and in words what was expected and what came.

use super::observed::{Observed, Told};
use pump_hil_model::case::{Check, Measure};
use pump_hil_model::quantity::{Pressure, Rate, Span, Voltage, Volume};
use pump_hil_model::value::shown;
use std::collections::BTreeMap;

/// A check that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What was expected, with units.
    pub expected: String,
    /// What came, with units.
    pub came: String,
}

/// From where on alarms and events count, as places in the journal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Windows {
    /// For what must have come.
    pub came: u64,
    /// For what must not have come.
    pub absent: u64,
}

impl Observed {
    pub(crate) fn unmet(&self, check: &Check, windows: Windows, prescribed: Option<i64>) -> Option<Unmet> {
        let (holds, expected, came) = match check {
            Check::Alarm { id, priority } => self.alarm_check(id, priority.as_deref(), windows.came),
            Check::NoAlarm { id } => {
                let active = self.active_alarms();
                let holds = id
                    .as_ref()
                    .map_or(active.is_empty(), |id| !active.contains(&id.as_str()));
                let expected = id
                    .as_ref()
                    .map_or("no alarm".to_owned(), |id| format!("no alarm `{id}`"));
                (holds, expected, format!("active: {}", list(&active)))
            }
            Check::AlarmCleared { id } => {
                let cleared = self.alarms.get(id).and_then(|a| a.cleared);
                let came = match self.alarms.get(id) {
                    None => "it was never raised",
                    Some(a) if a.is_active() => "it is still active",
                    Some(_) => "it was cleared before the last expectation",
                };
                (
                    cleared.is_some_and(|seq| seq >= windows.came),
                    format!("alarm `{id}` cleared"),
                    came.to_owned(),
                )
            }
            Check::State(state) => equal("state", state, self.state.as_deref()),
            Check::Mode(mode) => equal("mode", mode, self.mode.as_deref()),
            Check::Bolus(bolus) => equal("bolus", bolus, self.bolus.as_deref().or(Some("none"))),
            Check::Event { kind, fields } => self.event_check(kind, fields, windows.came),
            Check::NoEvent { kind } => {
                let came = self.last_told.get(kind).is_some_and(|&seq| seq >= windows.absent);
                (!came, format!("no event `{kind}`"), format!("the pump told `{kind}`"))
            }
            Check::Reply { fields } => {
                let holds = fields
                    .iter()
                    .all(|(key, value)| self.reply.get(key).is_some_and(|came| same_value(value, came)));
                (
                    holds,
                    format!("reply with {}", pairs(fields)),
                    format!("reply with {}", pairs(&self.reply)),
                )
            }
            Check::Measure { what, since, range } => {
                let now = self.measure(*what, prescribed);
                let from = since.as_ref().map(|mark| self.at_mark(mark, *what));
                let value = match from {
                    None => now,
                    Some(None) => None,
                    Some(Some(at_mark)) => now.map(|n| n - at_mark),
                };
                let name = measure_name(*what);
                let holds =
                    value.is_some_and(|v| range.low.is_none_or(|l| v >= l) && range.high.is_none_or(|h| v <= h));
                let since = since.as_ref().map_or(String::new(), |mark| format!(" since `{mark}`"));
                let came = value.map_or("nothing told it".to_owned(), |v| measure_text(*what, v));
                (holds, format!("{name}{since} {}", range.text), format!("{name} {came}"))
            }
            Check::Memory { at, value } => {
                let came = self.memory.get(at);
                (
                    came.is_some_and(|came| value.holds(came)),
                    format!("{at} {value}"),
                    came.map_or("it was not read".to_owned(), |came| format!("{at} {}", shown(at, came))),
                )
            }
        };
        (!holds).then_some(Unmet { expected, came })
    }

    fn alarm_check(&self, id: &str, priority: Option<&str>, from: u64) -> (bool, String, String) {
        let alarm = self.alarms.get(id).filter(|a| a.is_active() || a.raised >= from);
        let holds = alarm.is_some_and(|a| priority.is_none_or(|p| p == a.priority));
        let expected = priority.map_or_else(
            || format!("alarm `{id}`"),
            |p| format!("alarm `{id}` with priority {p}"),
        );
        let came = alarm.map_or_else(
            || format!("active: {}", list(&self.active_alarms())),
            |a| format!("alarm `{id}` with priority {}", a.priority),
        );
        (holds, expected, came)
    }

    fn event_check(&self, kind: &str, fields: &BTreeMap<String, String>, from: u64) -> (bool, String, String) {
        let of_kind = || self.told.iter().filter(|t| t.seq >= from && t.kind == kind);
        let matches = |told: &Told| {
            fields
                .iter()
                .all(|(key, value)| told.fields.get(key).is_some_and(|came| same_value(value, came)))
        };
        let expected = if fields.is_empty() {
            format!("event `{kind}`")
        } else {
            format!("event `{kind}` with {}", pairs(fields))
        };
        let came = of_kind().next_back().map_or_else(
            || format!("no event `{kind}`"),
            |told| format!("event `{kind}` with {}", pairs(&told.fields)),
        );
        (of_kind().any(matches), expected, came)
    }
}

fn equal(name: &str, expected: &str, came: Option<&str>) -> (bool, String, String) {
    (
        came == Some(expected),
        format!("{name} {expected}"),
        format!("{name} {}", came.unwrap_or("not told yet")),
    )
}

/// Whether a field of the line is what a scenario wrote: the same text, or the same quantity (`20 uL` for `20000nl`).
pub(crate) fn same_value(expected: &str, came: &str) -> bool {
    if expected == came {
        return true;
    }
    let digits = came.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    let (number, unit) = came.split_at(digits);
    let Ok(number) = number.parse::<i64>() else {
        return false;
    };
    let quantity = match unit {
        "nl" => expected.parse::<Volume>().map(|q| q.0),
        "nl/d" => expected.parse::<Rate>().map(|q| q.0),
        "ms" => expected.parse::<Span>().map(|q| q.0),
        "s" => {
            return expected
                .parse::<Span>()
                .is_ok_and(|q| Some(q.0) == number.checked_mul(1_000));
        }
        "mv" => expected.parse::<Voltage>().map(|q| q.0),
        "pa" => expected.parse::<Pressure>().map(|q| q.0),
        _ => return false,
    };
    quantity == Ok(number)
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn pairs(fields: &BTreeMap<String, String>) -> String {
    if fields.is_empty() {
        return "no fields".to_owned();
    }
    let all: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    all.join(" ")
}

/// A measure's name as in scenarios.
pub(crate) fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Delivered => "delivered",
        Measure::Reported => "reported",
        Measure::Actuated => "actuated",
        Measure::Prescribed => "prescribed",
        Measure::Basal => "basal",
        Measure::PatientBoluses => "patient-boluses",
        Measure::PeriodicBoluses => "periodic-boluses",
        Measure::ClinicianBoluses => "clinician-boluses",
        Measure::Prime => "prime",
        Measure::Bridge => "bridge",
        Measure::Rate => "rate",
        Measure::Reservoir => "reservoir",
        Measure::TrueReservoir => "true-reservoir",
        Measure::Battery => "battery",
        Measure::Pressure => "pressure",
        Measure::PostOcclusionBolus => "post-occlusion-bolus",
        Measure::Stalls => "stalls",
        Measure::Lockout => "lockout",
        Measure::AlarmLatency => "alarm-latency",
        Measure::Resets => "resets",
        Measure::Tones => "tones",
        Measure::WithoutTherapy => "without-therapy",
    }
}

/// Whether the measure is a volume, which comes in whole strokes.
pub(crate) fn is_volume(measure: Measure) -> bool {
    !matches!(
        measure,
        Measure::Rate
            | Measure::Battery
            | Measure::Pressure
            | Measure::Stalls
            | Measure::Lockout
            | Measure::AlarmLatency
            | Measure::Resets
            | Measure::Tones
            | Measure::WithoutTherapy
    )
}

/// A measure's value with its unit.
pub(crate) fn measure_text(measure: Measure, value: i64) -> String {
    match measure {
        Measure::Rate => Rate(value).to_string(),
        Measure::Battery => Voltage(value).to_string(),
        Measure::Pressure => Pressure(value).to_string(),
        Measure::Stalls | Measure::Resets | Measure::Tones => value.to_string(),
        Measure::Lockout | Measure::AlarmLatency | Measure::WithoutTherapy => Span(value).to_string(),
        _ => Volume(value).to_string(),
    }
}
