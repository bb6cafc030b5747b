//! `nesp-lib` 2.0.0, a pump library that others wrote, as it is on PyPI, drives the syringe pump over a pseudo-terminal: what it takes for a New Era
//! pump is one on the line. Needs Python with `venv`, and PyPI once; where something is missing a test says SKIPPED.

use pump_hil_emulators::peers;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ended with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the driver said, or the last line of what went wrong; `None`: SKIPPED was told.
fn driven(parts: &[&str], pump: &[&str]) -> Option<Result<String, String>> {
    let venv = peers::installed()?;
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("pump");
    let mut emulator = Command::new(env!("CARGO_BIN_EXE_emulator"));
    // It comes back from a power cut, as every pump does that is switched on.
    emulator
        .args(["syringe", "--power-on-alarm", "--pty"])
        .arg(&port)
        .args(pump);
    let mut emulator = Running(emulator.stdout(Stdio::piped()).spawn().unwrap());
    let mut told = String::new();
    BufReader::new(emulator.0.stdout.take().unwrap())
        .read_line(&mut told)
        .unwrap();
    assert_eq!(told, "ready\n");
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/nesp_driver.py");
    let mut python = Command::new("timeout");
    python
        .arg("60")
        .arg(venv.join("bin/python"))
        .arg(driver)
        .arg(&port)
        .args(parts);
    let ended = python.stdin(Stdio::null()).output().unwrap();
    let wrong = String::from_utf8_lossy(&ended.stderr);
    Some(match ended.status.success() {
        true => Ok(String::from_utf8(ended.stdout).unwrap()),
        false => Err(wrong.lines().last().unwrap_or_default().to_owned()),
    })
}

#[test]
fn it_sets_runs_reads_and_clears() {
    // 0.25 mL at 2.5 mL/min: six seconds, or 0.3 here.
    let Some(said) = driven(&["one-dose"], &["--speed", "20"]) else {
        return;
    };
    assert_eq!(
        said.unwrap(),
        "model 1000 3 928 0\nset 26.59 0.25 2.5\ngiven 0.25 0.0 STOPPED\ncleared 0.0\n"
    );
}

#[test]
fn it_stops_a_dose_and_is_refused_what_the_syringe_cannot() {
    let Some(said) = driven(&["one-dose", "stopped"], &["--speed", "20"]) else {
        return;
    };
    let said = said.unwrap();
    let (_, said) = said.split_once("cleared 0.0\n").expect("the first dose");
    assert_eq!(said, "running True True\nstopped False PAUSED True\nout of range\n");
}

#[test]
fn it_finds_the_alarm_of_a_stalled_motor() {
    let stall = ["--speed", "20", "--misbehave", "stalls-at:300"];
    let Some(said) = driven(&["alarm"], &stall) else {
        return;
    };
    let said = said.unwrap();
    assert!(said.ends_with("alarm STALLED True\nafter STOPPED 0.3\n"), "{said}");
}

#[test]
fn it_speaks_in_safe_frames_with_their_checks() {
    let Some(said) = driven(&["safe"], &[]) else {
        return;
    };
    let said = said.unwrap();
    assert!(said.ends_with("safe 100 STOPPED\nbasic 0\n"), "{said}");
}

#[test]
fn a_pump_that_damages_its_frames_is_found_out() {
    // Three frames in basic mode, which has no check; in safe mode the second one is wrong.
    let Some(said) = driven(&["safe"], &["--misbehave", "wrong-check:5"]) else {
        return;
    };
    assert_eq!(said, Err("nesp_lib.exceptions.ChecksumReplyException".to_owned()));
}
