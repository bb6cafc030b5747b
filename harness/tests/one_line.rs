//! One line of a conversation is lost, comes twice, is spoilt or late: a pump that does all that it must is never blamed for it.

use pump_hil::interrupt;
use pump_hil::shipped;
use pump_hil::suite::{self, Settings};
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{CableFault, Harm, RigFile, Way};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two hours of basal with a bolus: dose entries, events and replies both ways.
const SCENARIO: &str = "scenario: bolus
summary: A bolus is given once, whatever becomes of one line.
log-every: 15 min
prescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}
timeline:
  - do: start
  - at: 10 min
    do: single-bolus
    with: {dose: 50 uL, over: 10 min}
  - at: 1 h
    do: status
  - at: 2 h
    expect: {clinician-boluses: 50 uL, state: running, bolus: none, no-alarm: any}
snapshot: none
";

struct Bench {
    folder: tempfile::TempDir,
    fixtures: std::path::PathBuf,
}

impl Bench {
    /// The verdict with this harm, and how many lines were said to the pump and by it.
    fn verdict(&self, way: Way, line: u64, harm: Harm) -> (Verdict, [u64; 2]) {
        let said: Arc<[AtomicU64; 2]> = Arc::default();
        let fault = CableFault {
            way,
            line,
            harm,
            said: Arc::clone(&said),
        };
        let rig = RigFile::sim().unwrap().behind(fault);
        let settings = Settings::new(rig, self.folder.path().join("out"));
        let cases = shipped::cases(&self.folder.path().join("bolus.yaml"), &self.fixtures);
        let result = suite::run_case(&cases[0], &settings, &interrupt::pair().1, &mut |_| {});
        let said = [&said[0], &said[1]].map(|said| said.load(Ordering::Relaxed));
        (result.outcome.verdict, said)
    }
}

#[test]
fn one_line_that_is_lost_doubled_spoilt_or_late_is_not_blamed_on_the_pump() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bolus.yaml"), SCENARIO).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let bench = Bench { folder, fixtures };
    let (verdict, said) = bench.verdict(Way::ToPump, 0, Harm::Lost);
    assert_eq!(verdict, Verdict::Passed, "a cable that does no harm");
    assert!(said.iter().all(|lines| *lines > 5), "{said:?}");
    let (mut right, mut inconclusive, mut wrong) = (0, Vec::new(), Vec::new());
    for (way, lines) in [Way::ToPump, Way::FromPump].into_iter().zip(said) {
        for line in 1..=lines {
            for harm in [Harm::Lost, Harm::Twice, Harm::Spoilt(7), Harm::Late(Span(1_000))] {
                let what = format!("{way:?} {line} {harm:?}");
                match bench.verdict(way, line, harm).0 {
                    Verdict::Passed => right += 1,
                    Verdict::Inconclusive { why } => inconclusive.push(format!("{what}: {}", why[0])),
                    other => wrong.push(format!("{what}: {other:?}")),
                }
            }
        }
    }
    let told = format!("{right} right\nwrong: {wrong:#?}\ninconclusive: {inconclusive:#?}");
    assert!(wrong.is_empty(), "{told}");
    // What truly cannot be known is said to be so, and is rare.
    assert!(inconclusive.len() * 50 <= right, "{told}");
}
