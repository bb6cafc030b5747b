//! Each way out of a run (docs/safety.md) with the pump in QEMU: therapy was ended, the exit code is right, and no QEMU is left.

use crate::bench;
use crate::names::pump_hil;
use crate::variant::{image, rig};
use crate::ways_out::{is_there, qemu_whose, soon};
use pump_hil::files::{self, ScenarioFolder};
use pump_hil::interrupt;
use pump_hil::report::ScenarioResult;
use pump_hil::suite::{self, Settings};
use pump_hil_language::scenario;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{RigFile, host_time};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Therapy that goes on, and a journal that grows.
const GOES_ON: &str = "  - repeat: 100000\n    every: 1 min\n    steps:\n      - do: status\n";
/// In the middle of it.
const IN_THERAPY: &str = r#""step":"3#100.1""#;

/// A folder with a scenario in which therapy runs, and what happens then.
fn folder(then: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scenario = format!(
        "scenario: way-out\nsummary: Therapy runs when the run ends.\n\
         prescription: {{drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}}\nsnapshot: none\n\
         timeline:\n  - do: start\n  - expect: {{state: running}}\n{then}"
    );
    std::fs::write(folder.path().join("way-out.yaml"), scenario).unwrap();
    folder
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("out/way-out@qemu-microbit.jsonl")
}

/// What the journal holds so far.
fn text(folder: &Path) -> String {
    std::fs::read_to_string(journal(folder)).unwrap_or_default()
}

/// The harness that plays it; `by` are words of a shell around it.
fn started(root: &Path, folder: &Path, by: &str) -> Child {
    let program = pump_hil(root).get_program().to_owned();
    let rig = rig(root, folder, &[]);
    let mut shell = Command::new("env");
    // Who runs these tests may ignore signals, and whoever he starts inherits that.
    shell
        .args(["--default-signal=HUP,INT,QUIT,TERM", "sh", "-c", by, "sh"])
        .arg(program);
    shell.args(["run", "--fixtures", "fixtures", "--rig", &rig, "--out"]);
    shell.arg(folder.join("out")).arg(folder.join("way-out.yaml"));
    let quiet = shell
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.spawn().unwrap()
}

/// Its end, with no QEMU left.
fn ended(mut child: Child) -> ExitStatus {
    let status = child.wait().unwrap();
    soon("QEMU ends", || !is_there(child.id()));
    status
}

/// Its journal is closed, and says that therapy was ended, and seen to be.
fn assert_left_safe(folder: &Path, way: &str) {
    let text = text(folder);
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [.., made_safe, ended] = &*events else {
        panic!("{way}: {text}")
    };
    assert_eq!(
        (&ended["event"], &made_safe["event"]),
        (&json!("ended"), &json!("made-safe")),
        "{way}"
    );
    assert_eq!(
        (&made_safe["did"][0], &made_safe["failed"]),
        (&json!("stopped therapy"), &json!([])),
        "{way}"
    );
    assert!(text.contains("state from=running to=stopped cause=command"), "{way}");
}

#[test]
fn each_signal_and_lack_that_ends_a_run_in_qemu() {
    let Some(root) = bench() else { return };
    for (by, lacks_descriptors, code) in [
        (Signal::HUP, false, 130),
        (Signal::QUIT, false, 130),
        (Signal::USR1, false, 130),
        (Signal::XCPU, false, 130),
        // The results cannot be written.
        (Signal::INT, true, 3),
    ] {
        let way = &format!("{by:?}");
        let folder = folder(GOES_ON);
        let child = started(&root, folder.path(), "exec \"$@\"");
        soon(way, || text(folder.path()).contains(IN_THERAPY));
        if lacks_descriptors {
            let none = Rlimit {
                current: Some(3),
                maximum: Some(3),
            };
            prlimit(Some(Pid::from_child(&child)), Resource::Nofile, none).unwrap();
        }
        kill_process(Pid::from_child(&child), by).unwrap();
        assert_eq!(ended(child).code(), Some(code), "{way}");
        assert_left_safe(folder.path(), way);
    }
}

