//! However the harness ends, no QEMU is left behind.

use crate::{RIG, bench};
use pump_hil::rig::host_time;
use rustix::event::{Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often processes are looked at.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

/// The harness with a scenario of half a year, once its QEMU runs.
fn started(out: &std::path::Path, root: &std::path::Path) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
        .current_dir(root)
        .args([
            "run",
            "scenarios/refill-intervals.yaml",
            "--filter",
            "twice",
            "--rig",
            RIG,
            "--out",
        ])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    soon("QEMU starts", || is_there(child.id()));
    child
}

/// Whether there is a QEMU of the harness with this process number; one that is dead and not yet reaped is none.
fn is_there(harness: u32) -> bool {
    let folder = format!("pump-hil-qemu-{harness}-");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).contains(&folder))
}

fn soon(what: &str, mut is: impl FnMut() -> bool) {
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
