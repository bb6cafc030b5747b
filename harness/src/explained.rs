//! All words and codes that the program explains, each with what it is. What the scenario language means stands in its document alone, and so does each code;
//! what a key of a rig file or of a device profile means stands in their schemas.

use crate::pages::{DIAGNOSTICS, Entry, GLOSSARY, LANGUAGE, REPOSITORY, TROUBLES, entries, same, under_headings};
use pump_hil_language::catalog::raw::{RawDrugFile, RawRequirementFile};
use pump_hil_model::yaml::schema::published;
use pump_hil_rig::RigFile;
use pump_hil_talk::device::{Profile, own_words};
use pump_hil_talk::protocol::{Effect, SpokenVerb};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "`words` says it")]
pub enum Of {
    Word,
    ScenarioKey,
    PrescriptionKey,
    StepKey,
    ExpectKey,
    ProbeKey,
    Verb,
    Refusal,
    Fault,
    Alarm,
    Event,
    Measure,
    RigKey,
    DeviceKey,
    DrugKey,
    RequirementKey,
    ProjectKey,
    Mistake,
    Trouble,
}

impl Of {
    /// All of them, in the order in which they are listed.
    pub const ALL: &[Self] = &[
        Self::Word,
        Self::Verb,
        Self::Fault,
        Self::Alarm,
        Self::Event,
        Self::Measure,
        Self::Refusal,
        Self::ScenarioKey,
        Self::PrescriptionKey,
        Self::StepKey,
        Self::ExpectKey,
        Self::ProbeKey,
        Self::RigKey,
        Self::DeviceKey,
        Self::DrugKey,
        Self::RequirementKey,
        Self::ProjectKey,
        Self::Mistake,
        Self::Trouble,
    ];

    /// What one is called, and what all of them are.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Word => ("a word", "Words"),
            Self::ScenarioKey => ("a key of a scenario", "Keys of a scenario"),
            Self::PrescriptionKey => ("a key of a prescription", "Keys of a prescription"),
            Self::StepKey => ("a key of a step", "Keys of a step"),
            Self::ExpectKey => ("a key or a word of `expect`", "Keys and words of `expect`"),
            Self::ProbeKey => ("a key of `probe`", "Keys of `probe`"),
            Self::Verb => ("a verb", "Verbs"),
            Self::Refusal => ("a reason of a refusal", "Reasons of a refusal"),
            Self::Fault => ("a fault", "Faults"),
            Self::Alarm => ("an alarm", "Alarms"),
            Self::Event => ("an event", "Events"),
            Self::Measure => ("a measure", "Measures"),
            Self::RigKey => ("a key of a rig file", "Keys of a rig file"),
            Self::DeviceKey => ("a key of a device profile", "Keys of a device profile"),
            Self::DrugKey => ("a key of a file of drugs", "Keys of a file of drugs"),
            Self::RequirementKey => ("a key of a file of requirements", "Keys of a file of requirements"),
            Self::ProjectKey => ("a key of `pump-hil.toml`", "Keys of `pump-hil.toml`"),
            Self::Mistake => ("the code of a mistake in a file", "Codes of mistakes in a file"),
            Self::Trouble => ("the code of what can break a run", "Codes of what can break a run"),
        }
    }
}

/// Headings of the documents under which the entries are words of a list.
const HEADINGS: &[(&str, Of)] = &[
    ("Keys of a file", Of::ScenarioKey),
    ("Prescription", Of::PrescriptionKey),
    ("Timeline", Of::StepKey),
    ("do", Of::Verb),
    ("Reasons of a refusal", Of::Refusal),
    ("inject", Of::Fault),
    ("expect", Of::ExpectKey),
    ("Alarms", Of::Alarm),
    ("Events", Of::Event),
    ("Measures", Of::Measure),
    ("probe", Of::ProbeKey),
    ("pump-hil.toml", Of::ProjectKey),
];

/// Something that is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What it is.
    pub of: Of,
    /// Where it stands, if that is inside of something else, such as `` `patient-bolus` `` or `` `pump.baud` ``.
    pub inside: Option<String>,
    /// The entry.
    pub entry: Entry,
    /// Words that it allows as a value.
    pub values: Vec<String>,
}

impl Explained {
    /// Whether it is this word.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.entry.is(word)
    }

    /// Whether it allows this word as a value.
    #[must_use]
    pub fn allows(&self, word: &str) -> bool {
        self.values.iter().any(|value| same(value) == same(word))
    }
}

