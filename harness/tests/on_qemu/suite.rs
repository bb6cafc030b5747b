//! Every scenario on the simulator and in QEMU: the same dose log, and the same events all along.

use crate::{RIG, bench};
use pump_hil::journal;
use pump_hil_model::event::{Body, Event};
use pump_hil_verdict::dose::Builder;
use std::path::Path;
use std::process::Command;

/// What a journal says, and the accepted dose log that it was held to.
struct Run {
    dose_log: String,
    accepted: Option<String>,
    events: Vec<String>,
}

fn run(journal: &Path) -> Run {
    let reader = journal::open(journal).unwrap();
    let (header, mut events) = reader.into_parts();
    let mut dose = Builder::new(&header.case.name());
    let mut lines = Vec::new();
    for event in &mut events {
        dose.on_event(&event);
        lines.extend(line(&event));
    }
    events.finish().unwrap();
    Run {
        dose_log: dose.finish().to_string(),
        accepted: header.accepted,
        events: lines,
    }
}

/// An event without what differs from bench to bench: the host's clock, the build, the firmware's log, and where in memory something lies.
fn line(event: &Event) -> Option<String> {
    let body = serde_json::to_string(&event.body).unwrap();
    let differs = matches!(event.body, Body::Probe { .. } | Body::Log(_)) || body.contains("build");
    (!differs).then(|| format!("{} {body}", event.t))
}

#[test]
fn every_scenario_gives_the_simulators_dose_log_to_the_byte() {
    let Some(root) = bench() else { return };
    let out = tempfile::tempdir().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
        .current_dir(root)
        .env("CI", "1")
        .args([
            "run",
            "scenarios",
            "--progress",
            "none",
            "--rig",
            "fixtures/rigs/sim.yaml",
        ])
        .args(["--rig", RIG, "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains(" 0 skipped"), "{said}");
    let mut compared = 0;
    for file in std::fs::read_dir(out.path()).unwrap() {
        let in_qemu = file.unwrap().path();
        let name = in_qemu.file_name().unwrap().to_string_lossy().into_owned();
        let Some(case) = name.strip_suffix("@qemu-microbit.jsonl") else {
            continue;
        };
        let (ours, sims) = (run(&in_qemu), run(&in_qemu.with_file_name(format!("{case}@sim.jsonl"))));
        assert!(
            ours.dose_log == sims.dose_log,
            "{case}:\n{}\nbut on sim\n{}",
            ours.dose_log,
            sims.dose_log
        );
        let first = ours.events.iter().zip(&sims.events).find(|(a, b)| a != b);
        assert!(first.is_none(), "{case}: {first:?}");
        assert_eq!(ours.events.len(), sims.events.len(), "{case}");
        if let Some(accepted) = ours.accepted {
            assert_eq!(
                accepted.trim_end(),
                ours.dose_log.trim_end(),
                "{case}: what was accepted"
            );
        }
        compared += 1;
    }
    assert!(compared > 150, "only {compared} cases ran on both");
}
