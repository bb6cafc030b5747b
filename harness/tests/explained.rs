//! `pump-hil explain` has every word that the program knows: of each list in the sources, of each schema, and each code. What it says of the scenario language
//! stands in LANGUAGE.md alone.

use pump_hil::explained::{Explained, Key, Of, all, keys, of_device};
use pump_hil::project;
use pump_hil_language::catalog::raw::{RawDrugFile, RawRequirementFile};
use pump_hil_language::scenario::schema::{FileKind, schema};
use pump_hil_model::case::{Measure, Verb};
use pump_hil_model::fault::{CATALOGUE, Param};
use pump_hil_model::mistake::Code;
use pump_hil_model::words::{
    BOLUSES, CAPABILITIES, CRITICAL_ALARMS, EVENT_FIELDS, EVENTS, MODES, NON_CRITICAL_ALARMS, REFUSALS, STATES,
};
use pump_hil_model::yaml::schema::published;
use pump_hil_rig::{RigFile, Shelf};
use pump_hil_talk::device::{Profile, own_words};

/// Keys whose words are ids of files, which a user may add to.
const OF_FILES: &[&str] = &["verifies", "covers", "drug"];

/// What explains a word as this; it is one entry, and it says something.
fn one<'a>(all: &'a [Explained], of: Of, word: &str) -> &'a Explained {
    let found: Vec<&Explained> = all
        .iter()
        .filter(|explained| explained.of == of && explained.is(word))
        .collect();
    let [one] = found.as_slice() else {
        panic!("`{word}` is explained as {} {} times", of.words().0, found.len());
    };
    assert!(!one.entry.means.is_empty(), "{word}");
    one
}

#[test]
fn each_word_of_a_list_is_explained_as_what_it_is() {
    let all = all();
    for verb in Verb::DO {
        let said = &one(&all, Of::Verb, verb.word()).entry.means;
        for argument in verb.args() {
            assert!(said.contains(&format!("{}: ", argument.word())), "{verb}: {said}");
        }
    }
    for alarm in CRITICAL_ALARMS.iter().chain(NON_CRITICAL_ALARMS) {
        one(&all, Of::Alarm, alarm);
    }
    for event in EVENTS {
        let head = &one(&all, Of::Event, event).entry.head;
        let fields = EVENT_FIELDS.iter().find(|(kind, _)| kind == event);
        let fields: Vec<String> = fields
            .iter()
            .flat_map(|(_, fields)| fields.iter())
            .map(|f| format!("`{f}`"))
            .collect();
        let told = head
            .split_once(" (")
            .map_or("", |(_, fields)| fields.trim_end_matches(')'));
        assert_eq!(told, fields.join(", "), "{event}");
    }
    for measure in Measure::ALL {
        let head = &one(&all, Of::Measure, measure.name()).entry.head;
        let dimension = format!("{:?}", measure.dimension())
            .to_lowercase()
            .replace("number", "count");
        assert!(head.contains(&format!("({dimension})")), "{head}: {dimension}");
    }
    for reason in REFUSALS {
        one(&all, Of::Refusal, reason);
    }
    for word in STATES.iter().chain(MODES).chain(BOLUSES) {
        assert!(
            all.iter()
                .any(|explained| explained.of == Of::ExpectKey && explained.is(word)),
            "{word}"
        );
    }
    for capability in CAPABILITIES {
        one(&all, Of::Word, capability);
    }
}

#[test]
fn a_fault_is_explained_in_the_words_of_its_catalogue() {
    let all = all();
    for fault in CATALOGUE {
        let said = &one(&all, Of::Fault, fault.name).entry.means;
        assert!(
            said.starts_with(&format!("{}.", fault.summary)),
            "{}: {said}",
            fault.name
        );
        let key = match fault.param {
            Param::None => {
                assert!(!said.contains("with:"), "{}: {said}", fault.name);
                continue;
            }
            Param::Count(key, ..) | Param::Percent(key, ..) | Param::Millis(key, _) => key,
            Param::Hours(key) | Param::Volume(key) | Param::Voltage(key) | Param::Resistance(key) => key,
            Param::Pressure(key) | Param::Current(key) | Param::Temperature(key) => key,
        };
        assert!(said.contains(&format!("`with: {{{key}: ")), "{}: {said}", fault.name);
        assert_eq!(
            said.to_lowercase().contains("default"),
            fault.default.is_some(),
            "{}: {said}",
            fault.name
        );
    }
}

