//! Every way out of a run leaves the pump safe, the terminal sane, and the journal closed. The real program runs at a terminal against a pump in another
//! process; afterwards the pump itself is asked how it was left, and the journal is read without the harness's own reader.

#![cfg(feature = "sim")]

mod bench;
mod guard;
mod journal;
mod on_sim;

use bench::{Bench, Cable, Run, fixtures, freeze, signal, wait_for};
use journal::{assert_closed, events, replay};
use pump_hil::files::{self, ScenarioFolder};
use pump_hil::interrupt;
use pump_hil::report::ScenarioResult;
use pump_hil::suite::{self, Settings};
use pump_hil_language::scenario;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;
use rustix::process::{Pid, Signal, getpgid};
use serde_json::Value;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};

/// For a reply: more than any host takes, so that no silence is for its slowness.
const PATIENT: &str = "60 s";
const IN_THE_WAIT: &str = r#""event":"step-started","step":"3""#;

/// A scenario in which therapy runs, with what happens then.
fn therapy(then: &str) -> String {
    format!(
        "scenario: way-out\nsummary: Therapy runs when the run ends.\n\
         prescription: {{drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}}\nsnapshot: none\n\
         timeline:\n  - do: start\n  - expect: {{state: running}}\n{then}"
    )
}

fn therapy_goes_on() -> String {
    therapy("  - wait: 10 min\n")
}

/// Starts a run in which therapy goes on, and waits until it does: the step before told so.
fn in_therapy(bench: &Bench, port: &Path, options: &[&str]) -> Run {
    let rig = bench.rig(port, PATIENT);
    let mut run = Run::start(bench, &[], &therapy_goes_on(), &rig, options);
    run.wait_until_journaled(IN_THE_WAIT);
    run
}

/// The one result in results.json.
fn written(run: &Run) -> Value {
    let text = std::fs::read(run.out.join("results.json")).unwrap();
    let all: Value = serde_json::from_slice(&text).unwrap();
    all["results"][0].clone()
}

/// The same. A replay of the journal comes to that too.
fn result(run: &Run) -> Value {
    let result = written(run);
    let (code, replayed) = replay(&run.journal_path().unwrap());
    let word = match code {
        Some(0) => "passed",
        Some(1) => "failed",
        Some(3) => "inconclusive",
        other => panic!("{other:?}: {replayed}"),
    };
    assert_eq!(word, result["verdict"], "{replayed}");
    let said = ["why", "not_safe"].map(|key| result[key].as_array().cloned().unwrap_or_default());
    for why in said.iter().flatten() {
        assert!(replayed.contains(why.as_str().unwrap()), "{why} is not in: {replayed}");
    }
    result
}

/// The run ended with `code` and `verdict`; the pump is stopped, the terminal sane, the journal closed.
fn assert_left_well(bench: &Bench, run: &mut Run, code: i32, verdict: &str) -> Value {
    let status = run.end();
    assert_eq!(status.code(), Some(code), "{status}: {}", run.terminal.shown);
    assert_eq!(bench.state(), "stopped");
    run.terminal.assert_sane();
    assert_closed(&run.journal());
    let result = result(run);
    assert_eq!(result["verdict"], verdict);
    assert_eq!(result["not_safe"], serde_json::json!([]));
    assert!(!run.terminal.shown.contains("NOT SAFE"), "{}", run.terminal.shown);
    result
}

#[test]
fn a_pass() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), PATIENT);
    let mut run = Run::start(&bench, &[], &therapy(""), &rig, &[]);
    assert_left_well(&bench, &mut run, 0, "passed");
    assert!(
        run.terminal.shown.contains("0/1"),
        "no bar was drawn: {}",
        run.terminal.shown
    );
}

#[test]
fn a_failure() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), PATIENT);
    let scenario = therapy("  - expect: {state: stopped}\n");
    let mut run = Run::start(&bench, &[], &scenario, &rig, &[]);
    let result = assert_left_well(&bench, &mut run, 1, "failed");
    assert_eq!(result["reasons"][0]["kind"], "expectation");
}

