//! The rules of the house, held by reading all sources: modules import one way, crates keep their order, functions and files are small, and a type's
//! methods stand in one file. Documents have short lines, and a place on the map. What is over a limit today is listed in `ratchet.txt`.
//!
//! `PUMP_HIL_HOUSE=FOLDER` reads another clone, and `PUMP_HIL_HOUSE_ALL=1` tells what is listed too.

mod circles;
mod documents;
mod functions;
mod manifest;
mod modules;
mod names;
mod objects;
mod order;
mod packages;
mod ratchet;
mod sources;
mod survey;
mod test_only;
mod tokens;
mod uses;
mod words;

mod small;

use ratchet::{Entry, Rule};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use survey::Survey;

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 450;

static SURVEY: LazyLock<Survey> = LazyLock::new(|| Survey::of(&root()));

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("PUMP_HIL_HOUSE").map_or(own, PathBuf::from)
}

/// Fails where something is over the limits of some rules and is not listed, or is listed in vain.
fn hold(rules: &[Rule], found: &[Entry]) {
    let all = std::env::var_os("PUMP_HIL_HOUSE_ALL").is_some();
    let list = root().join("harness/testing/tests/house/ratchet.txt");
    let text = match all {
        true => String::new(),
        false => std::fs::read_to_string(list).expect("the list is there"),
    };
    let mut listed = ratchet::read(&text);
    listed.retain(|entry| rules.contains(&entry.rule));
    let wrong = ratchet::complaints(found, &listed);
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_module_imports_back_up() {
    let mut found = Vec::new();
    for of in &SURVEY.crates {
        let circles = of.circles.iter().map(|knot| (Rule::Circle, knot));
        for (rule, knot) in circles.chain(of.rooms.iter().map(|knot| (Rule::Rooms, knot))) {
            found.push(Entry {
                rule,
                size: knot.names.len(),
                what: format!("{}: {}", of.name, knot.names.join(" ")),
                more: knot.circles.concat(),
            });
        }
    }
    hold(&[Rule::Circle, Rule::Rooms], &found);
}

#[test]
fn functions_and_files_are_small() {
    let mut found = Vec::new();
    for file in &SURVEY.files {
        if file.lines > FILE_LINES_MAX {
            found.push(Entry {
                rule: Rule::File,
                size: file.lines,
                what: file.name.clone(),
                more: String::new(),
            });
        }
        for function in file.functions.iter().filter(|f| f.lines > FUNCTION_LINES_MAX) {
            found.push(Entry {
                rule: Rule::Function,
                size: function.lines,
                what: format!("{} {}", file.name, function.name),
                more: String::new(),
            });
        }
    }
    hold(&[Rule::Function, Rule::File], &found);
}

#[test]
fn a_type_has_its_methods_in_one_file() {
    let mut found = Vec::new();
    for of in &SURVEY.crates {
        for (name, files) in of.objects.iter().filter(|(_, files)| files.len() > 1) {
            found.push(Entry {
                rule: Rule::Object,
                size: files.len(),
                what: format!("{}: {name}", of.name),
                more: files.iter().map(|file| format!("    {file}\n")).collect(),
            });
        }
    }
    hold(&[Rule::Object], &found);
}

#[test]
fn crates_keep_their_order() {
    let wrong = order::wrong(&SURVEY.packages);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_stand_where_they_may() {
    let idle = words::idle(&SURVEY);
    assert!(idle.is_empty(), "rules that hold nothing: {idle:?}");
    let wrong = words::wrong(&SURVEY);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn documents_have_short_lines_and_a_place_on_the_map() {
    let documents = documents::all(&root());
    assert!(documents.len() >= 20, "{}", documents.len());
    let mut wrong = documents::long_lines(&documents);
    wrong.extend(documents::lost(&root(), &documents));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_survey_sees_the_whole_repository() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("it can be read");
    let (_, members) = text.split_once("members = [").expect("the workspace has members");
    let members = members.split_once(']').map_or("", |(members, _)| members);
    for member in members.split('"').skip(1).step_by(2) {
        assert!(
            SURVEY.packages.iter().any(|p| p.folder == member),
            "{member} was not found"
        );
    }
    let modules: usize = SURVEY.crates.iter().map(|c| c.modules.len()).sum();
    let functions: usize = SURVEY.files.iter().map(|file| file.functions.len()).sum();
    let seen = [
        SURVEY.packages.len(),
        SURVEY.crates.len(),
        SURVEY.files.len(),
        modules,
        functions,
    ];
    let least = [14, 40, 250, 250, 2_000];
    assert!(seen.iter().zip(least).all(|(seen, least)| *seen >= least), "{seen:?}");
}
