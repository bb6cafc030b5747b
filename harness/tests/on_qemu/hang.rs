//! Firmware that starts well and hangs later: the case fails, and says where the core is.

use crate::bench;
use crate::names::{interrupt, run, said, scenario};
use crate::variant::{HANGS, image, rig, spoilt};
use rustix::process::Signal;
use std::path::Path;

/// Short, and long enough for whatever the firmware does while it is well.
const LIMIT: (&str, &str) = ("fence: 60 s", "fence: 4 s");

/// No interrupt wakes the core any more.
const SLEEPS: &str = "  - probe: {write: 0xE000E180, value: 0xFFFFFFFF}\n";

/// The case failed once, for its firmware hangs in a function, and its pump was left safe.
fn fails_by_a_hang(root: &Path, what: &Path, rig: &str, out: &Path, place: &str) {
    let ran = run(root, what, rig, out);
    let told = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("expected  ").count(), 1, "{told}");
    let came = told
        .lines()
        .find(|line| line.trim_start().starts_with("got  "))
        .unwrap();
    assert!(came.contains(&format!("the firmware hangs in {place}")), "{told}");
    assert!(came.contains("no answer within 4 s of host time"), "{told}");
    assert_eq!(told.matches("crash record").count(), 1, "{told}");
    assert!(!told.contains("NOT SAFE"), "{told}");
    assert!(!told.contains("nobody had asked for it"), "{told}");
}

#[test]
fn a_loop_is_a_failure_of_the_firmware_with_function_and_line() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    // At the first stroke of the motor.
    let elf = spoilt(&root, folder.path(), "motor_stroke", HANGS);
    let own = image(&root).display().to_string();
    let rig = rig(&root, folder.path(), &[LIMIT, (&own, &elf.display().to_string())]);
    let out = folder.path().join("out");
    let place = "motor_stroke (/pump/firmware-stub/board/src/hil/marks.rs:";
    fails_by_a_hang(&root, Path::new("scenarios/ptm-lockout.yaml"), &rig, &out, place);
}

#[test]
fn firmware_that_hangs_again_when_it_is_started_again_is_no_hazard_in_qemu() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let elf = spoilt(&root, folder.path(), "pump_step", HANGS);
    let own = image(&root).display().to_string();
    let rig = rig(&root, folder.path(), &[LIMIT, (&own, &elf.display().to_string())]);
    let file = scenario(folder.path(), "  - expect: {state: stopped}\n");
    let ran = run(&root, &file, &rig, &folder.path().join("out"));
    let told = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert!(told.contains("the firmware hangs in pump_step"), "{told}");
    let journal = std::fs::read_to_string(folder.path().join("out/of-its-own@qemu-microbit.jsonl")).unwrap();
    assert!(
        journal.contains("the emulated pump hangs still, and ends with QEMU now"),
        "{journal}"
    );
    assert!(!told.contains("SWITCH") && !told.contains("NOT SAFE"), "{told}");
}

#[test]
fn a_core_that_sleeps_for_good_is_a_failure_of_the_firmware_too() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path(), &format!("{SLEEPS}  - wait: 1 h\n"));
    let rig = rig(&root, folder.path(), &[LIMIT]);
    let out = folder.path().join("out");
    let place = "<stub_board::time::Clock>::sleep_until";
    fails_by_a_hang(&root, &file, &rig, &out, place);
}

#[test]
fn what_grants_no_time_waits_no_longer_than_a_start() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path(), &format!("{SLEEPS}  - inject: magnetic-field\n"));
    let rig = rig(
        &root,
        folder.path(),
        &[("fence: 60 s", "fence: 30 min"), ("open: 10 s", "open: 4 s")],
    );
    let out = folder.path().join("out");
    let place = "<stub_board::time::Clock>::sleep_until";
    fails_by_a_hang(&root, &file, &rig, &out, place);
}

#[test]
fn who_interrupts_because_it_hangs_need_not_wait_until_that_is_known() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = scenario(folder.path(), &format!("{SLEEPS}  - wait: 1 h\n"));
    let rig = rig(
        &root,
        folder.path(),
        &[("fence: 60 s", "fence: 3 min"), ("open: 10 s", "open: 4 s")],
    );
    let out = folder.path().join("out");
    interrupt(&root, &file, &rig, &out, "probe: wrote ", Signal::INT);
    let journal = std::fs::read_to_string(out.join("of-its-own@qemu-microbit.jsonl")).unwrap();
    let did =
        r#""did":["reset the core, whose firmware hung","stopped therapy","it says stopped, and nothing moved within "#;
    assert!(journal.contains(did) && journal.contains(r#""failed":[]"#), "{journal}");
    // It did not wait until the hang was known, which was found out afterwards.
    let at = |event: &str| journal.find(&format!(r#""event":"{event}""#)).unwrap();
    assert!(at("interrupted") < at("hung"), "{journal}");
    let records = journal.matches(r#""event":"crash""#).count();
    assert_eq!(records, 1, "where it hangs is told once: {journal}");
}
