//! By the host's clock, as on a board without a test block.

use crate::bench;
use crate::names::{run, said};
use crate::start::journal;
use crate::variant::rig;
use pump_hil_model::event::{Body, Said};

const SCENARIO: &str = "\
scenario: of-its-own
summary: It is made for a test.
prescription: {drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day}
snapshot: none
timeline:
  - expect: {state: stopped}
";

#[test]
fn what_the_set_up_brought_about_stands_before_the_begin() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("of-its-own.yaml");
    std::fs::write(&file, SCENARIO).unwrap();
    let rig = rig(&root, folder.path(), &[("kind: virtual", "kind: real, scale: 1")]);
    let out = folder.path().join("out");
    // What came late came late in one of two runs.
    for _ in 0..4 {
        let ran = run(&root, &file, &rig, &out);
        assert!(ran.status.success(), "{}", said(&ran));
        let events = journal(&out);
        let begun = events.iter().position(|event| event.body == Body::Begun).unwrap();
        let of_the_commit = |said: &Said| matches!(said, Said::Other { kind, .. } if kind == "rx");
        let commit = events
            .iter()
            .position(|event| matches!(&event.body, Body::Pump { said, .. } if of_the_commit(said)));
        assert!(commit.unwrap() < begun);
    }
}
