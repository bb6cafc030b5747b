//! The files that come with the harness are right: fixtures load, scenarios load, and the published schema agrees with the loader.

use pump_hil::catalog::Catalog;
use pump_hil::diagnostic::render_all;
use pump_hil::files::{self, ScenarioFolder};
use pump_hil::scenario::load;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn catalog() -> Catalog {
    match Catalog::shipped() {
        Ok(catalog) => catalog,
        Err(diagnostics) => panic!("{}", render_all(&diagnostics, false)),
    }
}

#[test]
fn every_shipped_scenario_loads() {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog();
    let mut wrong = String::new();
    let mut names = std::collections::BTreeMap::new();
    for path in folder.list().unwrap() {
        match load(&folder, &path, &catalog) {
            Ok(cases) => {
                for case in cases {
                    if let Some(other) = names.insert(case.name(), path.clone()) {
                        wrong.push_str(&format!("{} stands in {path} and in {other}\n", case.name()));
                    }
                }
            }
            Err(diagnostics) => wrong.push_str(&render_all(&diagnostics, false)),
        }
    }
    assert!(!names.is_empty(), "no scenario was found");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_fixtures_on_disk_are_those_that_are_built_in() {
    let read = files::catalog(&root().join("fixtures")).unwrap_or_else(|d| panic!("{}", render_all(&d, false)));
    let built_in = catalog();
    let ids = |catalog: &Catalog| {
        let mut ids: Vec<String> = catalog.requirements().iter().map(|r| r.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&read), ids(&built_in));
    assert!(read.drugs().eq(built_in.drugs()));
}
