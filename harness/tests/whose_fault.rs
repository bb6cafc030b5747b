//! A pump on a serial port that breaks in the middle of a case: the finding says what a line alone can tell. By the host's clock, on a port of a simulated
//! pump; so it takes the 10 s and more in which a silent pump is asked again.

#![cfg(feature = "sim")]

use pump_hil::interrupt;
use pump_hil::report::{ScenarioResult, terminal};
use pump_hil::shipped;
use pump_hil::suite::{self, Settings};
use pump_hil_model::verdict::{Came, Verdict};
use pump_hil_rig::RigFile;
use std::path::Path;
use stub_sim::{Broken, Machine, MachineSettings, Pace, SimPump};

/// Pump seconds in a host second: it breaks after half an hour, which are 6 s.
const SPEED: u32 = 300;

/// Plays an hour on the port of a pump that is broken so.
fn hour_of(broken: Broken) -> ScenarioResult {
    let mut machine = Machine::new(MachineSettings::default());
    machine.break_it(broken);
    let pump = SimPump::spawn_paced(machine, Pace::RealTime { speed: SPEED }).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let folder = tempfile::tempdir().unwrap();
    // A reply has 2 s of the host's time: more than a busy host takes.
    let device = std::fs::read_to_string(fixtures.join("devices/stub.yaml")).unwrap();
    let patient = device.replace("reply-timeout: 2 s", "reply-timeout: 10 min");
    let patient = patient.replace("tries: 3 ", "tries: 2 ");
    assert_ne!(patient, device);
    std::fs::write(folder.path().join("device.yaml"), patient).unwrap();
    let rig = folder.path().join("rig.yaml");
    let text = format!(
        "rig: port\nsummary: A pump on a port.\ndevice: device.yaml\npump: {{kind: serial, port: {}, baud: 115200}}\n\
         clock: {{kind: real, scale: {SPEED}}}\nlimits: {{open: 5 s, write: 5 s, fence: 5 s}}\n",
        pump.pty_path().display()
    );
    std::fs::write(&rig, text).unwrap();
    let case = folder.path().join("hour.yaml");
    let text = "scenario: hour\nsummary: Basal runs.\nprescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}\n\
                timeline:\n  - do: start\n  - at: 40 min\n    do: status\nsnapshot: none\n";
    std::fs::write(&case, text).unwrap();
    let settings = Settings::new(RigFile::load(&rig).unwrap(), folder.path().join("out"));
    suite::run_case(
        &shipped::cases(&case, &fixtures)[0],
        &settings,
        &interrupt::pair().1,
        &mut |_| {},
    )
}

/// What came of a pump that fell silent in therapy.
fn silent(broken: Broken) -> String {
    let result = hour_of(broken);
    let Verdict::Failed { reasons } = &result.outcome.verdict else {
        panic!("{}", terminal::result(&result));
    };
    let unfit = reasons.iter().find(|reason| matches!(reason.came, Came::Unfit(_)));
    let came = unfit
        .unwrap_or_else(|| panic!("{}", terminal::result(&result)))
        .came
        .to_string();
    let silent = "pump silent, or its cable: a line alone cannot tell; nor did it answer 3 status requests in ";
    assert!(came.starts_with(silent), "{came}");
    assert!(
        came.contains("; the request: #") && [" status *", " dose-log "].iter().any(|request| came.contains(request)),
        "{came}"
    );
    came
}

/// All at once: each of them does little but wait.
#[test]
fn what_a_line_alone_can_tell_of_a_pump_that_breaks() {
    std::thread::scope(|scope| {
        scope.spawn(|| silent(Broken::Deaf));
        scope.spawn(|| assert!(silent(Broken::Garbles).contains(" +"), "what came is told"));
        scope.spawn(|| assert!(silent(Broken::GoesRound).ends_with("got: nothing")));
        scope.spawn(|| {
            let result = hour_of(Broken::DeafFromTheBegin);
            let Verdict::Inconclusive { why } = &result.outcome.verdict else {
                panic!("{}", terminal::result(&result));
            };
            assert!(why[0].to_string().contains("no answer to `identify`"), "{why:?}");
        });
    });
}
