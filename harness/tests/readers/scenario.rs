//! Scenario files, with the set-ups that they include.

use super::attack::Target;
use super::{seeds, told};
use pump_hil_language::catalog::{self, Catalog};
use pump_hil_language::plan;
use pump_hil_language::scenario::{Source, SourceError, load};
use pump_hil_model::case::Case;
use pump_hil_testing::situation::{HOUR, Run};
use pump_hil_verdict::journal::Header;
use pump_hil_verdict::judge::Judge;
use std::collections::BTreeMap;

/// The file that is changed, and the shared ones beside it.
struct Files<'a> {
    changed: &'a [u8],
    shared: &'a BTreeMap<String, Vec<u8>>,
}

impl Files<'_> {
    fn get(&self, path: &str) -> Option<&[u8]> {
        if path == "changed.yaml" {
            return Some(self.changed);
        }
        self.shared.get(path).map(Vec::as_slice)
    }
}

impl Source for Files<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let bytes = self.get(path).map(<[u8]>::to_vec);
        bytes.ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}

#[test]
fn a_scenario_of_any_text_is_cases_or_mistakes_with_their_places() {
    let catalog = catalog::shipped().expect("the shipped catalogue");
    let shared = seeds::files("scenarios/shared", "yaml")
        .into_iter()
        .map(|(path, bytes)| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (format!("shared/{name}"), bytes)
        });
    let shared = shared.collect();
    let folders = ["scenarios", "scenarios/shared", "scenarios/rejected"];
    Target {
        name: "scenario",
        inputs: 1_000,
        seeds: folders.iter().flat_map(|folder| seeds::texts(folder, "yaml")).collect(),
        read: &|changed| {
            read(
                &Files {
                    changed,
                    shared: &shared,
                },
                &catalog,
            )
        },
    }
    .run();
}

fn read(files: &Files<'_>, catalog: &Catalog) {
    match load(files, "changed.yaml", catalog) {
        Ok(cases) => cases.iter().for_each(holds),
        Err(diagnostics) => told::holds(&diagnostics, |name| files.get(name)),
    }
}

/// A case is kept in a journal as it is, and whatever it says can be planned and judged.
fn holds(case: &Case) {
    let header = Header::new("a harness", case.clone(), &"now");
    let text = serde_json::to_vec(&header).expect("it can be written");
    let again: Header = serde_json::from_slice(&text).expect("it can be read again");
    assert_eq!(again, header);
    let _ = plan::length(case);
    let mut run = Run::begun();
    run.start(480_000).basal_until(2 * HOUR);
    let mut judge = Judge::new(case);
    run.ended().into_iter().for_each(|event| judge.on_event(event));
    let _ = judge.finish();
}
