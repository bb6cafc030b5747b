//! Random cases on the simulated rig. A healthy pump passes them all, and each seeded defect fails those in which it must show.
//!
//! Seeds and numbers are fixed, so that a run is the same everywhere. For more:
//! `PUMP_HIL_CASES=100000 PUMP_HIL_SEED=7 cargo test --release -p scenarios --test generated`. A case that is wrong is shrunk, and printed as
//! a scenario that `pump-hil run FILE` plays.

mod aims;
mod draw;
mod plan;
mod shows;
mod sums;
mod yaml;

use libtest_mimic::{Arguments, Failed, Trial};
use plan::Plan;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use pump_hil::report;
use pump_hil::shipped::{SEEDED_DEFECTS, Texts};
use pump_hil_model::verdict::Verdict;
use std::path::Path;
use std::process::ExitCode;

/// Cases of a healthy pump, where nobody asks for another number.
const CASES: u32 = 2_000;
/// Cases of each defect in which it must show.
const SHOWN: u32 = 20;
/// In so many tests, which run beside each other.
const PARTS: u32 = 8;

fn main() -> ExitCode {
    let cases = number("PUMP_HIL_CASES", CASES);
    let seed = number("PUMP_HIL_SEED", 1);
    let healthy = (0..PARTS).map(|part| {
        let name = format!("healthy::{part}");
        Trial::test(name.clone(), move || {
            let (texts, _folder) = bench()?;
            let seed = Seed { given: seed, part };
            every(&name, &draw::plan(), cases.div_ceil(PARTS), seed, |plan| {
                passes(&texts, plan)
            })
        })
    });
    let defects = SEEDED_DEFECTS.iter().map(|&defect| {
        let shown = number("PUMP_HIL_SHOWN", SHOWN);
        Trial::test(format!("defect::{defect}"), move || shows_itself(defect, shown, seed))
    });
    let mut trials: Vec<Trial> = healthy.chain(defects).collect();
    trials.push(Trial::test("sums", sums_hold));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Draws plans in which the defect must show. Each fails on a pump that has it, and passes on one that has none.
fn shows_itself(defect: &'static str, shown: u32, seed: u32) -> Result<(), Failed> {
    let (texts, _folder) = bench()?;
    let shows = aims::plan(defect).prop_filter("the defect need not show", move |plan| shows::must_show(defect, plan));
    let name = format!("defect::{defect}");
    let seed = Seed { given: seed, part: 0 };
    every(&name, &shows, shown, seed, |plan| {
        let result = texts.play(&yaml::scenario(plan), Some(defect))?;
        match result.outcome.verdict {
            Verdict::Failed { .. } => passes(&texts, plan),
            _ => Err(format!("{defect} is not caught\n{}", report::terminal::result(&result))),
        }
    })
}

/// Oracle and pump give what was worked out by hand, row by row.
fn sums_hold() -> Result<(), Failed> {
    let (texts, _folder) = bench()?;
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/oracle.md"));
    let rows = sums::rows(&page.map_err(|error| error.to_string())?)?;
    assert!(rows.len() >= 50, "only {} rows are read", rows.len());
    let wrong = rows.iter().filter_map(|row| {
        let why = match texts.play(&row.scenario, None) {
            Ok(result) if matches!(result.outcome.verdict, Verdict::Passed) => return None,
            Ok(result) => report::terminal::result(&result),
            Err(diagnostics) => diagnostics,
        };
        Some(format!("{}:\n{why}\n{}", row.name, row.scenario))
    });
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

/// A number of the environment; one that is none is a mistake, and no default.
fn number(name: &str, default: u32) -> u32 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => default,
    }
}

/// The rig, and the folder of its journals, which goes with it.
fn bench() -> Result<(Texts, tempfile::TempDir), Failed> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    Ok((Texts::new(&fixtures, folder.path()), folder))
}

/// What the plans of a test are drawn from.
#[derive(Clone, Copy)]
struct Seed {
    given: u32,
    part: u32,
}

/// Draws so many plans; the first that is wrong is shrunk, and told as a scenario, which is left as a file too.
fn every(
    name: &str,
    plans: &impl Strategy<Value = Plan>,
    cases: u32,
    seed: Seed,
    check: impl Fn(&Plan) -> Result<(), String>,
) -> Result<(), Failed> {
    let config = Config {
        cases,
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.given.wrapping_mul(PARTS).wrapping_add(seed.part).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    match runner.run(plans, |plan| check(&plan).map_err(TestCaseError::fail)) {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, plan)) => Err(told(name, seed, &why.to_string(), &yaml::scenario(&plan)).into()),
        Err(error) => Err(error.to_string().into()),
    }
}

/// What is wrong, how it comes again, and how a person plays it.
fn told(name: &str, seed: Seed, why: &str, scenario: &str) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "generated-{}-{}.yaml",
        name.replace("::", "-"),
        seed.given
    ));
    let left = match std::fs::write(&file, scenario) {
        Ok(()) => format!("pump-hil run {}", file.display()),
        Err(error) => format!("{} cannot be written: {error}", file.display()),
    };
    let given = seed.given;
    format!(
        "{why}\nagain: PUMP_HIL_SEED={given} cargo test -p scenarios --test generated -- --exact {name}\nshrunk: {left}\n{scenario}"
    )
}

/// A healthy pump passes.
fn passes(texts: &Texts, plan: &Plan) -> Result<(), String> {
    let result = texts.play(&yaml::scenario(plan), None)?;
    match result.outcome.verdict {
        Verdict::Passed => Ok(()),
        _ => Err(report::terminal::result(&result)),
    }
}
