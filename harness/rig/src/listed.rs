//! Words of a rig file that each name one of a list of kinds: the list is the one place that a new kind is entered in.

use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::yaml::document::Document;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::borrow::Cow;

/// Keys that are wrong, below their part of a rig file, and how.
#[derive(Debug)]
pub struct WrongKey(Vec<(Mistake, &'static str, String)>);

impl WrongKey {
    /// This key.
    pub fn new(mistake: Mistake, key: &'static str, what: impl Into<String>) -> Self {
        Self(vec![(mistake, key, what.into())])
    }

    /// All of these; `None` where there is none.
    pub fn all(wrong: impl IntoIterator<Item = Self>) -> Option<Self> {
        let all: Vec<_> = wrong.into_iter().flat_map(|wrong| wrong.0).collect();
        (!all.is_empty()).then_some(Self(all))
    }

    /// These, and more.
    pub fn and(mut self, more: impl IntoIterator<Item = Self>) -> Self {
        self.0.extend(more.into_iter().flat_map(|wrong| wrong.0));
        self
    }

    /// As they are told of a part of the file.
    pub fn of(self, document: &Document, part: &str) -> WrongFile {
        let told = self
            .0
            .into_iter()
            .flat_map(|(mistake, key, what)| document.wrong(mistake, &[part, key], what).0);
        WrongFile(told.collect())
    }
}

/// Something of which there is a list, each with its word.
pub trait Listed: Sized + 'static {
    /// Its name in the published schema.
    const NAME: &'static str;
    /// What it is called where a word is none of them.
    const WHAT: &'static str;
    /// Words of people, and what to write instead.
    const MEANT: &'static [(&'static str, &'static str)] = &[];
    /// All of them, in the order in which they are told.
    const ALL: &'static [&'static Self];

    /// Its word.
    fn word(&self) -> &'static str;
}

/// One of a list, by its word.
#[derive(Debug)]
pub struct OneOf<K: 'static>(pub &'static K);

impl<'de, K: Listed> Deserialize<'de> for OneOf<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        let found = K::ALL.iter().find(|kind| kind.word() == word);
        found
            .map(|kind| Self(kind))
            .ok_or_else(|| D::Error::custom(format!("`{word}` is not a {}", K::WHAT)))
    }
}

impl<K: Listed> JsonSchema for OneOf<K> {
    fn schema_name() -> Cow<'static, str> {
        K::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = K::ALL.iter().map(|kind| kind.word()).collect();
        let meant: serde_json::Map<_, _> = K::MEANT
            .iter()
            .map(|(word, help)| ((*word).to_owned(), (*help).into()))
            .collect();
        json_schema!({"type": "string", "enum": words, "x-word": K::WHAT, "x-meant": meant})
    }
}
