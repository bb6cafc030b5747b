//! `expect`: what must be true.

use super::cannot_fail::{Limits, cannot_fail};
use super::marks::Marks;
use super::memory::place;
use super::range::range;
use super::told::Told;
use crate::catalog::Catalog;
use crate::scenario::raw::{RawEvent, RawExpect, RawMemory};
use pump_hil_model::case::{Check, OwnArg};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Percent;
use pump_hil_model::value::Wanted;
use pump_hil_model::words::{EVENT_FIELDS, EVENTS};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Scalar, Table, Text};
use std::collections::BTreeMap;

/// The checks of an `expect`.
pub(super) fn checks(
    raw: &RawExpect,
    catalog: &Catalog,
    marks: &mut Marks,
    limits: Limits,
    told: &mut Told<'_>,
) -> Vec<Check> {
    let mut checks = Vec::new();
    alarm_checks(raw, &mut checks, told);
    if let Some(word) = &raw.state {
        checks.push(Check::State(word.0.text.clone()));
    }
    if let Some(word) = &raw.mode {
        checks.push(Check::Mode(word.0.text.clone()));
    }
    if let Some(word) = &raw.bolus {
        checks.push(Check::Bolus(word.0.text.clone()));
    }
    match &raw.event {
        Some(Either::Short(word)) => checks.push(Check::Event {
            kind: word.0.text.clone(),
            fields: BTreeMap::new(),
        }),
        Some(Either::Long(event)) => checks.extend(event_check(event, told)),
        None => {}
    }
    if let Some(word) = &raw.no_event {
        checks.push(Check::NoEvent {
            kind: word.0.text.clone(),
        });
    }
    if let Some(table) = &raw.reply {
        if table.entries.is_empty() && !told.inside(table.place) {
            let problem = Problem::new(Mistake::Empty, table.place, "`reply` expects nothing of the reply");
            told.tell(problem.help("name a field of it, such as `reply: {life: eri}`"));
        }
        ranges(table, told);
        checks.push(Check::Reply { fields: fields(table) });
    }
    if let Some(memory) = &raw.memory {
        checks.extend(memory_check(memory, catalog, told));
    }
    measures(raw, marks, limits, &mut checks, told);
    if checks.is_empty() && !told.inside(raw.place) {
        told.tell(Problem::new(Mistake::Empty, raw.place, "`expect` expects nothing"));
    }
    checks
}

/// A value that looks like a range must be one.
fn ranges(table: &Table<Scalar>, told: &mut Told<'_>) {
    let is_value = |text: &str| !matches!(OwnArg::written(text.trim()), OwnArg::Word(_));
    for (_, Scalar(text)) in &table.entries {
        let whole = text.text.trim();
        let is_one = if let Some(rest) = whole.strip_prefix(['<', '>']) {
            is_value(rest.strip_prefix('=').unwrap_or(rest))
        } else if let Some((low, high)) = whole.split_once(" .. ") {
            is_value(low) && is_value(high)
        } else if let Some((middle, slack)) = whole.split_once("+-") {
            is_value(middle) && (is_value(slack) || slack.trim().parse::<Percent>().is_ok())
        } else {
            true
        };
        if !is_one {
            let message = format!("`{}` is no range", short(whole));
            let help = "write `<= 20 uL`, `> 3`, `2700 .. 3300`, `20 uL +- 1 %`, or the value itself";
            told.tell(Problem::new(Mistake::Format, text.place, message).help(help));
        }
    }
}

fn memory_check(memory: &RawMemory, catalog: &Catalog, told: &mut Told<'_>) -> Option<Check> {
    let (at, value) = (&memory.at.as_ref()?.0, &memory.value.as_ref()?.0);
    match Wanted::parse(&value.text) {
        Ok(wanted) => {
            place(at, value.place, |place| place.can_be(&wanted), catalog, told);
            Some(Check::Memory {
                at: at.text.clone(),
                value: wanted,
            })
        }
        Err(why) => {
            let problem = Problem::new(Mistake::Format, value.place, why);
            let help = "write `3`, `>= 3`, `1 .. 5`, `2.5 +- 0.1`, `true`, `none`, or a variant's name";
            told.tell(problem.help(help));
            None
        }
    }
}

