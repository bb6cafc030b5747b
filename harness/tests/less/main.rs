//! A pump that shows less: the stub's profile with parts left out, one by one and all together. Each shipped scenario passes on it, with checks that are not shown, or is
//! skipped with the profile's reason; and a pump that does wrong still fails where it tells of it.

mod mixed;
mod on_a_port;
mod plain;
mod profile;
mod wrong;

use profile::Less;
use pump_hil::files::ScenarioFolder;
use pump_hil::journal;
use pump_hil::report;
use pump_hil::shipped::{self, play};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::case::{Action, Case, Request, Section, Step, Verb};
use pump_hil_model::verdict::Verdict;
use pump_hil_testing::repository::root;
use std::path::Path;

/// It takes as long as all others together, and says nothing that a shorter one does not.
const LEFT_OUT: &str = "ten-years";

fn cases() -> Vec<Case> {
    let mut all = shipped::cases(&root().join("scenarios"), &root().join("fixtures"));
    all.retain(|case| case.name() != LEFT_OUT && !is_cut_off(&case.steps));
    all
}

/// Whether a step counts the bytes that were sent: a request more or less before it, and it is cut elsewhere.
fn is_cut_off(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Do {
            request: Request::Program { cut_after, .. },
            ..
        } => cut_after.is_some(),
        Action::Repeat { steps, .. } => is_cut_off(steps),
        _ => false,
    })
}

/// The case of a scenario that is a text.
fn case_of(text: &str, folder: &Path) -> Case {
    let path = folder.join("text.yaml");
    std::fs::write(&path, text).unwrap();
    let folder = ScenarioFolder::open(folder).unwrap();
    let cases = load(&folder, "text.yaml", &catalog::shipped().unwrap()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    cases.into_iter().next().unwrap()
}

/// What came of cases on a pump that shows less.
#[derive(Debug, Default)]
struct Sums {
    passed: usize,
    in_part: usize,
    skipped: usize,
    wrong: Vec<String>,
}

impl Sums {
    /// How many there are, and the first that are wrong.
    fn told(&self) -> String {
        let first = self.wrong[..self.wrong.len().min(3)].join("\n");
        let Self {
            passed,
            in_part,
            skipped,
            ..
        } = self;
        let wrong = self.wrong.len();
        format!("{passed} passed, {in_part} in part, {skipped} skipped, {wrong} wrong\n{first}")
    }
}

/// Plays cases: none may fail, be inconclusive, or be skipped without a reason.
fn play_all(less: &Less, name: &str, cases: &[Case]) -> Sums {
    let folder = tempfile::tempdir().unwrap();
    let rig = less.rig(folder.path(), name);
    let mut sums = Sums::default();
    for case in cases {
        let result = play(case, rig.clone(), folder.path());
        if let Some(journal) = &result.journal {
            let again = journal::judge_file(Path::new(journal)).unwrap().outcome;
            assert_eq!(again.verdict, result.outcome.verdict, "judging needs no profile");
        }
        match &result.outcome.verdict {
            Verdict::Passed if result.outcome.not_shown.is_empty() => sums.passed += 1,
            Verdict::Passed => sums.in_part += 1,
            Verdict::Skipped { why } if why.contains("this pump has no ") => sums.skipped += 1,
            _ => sums
                .wrong
                .push(format!("{}\n{}", case.name(), report::terminal::result(&result))),
        }
    }
    sums
}

/// Parts of a profile that are left out: each with its name, and how.
fn parts() -> Vec<(&'static str, Less)> {
    let all = Less::nothing;
    let entries = |less: Less| less.section("dose-entry").line("  dose: {send: dose-log");
    let events = |less: Less| less.section("events").line("  event: {send: event-log");
    let neither = || all().section("events").section("dose-entry").section("logs");
    vec![
        ("nothing", all()),
        ("event-log", all().line("  event: {send: event-log")),
        ("dose-log", all().line("  dose: {send: dose-log")),
        ("logs", all().section("logs")),
        ("dose-entries", entries(all())),
        ("events", events(all())),
        ("events-and-entries", neither()),
        ("totals-too", neither().verb("totals")),
        ("status-too", neither().verb("status")),
        ("unasked", all().because(&[("unasked", "it is polled")])),
        ("read-back", all().line("  read-back:").line("  count-key:")),
        ("programming", all().section("programming")),
        (
            "make-safe",
            all()
                .with("make-safe: [stop, minimum-rate]", "make-safe: []")
                .because(&[("make-safe", "a switch does")]),
        ),
    ]
}

#[test]
fn each_scenario_passes_or_is_skipped_without_a_section() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (name, less) in parts() {
        let sums = play_all(&less, name, &cases);
        if !sums.wrong.is_empty() || sums.passed + sums.in_part == 0 {
            wrong.push(format!("without {name}: {}", sums.told()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_scenario_passes_or_is_skipped_without_a_verb() {
    let all = cases();
    let mut wrong = Vec::new();
    let verbs = Verb::DO.iter().filter(|verb| verb.section() == Section::Requests);
    for (number, verb) in verbs.map(|verb| verb.word()).enumerate() {
        // Each verb goes without another third of them.
        let cases: Vec<Case> = all.iter().skip(number % 3).step_by(3).cloned().collect();
        let sums = play_all(&Less::nothing().verb(verb), verb, &cases);
        // Of a pump that cannot be started, or filled, nothing is played that makes it run.
        let played = sums.passed + sums.in_part;
        if !sums.wrong.is_empty() || (played == 0 && !["start", "refill"].contains(&verb)) {
            wrong.push(format!("without {verb}: {}", sums.told()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
