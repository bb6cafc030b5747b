//! `pump-hil decode` reads the bytes of a run again: by its own profile as the run did, and by a mended one as that would have.

use super::bench::{Bench, Said, of_emulators};
use pump_hil_emulators::serve::Running;
use pump_hil_model::event::Body;
use pump_hil_testing::repository::root;
use std::path::{Path, PathBuf};

/// Each device: its name in profile and scenario, and the emulator's name for it.
const DEVICES: [(&str, &str); 6] = [
    ("syringe", "syringe"),
    ("aa-pump", "binary"),
    ("console-pump", "console"),
    ("slip-pump", "slip-registers"),
    ("modbus-pump", "modbus-rtu"),
    ("json-pump", "json-lines"),
];

/// The journal of the scenario of a device, played on its emulator.
fn journal(bench: &Bench, device: &str, emulator: &str) -> PathBuf {
    let pump = Running::start(&[emulator]).unwrap();
    let rig = of_emulators(&format!("fixtures/rigs/{device}.yaml"));
    let scenario = of_emulators(&format!("scenarios/{device}.yaml"));
    let port = format!("tcp:127.0.0.1:{}", pump.port);
    let arguments = ["--port", &port, "--out", device, "--progress", "none"];
    let said = bench.say(
        &[
            &["run", scenario.to_str().unwrap(), "--rig", rig.to_str().unwrap()],
            &arguments[..],
        ]
        .concat(),
    );
    said.ends_with(0);
    let folder = std::fs::read_dir(bench.path(device)).unwrap();
    let mut files = folder.map(|file| file.unwrap().path());
    files
        .find(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .unwrap()
}

/// The bytes that a journal has of one direction, in their order.
fn bytes(journal: &Path, sent: bool) -> Vec<String> {
    let (_, events) = pump_hil::journal::open(journal).unwrap().into_parts();
    let of = events.filter_map(|event| match event.body {
        Body::Sent { bytes, .. } if sent => Some(bytes),
        Body::Received { bytes, .. } if !sent => Some(bytes),
        _ => None,
    });
    of.collect()
}

/// The frames that were told of this direction.
fn told(said: &Said, way: &str) -> Vec<String> {
    let mark = format!(" {way} ");
    let lines = said.out.lines().filter_map(|line| line.split_once(&mark));
    let frames = lines.filter(|(time, _)| !time.trim().contains(' '));
    frames.map(|(_, frame)| frame.to_owned()).collect()
}

#[test]
fn by_its_own_profile_a_run_reads_as_it_was_heard() {
    std::thread::scope(|scope| {
        for (device, emulator) in DEVICES {
            scope.spawn(move || {
                let bench = Bench::new();
                let journal = journal(&bench, device, emulator);
                let said = bench.say(&["decode", journal.to_str().unwrap(), "--device", device]);
                said.ends_with(0);
                assert_eq!(told(&said, "<-"), bytes(&journal, false), "{device}");
                assert_eq!(told(&said, "->"), bytes(&journal, true), "{device}");
                // A console says its prompt again behind what it tells by itself.
                let strays = said.out.lines().filter(|line| line.contains("STRAY"));
                let strays: Vec<&str> = strays.filter(|line| !line.contains("it: `prompt`")).collect();
                assert!(
                    strays.is_empty() && !said.out.contains("UNKNOWN"),
                    "{device}: {}",
                    said.out
                );
                assert!(said.out.contains("request `status`"), "{device}: {}", said.out);
                let gives = |line: &str| line.trim_start().starts_with("gives ") && line.contains(" state=");
                assert!(said.out.lines().any(gives), "{device}: {}", said.out);
                assert!(said.out.contains("This is no verdict."), "{device}: {}", said.out);
                assert!(
                    said.out.contains(", 0 unknown (in the run 0 unknown)"),
                    "{device}: {}",
                    said.out
                );
            });
        }
    });
}

#[test]
fn what_no_profile_knows_is_told_as_it_came() {
    let bench = Bench::new();
    let pump = Running::start(&["binary", "--misbehave", "garbage:3"]).unwrap();
    let rig = of_emulators("fixtures/rigs/aa-pump.yaml");
    let scenario = of_emulators("scenarios/aa-pump.yaml");
    let port = format!("tcp:127.0.0.1:{}", pump.port);
    let arguments = ["--port", &port, "--out", "out", "--progress", "none"];
    let said = bench.say(
        &[
            &["run", scenario.to_str().unwrap(), "--rig", rig.to_str().unwrap()],
            &arguments[..],
        ]
        .concat(),
    );
    assert!(said.code.is_some_and(|code| code != 2), "{said:?}");
    let journal = bench.path("out/aa-pump-doses@aa-pump.jsonl");
    let said = bench.say(&["decode", journal.to_str().unwrap(), "--device", "aa-pump"]);
    said.ends_with(0);
    let heard = bytes(&journal, false);
    let understood = |told: &String| heard.contains(told);
    let told = told(&said, "<-");
    assert!(
        told.iter().filter(|frame| frame.starts_with("\\xaa")).all(understood),
        "{}",
        said.out
    );
    let sums = said.out.lines().last().unwrap();
    let unknown = |mark: &str| {
        let (_, behind) = sums.split_once(mark).unwrap();
        behind.split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    assert!(said.out.contains("UNKNOWN: ") && unknown("stray, ") > 0, "{sums}");
    assert!(unknown("in the run ") > 0, "{sums}");
}

#[test]
fn by_another_profile_it_reads_as_that_would_have() {
    let bench = Bench::new();
    let journal = journal(&bench, "syringe", "syringe");
    let journal = journal.to_str().unwrap();
    let shipped = std::fs::read_to_string(root().join("fixtures/devices/syringe.yaml")).unwrap();
    let decoded = |change: &dyn Fn(&str) -> String| {
        let text = change(&shipped);
        assert_ne!(text, shipped);
        let profile = bench.file("fixtures/devices/mended.yaml", &text);
        let said = bench.say(&["decode", journal, "--device", profile.to_str().unwrap()]);
        said.ends_with(0);
        said
    };
    // Another word for a state.
    let said = decoded(&|text| text.replace("I: running", "I: purging"));
    assert!(
        said.out.contains(" state=purging\n") && !said.out.contains("state=running"),
        "{}",
        said.out
    );
    // Another end of what comes: nothing is understood.
    let said = decoded(&|text| text.replace("\"\\x03\"", "\"\\x04\""));
    assert!(said.out.contains(" 0 understood,"), "{}", said.out);
    assert!(said.out.contains("UNKNOWN"), "{}", said.out);
    // Another text of a request: it is not known, and its answer is nobody's.
    let said = decoded(&|text| text.replace("{address}DIS", "{address}SHOW"));
    assert!(
        said.out.contains("UNKNOWN: no verb of the profile says this"),
        "{}",
        said.out
    );
    assert!(said.out.contains("STRAY"), "{}", said.out);
    // What is wrong with a profile is told as `check` does.
    let wrong = bench.file("wrong.yaml", &shipped.replace("match: order", "match: orders"));
    let said = bench.say(&["decode", journal, "--device", wrong.to_str().unwrap()]);
    said.ends_with(2);
    assert!(
        said.err.contains("error[device-") && said.err.contains("orders"),
        "{said:?}"
    );
}

#[test]
#[cfg(feature = "sim")]
fn the_stub_s_own_protocol_is_read_in_both_directions() {
    let bench = Bench::new();
    bench.say(&["new", "ours"]).ends_with(0);
    let folder = bench.path("ours");
    bench.say_in(&folder, &["run", "--out", "out"]).ends_with(0);
    let journal = folder.join("out/first-day@desk.jsonl");
    let said = bench.say_in(&folder, &["decode", journal.to_str().unwrap(), "--device", "stub"]);
    said.ends_with(0);
    assert_eq!(told(&said, "<-"), bytes(&journal, false));
    for word in [
        "request 1 `identify`",
        "reply 1: done, to `identify`",
        "event ",
        "dose entry ",
        "refused, lockout",
    ] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
    assert!(said.out.contains("0 stray, 0 unknown"), "{}", said.out);
    // What is no journal is told.
    let said = bench.say_in(&folder, &["decode", "README.md", "--device", "stub"]);
    said.ends_with(3);
}