/// All that is explained.
#[must_use]
pub fn all() -> Vec<Explained> {
    let mut all = Vec::new();
    let page = |of: Of, page: &str| {
        entries(page)
            .into_iter()
            .map(move |entry| plain(of, entry))
            .collect::<Vec<_>>()
    };
    all.extend(page(Of::Word, GLOSSARY));
    for document in [LANGUAGE, REPOSITORY] {
        // What has no name of its own is a sentence.
        let named = under_headings(document)
            .into_iter()
            .filter(|(_, entry)| entry.head.contains('`'));
        for (heading, entry) in named {
            let of = HEADINGS.iter().find(|(title, _)| *title == heading);
            all.extend(of.into_iter().flat_map(|(_, of)| with_inside(*of, &entry)));
        }
    }
    let schemas = [
        (Of::RigKey, RigFile::schema()),
        (Of::DeviceKey, Profile::schema()),
        (Of::DrugKey, published::<RawDrugFile>()),
        (Of::RequirementKey, published::<RawRequirementFile>()),
    ];
    all.extend(schemas.iter().flat_map(|(of, schema)| of_schema(*of, schema)));
    all.extend(page(Of::Mistake, DIAGNOSTICS));
    all.extend(page(Of::Trouble, TROUBLES));
    all
}

fn plain(of: Of, entry: Entry) -> Explained {
    Explained {
        of,
        inside: None,
        entry,
        values: Vec::new(),
    }
}

/// An entry of the language, and those of the list below it.
fn with_inside(of: Of, entry: &Entry) -> Vec<Explained> {
    let inside = entry.inside().map(|inner| Explained {
        inside: Some(format!("in {}", entry.head)),
        ..plain(of, inner)
    });
    std::iter::once(plain(of, entry.clone())).chain(inside).collect()
}

/// The words that only this device has.
#[must_use]
pub fn of_device(profile: &Profile) -> Vec<Explained> {
    let (own, protocol) = (own_words(profile), &profile.protocol);
    let verb = |(verb, takes): &(String, Vec<String>)| {
        let spoken = protocol.verbs.get(verb);
        let does = spoken.and_then(|verb| verb.effect).map(does);
        let takes: Vec<String> = takes
            .iter()
            .map(|name| taken(name, spoken.map(|verb| &**verb)))
            .collect();
        let takes = match takes.as_slice() {
            [] => "nothing".to_owned(),
            takes => takes.join(", "),
        };
        let means = format!("{}; takes {takes}", does.unwrap_or("as the harness knows it"));
        (Of::Verb, verb.clone(), means)
    };
    let state = |state: &String| {
        let counts = protocol.states.get(state).map_or("none of ours", |counts| counts);
        (
            Of::ExpectKey,
            state.clone(),
            format!("a state that counts as `{counts}`"),
        )
    };
    let alarm = |alarm: &String| {
        let priority = protocol.alarms.get(alarm).map_or("unknown", |priority| priority);
        (Of::Alarm, alarm.clone(), format!("its priority is `{priority}`"))
    };
    let refusal = |reason: &String| (Of::Refusal, reason.clone(), "a refusal in a word of its own".to_owned());
    let event = |event: &String| (Of::Event, event.clone(), "a message that comes unasked".to_owned());
    let words = own.verbs.iter().map(verb);
    let words = words
        .chain(own.states.iter().map(state))
        .chain(own.alarms.iter().map(alarm));
    let words = words
        .chain(own.refusals.iter().map(refusal))
        .chain(own.events.iter().map(event));
    let explained = words.map(|(of, name, means)| Explained {
        inside: Some(format!("of the device `{}`", profile.device)),
        ..plain(of, Entry::of(&format!("`{name}`: {means}"), Vec::new()))
    });
    explained.collect()
}

/// An argument of a verb, with the unit in which it is sent; a scenario may write it in another one.
fn taken(name: &str, verb: Option<&SpokenVerb>) -> String {
    let says = verb.into_iter().flat_map(|verb| &verb.says);
    let mut puts = says.flat_map(|say| say.puts.iter().zip(say.shape.fields()));
    let alone = puts.find(|(put, _)| put.formula.alone() == Some(name));
    let unit = alone.and_then(|(_, field)| field.unit().map(str::to_owned));
    unit.map_or_else(|| format!("`{name}`"), |unit| format!("`{name}` (sent in {unit})"))
}