#[test]
fn a_pump_that_runs_and_cannot_be_set_up() {
    let bench = Bench::new();
    // Whoever was here before left it running; on a cable of its own, because the lock of a port whose user was killed stays.
    let cable = Cable::to(&bench.port());
    let mut before = in_therapy(&bench, &cable.port, &[]);
    before.kill_guard();
    signal(&before.harness, Signal::KILL);
    before.end();
    cable.pull();
    assert_eq!(bench.state(), "running");
    std::fs::remove_dir_all(&before.out).unwrap();

    let rig = bench.rig(&bench.port(), PATIENT);
    let scenario = therapy("").replace("0.5 mL/day", "90 mL/day");
    let mut run = Run::start(&bench, &[], &scenario, &rig, &[]);
    let result = assert_left_well(&bench, &mut run, 1, "failed");
    let came = result["reasons"][0]["came"].as_str().unwrap();
    assert_eq!(
        came, "it refused `rate` of the prescription with `out-of-range`; it says: limit 24 mL/day",
        "{result}"
    );
    // The lines of it are in the journal.
    let events = events(&run.journal(), false);
    let unfit = events.iter().find(|event| event["event"] == "unfit").unwrap();
    let lines = ["request", "came"].map(|key| unfit[key].as_str().unwrap());
    assert!(
        lines[0].contains("rate=90000000nl/d") && lines[1].contains("out-of-range"),
        "{unfit}"
    );
}

/// Ends a run in therapy by a signal.
fn by_signal(by: Signal, name: &str) {
    let bench = Bench::new();
    let mut run = in_therapy(&bench, &bench.port(), &[]);
    signal(&run.harness, by);
    let result = assert_left_well(&bench, &mut run, 130, "inconclusive");
    assert_eq!(result["why"], serde_json::json!([format!("interrupted by {name}")]));
    let said = format!("Interrupted by {name}: 0 cases not run");
    assert!(run.terminal.shown.contains(&said), "{}", run.terminal.shown);
}

#[test]
fn sigint() {
    by_signal(Signal::INT, "SIGINT");
}

#[test]
fn sigterm() {
    by_signal(Signal::TERM, "SIGTERM");
}

#[test]
fn sighup() {
    by_signal(Signal::HUP, "SIGHUP");
}

#[test]
fn sigquit() {
    by_signal(Signal::QUIT, "SIGQUIT");
}

#[test]
fn sigusr1() {
    by_signal(Signal::USR1, "SIGUSR1");
}

#[test]
fn sigxcpu() {
    by_signal(Signal::XCPU, "SIGXCPU");
}

#[test]
fn a_failure_that_was_seen_before_the_run_was_broken_off_stays_one() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), PATIENT);
    let scenario = therapy("  - expect: {state: stopped}\n  - wait: 10 min\n");
    let mut run = Run::start(&bench, &[], &scenario, &rig, &[]);
    run.wait_until_journaled(r#""event":"step-started","step":"4""#);
    signal(&run.harness, Signal::INT);
    let result = assert_left_well(&bench, &mut run, 1, "failed");
    assert_eq!(result["reasons"].as_array().unwrap().len(), 1);
}

#[test]
fn a_second_sigint_while_the_pump_is_being_made_safe() {
    let bench = Bench::new();
    let mut run = in_therapy(&bench, &bench.port(), &[]);
    // The pump takes its time, so that the way to safety is long.
    freeze(&bench.pump);
    signal(&run.harness, Signal::INT);
    run.wait_until_journaled(" stop *");
    signal(&run.harness, Signal::INT);
    signal(&run.harness, Signal::TERM);
    signal(&bench.pump, Signal::CONT);
    assert_left_well(&bench, &mut run, 130, "inconclusive");
}

