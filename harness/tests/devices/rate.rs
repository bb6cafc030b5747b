//! A pump that runs at a rate until it is stopped: one whose motor is too fast gives too much.

use crate::bench::{Bench, all_at_once, at, rig};

/// How each of them runs at 60 mL/h, which is 50 uL in 3 s.
const RUNS: [(&str, &str, &str); 4] = [
    ("aa-pump", "binary", "  - do: run\n    with: {rate: 60 mL/h}\n"),
    ("json-pump", "json-lines", "  - do: run\n    with: {rate: 60 mL/h}\n"),
    (
        "syringe",
        "syringe",
        "  - do: set-rate\n    with: {rate: 60 mL/h}\n  - do: start\n",
    ),
    (
        "console-pump",
        "console",
        "  - do: quiet-rate\n    with: {rate: 60 mL/h}\n  - do: start\n",
    ),
];

#[test]
fn a_motor_that_is_too_fast_is_found_by_what_the_pump_counts() {
    let both = RUNS
        .into_iter()
        .flat_map(|run| [(run, None), (run, Some("runs-fast:200"))]);
    all_at_once(both.collect(), |((device, emulator, run), word)| {
        let bench = Bench::new();
        // Wide above: a busy host stops it late. A motor at three times its rate gives 150 uL.
        let text = format!(
            "scenario: at-a-rate\nsummary: Three seconds at a rate.\ndevice: {device}\ntimeline:\n{run}  - wait: 3 s\n\
             \x20 - do: stop\n  - expect: {{reported: 45 uL .. 110 uL}}\n"
        );
        let pump = bench.emulated(emulator, word);
        let scenario = bench.file("at-a-rate.yaml", &text);
        let played = bench.play(&scenario, &rig(device), &["--port", &at(pump.port)]);
        let expected = if word.is_some() { "failed" } else { "passed" };
        (played.verdict != expected).then(|| format!("{device}, {word:?}: must have {expected}: {played:?}"))
    });
}
