//! Values that a scenario keeps of an answer, and uses later.

use super::told::Told;
use crate::scenario::raw::RawExpect;
use pump_hil_model::case::{OwnArg, Request, kept_name};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Scalar, Table, Text};
use pump_hil_model::yaml::{Location, Problem};
use std::collections::BTreeMap;

/// The values that steps so far keep, where, and whether one uses them.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeMap<String, (Location, bool)>);

impl Kept {
    /// Keeps fields of an answer; each field by the name under which it is kept.
    pub fn keep(&mut self, table: Option<&Table<Text>>, told: &mut Told<'_>) -> BTreeMap<String, String> {
        let mut keep = BTreeMap::new();
        for (name, field) in table.map_or(&[][..], |table| table.entries.as_slice()) {
            let whole = format!("${}", name.text);
            if kept_name(&whole) != Some((name.text.as_str(), "")) || name.text.len() > 60 {
                let message = format!("`{}` is not a name for a kept value", short(&name.text));
                let help = "letters, digits, `-` and `_`, such as `keep: {first: id}`";
                told.tell(Problem::new(Mistake::Name, name.place, message).help(help));
                continue;
            }
            // By the text and not by the run: in a repeat each round keeps it anew.
            let used = self.0.get(&name.text).is_some_and(|(_, used)| *used);
            self.0.insert(name.text.clone(), (name.place, used));
            keep.insert(name.text.clone(), field.text.clone());
        }
        keep
    }

    /// Uses the values that stand in these arguments.
    pub fn used_in(&mut self, table: Option<&Table<Scalar>>, told: &mut Told<'_>) {
        for (_, value) in table.map_or(&[][..], |table| table.entries.as_slice()) {
            self.used(&value.0, told);
        }
    }

    /// Uses the values that stand in an expectation.
    pub fn used_in_expect(&mut self, raw: &RawExpect, told: &mut Told<'_>) {
        self.used_in(raw.reply.as_ref(), told);
        if let Some(Either::Long(event)) = &raw.event {
            self.used_in(event.with.as_ref(), told);
        }
    }

    fn used(&mut self, text: &Text, told: &mut Told<'_>) {
        let Some((name, unit)) = kept_name(&text.text) else {
            return;
        };
        if !unit.is_empty() && matches!(OwnArg::written(&format!("1 {unit}")), OwnArg::Word(_)) {
            let message = format!("`{}` is no unit", short(unit));
            let help = format!("write `${name}` alone, or a unit behind it, such as `${name} uL`");
            told.tell(Problem::new(Mistake::Unit, text.place, message).help(help));
        }
        if let Some((_, used)) = self.0.get_mut(name) {
            *used = true;
            return;
        }
        let message = format!("unknown value `${}`", short(name));
        let help = suggest(name, self.0.keys().map(String::as_str));
        let help = help.unwrap_or_else(|| format!("a step before this one must keep it: `keep: {{{name}: FIELD}}`"));
        told.tell(Problem::new(Mistake::Reference, text.place, message).help(help));
    }

    /// Tells those that nothing used.
    pub fn tell_unused(self, told: &mut Told<'_>) {
        for (name, (place, used)) in self.0 {
            if !used {
                let message = format!("the kept value `{}` is never used", short(&name));
                let problem = Problem::new(Mistake::Unused, place, message);
                told.tell(problem.help(format!("a later step uses it as `${name}`")));
            }
        }
    }
}

/// Whether a request has a value that only an answer gives.
pub(super) fn is_open(request: &Request) -> bool {
    matches!(request, Request::Own { with, .. } if with.values().any(|arg| matches!(arg, OwnArg::Kept(_))))
}
