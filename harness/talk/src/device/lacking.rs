//! What a pump lacks by its profile: what the file leaves out, and what it says besides; each with its reason.

use super::observe::{tells_alarms_unasked, totals_by};
use super::profile::Profile;
use super::raw::RawProfile;
use crate::protocol::{Mistaken as Wrong, Target, mistaken as wrong};
use pump_hil_model::case::{Section, Verb};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::lack::{Lack, Lacks};
use pump_hil_model::mistake::Mistake;
use std::collections::BTreeMap;

/// The reason of what a file leaves out without one.
const NOT_SAID: &str = "its device profile does not have it";

/// Keys that a file of version 1 must have, and this one has not: each with the map that it belongs in.
pub(super) fn left_out(raw: &RawProfile) -> Vec<(&'static str, &'static str)> {
    let programming = raw.programming.as_ref();
    let without = |part: fn(&super::raw::RawProgramming) -> bool| programming.is_some_and(part);
    [
        ("programming", "", programming.is_none()),
        (
            "read-back",
            "programming",
            without(|programming| programming.read_back.is_none()),
        ),
        (
            "count-key",
            "programming",
            without(|programming| programming.count_key.is_none()),
        ),
        ("dose", "logs", raw.logs.dose.is_none()),
        ("events", "", raw.events.is_none()),
        ("dose-entry", "", raw.dose_entry.is_none()),
    ]
    .into_iter()
    .filter(|(_, _, lacks)| *lacks)
    .map(|(key, map, _)| (key, map))
    .collect()
}

/// What the pump of a version 2 file lacks; `given` are the reasons that stand in it.
pub(super) fn lacks(given: BTreeMap<String, String>, profile: &Profile) -> Result<Lacks, Wrong> {
    let mut lacks = Lacks::default();
    for (name, why) in given {
        let at = ["lacks", name.as_str()];
        let Some(lack) = Lack::find(&name) else {
            let help = suggest(&name, Lack::names()).unwrap_or_default();
            let what = format!("`{name}` is nothing that a pump may lack; {help}");
            return Err(wrong(Mistake::UnknownWord, &at, what));
        };
        if why.trim().is_empty() {
            let what = format!("say why this pump has no `{name}`: whoever reads a report asks for it");
            return Err(wrong(Mistake::Empty, &at, what));
        }
        if is_there(lack, profile) {
            let what = format!("`{name}` is said to be lacking, and the profile has it: leave one of them out");
            return Err(wrong(Mistake::KeyCombination, &at, what));
        }
        lacks.add(lack, &why);
    }
    let verbs = Verb::DO.iter().filter(|verb| verb.section() == Section::Requests);
    let verbs = verbs.filter_map(|verb| Lack::find(verb.word()));
    let besides = [
        Lack::PROGRAM,
        Lack::READ_BACK,
        Lack::DOSE_LOG,
        Lack::EVENT_LOG,
        Lack::EVENTS,
        Lack::DOSE_ENTRIES,
        Lack::MAKE_SAFE,
    ];
    for lack in verbs.chain(besides).filter(|lack| !is_there(*lack, profile)) {
        lacks.add(lack, NOT_SAID);
    }
    if lacks.has(Lack::EVENTS) && lacks.has(Lack::DOSE_ENTRIES) {
        lacks.add(Lack::UNASKED, NOT_SAID);
    }
    if let Some(asked) = &profile.observing.alarms
        && !tells_alarms_unasked(&profile.protocol)
    {
        let why = format!("its alarms are asked for every {}", asked.every);
        lacks.add(Lack::UNASKED, &why);
    }
    Ok(lacks)
}

/// Whether a profile has it. Of a measure, an alarm or a mode a file says only that the pump lacks it.
fn is_there(lack: Lack, profile: &Profile) -> bool {
    match lack {
        Lack::PROGRAM => profile.programming.is_some(),
        Lack::READ_BACK => profile.programming.as_ref().is_some_and(|p| p.read_back.is_some()),
        Lack::DOSE_LOG => profile.dose_log.is_some(),
        Lack::EVENT_LOG => profile.event_log.is_some(),
        Lack::EVENTS => {
            let protocol = &profile.protocol;
            let alarms = [Target::Raised, Target::Alarms];
            !profile.events.is_empty() || alarms.into_iter().any(|target| protocol.tells(target))
        }
        Lack::DOSE_ENTRIES => profile.dose_entry.is_some(),
        Lack::MAKE_SAFE => !profile.make_safe.is_empty(),
        // What the status tells need not be asked by a verb of its own.
        Lack::TOTALS if totals_by(profile).is_some() => true,
        _ => {
            let asked = Verb::find(lack.name()).is_some_and(|verb| profile.requests.contains_key(&verb));
            asked || profile.protocol.verbs.contains_key(lack.name())
        }
    }
}
