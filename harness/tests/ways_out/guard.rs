//! Ways out that the run itself cannot go: it is killed, it is stopped, its descriptors or its terminal are gone, the pump lies. What the next run is told.

use super::*;
use crate::bench::PROGRAM;
use rustix::process::{Resource, Rlimit, prlimit};
use std::process::{Child, Command};

/// A run of two hours of the pump's own, and how its journal tells of what it sent.
const SENT: &str = r#""event":"sent""#;

/// The next run on this bench: it is told of the one before first, makes the pump safe, and passes.
fn assert_next_is_told(bench: &Bench, out: &Path, says: &[&str]) {
    std::fs::remove_dir_all(out).unwrap();
    let rig = bench.rig(&bench.port(), PATIENT);
    let mut next = Run::start(bench, &[], &therapy(""), &rig, &[]);
    assert_left_well(bench, &mut next, 0, "passed");
    for word in says {
        assert!(next.terminal.shown.contains(word), "{word}: {}", next.terminal.shown);
    }
    let events = events(&next.journal(), false);
    let told = events.iter().position(|event| event["event"] == "earlier-run").unwrap();
    let asked = |event: &Value| event["event"] == "sent" && event["bytes"].as_str().unwrap().contains("identify");
    assert!(
        told < events.iter().position(asked).unwrap(),
        "the pump is made safe before anything else"
    );
}

#[test]
fn sigkill() {
    let bench = Bench::new();
    let mut run = in_therapy(&bench, &bench.port(), &[]);
    signal(&run.harness, Signal::KILL);
    run.end();
    let report = run.guard();
    assert_eq!(report["why"], "the run died");
    assert_eq!(report["did"][0], "stopped therapy");
    assert_eq!(report["failed"], serde_json::json!([]));
    assert_eq!(bench.state(), "stopped");
    assert_next_is_told(
        &bench,
        &run.out.clone(),
        &["an earlier run (process", "the run died; its guard made the pump safe"],
    );
}

#[test]
fn sigkill_of_run_and_guard() {
    let bench = Bench::new();
    let mut run = in_therapy(&bench, &bench.port(), &[]);
    run.kill_guard();
    signal(&run.harness, Signal::KILL);
    run.end();
    assert_eq!(bench.state(), "running", "nobody was left to stop it");
    assert_next_is_told(
        &bench,
        &run.out.clone(),
        &[
            "an earlier run (process",
            "nobody made the pump safe after it",
            "stopped therapy",
        ],
    );
}

#[test]
fn sigstop_for_three_times_the_rigs_limit() {
    let bench = Bench::new();
    let mut run = in_therapy(&bench, &bench.port(), &[]);
    let stopped = pump_hil_rig::host_time::now();
    freeze(&run.harness);
    let report = run.guard();
    assert_eq!(report["why"], "the run was stopped for longer than 2000 ms");
    assert_eq!(report["failed"], serde_json::json!([]));
    assert_eq!(bench.state(), "stopped");
    wait_for("three times the limit", || {
        (stopped.elapsed() > std::time::Duration::from_secs(6)).then_some(())
    });
    let sent = String::from_utf8(run.journal()).unwrap().matches(SENT).count();
    signal(&run.harness, Signal::CONT);
    let result = assert_left_well(&bench, &mut run, 3, "inconclusive");
    assert!(
        result["why"][0]
            .as_str()
            .unwrap()
            .contains("its guard made the pump on"),
        "{result}"
    );
    let journal = String::from_utf8(run.journal()).unwrap();
    // What it would have said is put down, and not sent: nothing more than the one request at which it found that out.
    assert!(journal.matches(SENT).count() <= sent + 1, "{journal}");
    assert!(journal.contains("its guard took over"), "{journal}");
}

#[test]
fn a_run_that_comes_to_its_end_leaves_neither_guard_nor_note() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), PATIENT);
    let mut run = Run::start(&bench, &[], &therapy("  - wait: 1 s\n"), &rig, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    let guard = run.child("guard").unwrap();
    assert_left_well(&bench, &mut run, 0, "passed");
    assert!(
        rustix::process::test_kill_process(guard).is_err(),
        "the guard is still there"
    );
    assert!(!run.journal_path().unwrap().with_extension("guard.json").exists());
    for file in std::fs::read_dir(bench.folder.path().join("state")).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().len(), 0);
    }
}

/// Lets it open nothing more.
pub fn take_descriptors(harness: &Child) {
    let none = Rlimit {
        current: Some(3),
        maximum: Some(3),
    };
    prlimit(Some(Pid::from_child(harness)), Resource::Nofile, none).unwrap();
}

#[test]
fn out_of_file_descriptors() {
    let bench = Bench::new();
    let mut run = in_therapy(&bench, &bench.port(), &[]);
    take_descriptors(&run.harness);
    signal(&run.harness, Signal::INT);
    run.end();
    assert_eq!(bench.state(), "stopped");
    assert_closed(&run.journal());
    assert!(!run.terminal.shown.contains("NOT SAFE"), "{}", run.terminal.shown);
}

#[test]
fn standard_output_that_is_full_or_closed() {
    for to in [">/dev/full 2>/dev/full", ">&- 2>&-"] {
        let bench = Bench::new();
        let rig = bench.rig(&bench.port(), PATIENT);
        let command = format!("exec \"$@\" {to}");
        let mut run = Run::start(&bench, &["sh", "-c", &command, "sh"], &therapy(""), &rig, &[]);
        run.end();
        assert_eq!(bench.state(), "stopped", "{to}");
        assert_closed(&run.journal());
    }
}