#[test]
fn a_pass_a_failure_and_what_the_run_cannot_write_to_in_qemu() {
    let Some(root) = bench() else { return };
    for (way, by, then, code) in [
        ("pass", "exec \"$@\"", "", 0),
        ("failure", "exec \"$@\"", "  - expect: {state: stopped}\n", 1),
        ("standard output full", "exec \"$@\" >/dev/full 2>/dev/full", "", 3),
        ("standard output closed", "exec \"$@\" >&- 2>&-", "", 0),
        ("disk full from the begin", "ulimit -f 1; exec \"$@\"", GOES_ON, 3),
        ("disk full on the way", "ulimit -f 64; exec \"$@\"", GOES_ON, 3),
    ] {
        let folder = folder(then);
        let status = ended(started(&root, folder.path(), by));
        assert_eq!(status.code(), Some(code), "{way}");
        match way {
            // Where nothing can be written down no pump is touched; and where the journal breaks off the results say how the pump was left.
            "disk full from the begin" => assert!(!text(folder.path()).contains('\n')),
            "disk full on the way" => {
                let results = std::fs::read(folder.path().join("out/results.json")).unwrap();
                let results: Value = serde_json::from_slice(&results).unwrap();
                assert_eq!(results["results"][0]["not_safe"], json!([]));
            }
            _ => assert_left_safe(folder.path(), way),
        }
    }
}

/// The same in this very process, where what hears of its events may do anything; the image has a name of its own, by which its QEMU is known.
fn here(root: &Path, hear: &mut dyn FnMut(&Event)) -> ScenarioResult {
    let folder = folder("  - wait: 1 s\n");
    let elf = folder.path().join("way-out.elf");
    std::fs::copy(image(root), &elf).unwrap();
    let own = |path: &Path| path.display().to_string();
    let device = (
        "device: stub",
        &*format!("device: {}", own(&root.join("fixtures/devices/stub.yaml"))),
    );
    let rig = rig(root, folder.path(), &[(&own(&image(root)), &own(&elf)), device]);
    let Ok(catalog) = files::catalog(Some(&root.join("fixtures"))) else {
        panic!("the fixtures are wrong")
    };
    let scenarios = ScenarioFolder::open(folder.path()).unwrap();
    let cases = scenario::load(&scenarios, "way-out.yaml", &catalog).unwrap();
    let settings = Settings::new(RigFile::load(Path::new(&rig)).unwrap(), folder.path().join("out"));
    let mut ran = false;
    let result = suite::run_case(&cases[0], &settings, &interrupt::pair().1, &mut |event| {
        ran |= qemu_whose(&own(&elf)).is_some();
        hear(event);
    });
    assert!(ran && qemu_whose(&own(&elf)).is_none(), "QEMU ran, and is gone");
    assert_eq!(result.outcome.not_safe, [""; 0]);
    assert_left_safe(folder.path(), "in this process");
    result
}

#[test]
fn a_panic_in_the_runner_or_the_judge_with_the_pump_in_qemu() {
    let Some(root) = bench() else { return };
    for once in [true, false] {
        let mut panics = false;
        let result = here(&root, &mut |event| {
            let at_step = matches!(&event.body, Body::StepStarted { step, .. } if step.0 == "3");
            panics = at_step || (panics && !once);
            assert!(!panics, "a bug in the harness");
        });
        assert!(
            matches!(result.outcome.verdict, Verdict::Inconclusive { .. }),
            "{:?}",
            result.outcome.verdict
        );
    }
}

#[test]
fn a_host_clock_that_is_set_forth_and_back_with_the_pump_in_qemu() {
    let Some(root) = bench() else { return };
    let result = here(&root, &mut |event| match &event.body {
        Body::StepStarted { step, .. } if step.0 == "2" => host_time::step(86_400 * 400),
        Body::StepStarted { step, .. } if step.0 == "3" => host_time::step(-86_400 * 800),
        _ => {}
    });
    host_time::step(0);
    assert_eq!(result.outcome.verdict, Verdict::Passed);
}