/// What a verb of an effect does.
fn does(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "only reads",
        Effect::Set => "changes a setting",
        Effect::Stop => "ends what the pump gives",
        Effect::Dose => "gives, or starts to give",
    }
}

/// A key of a schema: where it stands, what it means, and the words that it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The keys that lead to it, and it; `NAME` where a name is free.
    pub path: Vec<String>,
    /// What it means; empty where the schema does not say it.
    pub means: String,
    /// The words that it allows.
    pub values: Vec<String>,
}

/// All keys of a JSON Schema. What it uses in several places is given at the first one.
#[must_use]
pub fn keys(schema: &str) -> Vec<Key> {
    // A schema that this program printed itself is JSON.
    let Ok(root) = serde_json::from_str::<Value>(schema) else {
        return Vec::new();
    };
    let mut walk = Walk {
        definitions: root["$defs"].as_object().cloned().unwrap_or_default(),
        seen: BTreeSet::new(),
        keys: Vec::new(),
    };
    walk.keys_of(&root, &mut Vec::new());
    walk.keys
}

/// A walk through a schema.
struct Walk {
    definitions: Map<String, Value>,
    /// Definitions that were walked through already: some hold themselves.
    seen: BTreeSet<String>,
    keys: Vec<Key>,
}

impl Walk {
    /// The definition that a schema stands for; itself where it stands for none.
    fn meant(&self, schema: &Value) -> (Option<String>, Value) {
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        match name.and_then(|name| Some((name.to_owned(), self.definitions.get(name)?.clone()))) {
            Some((name, meant)) => (Some(name), meant),
            None => (None, schema.clone()),
        }
    }

    fn keys_of(&mut self, schema: &Value, path: &mut Vec<String>) {
        let (name, schema) = self.meant(schema);
        if name.is_some_and(|name| !self.seen.insert(name)) {
            return;
        }
        for (key, of) in schema["properties"].as_object().into_iter().flatten() {
            path.push(key.clone());
            let means = of["description"]
                .as_str()
                .or(self.meant(of).1["description"].as_str())
                .map(str::to_owned);
            let mut values = Vec::new();
            self.values(of, &mut values);
            self.keys.push(Key {
                path: path.clone(),
                means: means.unwrap_or_default(),
                values,
            });
            self.keys_of(of, path);
            path.pop();
        }
        if schema["additionalProperties"].is_object() {
            path.push("NAME".to_owned());
            self.keys_of(&schema["additionalProperties"], path);
            path.pop();
        }
        self.keys_of_parts(&schema, path);
    }

    fn keys_of_parts(&mut self, schema: &Value, path: &mut Vec<String>) {
        let branches = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[*key].as_array())
            .flatten();
        for part in branches.chain(schema.get("items")) {
            self.keys_of(part, path);
        }
    }

    /// The words that a value may be.
    fn values(&self, schema: &Value, found: &mut Vec<String>) {
        let (_, schema) = self.meant(schema);
        let words = schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(schema.get("const"));
        found.extend(words.filter_map(Value::as_str).map(str::to_owned));
        let parts = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[*key].as_array())
            .flatten();
        for part in parts.chain(schema.get("items")) {
            self.values(part, found);
        }
    }
}

/// The keys of a file by its schema. Keys of one name and one meaning are one entry.
fn of_schema(of: Of, schema: &str) -> Vec<Explained> {
    let mut found: BTreeMap<(String, String), (Vec<String>, Vec<String>)> = BTreeMap::new();
    for key in keys(schema) {
        let name = key.path.last().cloned().unwrap_or_default();
        let (places, values) = found.entry((name, key.means)).or_default();
        if let [.., _, _] = key.path.as_slice() {
            places.push(format!("`{}`", key.path.join(".")));
        }
        values.extend(key.values);
    }
    let explained = found.into_iter().map(|((name, means), (places, mut values))| {
        values.sort();
        values.dedup();
        let more = match values.as_slice() {
            [] => Vec::new(),
            values => vec![format!("one of: {}", values.join(", "))],
        };
        Explained {
            of,
            inside: (!places.is_empty()).then(|| places.join(", ")),
            entry: Entry {
                head: format!("`{name}`"),
                means,
                more,
            },
            values,
        }
    });
    explained.collect()
}