#[test]
fn a_cable_that_is_pulled_and_plugged_in_again() {
    let bench = Bench::new();
    let port = bench.folder.path().join("line");
    let plug = || {
        let cable = Cable::to(&bench.port());
        let _ = std::fs::remove_file(&port);
        std::os::unix::fs::symlink(&cable.port, &port).unwrap();
        cable
    };
    let cable = plug();
    let rig = bench.rig(&port, PATIENT);
    let mut run = Run::start(&bench, &[], &therapy_goes_on(), &rig, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    cable.pull();
    run.wait_until_journaled("rig-line-lost");
    let cable = plug();
    run.end();
    // First: a cable that still carries takes the pump's answer away.
    cable.pull();
    let result = assert_left_well(&bench, &mut run, 3, "inconclusive");
    assert!(result["why"][0].as_str().unwrap().contains("check cable"), "{result}");
    let journal = String::from_utf8(run.journal()).unwrap();
    assert!(journal.contains("for the line, which is back"), "{journal}");
}

/// CRC-16/IBM-3740, as PROTOCOL.md has it.
fn crc(line: &str) -> String {
    let crc = line.bytes().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    });
    format!("{line} *{crc:04X}\r\n")
}

#[test]
fn a_pump_that_answers_stop_and_goes_on() {
    let bench = Bench::new();
    let cable = Cable::with(&bench.port(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match text.split_once(" stop ") {
            Some((number, _)) if number.starts_with('#') => {
                (Vec::new(), crc(&(number.replace('#', "=") + " ok")).into())
            }
            _ => (bytes.to_vec(), Vec::new()),
        }
    });
    let rig = bench.rig(&cable.port, PATIENT);
    let mut run = Run::start(&bench, &[], &therapy(""), &rig, &[]);
    assert_eq!(run.end().code(), Some(1), "{}", run.terminal.shown);
    let result = result(&run);
    assert_eq!(result["reasons"][0]["kind"], "not-stopped");
    let not_safe = "the pump answered `stop`, and says that its state is running";
    assert!(result["not_safe"][0].as_str().unwrap().contains(not_safe), "{result}");
    assert!(
        run.terminal.shown.contains("NOT SAFE after way-out"),
        "{}",
        run.terminal.shown
    );
    // First: a cable that still carries takes the answer away.
    cable.pull();
    assert_eq!(bench.state(), "running", "it is as unsafe as was said");
}

#[test]
fn a_panic_at_every_event_from_a_step_on() {
    let bench = Bench::new();
    let mut broken = false;
    // On the way to safety as well: judge and listeners hear of an event in one place.
    let result = here(&bench, bench.rig_file(PATIENT), &mut |event| {
        broken |= matches!(&event.body, Body::StepStarted { step, .. } if step.0 == "3");
        assert!(!broken, "a bug in the judge");
    });
    assert_eq!(bench.state(), "stopped");
    assert_eq!(result.outcome.not_safe, [""; 0]);
    assert!(
        matches!(result.outcome.verdict, Verdict::Inconclusive { .. }),
        "{:?}",
        result.outcome.verdict
    );
    assert_closed(&std::fs::read(result.journal.unwrap()).unwrap());
}

#[test]
fn a_host_clock_that_is_set_forth_and_back() {
    let bench = Bench::new();
    let result = here(&bench, bench.rig_file(PATIENT), &mut |event| match &event.body {
        Body::StepStarted { step, .. } if step.0 == "2" => pump_hil_rig::host_time::step(86_400 * 400),
        Body::StepStarted { step, .. } if step.0 == "3" => pump_hil_rig::host_time::step(-86_400 * 800),
        _ => {}
    });
    pump_hil_rig::host_time::step(0);
    assert_eq!(bench.state(), "stopped");
    assert_eq!(
        result.outcome.verdict,
        Verdict::Passed,
        "no wait and no verdict goes by civil time"
    );
}

/// Each row of `docs/safety.md` names tests that there are, and each test here is named there.
#[test]
fn the_page_has_each_way_out() {
    let root = pump_hil_testing::repository::root();
    let page = std::fs::read_to_string(root.join("docs/safety.md")).unwrap();
    let tests: Vec<String> = pump_hil::pages::entries(&page)
        .into_iter()
        .filter_map(|mut way| way.more.pop())
        .collect();
    let mut sources = String::new();
    for folder in [
        "harness/tests/ways_out",
        "harness/tests/on_qemu",
        "harness/tests/board",
        "harness/rig/src/host_time.rs",
    ] {
        let folder = root.join(folder);
        for file in std::fs::read_dir(&folder).into_iter().flatten() {
            sources += &std::fs::read_to_string(file.unwrap().path()).unwrap();
        }
    }
    assert!(tests.len() >= 18, "{tests:?}");
    for row in tests {
        let tests = row.strip_prefix("tests: ").unwrap();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test in: {row}");
        for test in named {
            assert!(sources.contains(&format!("fn {test}(")), "there is no test `{test}`");
        }
    }
    let ways = concat!(include_str!("guard.rs"), include_str!("on_sim.rs"));
    for way in ways.split("#[test]\nfn ").skip(1) {
        let name = way.split('(').next().unwrap();
        assert!(
            name == "the_page_has_each_way_out" || page.contains(&format!("`{name}`")),
            "{name}"
        );
    }
    // What the command is called must not change behind the run's back.
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    assert!(
        !String::from_utf8(help.stdout).unwrap().contains("  guard"),
        "it is for the program alone"
    );
}