#[test]
fn each_key_of_a_scenario_and_each_word_that_it_allows_is_explained_in_the_language() {
    let all = all();
    let of_language: Vec<&Explained> = all.iter().filter(|explained| explained.of < Of::RigKey).collect();
    let catalog = pump_hil::files::catalog(None).expect("what is built in");
    let mut wanted = 0;
    for kind in [FileKind::Scenario, FileKind::Setup] {
        for Key { path, values, .. } in keys(&schema(kind, &catalog)) {
            let key = path.last().expect("a key");
            let explained = |word: &str| of_language.iter().any(|explained| explained.is(word));
            assert!(explained(key), "the key `{}` is not explained", path.join("."));
            let words: Vec<&String> = values.iter().filter(|_| !OF_FILES.contains(&&**key)).collect();
            for word in words {
                let word = word.strip_prefix("fault:").unwrap_or(word);
                assert!(
                    explained(word),
                    "the word `{word}` of `{}` is not explained",
                    path.join(".")
                );
                wanted += 1;
            }
        }
    }
    assert!(wanted > 200, "the schema has {wanted} words: is it read?");
}

#[test]
fn each_key_of_the_other_files_says_what_it_means() {
    let all = all();
    let schemas = [
        (Of::RigKey, RigFile::schema(), 30),
        (Of::DeviceKey, Profile::schema(), 100),
        (Of::DrugKey, published::<RawDrugFile>(), 8),
        (Of::RequirementKey, published::<RawRequirementFile>(), 6),
    ];
    for (of, schema, at_least) in schemas {
        let keys = keys(&schema);
        assert!(keys.len() >= at_least, "{of:?}: {}", keys.len());
        for key in keys {
            let path = key.path.join(".");
            assert!(!key.means.is_empty(), "{} `{path}` has no description", of.words().0);
            let name = key.path.last().expect("a key");
            assert!(
                all.iter().any(|explained| explained.of == of && explained.is(name)),
                "{path}"
            );
            for value in key.values {
                assert!(all.iter().any(|explained| explained.allows(&value)), "{path}: {value}");
            }
        }
    }
    for key in project::KEYS {
        one(&all, Of::ProjectKey, key);
    }
}

#[test]
fn each_code_of_a_mistake_is_explained() {
    let all = all();
    for code in Code::all() {
        one(&all, Of::Mistake, &code.to_string());
    }
}

#[test]
fn each_word_of_a_device_is_explained() {
    let mut words = 0;
    for (device, _) in Shelf::default().names(pump_hil_rig::shelf::Kind::Device) {
        let profile = Shelf::default().profile(&device).expect("a built-in device");
        let (own, explained) = (own_words(&profile), of_device(&profile));
        let verbs = own.verbs.iter().map(|(verb, _)| verb);
        for word in verbs
            .chain(&own.states)
            .chain(&own.alarms)
            .chain(&own.refusals)
            .chain(&own.events)
        {
            assert!(explained.iter().any(|explained| explained.is(word)), "{device}: {word}");
            words += 1;
        }
    }
    assert!(words > 10, "{words}");
    let syringe = of_device(&Shelf::default().profile("syringe").expect("a built-in device"));
    let said = |word: &str| {
        &syringe
            .iter()
            .find(|explained| explained.is(word))
            .expect(word)
            .entry
            .means
    };
    assert_eq!(said("set-rate"), "changes a setting; takes `rate` (sent in mL/h)");
    assert_eq!(said("paused"), "a state that counts as `stopped`");
}
