//! Every file in `scenarios/rejected` is rejected with the diagnostics that stand beside it, and the published schema rejects what is wrong with
//! its structure too. `docs/diagnostics.md` explains every code, with a rejected file for each that a scenario can have.

use pump_hil::files::ScenarioFolder;
use pump_hil::pages::{Entry, entries};
use pump_hil_language::catalog::{self, Catalog};
use pump_hil_language::scenario::load;
use pump_hil_language::scenario::schema::{FileKind, of_scenarios, schema};
use pump_hil_model::diagnostic::render_all;
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::yaml::{check, parse};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn catalog() -> Catalog {
    catalog::shipped().unwrap_or_else(|d| panic!("{}", render_all(&d, false)))
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
        let (Some(tree), found) = parse(&text, 0) else {
            continue;
        };
        // Placeholders have no structure yet, and duplicate keys are no matter of a schema.
        if text.contains("${") || !found.is_empty() {
            continue;
        }
        let mut problems = Vec::new();
        check::check(&tree, of_scenarios(&catalog, false), &mut problems);
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

/// The entries of `docs/diagnostics.md`.
fn documented() -> Vec<Entry> {
    entries(&std::fs::read_to_string(scenarios().join("../docs/diagnostics.md")).unwrap())
}

/// The codes of scenarios that each rejected file gives.
fn shown() -> BTreeMap<String, BTreeSet<Code>> {
    let folder = ScenarioFolder::open(&scenarios()).unwrap();
    let catalog = catalog();
    let codes = |name: String| {
        let told = load(&folder, &format!("rejected/{name}.yaml"), &catalog).unwrap_err();
        (name, told.iter().map(|diagnostic| diagnostic.code).collect())
    };
    rejected().into_iter().map(codes).collect()
}

#[test]
fn every_code_is_documented_and_no_other_with_what_it_means() {
    let rows = documented();
    let told: Vec<&str> = rows.iter().flat_map(Entry::names).collect();
    let all: Vec<String> = Code::all().map(|code| code.to_string()).collect();
    assert_eq!(told, all);
    for code in Code::all() {
        let row = rows.iter().find(|row| row.is(&code.to_string())).unwrap();
        assert_eq!(row.means, code.mistake().means(), "{code}");
        assert!(
            matches!(&row.more[..], [example, to_do] if example.starts_with("example: ") && to_do.starts_with("what to do: ")),
            "{code}: {:?}",
            row.more
        );
    }
}

#[test]
fn every_code_of_a_scenario_is_shown_by_the_rejected_file_that_the_documents_name() {
    // What no file of this folder can show, and why.
    let exceptions = [
        // There is no such file. The tests of the command line show it.
        Mistake::Unreadable,
        // It takes a file with more mistakes than anybody would read. The hostile files show it.
        Mistake::MoreErrors,
    ];
    let (rows, shown) = (documented(), shown());
    for code in Code::all().filter(|code| code.subject() == Subject::Scenario) {
        let row = rows.iter().find(|row| row.is(&code.to_string())).unwrap();
        let named = row.more[0]
            .split_once("/rejected/")
            .and_then(|(_, rest)| rest.split_once(".yaml"));
        match named {
            Some((name, _)) => assert!(shown[name].contains(&code), "{name} does not show {code}"),
            None => assert!(
                exceptions.contains(&code.mistake()),
                "no rejected file is named for {code}"
            ),
        }
        let by_any = shown.values().any(|codes| codes.contains(&code));
        assert_eq!(by_any, !exceptions.contains(&code.mistake()), "{code}");
    }
}
