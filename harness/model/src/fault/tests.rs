//! What each fault answers to each question that a verdict asks of it.

use super::{CATALOGUE, Deadlines, Delivery, FaultName, Log, Restart, Rotor, Talk, Tube};
use std::fmt::Write;

const X: bool = true;
#[expect(non_upper_case_globals, reason = "a table is read by its shape")]
const o: bool = false;

/// The questions, as the columns of [`ANSWERS`].
const QUESTIONS: [&str; 8] = [
    "may the pump deliver less",
    "may the rotor stand though strokes are commanded",
    "may what is due come late",
    "may records be missing or garbled",
    "may the pump be silent",
    "does its end let go what the catheter held back",
    "may the pump start again by itself",
    "may its log lack records",
];

/// The answers of the places that ask. Written out, so that none changes unseen: `X` excuses
/// a pump from something that it is else held to.
#[rustfmt::skip]
const ANSWERS: [(&str, [bool; 8]); 30] = [
    ("catheter-occlusion", [X, X, X, o, o, X, o, o]),
    ("catheter-partial-occlusion", [X, X, X, o, o, X, o, o]),
    ("catheter-creeping-occlusion", [X, X, X, o, o, X, o, o]),
    ("catheter-disconnection", [o, o, X, o, o, o, o, o]),
    ("catheter-leak", [o, o, X, o, o, o, o, o]),
    ("catheter-dislocation", [o, o, X, o, o, o, o, o]),
    ("motor-stall", [X, X, X, o, o, o, o, o]),
    ("motor-stall-intermittent", [X, X, X, o, o, o, o, o]),
    ("over-delivery", [o, o, X, o, o, o, o, o]),
    ("under-delivery", [o, o, X, o, o, o, o, o]),
    ("magnetic-field", [X, X, X, o, o, o, o, o]),
    ("emi-wake", [o, o, X, o, o, o, o, o]),
    ("battery-low", [X, X, X, o, o, o, X, o]),
    ("battery-film", [X, X, X, o, o, o, X, o]),
    ("brown-out", [X, X, X, o, X, o, X, o]),
    ("battery-depleted", [X, X, X, o, X, o, X, o]),
    ("reservoir-level", [X, o, X, o, o, o, o, o]),
    ("pocket-fill", [o, o, X, o, o, o, o, o]),
    ("propellant-missing", [X, o, X, o, o, o, o, o]),
    ("pressure-sensor-offset", [X, o, X, o, o, o, o, o]),
    ("memory-bit-flip", [X, o, X, o, o, o, X, o]),
    ("main-loop-hang", [X, o, X, o, X, o, X, o]),
    ("clock-jump", [o, o, X, o, o, o, o, o]),
    ("flash-write-failure", [X, o, X, o, o, o, X, X]),
    ("serial-noise", [o, o, o, X, X, o, o, o]),
    ("serial-drop", [o, o, o, X, X, o, o, o]),
    ("serial-cut", [o, o, o, X, X, o, o, o]),
    ("temperature", [X, o, X, o, o, o, o, o]),
    ("feedthrough-short", [X, X, X, o, o, o, X, o]),
    ("serial-rx-noise", [o, o, o, X, X, o, o, o]),
];

fn answers(fault: FaultName) -> [bool; 8] {
    let effects = fault.effects();
    [
        effects.delivery == Delivery::MayLack,
        effects.rotor == Rotor::MayStand,
        effects.deadlines == Deadlines::MayPass,
        effects.talk == Talk::Broken,
        effects.talk != Talk::Clear,
        effects.tube == Tube::Closes,
        effects.restart == Restart::MayStart,
        effects.log == Log::MayMiss,
    ]
}

#[test]
fn each_fault_excuses_what_it_always_did_and_nothing_else() {
    let mut wrong = String::new();
    for (name, expected) in ANSWERS {
        let came = answers(FaultName::find(name).unwrap());
        for (question, (expected, came)) in QUESTIONS.iter().zip(expected.iter().zip(came)) {
            if *expected != came {
                let _ = writeln!(wrong, "{name}: {question}? {expected}, came {came}");
            }
        }
    }
    assert_eq!(wrong, "");
    let told: Vec<&str> = ANSWERS.iter().map(|(name, _)| *name).collect();
    let all: Vec<&str> = CATALOGUE.iter().map(|fault| fault.name).collect();
    assert_eq!(told, all, "a new fault has its line here");
}

#[test]
fn those_that_meet_one_in_so_many_are_known() {
    let picks = CATALOGUE
        .iter()
        .map(|fault| fault.name)
        .filter(|name| FaultName::find(name).unwrap().picks());
    assert_eq!(
        picks.collect::<Vec<_>>(),
        [
            "motor-stall-intermittent",
            "serial-noise",
            "serial-drop",
            "feedthrough-short",
            "serial-rx-noise"
        ]
    );
}
