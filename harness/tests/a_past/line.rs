//! A pump on a serial port, with nothing but the line, by the host's clock: `pump-hil sim`, which is never started anew.

use super::{SEEDS, in_order, play_all, shipped};
use pump_hil::suite::Settings;
use pump_hil_language::plan;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Action, Case, Request, Step, needs};
use pump_hil_model::quantity::Span;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
use pump_hil_testing::sim_port::SimPort;
use std::collections::BTreeSet;

/// Pump seconds in one of the host's.
const SCALE: u32 = 1_200;
const LONGEST: Span = Span(12 * 3_600_000);
const CASES: usize = 10;

/// Takes out of steps what only a test block could tell.
fn without_block(steps: &mut [Step]) {
    for step in steps {
        match &mut step.action {
            Action::Expect { checks, .. } => checks.retain(|check| !needs::needs_sample(std::slice::from_ref(check))),
            Action::Repeat { steps, .. } => without_block(steps),
            _ => {}
        }
    }
}

/// A case as a line alone can hold a pump to it: by what the pump says.
fn by_line(mut case: Case) -> Case {
    without_block(&mut case.steps);
    case.needs.remove(&Capability::TestBlock);
    case.always.retain(|invariant| {
        !["delivered", "actuated"]
            .iter()
            .any(|word| invariant.text.contains(word))
    });
    case
}

/// A patient's bolus counts for a day, which passes here in minutes.
fn has_patient_bolus(case: &Case) -> bool {
    let programmed = case.steps.iter().filter_map(|step| match &step.action {
        Action::Do {
            request: Request::Program { prescription, .. },
            ..
        } => Some(&**prescription),
        _ => None,
    });
    case.prescription
        .iter()
        .chain(programmed)
        .any(|rx| rx.patient_bolus.is_some())
}

/// The shortest cases that a line alone can play.
fn cases() -> Vec<Case> {
    let can = BTreeSet::from([Capability::RawSerial]);
    let all = shipped().into_iter().map(by_line);
    let mut cases: Vec<Case> = all
        .filter(|case| plan::missing(&case.needs, &can).is_empty() && plan::length(case) < LONGEST)
        .filter(|case| case.prescription.is_some() && !has_patient_bolus(case))
        .collect();
    cases.sort_by_cached_key(|case| (plan::length(case), case.name()));
    cases.truncate(CASES);
    cases
}

/// Plays all cases in the order of a seed on one pump.
fn wrong_in_order(seed: u64) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("pump");
    let _pump = SimPort::start(env!("CARGO_BIN_EXE_pump-hil"), &port, SCALE);
    let device = root().join("fixtures/devices/stub.yaml").canonicalize().unwrap();
    let rig = folder.path().join("line.yaml");
    let text = format!(
        "rig: line\nsummary: A pump on a line.\ndevice: {}\npump: {{kind: serial, port: {}, baud: 115200}}\n\
         clock: {{kind: real, scale: {SCALE}}}\nlimits: {{open: 10 s, write: 10 s, fence: 10 s, watch: 1 s}}\n",
        device.to_str().unwrap(),
        port.to_str().unwrap()
    );
    std::fs::write(&rig, text).unwrap();
    // No dose log is compared: a busy host asks late, by minutes of the pump's time.
    let settings = Settings::new(RigFile::load(&rig).unwrap(), folder.path().to_owned());
    play_all(&in_order(&cases(), seed), &settings)
}

#[test]
fn ten_cases_in_two_orders() {
    assert_eq!(cases().len(), CASES);
    std::thread::scope(|scope| {
        for order in SEEDS.map(|seed| scope.spawn(move || (seed, wrong_in_order(seed)))) {
            let (seed, wrong) = order.join().unwrap();
            assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
        }
    });
}
