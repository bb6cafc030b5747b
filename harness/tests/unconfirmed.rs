//! A fault that has nothing to act on is not in effect, and says nothing about the pump.

use pump_hil::catalog::Catalog;
use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::report::Asked;
use pump_hil::rig::RigFile;
use pump_hil::scenario::load;
use pump_hil::suite::{self, Settings};
use pump_hil::verdict::Verdict;

const BIT_FLIP_WITHOUT_A_PRESCRIPTION: &str = "\
scenario: unconfirmed
summary: A bit of a prescription flips where none is stored.
prescription: none
snapshot: none
timeline:
  - do: status
  - inject: memory-bit-flip
  - wait: 1 min
";

#[test]
fn a_fault_that_is_not_read_back_in_effect_makes_the_run_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("unconfirmed.yaml"), BIT_FLIP_WITHOUT_A_PRESCRIPTION).unwrap();
    let source = ScenarioFolder::open(folder.path()).unwrap();
    let cases = load(&source, "unconfirmed.yaml", &Catalog::shipped().unwrap()).unwrap();
    let settings = Settings {
        rig: RigFile::sim().unwrap(),
        asked: Asked {
            folder: folder.path().display().to_string(),
            rig_file: None,
            flash: None,
            fixtures: None,
        },
        out: folder.path().join("out"),
        snapshots: None,
        jobs: 1,
        defect: None,
        exe: None,
    };
    std::fs::create_dir(&settings.out).unwrap();
    let result = suite::run_case(&cases[0], &settings, &interrupt::pair().1, &mut |_| {});
    let Verdict::Inconclusive { why } = result.outcome.verdict else {
        panic!("{:?}", result.outcome.verdict);
    };
    assert_eq!(
        why,
        ["fault `memory-bit-flip` could not be confirmed: not in effect 10 s after it was armed"]
    );
}
