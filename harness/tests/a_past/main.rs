//! measure
use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::report;
use pump_hil::snapshot::{Snapshots, Update};
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::plan;
use pump_hil_language::scenario::load;
use pump_hil_model::case::Case;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;

fn cases() -> Vec<Case> {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let files = folder.list().unwrap();
    let all = files.iter().flat_map(|path| load(&folder, path, &catalog).unwrap());
    all.collect()
}

#[test]
fn measure() {
    let rig = RigFile::load(&root().join("fixtures/rigs/sim-kept.yaml")).unwrap();
    let out = std::path::PathBuf::from("/tmp/kept_out");
    let settings = Settings {
        snapshots: Some(Snapshots::open(root().join("scenarios/snapshots"), Update::Never).expect("whole")),
        ..Settings::new(rig, out)
    };
    let mut cases = cases();
    let seed: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    if let Ok(only) = std::env::var("ONLY") {
        let only: Vec<&str> = only.split(',').collect();
        cases = only.iter().map(|n| cases.iter().find(|c| c.name() == *n).unwrap().clone()).collect();
    } else if seed > 0 {
        let mut s = seed;
        for i in (1..cases.len()).rev() {
            s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            cases.swap(i, (s >> 33) as usize % (i + 1));
        }
    }
    let limit: i64 = std::env::var("DAYS").ok().and_then(|s| s.parse().ok()).unwrap_or(400);
    let spares = |c: &&Case| {
        let text = serde_json::to_string(&c.steps).unwrap();
        !["battery-", "\"eri", "end-of-", "feedthrough"].iter().any(|w| text.contains(w))
    };
    for case in cases.iter().filter(|c| plan::length(c).0 < limit * 86_400_000).filter(spares) {
        let begun = std::time::Instant::now();
        let result = suite::run_case(case, &settings, &interrupt::pair().1, &mut |_| {});
        let word = match result.outcome.verdict {
            Verdict::Passed => "PASS",
            Verdict::Failed { .. } => "FAIL",
            Verdict::Inconclusive { .. } => "INCO",
            Verdict::Skipped { .. } => "SKIP",
        };
        println!("{word} {} {:?} length {}", case.name(), begun.elapsed(), plan::length(case));
        if word != "PASS" {
            println!("{}", report::terminal::result(&result));
        }
    }
}
