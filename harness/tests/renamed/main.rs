//! The harness knows no protocol: behind a line that renames every sigil, key and verb of the stub's, with a profile renamed alike, each scenario gives the
//! same dose log.
//!
//! Names have each letter 13 places further; the check of a line is another one; the checksum of a prescription is over other texts. In virtual time, on the simulated rig.

mod translator;

use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::report::{self, ScenarioResult};
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::case::{Action, Case, Request, Step};
use pump_hil_model::fault::Talk;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
use std::path::Path;
use translator::Translator;

/// It takes as long as all others together, and says nothing that a shorter one does not.
const LEFT_OUT: &str = "ten-years";
/// So many cases at least have a line that their own steps leave alone.
const AT_LEAST: usize = 30;

/// Whether its own steps say something on the line that is of the stub's protocol, or break the line.
fn is_of_the_stub(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Send { .. } => true,
        Action::Do {
            request: Request::Program { cut_after: Some(_), .. },
            ..
        } => true,
        // Fields that stand in the scenario as the stub calls them.
        Action::Do {
            request: Request::Program { prescription, .. } | Request::Stage { prescription },
            ..
        } => !prescription.raw.is_empty(),
        Action::Inject { fault, .. } => fault.effects().talk == Talk::Broken,
        Action::Repeat { steps, .. } => is_of_the_stub(steps),
        _ => false,
    })
}

fn cases() -> Vec<Case> {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let files = folder.list().unwrap();
    let all = files.iter().flat_map(|path| load(&folder, path, &catalog).unwrap());
    all.filter(|case| case.name() != LEFT_OUT && !is_of_the_stub(&case.steps))
        .collect()
}

fn play(case: &Case, rig: RigFile, out: &Path) -> ScenarioResult {
    suite::run_case(
        case,
        &Settings::new(rig, out.to_owned()),
        &interrupt::pair().1,
        &mut |_| {},
    )
}

#[test]
fn each_scenario_gives_the_same_dose_log_in_another_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("renamed-rig.yaml");
    let profile = root().join("harness/tests/renamed/renamed.yaml");
    let sim = std::fs::read_to_string(root().join("fixtures/rigs/sim.yaml")).unwrap();
    let text = sim.replace("device: stub", &format!("device: {}", profile.display()));
    assert_ne!(text, sim);
    std::fs::write(&file, text).unwrap();
    let renamed = RigFile::load(&file).unwrap_or_else(|error| panic!("{error}"));
    let (mut alike, mut wrong) = (0, Vec::new());
    for case in cases() {
        let ours = play(&case, RigFile::sim().unwrap(), folder.path());
        let theirs = play(&case, renamed.clone().behind(Translator::default()), folder.path());
        let same_verdict = ours.outcome.verdict.word() == theirs.outcome.verdict.word();
        if same_verdict && ours.outcome.dose_log.to_string() == theirs.outcome.dose_log.to_string() {
            alike += 1;
        } else {
            wrong.push(format!("{}\n{}", case.name(), report::terminal::result(&theirs)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        alike,
        wrong[..wrong.len().min(3)].join("\n")
    );
    assert!(alike >= AT_LEAST, "only {alike} cases");
}
