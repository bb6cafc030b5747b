//! The words of a profile that the scenario language does not know by itself.

use super::profile::Profile;
use pump_hil_model::case::Verb;
use pump_hil_model::device_words::DeviceWords;
use pump_hil_model::words::{CRITICAL_ALARMS, EVENTS, NON_CRITICAL_ALARMS, REFUSALS, STATES};

/// The words that this device adds to those of the scenario language.
#[must_use]
pub fn own_words(profile: &Profile) -> DeviceWords {
    let protocol = &profile.protocol;
    let own = protocol.verbs.values().filter(|verb| Verb::find(&verb.name).is_none());
    let verbs = own.map(|verb| (verb.name.clone(), verb.arguments(protocol.id_field())));
    let beyond = |words: Vec<String>, known: &[&str]| {
        let mut words = words;
        words.retain(|word| !known.contains(&word.as_str()));
        words.sort();
        words.dedup();
        words
    };
    let events = protocol
        .unasked
        .iter()
        .filter_map(|place| protocol.messages.get(*place));
    let events = events
        .filter(|message| !message.shape.is_nothing())
        .map(|message| message.name.clone());
    DeviceWords {
        device: profile.device.clone(),
        verbs: verbs.collect(),
        states: beyond(protocol.states.keys().cloned().collect(), STATES),
        alarms: beyond(
            protocol.alarms.keys().cloned().collect(),
            &[CRITICAL_ALARMS, NON_CRITICAL_ALARMS].concat(),
        ),
        refusals: beyond(protocol.words_of("reason"), REFUSALS),
        events: beyond(events.collect(), EVENTS),
    }
}
