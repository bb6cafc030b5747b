//! The same ways out on the simulated rig, where no pump lives on: its case is left as it should be all the same.

use super::guard::take_descriptors;
use super::*;

fn on_sim(bench: &Bench, by: &str, scenario: &str) -> Run {
    let rig = fixtures().join("rigs/sim.yaml");
    Run::start(bench, &["sh", "-c", by, "sh"], scenario, &rig, &[])
}

/// Its journal is closed, and says that therapy was ended.
fn assert_stopped(journal: &[u8], way: &str) {
    assert_closed(journal);
    let journal = String::from_utf8_lossy(journal);
    assert!(journal.contains("state from=running to=stopped cause=command"), "{way}");
}

#[test]
fn each_signal_and_lack_that_ends_a_run_on_the_simulated_rig() {
    for (by, lacks_descriptors, code) in [
        (Signal::INT, false, 130),
        (Signal::TERM, false, 130),
        (Signal::HUP, false, 130),
        (Signal::QUIT, false, 130),
        (Signal::USR1, false, 130),
        (Signal::XCPU, false, 130),
        // The results cannot be written.
        (Signal::INT, true, 3),
    ] {
        let bench = Bench::new();
        let mut run = on_sim(&bench, "exec \"$@\"", &busy());
        run.wait_until_journaled(r#""step":"3#100.1""#);
        if lacks_descriptors {
            take_descriptors(&run.harness);
        }
        signal(&run.harness, by);
        assert_eq!(run.end().code(), Some(code), "{by:?}: {}", run.terminal.shown);
        assert_stopped(&run.journal(), &format!("{by:?}"));
    }
}

#[test]
fn a_pass_a_failure_and_what_the_run_cannot_write_to_on_the_simulated_rig() {
    let fails = therapy("  - expect: {state: stopped}\n");
    for (way, by, scenario, code) in [
        ("pass", "exec \"$@\"", therapy(""), 0),
        ("failure", "exec \"$@\"", fails, 1),
        (
            "standard output full",
            "exec \"$@\" >/dev/full 2>/dev/full",
            therapy(""),
            3,
        ),
        ("standard output closed", "exec \"$@\" >&- 2>&-", therapy(""), 0),
        ("disk full from the begin", "ulimit -f 1; exec \"$@\"", busy(), 3),
        ("disk full on the way", "ulimit -f 64; exec \"$@\"", busy(), 3),
    ] {
        let bench = Bench::new();
        let mut run = on_sim(&bench, by, &scenario);
        assert_eq!(run.end().code(), Some(code), "{way}: {}", run.terminal.shown);
        let journal = run.journal();
        match way {
            // Where nothing can be written down no pump is touched; and where the journal breaks off the pump ends with the run.
            "disk full from the begin" => assert!(!journal.contains(&b'\n')),
            "disk full on the way" => assert_eq!(written(&run)["not_safe"], serde_json::json!([])),
            _ => assert_stopped(&journal, way),
        }
    }
}

#[test]
fn a_panic_and_a_stepped_host_clock_on_the_simulated_rig() {
    let bench = Bench::new();
    let mut panics = |once: bool| {
        let mut broken = false;
        let result = here(&bench, RigFile::sim().unwrap(), &mut |event| {
            let at_step = matches!(&event.body, Body::StepStarted { step, .. } if step.0 == "3");
            broken = at_step || (broken && !once);
            assert!(!broken, "a bug in the harness");
        });
        assert!(
            matches!(result.outcome.verdict, Verdict::Inconclusive { .. }),
            "{:?}",
            result.outcome.verdict
        );
        result
    };
    let broken = [true, false].map(&mut panics);
    let stepped = here(&bench, RigFile::sim().unwrap(), &mut |event| match &event.body {
        Body::StepStarted { step, .. } if step.0 == "2" => pump_hil_rig::host_time::step(86_400 * 400),
        Body::StepStarted { step, .. } if step.0 == "3" => pump_hil_rig::host_time::step(-86_400 * 800),
        _ => {}
    });
    pump_hil_rig::host_time::step(0);
    assert_eq!(stepped.outcome.verdict, Verdict::Passed);
    for result in broken.iter().chain([&stepped]) {
        assert_eq!(result.outcome.not_safe, [""; 0]);
    }
    assert_stopped(&std::fs::read(stepped.journal.unwrap()).unwrap(), "the last one");
}
