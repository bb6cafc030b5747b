//! A pump that shows less: the stub's profile with parts left out, one by one and all together. Each shipped scenario passes on it, with checks that are not shown, or is
//! skipped with the profile's reason; and a pump that does wrong still fails where it tells of it.

mod profile;

use profile::Less;
use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::report::{self, ScenarioResult};
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::case::{Case, Section, Verb};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
use std::path::Path;

/// It takes as long as all others together, and says nothing that a shorter one does not.
const LEFT_OUT: &str = "ten-years";

fn cases() -> Vec<Case> {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let files = folder.list().unwrap();
    let all = files.iter().flat_map(|path| load(&folder, path, &catalog).unwrap());
    all.filter(|case| case.name() != LEFT_OUT).collect()
}

fn play(case: &Case, rig: RigFile, out: &Path) -> ScenarioResult {
    suite::run_case(
        case,
        &Settings::new(rig, out.to_owned()),
        &interrupt::pair().1,
        &mut |_| {},
    )
}

/// What came of cases on a pump that shows less.
#[derive(Debug, Default)]
struct Sums {
    passed: usize,
    in_part: usize,
    skipped: usize,
    wrong: Vec<String>,
}

/// Plays cases: none may fail, be inconclusive, or be skipped without a reason.
fn play_all(less: &Less, name: &str, cases: &[Case]) -> Sums {
    let folder = tempfile::tempdir().unwrap();
    let rig = less.rig(folder.path(), name);
    let mut sums = Sums::default();
    for case in cases {
        let result = play(case, rig.clone(), folder.path());
        match &result.outcome.verdict {
            Verdict::Passed if result.outcome.not_shown.is_empty() => sums.passed += 1,
            Verdict::Passed => sums.in_part += 1,
            Verdict::Skipped { why } if why.contains("this pump has no ") => sums.skipped += 1,
            _ => sums
                .wrong
                .push(format!("{}\n{}", case.name(), report::terminal::result(&result))),
        }
    }
    println!(
        "{name}: {} passed, {} in part, {} skipped, {} wrong",
        sums.passed,
        sums.in_part,
        sums.skipped,
        sums.wrong.len()
    );
    for wrong in &sums.wrong {
        println!("{wrong}");
    }
    sums
}

#[test]
fn without_an_event_log() {
    let less = Less::nothing().line("  event: {send: event-log");
    let sums = play_all(&less, "no-event-log", &cases());
    assert!(sums.wrong.is_empty() && sums.passed > 100, "{sums:?}");
}
