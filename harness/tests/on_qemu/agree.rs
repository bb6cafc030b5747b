//! A rig file whose machine, chip and firmware do not belong together: told at once, before anything runs.

use crate::bench;
use crate::names::{run_with, said, scenario};
use crate::variant::{image, rig};
use std::path::Path;

/// What is told of the shipped rig with one text replaced, with and without `--flash`.
fn told(root: &Path, from: &str, to: &str) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    let rig = rig(root, folder.path(), &[(from, to)]);
    let file = scenario(folder.path(), "  - expect: {state: stopped}\n");
    let flash = ["--flash".to_owned(), image(root).display().to_string()];
    [&flash[..0], &flash[..]].map(|more| {
        let out = folder.path().join(format!("out-{}", more.len()));
        let ran = run_with(root, &file, &rig, &out, more);
        assert_eq!(ran.status.code(), Some(3), "{}", said(&ran));
        assert!(
            !out.join("of-its-own@qemu-microbit.jsonl").exists(),
            "the pump was asked something"
        );
        said(&ran)
    })
}

#[test]
fn a_machine_with_another_core_than_the_chip_is_told() {
    let Some(root) = bench() else { return };
    for (from, to, expected) in [
        (
            "machine: microbit",
            "machine: netduino2",
            "QEMU's machine `netduino2` is a chip with a Cortex-M3, and the rig file says `chip: nRF51822_xxAA`",
        ),
        (
            "chip: nRF51822_xxAA",
            "chip: nRF52840_xxAA",
            "QEMU's machine `microbit` is a chip with a Cortex-M0, and the rig file says `chip: nRF52840_xxAA`",
        ),
    ] {
        for told in told(&root, from, to) {
            assert!(told.contains(expected), "{told}");
            assert!(
                told.contains("correct `machine` or `chip` there; nothing was run"),
                "{told}"
            );
        }
    }
}

#[test]
fn firmware_that_lies_where_the_chip_has_no_memory_is_told() {
    let Some(root) = bench() else { return };
    // The same core, and its flash lies elsewhere.
    for told in told(&root, "chip: nRF51822_xxAA", "chip: STM32F030C6") {
        assert!(
            told.contains("microbit.elf has bytes at 0x00000000, where STM32F030C6 has no memory"),
            "{told}"
        );
    }
}
