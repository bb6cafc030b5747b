//! A line that is lost, doubled, spoilt or late says nothing about the pump: each shipped scenario keeps its verdict, whichever line of its
//! conversation it is, and whichever way it goes.
//!
//! In virtual time on the simulated rig, behind a cable that does harm to one line ([`pump_hil_rig::CableFault`]): a seeded sample, drawn by case first. Every line of
//! each case (of a longer one [`EACH_MAX`]) is tried by
//!
//! ```text
//! PUMP_HIL_LINES=all cargo test --release -p pump-hil --test lines -- --nocapture
//! ```
//!
//! and a single one with `PUMP_HIL_LINES='CASE HARM'`, as a failure prints it.

mod draw;

use draw::{Draw, Random};
use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::report::{self, ScenarioResult};
use pump_hil::snapshot::{Snapshots, Update};
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::case::{Action, Case, Request, Step};
use pump_hil_model::fault::Talk;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{CableFault, Harm, RigFile, Way};
use pump_hil_testing::repository::root;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs of the sample.
const SAMPLE: usize = 3_000;
/// Lines of a case, where all are tried; of one that says more a sample of so many.
const EACH_MAX: usize = 500;
/// Seed of both.
const SEED: u64 = 12;
/// It takes as long as all others together, and says nothing that a shorter one does not.
const LEFT_OUT: &str = "ten-years";
/// Scenarios whose own steps disturb the line, or send what is no request: what another harm to it does is not told from theirs.
const DISTURBED: &[&str] = &[
    "brown-out-cancels-bolus",
    "home-refill",
    "line-cut",
    "line-drops-reply",
    "line-noise-to-the-pump",
    "line-noise",
    "program-cut-off",
    "program-wrong-crc",
    "raw-bolus-twice",
    "raw-garbage",
];

/// What became of the runs.
#[derive(Debug, Default)]
struct Counts {
    right: usize,
    inconclusive: usize,
    wrong: Vec<String>,
    unsure: Vec<String>,
}

fn cases() -> Vec<Case> {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let files = folder.list().unwrap();
    let all = files.iter().flat_map(|path| load(&folder, path, &catalog).unwrap());
    all.filter(|case| case.name() != LEFT_OUT).collect()
}

/// Whether the line of a case is disturbed by its own steps.
fn is_disturbed(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Send { .. } => true,
        // The session ends in the middle of a line, and nobody waits for an answer.
        Action::Do {
            request: Request::Program { cut_after: Some(_), .. },
            ..
        } => true,
        Action::Inject { fault, .. } => fault.effects().talk == Talk::Broken,
        Action::Repeat { steps, .. } => is_disturbed(steps),
        _ => false,
    })
}

/// Plays a case behind this cable.
fn play(case: &Case, fault: CableFault, out: &Path) -> ScenarioResult {
    let rig = RigFile::load(&root().join("fixtures/rigs/sim.yaml")).unwrap();
    let settings = Settings {
        snapshots: Some(Snapshots::open(root().join("scenarios/snapshots"), Update::Never).expect("whole")),
        ..Settings::new(rig.behind(fault), out.to_owned())
    };
    suite::run_case(case, &settings, &interrupt::pair().1, &mut |_| {})
}

/// Lines that a case says each way, where none is harmed.
fn lines(case: &Case, out: &Path) -> [u64; 2] {
    let whole = CableFault {
        way: Way::ToPump,
        line: 0,
        harm: Harm::Lost,
        said: std::sync::Arc::default(),
    };
    let result = play(case, whole.clone(), out);
    assert_eq!(
        result.outcome.verdict,
        Verdict::Passed,
        "{}",
        report::terminal::result(&result)
    );
    whole.said.each_ref().map(|said| said.load(Ordering::Relaxed))
}

/// Where the journal of a single one stays.
const KEPT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/lines");

/// Plays what was drawn, two at a time, and counts.
fn play_all(cases: &[Case], drawn: &[Draw]) -> Counts {
    let counts = Mutex::new(Counts::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                let out = if drawn.len() == 1 {
                    Path::new(KEPT)
                } else {
                    folder.path()
                };
                while let Some(draw) = drawn.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let case = &cases[draw.case];
                    let result = play(case, draw.fault(), out);
                    let told = || {
                        format!(
                            "PUMP_HIL_LINES='{} {}'\n{}",
                            case.name(),
                            draw,
                            report::terminal::result(&result)
                        )
                    };
                    let mut counts = counts.lock().unwrap();
                    match result.outcome.verdict {
                        Verdict::Passed => counts.right += 1,
                        Verdict::Inconclusive { .. } => {
                            counts.inconclusive += 1;
                            counts.unsure.push(told());
                        }
                        Verdict::Failed { .. } | Verdict::Skipped { .. } => counts.wrong.push(told()),
                    }
                }
            });
        }
    });
    counts.into_inner().unwrap()
}

#[test]
fn a_line_that_is_harmed_changes_no_verdict() {
    let (disturbed, cases): (Vec<Case>, Vec<Case>) = cases().into_iter().partition(|case| is_disturbed(&case.steps));
    let mut scenarios: Vec<&str> = disturbed.iter().map(|case| case.scenario.as_str()).collect();
    scenarios.dedup();
    assert_eq!(scenarios, DISTURBED);
    let asked = std::env::var("PUMP_HIL_LINES").unwrap_or_default();
    let out = tempfile::tempdir().unwrap();
    let said = Mutex::new(BTreeMap::new());
    let said_of = |at: usize| {
        *said
            .lock()
            .unwrap()
            .entry(at)
            .or_insert_with(|| lines(&cases[at], out.path()))
    };
    let mut random = Random(SEED);
    let drawn: Vec<Draw> = match asked.split_once(' ') {
        Some((name, harm)) => {
            let case = cases.iter().position(|case| case.name() == name).unwrap();
            vec![Draw::parse(case, harm).unwrap()]
        }
        None if asked == "all" => (0..cases.len())
            .flat_map(|at| Draw::each(at, said_of(at), EACH_MAX, &mut random))
            .collect(),
        None => {
            let count = asked.parse().unwrap_or(SAMPLE);
            (0..count)
                .map(|_| {
                    let at = random.below(cases.len() as u64) as usize;
                    Draw::one(at, said_of(at), &mut random)
                })
                .collect()
        }
    };
    let counts = play_all(&cases, &drawn);
    let mut stderr = std::io::stderr().lock();
    for told in counts.unsure.iter().chain(&counts.wrong) {
        writeln!(stderr, "{told}\n").unwrap();
    }
    let wrong = counts.wrong.len();
    let (right, inconclusive) = (counts.right, counts.inconclusive);
    writeln!(
        stderr,
        "lines: right {right}, inconclusive {inconclusive}, wrong {wrong}"
    )
    .unwrap();
    assert_eq!(wrong, 0, "a harmed line is held against the pump");
    assert!(
        counts.inconclusive * 50 <= drawn.len(),
        "more than 2 % are inconclusive"
    );
}
