//! Every file in `scenarios/rejected` is rejected with the diagnostics that stand beside it, and the published schema rejects what is wrong with
//! its structure too.

use pump_hil::files::ScenarioFolder;
use pump_hil_language::catalog::Catalog;
use pump_hil_language::scenario::load;
use pump_hil_language::scenario::schema::{FileKind, of_scenarios, schema};
use pump_hil_model::diagnostic::render_all;
use pump_hil_model::yaml::{check, tree};
use std::path::{Path, PathBuf};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn catalog() -> Catalog {
    Catalog::shipped().unwrap_or_else(|d| panic!("{}", render_all(&d, false)))
}

/// Names of the rejected files, without `.yaml`.
fn rejected() -> Vec<String> {
    let entries = std::fs::read_dir(scenarios().join("rejected")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

#[test]
fn each_rejected_file_gives_its_diagnostics() {
    let names = rejected();
    assert!(names.len() >= 40, "only {} rejected files", names.len());
    let folder = ScenarioFolder::open(&scenarios()).unwrap();
    let catalog = catalog();
    let (mut accepted, mut changed) = (Vec::new(), Vec::new());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(scenarios().join("rejected"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for name in names {
            match load(&folder, &format!("rejected/{name}.yaml"), &catalog) {
                Ok(_) => accepted.push(name),
                Err(diagnostics) => {
                    let text = render_all(&diagnostics, false);
                    // All files are compared before the test fails.
                    let same = std::panic::catch_unwind(|| insta::assert_snapshot!(name.as_str(), text));
                    if same.is_err() {
                        changed.push(name);
                    }
                }
            }
        }
    });
    assert!(accepted.is_empty(), "accepted, though they are wrong: {accepted:?}");
    assert!(changed.is_empty(), "other diagnostics than before: {changed:?}");
}

#[test]
fn no_snapshot_of_diagnostics_is_left_over() {
    let names = rejected();
    for entry in std::fs::read_dir(scenarios().join("rejected")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = file.strip_suffix(".snap") {
            assert!(names.iter().any(|n| n == name), "{file} belongs to no file");
        }
    }
}

#[test]
fn the_published_schema_rejects_what_is_wrong_with_the_structure() {
    let catalog = catalog();
    let published = serde_json::from_str(&schema(FileKind::Scenario, &catalog)).unwrap();
    let validator = jsonschema::validator_for(&published).unwrap();
    let mut compared = 0;
    for name in rejected() {
        let text = std::fs::read_to_string(scenarios().join(format!("rejected/{name}.yaml"))).unwrap();
        let (Some(tree), found) = tree::parse(&text, 0) else {
            continue;
        };
        // Placeholders have no structure yet, and duplicate keys are no matter of a schema.
        if text.contains("${") || !found.is_empty() {
            continue;
        }
        let mut problems = Vec::new();
        check::check(&tree, &of_scenarios(&catalog).0, &mut problems);
        if !problems.is_empty() {
            let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
            assert!(
                !validator.is_valid(&value),
                "{name}: the loader finds {problems:?}, the schema nothing"
            );
            compared += 1;
        }
    }
    assert!(compared >= 20, "only {compared} files were compared");
}
