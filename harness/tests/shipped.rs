//! The files that come with the harness are right: fixtures load, scenarios load, and the published schema agrees with the loader.

use pump_hil::files::{self, ScenarioFolder};
use pump_hil_language::catalog::coverage::{Covered, coverage};
use pump_hil_language::catalog::{self, Catalog};
use pump_hil_language::scenario::load;
use pump_hil_language::scenario::schema::{FileKind, schema};
use pump_hil_model::diagnostic::render_all;
use pump_hil_rig::RigFile;
use pump_hil_talk::device::Profile;
use pump_hil_testing::repository::root;

fn catalog() -> Catalog {
    match catalog::shipped() {
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
fn the_documents_quote_files_that_are_used() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let quoted = |text: &str| format!("```yaml\n{text}```\n");
    // The page folds long lines; what it says is the same.
    let page = read("docs/one-scenario.md");
    let (_, shown) = page.split_once("```yaml\n").unwrap();
    let (shown, _) = shown.split_once("```\n").unwrap();
    let scenario = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
    let file = read("scenarios/occlusion-during-basal.yaml");
    assert_eq!(scenario(shown), scenario(&file), "it explains another scenario");
    let serial = read("fixtures/rigs/serial.yaml");
    let rig = quoted(&serial[serial.find("rig:").unwrap()..]);
    for page in ["README.md", "docs/own-pump.md"] {
        assert!(read(page).contains(&rig), "{page} shows another rig file");
    }
}

#[test]
fn the_fixtures_on_disk_are_those_that_are_built_in() {
    let read = files::catalog(Some(&root().join("fixtures"))).unwrap_or_else(|d| panic!("{}", render_all(&d, false)));
    let built_in = catalog();
    let ids = |catalog: &Catalog| {
        let mut ids: Vec<String> = catalog.requirements().iter().map(|r| r.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&read), ids(&built_in));
    assert!(read.drugs().eq(built_in.drugs()));
    // A file that is in no list is part of no program.
    for id in ids(&built_in) {
        assert_eq!(built_in.from(&id), Some(catalog::BUILT_IN));
        assert_ne!(read.from(&id), built_in.from(&id), "{id}");
    }
    for folder in ["requirements", "drugs"] {
        for entry in std::fs::read_dir(root().join("fixtures").join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(catalog::shipped_files().any(|file| file == name), "{name}");
        }
    }
}

#[test]
fn every_shipped_file_is_valid_by_the_published_schema() {
    let catalog = catalog();
    let sets = [
        ("scenarios", schema(FileKind::Scenario, &catalog)),
        ("scenarios/shared", schema(FileKind::Setup, &catalog)),
        ("fixtures/drugs", schema(FileKind::Drugs, &catalog)),
        ("fixtures/requirements", schema(FileKind::Requirements, &catalog)),
        ("fixtures/rigs", RigFile::schema()),
        ("fixtures/devices", Profile::schema()),
    ];
    let mut wrong = Vec::new();
    for (place, published) in sets {
        let published = serde_json::from_str(&published).unwrap();
        let validator = jsonschema::validator_for(&published).unwrap();
        let path = root().join(place);
        if place == "scenarios/shared" && !path.is_dir() {
            continue;
        }
        let names = ScenarioFolder::open(&path).unwrap().list().unwrap();
        assert!(!names.is_empty(), "no files in {place}");
        for name in names {
            let text = std::fs::read_to_string(path.join(&name)).unwrap();
            let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
            for error in validator.iter_errors(&value) {
                wrong.push(format!("{place}/{name}: {error} at {}", error.instance_path()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_inventory_is_covered_or_has_a_reason() {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog();
    let paths = folder.list().unwrap();
    let cases: Vec<_> = paths
        .iter()
        .flat_map(|path| load(&folder, path, &catalog).unwrap_or_default())
        .collect();
    let table = coverage(&cases, &catalog);
    let open: Vec<&str> = table
        .iter()
        .filter(|line| line.requirement.row && line.covered == Covered::No)
        .map(|line| line.requirement.id.as_str())
        .collect();
    assert!(open.is_empty(), "no scenario covers {open:?}");
    assert!(table.iter().any(|line| matches!(line.covered, Covered::NotTestable(_))));
}