#[test]
fn ctrl_c_at_the_terminal_of_a_pump_that_the_harness_started() {
    let bench = Bench::new();
    let rig = bench.rig_of("{kind: sim-process}", PATIENT);
    let mut run = Run::start(&bench, &[], &therapy_goes_on(), &rig, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    // Ctrl-C goes to everything in the harness's group: the pump must outlive it until it is stopped.
    let group = getpgid(run.pump()).unwrap();
    assert_ne!(group, Pid::from_child(&run.harness));
    run.terminal.type_in(b"\x03");
    assert_eq!(run.end().code(), Some(130), "{}", run.terminal.shown);
    run.terminal.assert_sane();
    assert_closed(&run.journal());
    assert_eq!(result(&run)["why"], serde_json::json!(["interrupted by SIGINT"]));
    // Its pump ends with the harness; that it was stopped before, and not just killed, is in what it said.
    let stopped = String::from_utf8(run.journal()).unwrap();
    assert!(
        stopped.contains("state from=running to=stopped cause=command"),
        "{stopped}"
    );
}

#[test]
fn a_terminal_that_is_closed() {
    let bench = Bench::new();
    // Whatever is shown from now on is an error, and there is a lot to show.
    let mut run = in_therapy(&bench, &bench.port(), &["--log", "debug"]);
    run.terminal.close();
    assert_eq!(run.end().code(), Some(130));
    assert_eq!(bench.state(), "stopped");
    assert_closed(&run.journal());
    assert_eq!(result(&run)["why"], serde_json::json!(["interrupted by SIGHUP"]));
}

/// The case of a run in this very process; what hears its events may do anything.
fn here(bench: &Bench, rig: RigFile, hear: &mut dyn FnMut(&Event)) -> ScenarioResult {
    bench.write("way-out.yaml", &therapy("  - wait: 1 s\n"));
    let folder = ScenarioFolder::open(bench.folder.path()).unwrap();
    let Ok(catalog) = files::catalog(Some(&fixtures())) else {
        panic!("the fixtures are wrong");
    };
    let cases = scenario::load(&folder, "way-out.yaml", &catalog).unwrap();
    let settings = Settings::new(rig, bench.folder.path().join("out"));
    suite::run_case(&cases[0], &settings, &interrupt::pair().1, hear)
}

#[test]
fn a_panic_in_a_step() {
    let bench = Bench::new();
    let result = here(&bench, bench.rig_file(PATIENT), &mut |event| {
        if matches!(&event.body, Body::StepStarted { step, .. } if step.0 == "3") {
            panic!("a bug in the harness");
        }
    });
    assert_eq!(bench.state(), "stopped");
    assert_eq!(result.outcome.not_safe, [""; 0]);
    let Verdict::Inconclusive { why } = &result.outcome.verdict else {
        panic!("{:?}", result.outcome.verdict);
    };
    let why: Vec<String> = why.iter().map(ToString::to_string).collect();
    assert_eq!(
        why,
        ["pump-hil itself failed (a bug in the harness); please report this"]
    );
    let journal = PathBuf::from(result.journal.unwrap());
    assert_closed(&std::fs::read(&journal).unwrap());
    let (code, replayed) = replay(&journal);
    assert!(code == Some(3) && replayed.contains(&why[0]), "{code:?}: {replayed}");
}

/// The pump could not be made safe: that is said last of all verdicts, with what to do; terminal and journal are as they should be all the same.
fn assert_not_safe(run: &mut Run, code: i32, says: &str) -> Value {
    let status = run.end();
    assert_eq!(status.code(), Some(code), "{status}: {}", run.terminal.shown);
    run.terminal.assert_sane();
    assert_closed(&run.journal());
    let result = result(run);
    assert_eq!(result["verdict"], "inconclusive");
    let shout = run.terminal.shown.lines().rev().nth(1).unwrap();
    for word in ["NOT SAFE after way-out", says, "SWITCH THE PUMP OFF BY HAND"] {
        assert!(shout.contains(word), "{shout}");
    }
    assert!(result["not_safe"][0].as_str().unwrap().contains(says), "{result}");
    result
}

#[test]
fn a_cable_that_is_pulled() {
    let bench = Bench::new();
    let cable = Cable::to(&bench.port());
    let rig = bench.rig_in_a_hurry(&cable.port);
    let mut run = Run::start(&bench, &[], &therapy_goes_on(), &rig, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    cable.pull();
    let result = assert_not_safe(&mut run, 3, "`stop` could not be sent");
    assert!(result["why"][0].as_str().unwrap().contains("check cable"), "{result}");
    assert!(run.terminal.shown.contains("(last heard of: running)"));
    assert_eq!(bench.state(), "running", "it is as unsafe as was said");
}

#[test]
fn a_pump_that_is_gone() {
    let mut bench = Bench::new();
    let rig = bench.rig_in_a_hurry(&bench.port());
    let mut run = Run::start(&bench, &[], &therapy_goes_on(), &rig, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    bench.pump.kill().unwrap();
    assert_not_safe(&mut run, 3, "`stop` could not be sent");
}

#[test]
fn a_pump_that_hangs_from_the_begin() {
    let bench = Bench::new();
    freeze(&bench.pump);
    let rig = bench.rig(&bench.port(), "50 ms");
    let mut run = Run::start(&bench, &[], &therapy_goes_on(), &rig, &[]);
    let result = assert_not_safe(&mut run, 3, "the pump did not answer `stop`");
    assert!(
        result["why"][0].as_str().unwrap().contains("no answer to `identify`"),
        "{result}"
    );
}

#[test]
fn a_pump_that_hangs_when_it_is_to_be_made_safe() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), "2 s");
    let mut run = Run::start(&bench, &[], &therapy_goes_on(), &rig, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    freeze(&bench.pump);
    signal(&run.harness, Signal::INT);
    // Its silence came after the run was broken off: it says nothing of the pump.
    let result = assert_not_safe(&mut run, 3, "the pump did not answer `stop`");
    assert_eq!(result["why"][0], "interrupted by SIGINT");
}

/// A scenario that writes a lot, and ends in a day.
fn busy() -> String {
    therapy("  - repeat: 100000\n    every: 1 ms\n    steps:\n      - do: status\n")
}

#[test]
fn kill_9() {
    let bench = Bench::new();
    let rig = bench.rig_of("{kind: sim-process}", PATIENT);
    let mut run = Run::start(&bench, &[], &busy(), &rig, &[]);
    run.wait_until_journaled(r#""step":"3#100.1""#);
    signal(&run.harness, Signal::KILL);
    assert_eq!(run.end().signal(), Some(Signal::KILL.as_raw()));
    wait_for("the end of the pump that the harness started", || {
        run.pump().is_none().then_some(())
    });

    let (path, mut journal) = (run.journal_path().unwrap(), run.journal());
    events(&journal, true);
    let (code, replayed) = replay(&path);
    assert!(
        code == Some(3) && replayed.contains("the journal has no end"),
        "{code:?}: {replayed}"
    );
    // Killed in the middle of a write.
    let last = journal.iter().rposition(|byte| *byte == b'\n').unwrap();
    journal.truncate(last - 20);
    std::fs::write(&path, &journal).unwrap();
    let torn = format!("the journal is cut off in line {}", events(&journal, true).len() + 1);
    let (code, replayed) = replay(&path);
    assert!(
        code == Some(3) && replayed.contains(&torn),
        "{torn} is not in {code:?}: {replayed}"
    );
}

#[test]
fn a_folder_that_another_run_is_writing_into() {
    let bench = Bench::new();
    let mut first = in_therapy(&bench, &bench.port(), &[]);
    let rig = bench.rig_of("{kind: sim-process}", PATIENT);
    let mut second = Run::start(&bench, &[], &therapy(""), &rig, &[]);
    assert_eq!(second.end().code(), Some(2), "{}", second.terminal.shown);
    let holder = format!("another run (process {}) is writing there", first.harness.id());
    assert!(second.terminal.shown.contains(&holder), "{}", second.terminal.shown);
    let journal = first.journal();
    assert!(!events(&journal, true).is_empty(), "it was not written over");

    // The folder is free as soon as the process is gone, however it went.
    signal(&first.harness, Signal::KILL);
    first.end();
    let mut third = Run::start(&bench, &[], &therapy(""), &rig, &[]);
    assert_eq!(third.end().code(), Some(0), "{}", third.terminal.shown);
}

#[test]
fn a_disk_that_takes_nothing_from_the_begin() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), PATIENT);
    let limited = ["sh", "-c", "ulimit -f 1; exec \"$@\"", "limited"];
    let mut run = Run::start(&bench, &limited, &therapy_goes_on(), &rig, &[]);
    assert_eq!(run.end().code(), Some(3), "{}", run.terminal.shown);
    run.terminal.assert_sane();
    for told in ["way-out@bench.jsonl", "results.json", "File too large"] {
        assert!(run.terminal.shown.contains(told), "{told}: {}", run.terminal.shown);
    }
    assert_eq!(bench.state(), "stopped");
}

#[test]
fn a_disk_that_is_full_on_the_way() {
    let bench = Bench::new();
    let rig = bench.rig(&bench.port(), PATIENT);
    let limited = ["sh", "-c", "ulimit -f 64; exec \"$@\"", "limited"];
    let mut run = Run::start(&bench, &limited, &busy(), &rig, &[]);
    assert_eq!(run.end().code(), Some(3), "{}", run.terminal.shown);
    assert_eq!(bench.state(), "stopped");
    run.terminal.assert_sane();
    // It cannot be closed, but holds up to where it breaks off.
    assert!(
        events(&run.journal(), true)
            .iter()
            .any(|event| event["event"] == "begun")
    );
    let result = written(&run);
    assert_eq!(result["verdict"], "inconclusive");
    assert_eq!(result["not_safe"], serde_json::json!([]));
    assert_eq!(replay(&run.journal_path().unwrap()).0, Some(3));
}
