//! What a pump said of a part of the prescription that it refused, in the words of a scenario.

use crate::prescription_key::{key_of, shown};
use pump_hil_model::case::Verb;
use pump_hil_model::event::ReplyFields;
use pump_hil_model::safe_text::safe_within;
use pump_hil_model::unfit::Unfit;
use pump_hil_talk::device::{Profile, StagedField};

/// Longest text of it, in characters.
const LONGEST: usize = 160;

/// What a pump is unfit in: the verb, why it was refused and what it said of that ([`about`]), how often it was asked again and over which time, the last request
/// and what came of it, and whether the line is known to be whole.
pub(super) fn unfit(
    verb: Verb,
    refused: Option<&str>,
    (key, adds): (Option<String>, Option<String>),
    (asked, over_ms): (u32, u64),
    (request, came): (String, String),
    cable_is_whole: bool,
) -> Unfit {
    Unfit {
        verb: verb.to_string(),
        refused: refused.map(str::to_owned),
        key,
        adds,
        asked,
        over_ms,
        cable_is_whole,
        request,
        came,
    }
}

/// Of the fields of a reply that refuses a prescription: the key that was refused, and what the pump added, each where the reply has it. No profile says
/// which field names the part that was refused: it is the one that holds the firmware's key of a part.
pub(super) fn about(profile: &Profile, fields: &ReplyFields) -> (Option<String>, Option<String>) {
    let programming = profile.programming.as_ref();
    let staged = |value: &str| programming?.fields.iter().find(|field| field.key == value);
    let verbs: Vec<&String> = programming
        .map(|verbs| [&verbs.begin, &verbs.stage, &verbs.commit].into_iter())
        .into_iter()
        .flatten()
        .chain(
            programming
                .and_then(|verbs| verbs.read_back.as_ref())
                .map(|read| &read.send),
        )
        .collect();
    let named = fields.iter().find_map(|(key, value)| Some((key, staged(value)?)));
    // In which request of a session it was says nothing to who wrote the scenario.
    let others = fields.iter().filter(|(_, value)| !verbs.contains(value));
    let others = others.filter(|(key, _)| named.is_none_or(|(by, _)| by != *key));
    let adds: Vec<String> = others
        .map(|(key, value)| format!("{key} {}", in_words(named.map(|(_, field)| field), value)))
        .collect();
    let key = named.map(|(_, field)| key_of(field.from).map_or_else(|| field.key.clone(), str::to_owned));
    (key, (!adds.is_empty()).then(|| safe_within(&adds.join(", "), LONGEST)))
}

/// A value that is in the unit of what was refused as a person reads it; any other as the pump wrote it.
fn in_words(field: Option<&StagedField>, value: &str) -> String {
    let quantity = field.and_then(|field| {
        let unit = field.step.is_none().then_some(&field.unit)?;
        Some(shown(unit.dimension, unit.read(value).ok()?))
    });
    quantity.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_rig::RigFile;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    #[test]
    fn the_part_that_was_refused_is_named_by_its_key_in_a_scenario() {
        let profile = RigFile::sim().unwrap().profile;
        let of = |fields: &[(&str, &str)]| {
            let fields = fields
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let (key, adds) = about(&profile, &Arc::new(fields.collect::<BTreeMap<_, _>>()));
            (key.unwrap_or_default(), adds.unwrap_or_default())
        };
        let told = |key: &str, adds: &str| (key.to_owned(), adds.to_owned());
        assert_eq!(
            of(&[("at", "stage"), ("field", "rate"), ("limit", "48000nl/d")]),
            told("rate", "limit 48 uL/day")
        );
        assert_eq!(of(&[("field", "ptm-dose")]), told("patient-bolus.dose", ""));
        assert_eq!(
            of(&[("field", "flex"), ("limit", "5s")]),
            told("schedule", "limit 5s"),
            "a schedule has several units"
        );
        assert_eq!(of(&[("why", "busy")]), told("", "why busy"));
        assert_eq!(of(&[]), told("", ""));
    }
}
