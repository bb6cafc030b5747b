//! What a device that misbehaves comes to: an ill pump does not pass, a bad line is not the pump's fault where the line alone shows it, and no dose is
//! given twice.

use crate::bench::{Bench, DEVICES, Played, all_at_once, at, rig, scenario};

/// What must come of it.
#[derive(Clone, Copy, Debug)]
enum Must {
    /// The pump did wrong.
    Fail,
    /// It is not known whether it did, and this is said.
    BeInconclusive(&'static str),
    /// Whatever the verdict is, it passes only with the right dose.
    BeHonest,
}

/// Ways to misbehave that come to the same with all devices.
const WITH_ALL: [(&str, Must); 7] = [
    ("stall-silent", Must::Fail),
    // The set-up sees it: it does not play with a pump that tells that it runs after it was stopped.
    ("lies-state", Must::BeInconclusive("the pump does not stay stopped")),
    ("dies-after:4", Must::BeInconclusive("is gone")),
    ("no-answer:5", Must::BeHonest),
    ("twice:3", Must::BeHonest),
    ("flip:5", Must::BeHonest),
    ("late:700", Must::BeHonest),
];

/// Those that come to something else with each of them.
const WITH_ONE: [(&str, &str, Must); 9] = [
    ("aa-pump", "no-heartbeat", Must::Fail),
    ("aa-pump", "garbage:3", Must::BeInconclusive("a line alone cannot tell")),
    ("aa-pump", "wrong-check:3", Must::BeHonest),
    ("syringe", "garbage:3", Must::BeInconclusive("a line alone cannot tell")),
    ("json-pump", "garbage:3", Must::BeInconclusive("check the cable")),
    ("modbus-pump", "garbage:3", Must::BeInconclusive("")),
    ("modbus-pump", "wrong-check:3", Must::BeHonest),
    ("slip-pump", "wrong-check:3", Must::BeHonest),
    ("console-pump", "garbage:3", Must::BeHonest),
];

fn is_as_it_must(must: Must, played: &Played) -> bool {
    match must {
        Must::Fail => played.verdict == "failed" && played.code == Some(1),
        Must::BeInconclusive(said) => {
            played.verdict == "inconclusive" && played.code == Some(3) && played.words().contains(said)
        }
        Must::BeHonest => true,
    }
}

#[test]
fn each_device_that_misbehaves_is_caught_and_no_dose_is_given_twice() {
    let with_all = WITH_ALL
        .into_iter()
        .flat_map(|(word, must)| DEVICES.map(|device| (device, word, must)));
    let with_one = WITH_ONE.into_iter().flat_map(|(name, word, must)| {
        let device = DEVICES.into_iter().find(|(device, ..)| *device == name);
        device.map(|device| (device, word, must))
    });
    all_at_once(
        with_all.chain(with_one).collect(),
        |((device, emulator, asked), word, must)| {
            let bench = Bench::new();
            let pump = bench.emulated(emulator, Some(word));
            let played = bench.play(&scenario(device), &rig(device), &["--port", &at(pump.port)]);
            drop(pump);
            let delivered = bench.delivered();
            let is_right = delivered == asked || played.verdict != "passed";
            let good = is_as_it_must(must, &played) && delivered <= asked && is_right;
            (!good).then(|| format!("{device}, {word}: must {must:?}, {delivered} of {asked} nL: {played:?}"))
        },
    );
}
