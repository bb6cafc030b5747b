//! Firmware that faults in its fault handler: a real processor stops for good, and QEMU ends over it. That is the firmware's failure, whenever it comes.

use crate::names::{pump_hil, said};
use pump_hil_testing::repository;
use serde_json::Value;
use std::path::Path;

/// An undefined instruction (`udf #0`), little-endian.
const UNDEFINED: [u8; 2] = [0x00, 0xDE];

/// The image with other code at its entry; with `handler` also another handler of HardFaults.
fn spoilt(image: &[u8], code: &[u8], handler: Option<u32>) -> Vec<u8> {
    let mut image = image.to_vec();
    let word = |image: &[u8], at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize;
    let half = |image: &[u8], at: usize| usize::from(u16::from_le_bytes(image[at..at + 2].try_into().unwrap()));
    // ELF32: entry at 24, program headers from the offset at 28, their size and number at 42 and 44.
    let entry = word(&image, 24) & !1;
    let (from, size, count) = (word(&image, 28), half(&image, 42), half(&image, 44));
    for header in (0..count).map(|number| from + number * size) {
        let (kind, offset, at, bytes) = (
            word(&image, header),
            word(&image, header + 4),
            word(&image, header + 8),
            word(&image, header + 16),
        );
        if kind == 1 && (at..at + bytes).contains(&entry) {
            let place = offset + entry - at;
            image[place..place + code.len()].copy_from_slice(code);
        }
        if let (1, 0, Some(handler)) = (kind, at, handler) {
            // The fourth word of the vector table.
            image[offset + 12..offset + 16].copy_from_slice(&handler.to_le_bytes());
        }
    }
    image
}

/// Runs a case on this image, and gives its result. A replay says the same.
fn result(root: &Path, image: &[u8], args: &str, probe: &str) -> (Option<i32>, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    write("x.elf", image);
    let rig = format!(
        "rig: q\nsummary: QEMU.\ndevice: {}\npump: {{kind: qemu, machine: microbit, elf: x.elf{args}}}\nclock: {{kind: real, scale: 1}}\n\
         {probe}limits: {{open: 5 s, write: 5 s, fence: 10 s}}\n",
        root.join("fixtures/devices/stub.yaml").display()
    );
    let rig = write("rig.yaml", rig.as_bytes());
    let case =
        "scenario: small\nsummary: Nothing is asked.\nprescription: none\nsnapshot: none\ntimeline:\n  - wait: 1 s\n";
    let case = write("small.yaml", case.as_bytes());
    let out = folder.path().join("out");
    let mut run = pump_hil(root);
    run.arg("run")
        .arg(case)
        .arg("--rig")
        .arg(rig)
        .arg("--out")
        .arg(&out)
        .arg("--trust-rig");
    let ran = run.output().unwrap();
    let results: Value = serde_json::from_slice(&std::fs::read(out.join("results.json")).unwrap()).unwrap();
    let again = pump_hil(root).arg("replay").arg(&out).output().unwrap();
    if ran.status.code() == Some(1) {
        assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    }
    (ran.status.code(), results["results"][0].clone(), said(&ran))
}

#[test]
fn a_lockup_is_the_firmwares_failure_with_the_registers_with_a_probe_and_without() {
    let Some(root) = repository::with_qemu(false) else {
        return;
    };
    let image = std::fs::read(root.join("fixtures/firmware/probed.elf")).unwrap();
    let locks_up = spoilt(&image, &UNDEFINED, Some(0xC1));
    for probe in ["", "probe: {kind: qemu}\n"] {
        let (code, result, said) = result(&root, &locks_up, "", probe);
        assert_eq!(code, Some(1), "{said}");
        let came = result["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["came"].as_str().unwrap());
        assert!(
            came.into_iter()
                .any(|came| came.starts_with("the firmware locked up: HardFault in 0x")),
            "{said}"
        );
        let mut crashes = result["crashes"].as_array().unwrap().iter();
        let crash = crashes
            .find(|crash| crash["why"] == "lockup")
            .unwrap_or_else(|| panic!("{said}"));
        let names = crash["registers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair[0].as_str().unwrap());
        let names: Vec<&str> = names.collect();
        assert_eq!((names.len(), names[0], names[16]), (17, "r0", "xpsr"), "{said}");
        assert!(crash["stack_end"].as_str().unwrap().contains("Lockup"), "{said}");
        assert_eq!(result["not_safe"], serde_json::json!([]), "{said}");
    }
}

#[test]
fn an_emulator_that_ends_for_reasons_of_its_own_is_the_rigs_trouble() {
    let Some(root) = repository::with_qemu(false) else {
        return;
    };
    let image = std::fs::read(root.join("fixtures/firmware/probed.elf")).unwrap();
    let (code, result, said) = result(&root, &image, ", args: [-no-such-option]", "");
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(result["verdict"], "inconclusive", "{said}");
    assert!(result["why"][0].as_str().unwrap().contains("no-such-option"), "{said}");
}
