//! A pump in C, in QEMU on a machine of a chip that no other test has (`fixtures/firmware/plain-c`), with a probe and without a test block. Needs
//! `qemu-system-arm` and `gcc-arm-none-eabi`; where one is missing a test says SKIPPED, and fails with `CI=true`.

use crate::bench::{Bench, all_at_once, rig, scenario};
use pump_hil_emulators::firmware::plain_c;

#[test]
fn a_pump_in_c_passes_and_one_that_does_not_tell_each_stroke_fails() {
    all_at_once(vec![false, true], |defect| {
        let elf = plain_c(defect)?;
        let bench = Bench::new();
        let text = std::fs::read_to_string(rig("plain-c")).unwrap();
        let shipped = "../../../../fixtures/firmware/plain-c/target/plain-c.elf";
        assert!(text.contains(shipped), "{text}");
        let own = bench.file(
            "rig.yaml",
            &text.replace(shipped, elf.canonicalize().unwrap().to_str().unwrap()),
        );
        let played = bench.play(&scenario("plain-c"), &own, &[]);
        let said = played.words();
        let good = if defect {
            // Its motor made all of its strokes, which the probe sees, and it tells of four in five.
            let told = said.contains("got reported 40 uL") && said.contains("PUMP.motor.strokes holds 100");
            played.code == Some(1) && told
        } else {
            played.code == Some(0) && played.verdict == "passed"
        };
        let harmless = !said.contains("NOT SAFE") && !said.contains("SWITCH");
        (!good || !harmless).then(|| format!("defect: {defect}: {played:?}"))
    });
}
