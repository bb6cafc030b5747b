//! Each fault of each shipped scenario takes effect on what the scenario's summary names: a line that drops bytes, and none of the reply that is said to be
//! lost, would be a green line without a test.
//!
//! Every case with a fault is played twice, with the fault and without it, and what shows the effect must be more with it than without. So a row of the table
//! that shows nothing fails, as does a fault that acts on nothing.

use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::case::{Action, Case, Step};
use pump_hil_model::event::{Body, Event, Said, Sample};
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::Span;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository::root;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What shows that a fault took effect, as a number that grows with it.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// The pump raised this alarm, so often.
    Alarm(&'static str),
    /// The pump told this event, so often.
    Told(&'static str),
    /// A bolus ended by an alarm, so often.
    BolusEnded,
    /// The pump started for this reason, so often.
    Boot(&'static str),
    /// The most of something in the samples of the test block.
    Most(fn(&Sample) -> i64),
    /// Lines came that are none.
    Garbled,
    /// A request was sent again.
    SentAgain,
    /// A request with this verb was sent again, and both were the same bytes.
    Repeated(&'static str),
    /// The longest time in which no line came.
    Quiet,
    /// Records that did not come, and were read back from the pump's log.
    FromTheLog,
    /// A request was refused for this reason.
    Refused(&'static str),
    /// Nothing but that the switch was read back in effect: what the pump's own sensor says no probe sees.
    ReadBack,
}
use Sign::{Alarm, BolusEnded, Boot, FromTheLog, Garbled, Most, Quiet, ReadBack, Refused, Repeated, SentAgain, Told};

/// Nanolitres that a stroke moves.
const STROKE_NL: i64 = 500;

fn not_delivered(sample: &Sample) -> i64 {
    commanded(sample) - sample.delivered_nl
}

fn delivered_beyond(sample: &Sample) -> i64 {
    sample.delivered_nl - commanded(sample)
}

fn commanded(sample: &Sample) -> i64 {
    i64::try_from(sample.strokes).unwrap_or(i64::MAX / STROKE_NL) * STROKE_NL
}

fn beside_the_patient(sample: &Sample) -> i64 {
    sample.lost_nl
}

fn pressure(sample: &Sample) -> i64 {
    i64::from(sample.catheter_pa)
}

fn empty(sample: &Sample) -> i64 {
    -sample.reservoir_nl
}

fn resets(sample: &Sample) -> i64 {
    i64::from(sample.resets)
}

fn battery_down(sample: &Sample) -> i64 {
    -i64::from(sample.battery_mv)
}

fn sag(sample: &Sample) -> i64 {
    i64::from(sample.battery_mv) - i64::from(sample.battery_loaded_mv)
}

/// By scenario and fault: what the summary says that the fault does.
const TABLE: &[(&str, &str, Sign)] = &[
    ("battery-depleted", "battery-low", Most(battery_down)),
    ("battery-film", "battery-film", Boot("brown-out")),
    ("battery-film-slight", "battery-film", Most(sag)),
    ("battery-pulled", "battery-depleted", Boot("brown-out")),
    ("battery-readback", "battery-low", Most(battery_down)),
    ("bit-flip-both-copies", "memory-bit-flip", Alarm("memory-error")),
    ("bit-flip-fault", "memory-bit-flip", Told("memory")),
    ("bit-flip-one-copy", "memory-bit-flip", Told("memory")),
    ("brown-out", "brown-out", Boot("brown-out")),
    ("brown-out-cancels-bolus", "brown-out", Most(resets)),
    ("brown-out-cancels-bolus", "serial-cut", FromTheLog),
    ("cell-phone", "emi-wake", Told("wake")),
    ("clock-jump", "clock-jump", Alarm("clock-jump")),
    ("csf-leak", "catheter-leak", Most(beside_the_patient)),
    ("damage-found-at-power-on", "memory-bit-flip", Alarm("memory-error")),
    (
        "disconnection",
        "catheter-disconnection",
        Alarm("catheter-disconnection"),
    ),
    ("dislocation", "catheter-dislocation", Most(beside_the_patient)),
    ("emi-wake-during-alarm", "emi-wake", Told("wake")),
    ("eri-then-eos", "battery-low", Told("eri")),
    ("feedthrough-short", "feedthrough-short", Told("stall")),
    ("flash-write-failure", "flash-write-failure", Refused("write-failed")),
    ("granuloma", "catheter-creeping-occlusion", Most(pressure)),
    ("home-refill", "serial-noise", Garbled),
    ("hung-firmware", "main-loop-hang", Boot("watchdog")),
    ("leak", "catheter-leak", Most(beside_the_patient)),
    ("line-cut", "serial-cut", Quiet),
    ("line-drops-reply", "serial-drop", Repeated("bolus")),
    ("line-noise", "serial-noise", SentAgain),
    ("line-noise-to-the-pump", "serial-rx-noise", SentAgain),
    ("metal-detector", "magnetic-field", Told("magnet")),
    ("mri", "magnetic-field", Told("magnet")),
    ("mri-during-alarm", "emi-wake", Told("wake")),
    ("mri-during-alarm", "magnetic-field", Told("magnet")),
    ("mute-does-not-hide", "brown-out", Boot("brown-out")),
    ("mute-rearms", "catheter-disconnection", Alarm("catheter-disconnection")),
    ("occlusion-at-each-rate", "catheter-occlusion", Alarm("occlusion")),
    ("occlusion-at-start", "catheter-occlusion", Alarm("occlusion")),
    ("occlusion-during-basal", "catheter-occlusion", Alarm("occlusion")),
    ("occlusion-during-bolus", "catheter-occlusion", BolusEnded),
    ("over-delivery", "over-delivery", Most(delivered_beyond)),
    (
        "over-delivery-found-at-refill",
        "over-delivery",
        Alarm("refill-discrepancy"),
    ),
    ("over-temperature", "temperature", Alarm("over-temperature")),
    ("partial-occlusion", "catheter-partial-occlusion", Most(pressure)),
    ("pocket-fill", "pocket-fill", Most(empty)),
    ("pressure-sensor-drift", "catheter-occlusion", Alarm("occlusion")),
    ("pressure-sensor-drift", "pressure-sensor-offset", ReadBack),
    ("propellant-missing", "propellant-missing", Most(not_delivered)),
    ("ptm-refused-outside-therapy", "motor-stall", Alarm("motor-stall")),
    ("reservoir-less-than-computed", "reservoir-level", Most(empty)),
    ("stall-intermittent", "motor-stall-intermittent", Told("stall")),
    ("stall-once", "motor-stall", Told("stall")),
    ("stall-permanent", "motor-stall", Told("stall")),
    (
        "tone-cadence-critical",
        "catheter-disconnection",
        Alarm("catheter-disconnection"),
    ),
    ("under-delivery", "under-delivery", Most(not_delivered)),
];

impl Sign {
    /// How much of it there is in these events.
    fn of(self, events: &[Event]) -> i64 {
        let said = || {
            events.iter().filter_map(|event| match &event.body {
                Body::Pump { said, .. } => Some(said),
                _ => None,
            })
        };
        let count = |n: usize| i64::try_from(n).unwrap();
        match self {
            Alarm(name) => count(
                said()
                    .filter(|said| matches!(said, Said::Alarm { id, .. } if id == name))
                    .count(),
            ),
            Told(name) => count(
                said()
                    .filter(|said| matches!(said, Said::Other { kind, .. } if kind == name))
                    .count(),
            ),
            Boot(why) => count(
                said()
                    .filter(|said| matches!(said, Said::Boot { reason } if reason == why))
                    .count(),
            ),
            BolusEnded => {
                let by_alarm = |said: &&Said| matches!(said, Said::BolusEnd { cause, .. } if cause == "alarm");
                count(said().filter(by_alarm).count())
            }
            Most(of) => {
                let samples = events.iter().filter_map(|event| match &event.body {
                    Body::Sample(sample) => Some(of(sample)),
                    _ => None,
                });
                samples.max().expect("there is a sample")
            }
            Garbled => count(
                events
                    .iter()
                    .filter(|event| matches!(event.body, Body::Garbled { .. }))
                    .count(),
            ),
            SentAgain => again(&sent(events, "")),
            Repeated(verb) => again(&sent(events, &format!(" {verb} "))),
            Quiet => quiet(events),
            FromTheLog => {
                let read = |event: &&Event| matches!(event.body, Body::Pump { read_back: true, .. });
                count(events.iter().filter(read).count())
            }
            Refused(why) => {
                let refused =
                    |event: &&Event| matches!(&event.body, Body::Reply { refused: Some(reason), .. } if reason == why);
                count(events.iter().filter(refused).count())
            }
            ReadBack => {
                let confirmed = |event: &&Event| matches!(&event.body, Body::FaultConfirmed { fault } if fault.as_str() == "pressure-sensor-offset");
                count(events.iter().filter(confirmed).count())
            }
        }
    }
}

/// The lines that were sent and hold these letters.
fn sent<'e>(events: &'e [Event], with: &str) -> Vec<&'e str> {
    let lines = events.iter().filter_map(|event| match &event.body {
        Body::Sent { bytes, .. } if bytes.contains(with) => Some(bytes.as_str()),
        _ => None,
    });
    lines.collect()
}

/// How many lines are the same as one before.
fn again(lines: &[&str]) -> i64 {
    let different: BTreeSet<&&str> = lines.iter().collect();
    i64::try_from(lines.len() - different.len()).unwrap()
}

/// The longest time without a line that came, in milliseconds.
fn quiet(events: &[Event]) -> i64 {
    let is_line = |event: &&Event| matches!(event.body, Body::Received { .. });
    let ends = [events.first(), events.last()].map(|event| event.map_or(0, |event| event.t.0));
    let came = events.iter().filter(is_line).map(|event| event.t.0);
    let times: Vec<i64> = [ends[0]].into_iter().chain(came).chain([ends[1]]).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
}

/// The faults that steps inject, those of repeats too.
fn injected(steps: &[Step], into: &mut BTreeSet<FaultName>) {
    for step in steps {
        match &step.action {
            Action::Inject { fault, .. } => drop(into.insert(*fault)),
            Action::Repeat { steps, .. } => injected(steps, into),
            _ => {}
        }
    }
}

/// The steps with nothing in place of this fault; their times and numbers stay.
fn without(fault: FaultName, steps: &[Step]) -> Vec<Step> {
    let mut steps = steps.to_vec();
    for step in &mut steps {
        match &mut step.action {
            Action::Inject { fault: other, .. } | Action::Clear { fault: other } if *other == fault => {
                step.action = Action::Wait(Span(0));
            }
            Action::Repeat { steps, .. } => *steps = without(fault, steps),
            _ => {}
        }
    }
    steps
}

/// The events of a run, up to where its steps are over.
fn play(case: &Case) -> Vec<Event> {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(RigFile::sim().unwrap(), folder.path().to_owned());
    let (mut events, mut played) = (Vec::new(), false);
    suite::run_case(case, &settings, &interrupt::pair().1, &mut |event| {
        played |= matches!(event.body, Body::Played);
        if !played {
            events.push(event.clone());
        }
    });
    assert!(played, "{} did not come to its end", case.name());
    events
}

/// The events from the step on in which the fault is armed; without the fault that step does nothing.
fn from_step<'e>(events: &'e [Event], step: &str) -> &'e [Event] {
    let starts = |event: &Event| matches!(&event.body, Body::StepStarted { step: id, .. } if id.0 == step);
    &events[events.iter().position(starts).expect("the step is played")..]
}

