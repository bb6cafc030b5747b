//! Devices that are unlike each other are driven by the profiles of `fixtures/devices`, through the program as a person runs it, and are caught when
//! they misbehave. Emulators (`pump-hil-emulators`) play six of them, programs that others
//! wrote two, and QEMU one.

mod bench;
mod in_qemu;
mod misbehave;
mod observed;
mod others;
mod protocol;
mod rate;
mod weighed;

use bench::{Bench, DEVICES, all_at_once, at, rig, scenario};

#[test]
fn each_device_passes_its_scenario() {
    all_at_once(DEVICES.to_vec(), |(device, emulator, asked)| {
        let bench = Bench::new();
        let pump = bench.emulated(emulator, None);
        let played = bench.play(&scenario(device), &rig(device), &["--port", &at(pump.port)]);
        drop(pump);
        let passed = played.code == Some(0) && played.verdict == "passed";
        (!passed || bench.delivered() != asked).then(|| format!("{device}, {} nL: {played:?}", bench.delivered()))
    });
}
