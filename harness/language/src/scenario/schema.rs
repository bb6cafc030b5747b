//! The JSON Schema of the files that people write: for editors, and for the structural check of scenarios.

use super::people;
use super::raw::RawFile;
use crate::catalog::Catalog;
use crate::catalog::raw::{RawDrugFile, RawRequirementFile};
use pump_hil_model::yaml::schema::{publish, structural};
use serde_json::{Value, json};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A scenario.
    Scenario,
    /// A shared set-up, which scenarios include.
    Setup,
    /// Drugs.
    Drugs,
    /// Requirements.
    Requirements,
}

/// Keys that only a scenario has.
const SCENARIO_ONLY: &[&str] = &["scenario", "summary", "verifies", "covers", "device", "tags", "cases"];

/// The schema for editors, as text: words of the catalogue to complete, and placeholders allowed wherever a value may come from a table.
#[must_use]
pub fn schema(kind: FileKind, catalog: &Catalog) -> String {
    let words = |word: &str| catalog.words(word);
    let (mut schema, placeholders) = match kind {
        FileKind::Scenario => (scenario(catalog), true),
        FileKind::Setup => (set_up(scenario(catalog)), true),
        FileKind::Drugs => (structural::<RawDrugFile>(&words), false),
        FileKind::Requirements => (structural::<RawRequirementFile>(&words), false),
    };
    publish(&mut schema, placeholders);
    format!("{schema:#}\n")
}

/// The structural schema of scenarios, or of shared set-ups, made once for a catalogue.
#[must_use]
pub fn of_scenarios(catalog: &Catalog, setup: bool) -> &Value {
    let [of_scenario, of_setup] = &catalog.schemas;
    let scenario = || of_scenario.get_or_init(|| scenario(catalog));
    match setup {
        false => scenario(),
        true => of_setup.get_or_init(|| set_up(scenario().clone())),
    }
}

fn scenario(catalog: &Catalog) -> Value {
    let mut schema = structural::<RawFile>(&|word| catalog.words(word));
    people::add(&mut schema);
    schema
}

fn set_up(mut schema: Value) -> Value {
    schema["title"] = json!("RawSetup");
    schema["description"] = json!("A shared set-up, which scenarios include.");
    schema["x-name"] = json!("a shared set-up");
    if let Some(map) = schema.as_object_mut() {
        map.remove("required");
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|key, _| !SCENARIO_ONLY.contains(&key.as_str()));
    }
    schema
}