/// What is wrong with a fault of a case.
fn looked_at(case: &Case, fault: FaultName) -> Option<String> {
    let of = |row: &&(&str, &str, Sign)| row.0 == case.scenario && row.1 == fault.as_str();
    let Some((_, _, sign)) = TABLE.iter().find(of) else {
        return Some(format!(
            "{} {fault}: no row of the table says what shows it",
            case.name()
        ));
    };
    let with = play(case);
    let armed = with
        .iter()
        .position(|event| matches!(&event.body, Body::FaultArmed { fault: armed, .. } if *armed == fault));
    let Some(armed) = armed else {
        return Some(format!("{} {fault}: never armed", case.name()));
    };
    let steps = with[..armed].iter().rev();
    let step = steps
        .filter_map(|event| match &event.body {
            Body::StepStarted { step, .. } => Some(step.0.clone()),
            _ => None,
        })
        .next()
        .expect("a step arms it");
    let control = Case {
        steps: without(fault, &case.steps),
        ..case.clone()
    };
    let without = play(&control);
    let (with, without) = (sign.of(from_step(&with, &step)), sign.of(from_step(&without, &step)));
    (with <= without).then(|| {
        format!(
            "{} {fault}: {sign:?} is {with} with the fault and {without} without it",
            case.name()
        )
    })
}

#[test]
fn each_fault_of_each_shipped_scenario_takes_effect_on_what_the_summary_names() {
    let folder = ScenarioFolder::open(&root().join("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let mut work: Vec<(Case, FaultName)> = Vec::new();
    for path in folder.list().unwrap() {
        for case in load(&folder, &path, &catalog).unwrap() {
            let mut faults = BTreeSet::new();
            injected(&case.steps, &mut faults);
            work.extend(faults.into_iter().map(|fault| (case.clone(), fault)));
        }
    }
    for (scenario, fault, _) in TABLE {
        let used = work
            .iter()
            .any(|(case, name)| case.scenario == *scenario && name.as_str() == *fault);
        assert!(used, "no scenario {scenario} has the fault {fault}");
    }
    let (work, wrong) = (Mutex::new(work), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((case, fault)) = work.lock().unwrap().pop() else {
                        break;
                    };
                    if let Some(told) = looked_at(&case, fault) {
                        wrong.lock().unwrap().push(told);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
