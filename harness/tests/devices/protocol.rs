//! Scenarios that test the protocol itself: values of answers that are kept, silence, what is asked until it is so, and raw bytes.

use crate::bench::{Bench, all_at_once, at, rig};

/// Each with the emulator that plays it, its device, what must come of it, and what it must say.
const TALKS: [(&str, &str, &str, &str, &str); 8] = [
    (
        "json-lines",
        "json-pump",
        "  - do: identify\n    keep: {number: serial, which: model}\n  - do: identify\n\
         \x20 - expect: {reply: {serial: $number, model: $which}}\n",
        "passed",
        "",
    ),
    // What an answer gave is asked for, with its unit.
    (
        "syringe",
        "syringe",
        "  - do: single-bolus\n    with: {dose: 100 uL, over: 3 s}\n  - within: 10 s\n    poll: status\n    every: 200 ms\n\
         \x20   expect: {state: stopped}\n  - do: status\n    keep: {given: infused}\n  - do: set-volume\n    with: {volume: $given}\n",
        "passed",
        "",
    ),
    (
        "json-lines",
        "json-pump",
        "  - do: identify\n    keep: {number: colour}\n  - do: status\n  - expect: {reply: {ml: $number}}\n",
        "failed",
        "expected reply with colour=$number",
    ),
    (
        "json-lines",
        "json-pump",
        "  - expect-none: {within: 1500 ms}\n",
        "passed",
        "",
    ),
    (
        "json-lines",
        "json-pump",
        "  - do: run\n    with: {rate: 36 mL/h}\n  - expect-none: {within: 2500 ms}\n  - do: stop\n",
        "failed",
        "expected nothing on the line",
    ),
    (
        "json-lines",
        "json-pump",
        "  - do: run\n    with: {rate: 36 mL/h}\n  - within: 10 s\n    poll: status\n    every: 100 ms\n\
         \x20   expect: {reply: {ml: \">= 20 uL\"}}\n  - do: stop\n",
        "passed",
        "",
    ),
    // Half a request, a NUL, and a whole one in two pieces: the pump answers what was whole, and goes on.
    (
        "json-lines",
        "json-pump",
        "  - send: {text: \"{\\\"id\\\":7,\\\"do\\\":\", hex: \"00 0a\"}\n\
         \x20 - send: {text: \"{\\\"id\\\":8,\\\"do\\\":\\\"dance\\\"}\\n\", pace: 5 ms}\n  - wait: 500 ms\n\
         \x20 - do: status\n  - expect: {state: stopped}\n",
        "passed",
        "",
    ),
    (
        "json-lines",
        "json-pump",
        "  - do: status\n  - expect: {reply: {ml: 5 uL .. 9 uL}}\n",
        "failed",
        "expected reply with ml=5 uL .. 9 uL",
    ),
];

#[test]
fn what_tests_a_protocol_passes_and_fails_as_it_must() {
    all_at_once(TALKS.to_vec(), |(emulator, device, steps, verdict, says)| {
        let bench = Bench::new();
        let pump = bench.emulated(emulator, None);
        let text = format!("scenario: talk\nsummary: The protocol itself.\ndevice: {device}\ntimeline:\n{steps}");
        let played = bench.play(
            &bench.file("talk.yaml", &text),
            &rig(device),
            &["--port", &at(pump.port)],
        );
        let is_right = played.verdict == verdict && played.words().contains(says);
        (!is_right).then(|| format!("{device}: must be {verdict}, and say `{says}`:\n{steps}{played:?}"))
    });
}
