//! Journals of shipped scenarios, from which events were cut and the chain made anew.

use crate::lines::Lines;
use crate::shipped;
use pump_hil::files::ScenarioFolder;
use pump_hil::interrupt;
use pump_hil::suite::{self, Settings};
use pump_hil_language::catalog;
use pump_hil_language::scenario::load;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Between them they have every kind of step, faults, repeats, gaps that are read back, and a session that is cut off.
const SCENARIOS: &[&str] = &[
    "occlusion-during-basal",
    "clinician-bolus",
    "line-cut",
    "bit-flip-one-copy",
    "probe-breakpoint",
    "probe-halt",
    "program-cut-off",
    "periodic-bolus",
];
/// What no whole journal lacks, if the case has it at all.
const NEEDED: &[&str] = &[
    "begun",
    "breakpoint",
    "ended",
    "fault-armed",
    "fault-cleared",
    "fault-confirmed",
    "identified",
    "made-safe",
    "played",
    "pump",
    "received",
    "reply",
    "sent",
    "step-ended",
    "step-started",
];

/// The journals of the scenarios, played once.
static JOURNALS: LazyLock<Vec<(String, Lines)>> = LazyLock::new(journals);

fn journals() -> Vec<(String, Lines)> {
    let source = ScenarioFolder::open(&shipped("scenarios")).unwrap();
    let catalog = catalog::shipped().unwrap();
    let out = tempfile::tempdir().unwrap();
    let settings = Settings::new(RigFile::sim().unwrap(), out.path().to_owned());
    let mut journals = Vec::new();
    for name in SCENARIOS {
        let case = load(&source, &format!("{name}.yaml"), &catalog).unwrap().remove(0);
        let result = suite::run_case(&case, &settings, &interrupt::pair().1, &mut |_| {});
        assert_eq!(result.outcome.verdict, Verdict::Passed, "{name}");
        let lines = Lines::of(&std::fs::read(result.journal.unwrap()).unwrap());
        assert_eq!(
            lines.verdict(),
            Verdict::Passed,
            "{name}: whole, and chained by the test"
        );
        journals.push((case.name(), lines));
    }
    journals
}

#[track_caller]
fn refused(lines: &Lines, what: &str) {
    assert_ne!(lines.verdict(), Verdict::Passed, "{what}");
}

#[test]
fn no_journal_passes_from_which_events_were_cut() {
    let (mut kinds, mut first) = (BTreeSet::new(), 1);
    for (name, lines) in JOURNALS.iter() {
        let there: BTreeSet<String> = (1..lines.0.len()).map(|at| lines.kind(at)).collect();
        for kind in &there {
            refused(
                &lines.without(|at| lines.kind(at) == *kind),
                &format!("{name} without {kind}"),
            );
        }
        for needed in NEEDED.iter().filter(|kind| there.contains(**kind)) {
            let cut = match *needed {
                "received" => lines.without_received(),
                _ => lines.without(|at| lines.kind(at) == *needed),
            };
            refused(&cut.renumbered(), &format!("{name} without {needed}, counted anew"));
            refused(&cut.as_format_1(), &format!("{name} without {needed}, of format 1"));
        }
        // Another share of each journal; an event of each kind is among them.
        for cut in (first..lines.0.len())
            .step_by(6)
            .chain(there.iter().map(|kind| last(lines, kind)))
        {
            let what = format!("{name} without event {cut}, {}", lines.kind(cut));
            refused(&lines.without(|at| at == cut), &what);
        }
        first += 1;
        kinds.extend(there);
    }
    let missing: Vec<_> = NEEDED.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "no journal has {missing:?}");
}

fn last(lines: &Lines, kind: &str) -> usize {
    (1..lines.0.len()).rev().find(|at| lines.kind(*at) == kind).unwrap()
}

#[test]
fn no_step_can_be_left_out_nor_its_work() {
    for (name, lines) in JOURNALS.iter() {
        let lines = lines.as_format_1();
        assert_eq!(lines.verdict(), Verdict::Passed, "{name}: format 1 is judged still");
        let starts: Vec<usize> = (1..lines.0.len())
            .filter(|at| lines.kind(*at) == "step-started")
            .collect();
        for start in starts {
            let step = lines.value(start)["step"].clone();
            let end = (start..lines.0.len())
                .find(|at| lines.kind(*at) == "step-ended" && lines.value(*at)["step"] == step)
                .unwrap();
            refused(
                &lines.without(|at| at == start || at == end),
                &format!("{name} without step {step}"),
            );
            refused(
                &lines.without(|at| (start..=end).contains(&at)),
                &format!("{name} without all of step {step}"),
            );
            for at in start + 1..end {
                // Each answer and each fault by itself.
                if ["reply", "fault-armed", "fault-confirmed", "fault-cleared", "breakpoint"]
                    .contains(&lines.kind(at).as_str())
                {
                    refused(
                        &lines.without(|cut| cut == at),
                        &format!("{name}, step {step}, event {at}"),
                    );
                }
            }
        }
    }
}

#[test]
fn each_answer_and_each_report_has_its_own_raw_line() {
    for (name, lines) in JOURNALS.iter() {
        let lines = lines.as_format_1();
        for at in 2..lines.0.len() {
            if ["reply", "pump"].contains(&lines.kind(at).as_str()) && lines.kind(at - 1) == "received" {
                refused(
                    &lines.without(|cut| cut == at - 1),
                    &format!("{name} without raw line {at}"),
                );
            }
        }
    }
}

#[test]
fn a_fault_that_was_armed_with_another_value_passes_not() {
    let (name, lines) = &JOURNALS[0];
    for forged in ["-1", "4611686018427387904", "1"] {
        let mut other = lines.clone();
        for line in other
            .0
            .iter_mut()
            .filter(|line| line.contains("\"event\":\"fault-armed\""))
        {
            *line = line.replace("\"param\":0", &format!("\"param\":{forged}"));
        }
        assert_ne!(other.0, lines.0, "{name} arms a fault with 0");
        refused(&other, &format!("{name} armed with {forged}"));
    }
}
