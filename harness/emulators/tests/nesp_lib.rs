//! `nesp-lib` 2.0.0, a pump library that others wrote, as it is on PyPI, drives the syringe pump over a pseudo-terminal: what it takes for a New Era
//! pump is one on the line. Needs Python with `venv`, and PyPI once; where something is missing a test says SKIPPED.

mod driven;

/// What the driver said, or the last line of what went wrong; `None`: SKIPPED was told.
fn driven(parts: &[&str], pump: &[&str]) -> Option<Result<String, String>> {
    // It comes back from a power cut, as every pump does that is switched on.
    let pump = [&["syringe", "--power-on-alarm"], pump].concat();
    driven::by("nesp_driver.py", parts, &pump)
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