fn event_check(event: &RawEvent, told: &mut Told<'_>) -> Option<Check> {
    let kind = event.kind.as_ref()?.0.text.clone();
    let known = EVENT_FIELDS.iter().find(|(name, _)| *name == kind);
    let known: &[&str] = known.map_or(&[], |(_, fields)| fields);
    let given = event.with.as_ref().map_or(&[][..], |table| table.entries.as_slice());
    // An unknown kind was told, and nobody knows its fields.
    let listed = EVENTS.contains(&kind.as_str());
    for (key, _) in given
        .iter()
        .filter(|(key, _)| listed && !known.contains(&key.text.as_str()))
    {
        let message = format!("the event `{kind}` has no field `{}`", short(&key.text));
        let problem = Problem::new(Mistake::UnknownKey, key.place, message);
        told.tell(problem.maybe_help(suggest(&key.text, known.iter().copied())));
    }
    Some(Check::Event {
        kind,
        fields: event.with.as_ref().map(fields).unwrap_or_default(),
    })
}

fn alarm_checks(raw: &RawExpect, checks: &mut Vec<Check>, told: &mut Told<'_>) {
    match (&raw.alarm, &raw.priority) {
        (Some(alarm), priority) => checks.push(Check::Alarm {
            id: alarm.0.text.clone(),
            priority: priority.as_ref().map(|p| p.0.text.clone()),
        }),
        (None, Some(priority)) => {
            let message = "a `priority` without an `alarm`";
            let problem = Problem::new(Mistake::KeyCombination, priority.0.place, message);
            told.tell(problem.help("say of which alarm"));
        }
        (None, None) => {}
    }
    if let Some(word) = &raw.no_alarm {
        let id = (word.0.text != "any").then(|| word.0.text.clone());
        checks.push(Check::NoAlarm { id });
    }
    if let Some(word) = &raw.alarm_cleared {
        checks.push(Check::AlarmCleared {
            id: word.0.text.clone(),
        });
    }
}

fn measures(raw: &RawExpect, marks: &mut Marks, limits: Limits, checks: &mut Vec<Check>, told: &mut Told<'_>) {
    let since = raw.since.as_ref().and_then(|text| marks.used(text, told));
    let measures = raw.measures();
    if let (Some(text), true) = (&raw.since, measures.is_empty()) {
        let problem = Problem::new(Mistake::KeyCombination, text.place, "`since` without a measure");
        told.tell(problem.help("it says from where a measure counts"));
    }
    for (what, text) in measures {
        match range(&text.0, what, limits) {
            Ok(range) => checks.push(Check::Measure {
                what,
                since: since.clone(),
                range,
            }),
            Err(problem) => told.tell(problem),
        }
    }
}

/// Tells what could not come true or false here: a tone that the pump was not asked to tell, or an event between two expectations with nothing between them.
pub(super) fn silent(raw: &RawExpect, tones_told: bool, nothing_between: bool, told: &mut Told<'_>) {
    if let Some(word) = &raw.no_event {
        if word.0.text == "tone" && !tones_told {
            told.tell(cannot_fail(&word.0, "the pump reports no tones before a step asks for them").help(TONES));
        } else if nothing_between {
            let why = "`no-event` looks back to the expectation before it, and between the two nothing happens";
            told.tell(
                cannot_fail(&word.0, why)
                    .help("let time pass with `at`, `after`, `wait` or `for`, or put both into one `expect`"),
            );
        }
    }
    if let (Some(range), false) = (&raw.tones, tones_told) {
        let text = &range.0;
        told.tell(
            cannot_fail(
                text,
                "the pump reports no tones before a step asks for them: they are always 0",
            )
            .help(TONES),
        );
    }
}

const TONES: &str = "write `do: report-tones` with `{on: true}` before";

/// Fields as text.
fn fields(table: &Table<Scalar>) -> BTreeMap<String, String> {
    let entry = |(key, value): &(Text, Scalar)| (key.text.clone(), value.0.text.clone());
    table.entries.iter().map(entry).collect()
}
