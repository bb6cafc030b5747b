//! The harness knows no protocol: behind a line that renames every sigil, key and verb of the stub's, with a profile renamed alike, each scenario gives the
//! same dose log.
//!
//! Names have each letter 13 places further; the check of a line is another one; the checksum of a prescription is over other texts. In virtual time, on the simulated rig.

mod translator;

use pump_hil::report;
use pump_hil::shipped::{self, play};
use pump_hil_model::case::{Action, Case, Request, Step};
use pump_hil_model::fault::Talk;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
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
    let mut all = shipped::cases(&root().join("scenarios"), &root().join("fixtures"));
    all.retain(|case| case.name() != LEFT_OUT && !is_of_the_stub(&case.steps));
    all
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
