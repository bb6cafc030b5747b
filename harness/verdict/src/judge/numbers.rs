//! Numbers that no pump can have: each is told with the line that said it, nothing is computed with it, and none is cut to fit.

use pump_hil_model::event::{BEYOND, Body, DoseEntry, Event, Said};
use pump_hil_model::quantity::{Rate, Span, Volume};

/// More than any pump can hold, or give at once: 1 L.
const VOLUME_MOST: i64 = 1_000_000_000;
/// More than any pump gives in all its years: 10,000 L.
const TOTAL_MOST: i64 = 10_000_000_000_000;
/// Longer than any bolus: a year.
const OVER_MOST: i64 = 366 * 86_400_000;
/// Faster than any pump: 10 L a day.
const RATE_MOST: i64 = 10_000_000_000;

/// Fields of replies and of other events whose number has no sign, by the harness's names.
const UNSIGNED: [&str; 26] = [
    "rate",
    "battery",
    "stalls",
    "lockout",
    "reservoir",
    "rtc",
    "basal",
    "patient",
    "periodic",
    "clinician",
    "prime",
    "bridge",
    "total",
    "strokes",
    "dose",
    "over",
    "given",
    "volume",
    "wait",
    "expected",
    "residual",
    "added",
    "removed",
    "lost",
    "read",
    "unheard",
];

/// What in an event cannot be; `None` where all of it can.
pub(super) fn impossible(event: &Event) -> Option<String> {
    match &event.body {
        Body::Pump { pump_t, said, .. } => match pump_t {
            Some(t) if t.0 < 0 => Some(format!("its own time is {t}")),
            _ => in_said(said),
        },
        Body::Reply { fields, .. } => fields.iter().find_map(|(key, value)| in_field(key, value)),
        _ => None,
    }
}

fn in_said(said: &Said) -> Option<String> {
    match said {
        Said::Dose(entry) => in_entry(entry),
        Said::BolusStart { dose_nl, over_ms, .. } => {
            volume("dose", *dose_nl, VOLUME_MOST).or_else(|| beyond("over", *over_ms, OVER_MOST, Span))
        }
        Said::BolusEnd { given_nl, .. } => volume("given", *given_nl, VOLUME_MOST),
        Said::Other { fields, .. } => fields.iter().find_map(|(key, value)| in_field(key, value)),
        Said::Boot { .. } | Said::State { .. } | Said::Alarm { .. } | Said::AlarmClear { .. } => None,
    }
}

fn in_entry(entry: &DoseEntry) -> Option<String> {
    let classes = ["basal", "patient", "periodic", "clinician", "prime", "bridge"];
    let mut volumes = classes.iter().zip(entry.classes());
    volumes
        .find_map(|(class, nl)| volume(class, nl, TOTAL_MOST))
        .or_else(|| volume("reservoir", entry.reservoir_nl, VOLUME_MOST))
        .or_else(|| beyond("rate", entry.rate_nl_per_day, RATE_MOST, Rate))
        .or_else(|| (!(0..BEYOND).contains(&entry.strokes)).then(|| format!("strokes {}", entry.strokes)))
}

fn volume(what: &str, nl: i64, most: i64) -> Option<String> {
    beyond(what, nl, most, Volume)
}

fn beyond<Q: std::fmt::Display>(what: &str, number: i64, most: i64, quantity: fn(i64) -> Q) -> Option<String> {
    (!(0..=most).contains(&number)).then(|| format!("{what} {}", quantity(number)))
}

/// A field of a line as the pump wrote it: a number with its unit behind.
fn in_field(key: &str, value: &str) -> Option<String> {
    if !UNSIGNED.contains(&key) {
        return None;
    }
    let digits = value.strip_prefix('-').unwrap_or(value);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    // A word, such as `none`.
    if end == 0 {
        return None;
    }
    let number: Option<i64> = digits[..end].parse().ok().filter(|number| *number < BEYOND);
    let unit = &digits[end..];
    let most = match (key, unit) {
        ("basal" | "patient" | "periodic" | "clinician" | "prime" | "bridge" | "total", "nl") => TOTAL_MOST,
        (_, "nl") => VOLUME_MOST,
        (_, "nl/d") => RATE_MOST,
        ("over", "s") => OVER_MOST / 1_000,
        _ => BEYOND,
    };
    let possible = number.is_some_and(|number| number <= most) && !value.starts_with('-');
    (!possible).then(|| format!("{key} {value}"))
}
