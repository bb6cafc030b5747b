//! Firmware that does not start: what it does instead is told and journaled, and a signal is heeded meanwhile.

use crate::bench;
use crate::names::{interrupt, run, said, scenario};
use crate::variant::{rig, spoilt};
use pump_hil::journal;
use pump_hil_model::event::{Body, Event};
use rustix::process::Signal;
use std::path::Path;

/// An instruction that is none.
pub(crate) const FAULT: &[u16] = &[0xDE00];
/// Nothing, and a branch back to it.
const LOOP: &[u16] = &[0xBF00, 0xE7FD];

/// A scenario, and a rig whose firmware begins with these instructions, and may take so long to start.
fn begins_with(root: &Path, folder: &Path, instructions: &[u16], limit: &str) -> (std::path::PathBuf, String) {
    let elf = spoilt(root, folder, "Reset", instructions).display().to_string();
    let own = crate::variant::image(root).display().to_string();
    let rig = rig(root, folder, &[(&own, &elf), ("open: 10 s", &format!("open: {limit}"))]);
    (scenario(folder, "  - expect: {state: stopped}\n"), rig)
}

pub(crate) fn journal(out: &Path) -> Vec<Event> {
    let reader = journal::open(&out.join("of-its-own@qemu-microbit.jsonl")).unwrap();
    reader.into_parts().1.collect()
}

/// The journal has the firmware, one crash record that begins in the function, and nothing that was sent.
fn holds_firmware_and_record(events: &[Event], function: &str) {
    assert!(matches!(events[0].body, Body::Firmware { .. }), "{events:#?}");
    let records = events.iter().filter_map(|event| match &event.body {
        Body::Crash(crash) => Some(crash),
        Body::Sent { .. } => panic!("the pump was asked something"),
        _ => None,
    });
    let records: Vec<_> = records.collect();
    assert_eq!(records.len(), 1, "{events:#?}");
    assert_eq!(records[0].registers.len(), 17);
    assert_eq!(records[0].stack[0].function, function);
}

#[test]
fn firmware_that_faults_before_it_stands_fails_with_a_record() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, rig) = begins_with(&root, folder.path(), FAULT, "10 s");
    let out = folder.path().join("out");
    let ran = run(&root, &file, &rig, &out);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    assert!(
        said(&ran).contains("the firmware faulted: HardFault in Reset"),
        "{}",
        said(&ran)
    );
    holds_firmware_and_record(&journal(&out), "HardFault");
}

#[test]
fn firmware_that_never_stands_hangs_where_it_is() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, rig) = begins_with(&root, folder.path(), LOOP, "3 s");
    let out = folder.path().join("out");
    let ran = run(&root, &file, &rig, &out);
    let told = said(&ran);
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert!(told.contains("the firmware hangs in Reset"), "{told}");
    assert!(told.contains("no answer within 3 s of host time"), "{told}");
    assert!(!told.contains("SWITCH"), "{told}");
    holds_firmware_and_record(&journal(&out), "Reset");
}

#[test]
fn a_signal_is_heeded_while_firmware_is_awaited() {
    let Some(root) = bench() else { return };
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let (file, rig) = begins_with(&root, folder.path(), LOOP, "1 h");
        let out = folder.path().join("out");
        interrupt(&root, &file, &rig, &out, "the emulator starts with it", signal);
        holds_firmware_and_record(&journal(&out), "Reset");
    }
}
