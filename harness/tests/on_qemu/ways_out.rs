//! However the harness ends, no QEMU is left behind.

use crate::variant::rig;
use crate::{RIG, bench};
use pump_hil_rig::host_time;
use rustix::event::{Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

/// How often processes are looked at.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

/// The harness with a scenario of half a year, once its QEMU runs.
fn started(out: &std::path::Path, root: &std::path::Path) -> Child {
    let child = half_a_year(out, root, RIG)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    soon("QEMU starts", || is_there(child.id()));
    child
}

fn half_a_year(out: &std::path::Path, root: &std::path::Path, rig: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    command
        .current_dir(root)
        .args([
            "run",
            "scenarios/refill-intervals.yaml",
            "--filter",
            "twice",
            "--rig",
            rig,
            // One of them gives QEMU arguments of its own.
            "--trust-rig",
            "--out",
        ])
        .arg(out);
    command
}

/// The same, with its log, in the middle of the case.
fn in_the_case(out: &std::path::Path, root: &std::path::Path, rig: &str) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut child = half_a_year(out, root, rig)
        .args(["--progress", "none", "--log", "pump_hil=debug"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("scenario begins")));
    (child, log)
}

/// The QEMU of the harness with this process number; one that is dead and not yet reaped is none.
fn qemu_of(harness: u32) -> Option<Pid> {
    qemu_whose(&format!("pump-hil-qemu-{harness}-"))
}

/// The QEMU with this among its arguments.
pub(crate) fn qemu_whose(argument: &str) -> Option<Pid> {
    let mut processes = std::fs::read_dir("/proc").unwrap().flatten();
    let found = processes.find(|process| {
        let line = std::fs::read(process.path().join("cmdline"));
        line.is_ok_and(|line| String::from_utf8_lossy(&line).contains(argument))
    })?;
    Pid::from_raw(found.file_name().to_string_lossy().parse().ok()?)
}

pub(crate) fn is_there(harness: u32) -> bool {
    qemu_of(harness).is_some()
}

pub(crate) fn soon(what: &str, mut is: impl FnMut() -> bool) {
    let begun = host_time::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        // Nobody can wait on another process's child.
        let _ = poll(&mut [], Some(&LOOK_EVERY));
    }
}

#[test]
fn no_signal_leaves_a_qemu_behind() {
    let Some(root) = bench() else { return };
    for signal in [Signal::TERM, Signal::INT, Signal::KILL] {
        let out = tempfile::tempdir().unwrap();
        let mut child = started(out.path(), &root);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        if signal != Signal::KILL {
            assert_eq!(status.code(), Some(130), "{signal:?}");
        }
        soon("QEMU ends", || !is_there(child.id()));
    }
}

#[test]
fn a_qemu_that_is_killed_or_held_up_in_the_middle_of_a_case_is_told_as_that_and_is_no_hazard() {
    let Some(root) = bench() else { return };
    let killed = "it ended (signal: 9 (SIGKILL)); it said";
    let aloud = ("elf: ", "args: [-d, int], elf: ");
    for (signal, replaced, told) in [
        (Signal::KILL, &[][..], format!("{killed} nothing; run again")),
        // More than a pipe holds.
        (Signal::KILL, &[aloud][..], format!("{killed}: ")),
        (
            Signal::STOP,
            &[][..],
            "it does not answer: nothing came from its ".to_owned(),
        ),
    ] {
        let out = tempfile::tempdir().unwrap();
        let rig = rig(&root, out.path(), replaced);
        let (child, log) = in_the_case(out.path(), &root, &rig);
        kill_process(qemu_of(child.id()).unwrap(), signal).unwrap();
        // To its end: a log that nobody reads would hold the harness up.
        let log: Vec<String> = log.map(Result::unwrap).collect();
        let ran = child.wait_with_output().unwrap();
        let report = log.iter().skip_while(|line| !line.starts_with("INCONCLUSIVE"));
        let said = report.map(String::as_str).collect::<Vec<_>>().join("\n") + &String::from_utf8_lossy(&ran.stdout);
        assert_eq!(ran.status.code(), Some(3), "{said}");
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("the rig, not the pump"))
            .collect();
        assert_eq!(lines.len(), 1, "{said}");
        assert!(
            lines[0].contains(&format!("the rig, not the pump: QEMU: {told}")),
            "{said}"
        );
        assert_eq!(lines[0].contains("exception"), !replaced.is_empty(), "{said}");
        for hardware in ["cable", "SWITCH", "NOT SAFE", "probe failed"] {
            assert!(!said.contains(hardware), "{hardware}: {said}");
        }
        assert!(!log.iter().any(|line| line.contains("not safe")), "{log:#?}");
    }
}

#[test]
fn who_stops_a_run_and_lets_it_go_on_loses_nothing() {
    let Some(root) = bench() else { return };
    let out = tempfile::tempdir().unwrap();
    let (child, log) = in_the_case(out.path(), &root, RIG);
    let harness = Pid::from_child(&child);
    let qemu = qemu_of(child.id()).unwrap();
    // First QEMU, so that the harness is stopped where it waits for an answer; and then for longer than that may take.
    for (process, signal, seconds) in [
        (qemu, Signal::STOP, 1),
        (harness, Signal::STOP, 6),
        (qemu, Signal::CONT, 0),
        (harness, Signal::CONT, 0),
    ] {
        kill_process(process, signal).unwrap();
        let wait = Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        };
        let _ = poll(&mut [], Some(&wait));
    }
    kill_process(harness, Signal::INT).unwrap();
    let log: Vec<String> = log.map(Result::unwrap).collect();
    let ran = child.wait_with_output().unwrap();
    assert_eq!(ran.status.code(), Some(130), "{log:#?}");
    for trouble in ["QEMU", "cable", "SWITCH", "not safe"] {
        assert!(!log.iter().any(|line| line.contains(trouble)), "{trouble}: {log:#?}");
    }
    assert!(log.iter().any(|line| line.contains("stopped therapy")), "{log:#?}");
}
