//! A pump with a past: its case is not the first one since it was powered. Therapy may run, a lockout count, an alarm sound; the verdict is as on a fresh pump, or
//! *inconclusive* before any stimulus.

#![cfg(feature = "sim")]

mod kept;
mod line;

use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::report::{self, ScenarioResult};
use pump_hil::snapshot::{Snapshots, Update};
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
use pump_hil_verdict::journal::sha256_hex;
use std::path::Path;

/// Seeds of the two orders.
const SEEDS: [u64; 2] = [12, 4];

/// Every shipped case.
fn shipped() -> Vec<Case> {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let files = folder.list().unwrap();
    files
        .iter()
        .flat_map(|path| load(&folder, path, &catalog).unwrap())
        .collect()
}

/// The shipped case of this name.
fn case(name: &str) -> Case {
    shipped().into_iter().find(|case| case.name() == name).unwrap()
}

/// These cases in the order of a seed.
fn in_order(cases: &[Case], seed: u64) -> Vec<Case> {
    let mut cases = cases.to_vec();
    cases.sort_by_cached_key(|case| sha256_hex(format!("{seed} {}", case.name()).as_bytes()));
    cases
}

/// What is played on this rig is held to the accepted dose logs.
fn settings(rig: RigFile, out: &Path) -> Settings {
    Settings {
        snapshots: Some(Snapshots::open(root().join("scenarios/snapshots"), Update::Never).expect("whole")),
        ..Settings::new(rig, out.to_owned())
    }
}

fn play(case: &Case, settings: &Settings) -> (ScenarioResult, Vec<Event>) {
    let mut events = Vec::new();
    let result = suite::run_case(case, settings, &interrupt::pair().1, &mut |event| {
        events.push(event.clone());
    });
    (result, events)
}

/// Plays these cases one after the other on one pump; gives the reports of those that do not pass.
fn play_all(cases: &[Case], settings: &Settings) -> Vec<String> {
    let results = cases.iter().map(|case| play(case, settings).0);
    let wrong = results.filter(|result| result.outcome.verdict != Verdict::Passed);
    wrong.map(|result| report::terminal::result(&result)).collect()
}

/// What set-up found of a pump's past, and what it did about it.
fn past(events: &[Event]) -> (String, String) {
    let told = events.iter().find_map(|event| match &event.body {
        Body::Past { found, did } => Some((found.join("; "), did.join("; "))),
        _ => None,
    });
    told.expect("the pump has a past")
}
