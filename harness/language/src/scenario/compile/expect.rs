//! `expect`: what must be true.

use super::Compiler;
use super::range::{dimension, range};
use crate::scenario::raw::{RawEvent, RawExpect};
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Check, Measure};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::value::Wanted;
use pump_hil_model::words::EVENT_FIELDS;
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Scalar, Table, Text};
use std::collections::BTreeMap;

impl Compiler<'_> {
    /// The checks of an `expect`.
    pub(super) fn checks(&mut self, raw: &RawExpect) -> Vec<Check> {
        let mut checks = Vec::new();
        self.alarm_checks(raw, &mut checks);
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
            Some(Either::Long(event)) => checks.extend(self.event(event)),
            None => {}
        }
        if let Some(word) = &raw.no_event {
            checks.push(Check::NoEvent {
                kind: word.0.text.clone(),
            });
        }
        if let Some(table) = &raw.reply {
            checks.push(Check::Reply { fields: fields(table) });
        }
        if let Some(memory) = &raw.memory {
            self.needs.insert(Capability::Probe);
            if let (Some(at), Some(value)) = (&memory.at, &memory.value) {
                match Wanted::parse(&value.0.text) {
                    Ok(wanted) => {
                        self.place(&at.0, value.0.place, |place| place.can_be(&wanted));
                        let at = at.0.text.clone();
                        checks.push(Check::Memory { at, value: wanted });
                    }
                    Err(why) => self.tell(
                        Problem::new(value.0.place, why)
                            .help("write `3`, `>= 3`, `1 .. 5`, `2.5 +- 0.1`, `true`, `none`, or a variant's name"),
                    ),
                }
            }
        }
        self.measures(raw, &mut checks);
        if checks.is_empty() && !self.trouble_in(raw.place) {
            self.tell(Problem::new(raw.place, "`expect` expects nothing"));
        }
        checks
    }

    fn event(&mut self, event: &RawEvent) -> Option<Check> {
        let kind = event.kind.as_ref()?.0.text.clone();
        let known = EVENT_FIELDS.iter().find(|(name, _)| *name == kind);
        let known: &[&str] = known.map_or(&[], |(_, fields)| fields);
        let given = event.with.as_ref().map_or(&[][..], |table| table.entries.as_slice());
        let listed = pump_hil_model::words::EVENTS.contains(&kind.as_str());
        for (key, _) in given
            .iter()
            .filter(|(key, _)| listed && !known.contains(&key.text.as_str()))
        {
            let message = format!("the event `{kind}` has no field `{}`", short(&key.text));
            self.tell(Problem::new(key.place, message).maybe_help(suggest(&key.text, known.iter().copied())));
        }
        Some(Check::Event {
            kind,
            fields: event.with.as_ref().map(fields).unwrap_or_default(),
        })
    }

    fn alarm_checks(&mut self, raw: &RawExpect, checks: &mut Vec<Check>) {
        match (&raw.alarm, &raw.priority) {
            (Some(alarm), priority) => checks.push(Check::Alarm {
                id: alarm.0.text.clone(),
                priority: priority.as_ref().map(|p| p.0.text.clone()),
            }),
            (None, Some(priority)) => {
                self.tell(Problem::new(priority.0.place, "a `priority` without an `alarm`").help("say of which alarm"))
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

    fn measures(&mut self, raw: &RawExpect, checks: &mut Vec<Check>) {
        let since = raw.since.as_ref().and_then(|text| self.mark_named(text));
        let measures = raw.measures();
        if let (Some(text), true) = (&raw.since, measures.is_empty()) {
            self.tell(
                Problem::new(text.place, "`since` without a measure").help("it says from where a measure counts"),
            );
        }
        for (what, text) in measures {
            self.need_for(what);
            match range(&text.0, dimension(what)) {
                Ok(range) => checks.push(Check::Measure {
                    what,
                    since: since.clone(),
                    range,
                }),
                Err(problem) => self.tell(problem),
            }
        }
    }

    fn mark_named(&mut self, text: &Text) -> Option<String> {
        if let Some((_, used)) = self.marks.get_mut(&text.text) {
            *used = true;
            return Some(text.text.clone());
        }
        let message = format!("unknown mark `{}`", short(&text.text));
        let help = suggest(&text.text, self.marks.keys().map(String::as_str));
        let help = help.unwrap_or_else(|| "a step before this one must set it: `mark: NAME`".to_owned());
        self.tell(Problem::new(text.place, message).help(help));
        None
    }

    /// What a rig must have to measure this.
    pub(super) fn need_for(&mut self, measure: Measure) {
        let by_block = matches!(
            measure,
            Measure::Delivered
                | Measure::Actuated
                | Measure::TrueReservoir
                | Measure::Pressure
                | Measure::PostOcclusionBolus
                | Measure::Resets
        );
        if by_block {
            self.needs.insert(Capability::TestBlock);
        }
    }
}

/// Fields as text.
pub(super) fn fields(table: &Table<Scalar>) -> BTreeMap<String, String> {
    let entry = |(key, value): &(Text, Scalar)| (key.text.clone(), value.0.text.clone());
    table.entries.iter().map(entry).collect()
}
