//! Firmware that does what its scenario asks, and comes to grief when it is told to stop: the case fails.

use crate::bench;
use crate::crash::line;
use crate::names::{pump_hil, run, said, scenario};
use crate::variant::{HANGS, image, rig, spoilt};
use serde_json::Value;
use std::path::Path;

/// `udf`
const FAULTS: &[u16] = &[0xDE00];
/// `movs r0, #0; mov sp, r0; udf`: no fault can be taken without a stack, and the core locks up.
const LOCKS_UP: &[u16] = &[0x2000, 0x4685, 0xDE00];

/// The exit code, what was told, kind and text of each reason, and what was done to make the pump safe; a replay judges alike.
struct Ended {
    code: Option<i32>,
    told: String,
    reasons: Vec<(String, String)>,
    made_safe: Value,
}

fn ended(root: &Path, instructions: &[u16], more: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let stop = line(
        root,
        "firmware-stub/pump/src/therapy.rs",
        "self.end_bolus(BolusEnd::Stopped);",
    );
    let elf = spoilt(root, folder.path(), &format!("therapy.rs:{stop}"), instructions);
    let own = image(root).display().to_string();
    let limits = [("fence: 60 s", "fence: 4 s"), (&own, &elf.display().to_string())];
    let rig = rig(root, folder.path(), &limits);
    let file = scenario(folder.path(), &format!("  - wait: 1 h\n{more}"));
    let out = folder.path().join("out");
    let ran = run(root, &file, &rig, &out);
    let journal = out.join("of-its-own@qemu-microbit.jsonl");
    let again = pump_hil(root).arg("replay").arg(&journal).output().unwrap();
    assert_eq!(again.status.code(), ran.status.code(), "{}", said(&again));
    let journal = std::fs::read_to_string(journal).unwrap();
    let made_safe = journal.lines().find(|line| line.contains(r#""event":"made-safe""#));
    let results = std::fs::read_to_string(out.join("results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let reasons = results["results"][0]["reasons"].as_array();
    let reasons = reasons.map_or(Vec::new(), |reasons| {
        let both = |reason: &Value| (text(&reason["kind"]), text(&reason["came"]));
        reasons.iter().map(both).collect()
    });
    for (_, came) in &reasons {
        assert!(said(&again).contains(came), "{}", said(&again));
    }
    Ended {
        code: ran.status.code(),
        told: said(&ran),
        reasons,
        made_safe: serde_json::from_str(made_safe.unwrap()).unwrap(),
    }
}

#[test]
fn a_fault_fails_the_case_once_unless_it_is_allowed() {
    let Some(root) = bench() else { return };
    let faulted = ended(&root, FAULTS, "");
    let [(kind, came)] = &*faulted.reasons else {
        panic!("{}", faulted.told)
    };
    assert_eq!((faulted.code, &**kind), (Some(1), "firmware-fault"), "{}", faulted.told);
    assert!(
        came.starts_with("the firmware faulted: HardFault in ") && came.contains("therapy.rs"),
        "{came}"
    );
    assert!(faulted.told.matches("crash record").count() > 1, "{}", faulted.told);
    let allowed = ended(&root, FAULTS, "firmware-faults: allowed\n");
    assert_eq!(allowed.code, Some(0), "{}", allowed.told);
}

#[test]
fn a_hang_fails_the_case_once_and_the_firmware_is_started_again_to_be_told_to_stop() {
    let Some(root) = bench() else { return };
    let hung = ended(&root, HANGS, "");
    let [(kind, came)] = &*hung.reasons else {
        panic!("{}", hung.told)
    };
    assert_eq!((hung.code, &**kind), (Some(1), "hang"), "{}", hung.told);
    assert!(came.contains("therapy.rs"), "{came}");
    assert_eq!(hung.told.matches("crash record").count(), 1, "{}", hung.told);
    assert!(!hung.told.contains("NOT SAFE"), "{}", hung.told);
    let did = hung.made_safe["did"].to_string();
    assert!(did.contains("reset the core, whose firmware hung"), "{did}");
}

#[test]
fn a_lockup_ends_the_emulator_fails_the_case_and_is_no_hazard() {
    let Some(root) = bench() else { return };
    let gone = ended(&root, LOCKS_UP, "");
    assert_eq!(gone.code, Some(1), "{}", gone.told);
    assert!(gone.told.contains("the firmware locked up"), "{}", gone.told);
    assert!(!gone.told.contains("NOT SAFE"), "{}", gone.told);
}
