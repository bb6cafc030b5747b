//! Scenarios as people write them, and what they mean.

use super::{Source, SourceError, load};
use crate::catalog;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::Case;
use pump_hil_model::case::{Action, Check, Measure, Mode, Op, Operand, Rule, When};
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::{Percent, Rate, Span, Volume};
use std::collections::BTreeMap;

struct Files(BTreeMap<String, Vec<u8>>);

impl Source for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}

fn load_files(files: &[(&str, &str)]) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let catalog = catalog::shipped().expect("the shipped fixtures are right");
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    load(&Files(files.collect()), "a.yaml", &catalog)
}

fn cases(text: &str) -> Vec<Case> {
    match load_files(&[("a.yaml", text)]) {
        Ok(cases) => cases,
        Err(diagnostics) => panic!("{}", pump_hil_model::diagnostic::render_all(&diagnostics, false)),
    }
}

fn messages(text: &str) -> Vec<String> {
    let diagnostics = load_files(&[("a.yaml", text)]).expect_err("this file is wrong");
    diagnostics.iter().map(ToString::to_string).collect()
}

const BASAL: &str = "scenario: basal\nsummary: Basal runs.\nprescription: {drug: morphine-10-mg-per-mL, mode: continuous, rate: 5 mg/day}\n";

const EXAMPLE: &str = r#"
scenario: occlusion-during-basal
summary: The catheter occludes while basal runs; the pump alarms and stops, and releases no bolus afterwards.
covers: [SF04]
prescription: {drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day, reservoir: 18 mL}
timeline:
  - at: 0 s
    do: start
  - at: 2 h
    inject: catheter-occlusion
  - within: 20 min
    expect: {alarm: occlusion, priority: critical}
  - expect: {state: stopped}
  - at: 3 h
    clear: catheter-occlusion
  - at: 4 h
    expect: {post-occlusion-bolus: "<= 10 uL"}
always:
  - delivered <= prescribed + 14.5 %
snapshot: {volume: 1 %, time: 2 s}
"#;

#[test]
fn the_example_of_the_language_becomes_a_case() {
    let case = &cases(EXAMPLE)[0];
    assert_eq!(case.name(), "occlusion-during-basal");
    assert_eq!(case.reservoir, Some(Volume(18_000_000)));
    let rx = case.prescription.as_ref().unwrap();
    assert_eq!(rx.mode, Mode::Continuous { rate: Rate(500_000) });
    assert_eq!(case.steps.len(), 6);
    assert_eq!(case.steps[1].when, When::At(Span(7_200_000)));
    assert_eq!(case.steps[1].line, 9);
    assert!(
        case.needs
            .contains(&Capability::Fault(FaultName::find("catheter-occlusion").unwrap()))
    );
    assert!(
        matches!(&case.steps[2].action, Action::Expect { within: Some(Span(1_200_000)), checks, .. } if checks.len() == 1)
    );
    let Action::Expect { checks, .. } = &case.steps[5].action else {
        panic!()
    };
    let Check::Measure { what, range, .. } = &checks[0] else {
        panic!()
    };
    assert_eq!(
        (*what, range.low, range.high),
        (Measure::PostOcclusionBolus, None, Some(10_000))
    );
    let rule = Rule::Compare {
        left: Measure::Delivered,
        op: Op::AtMost,
        right: Operand::Measure(Measure::Prescribed),
        percent: Percent(14_500),
        absolute: 0,
    };
    assert_eq!(case.always[0].rule, rule);
    assert_eq!(case.snapshot.unwrap().time, Span(2_000));
    assert_eq!(case.sha256.len(), 64);
}

#[test]
fn a_time_of_the_day_counts_from_the_begin_that_the_file_names() {
    let of = |start: &str, at: &str| {
        let text = format!("{BASAL}{start}timeline:\n  - at: {at}\n    do: start\n");
        cases(&text)[0].steps[0].when
    };
    let minutes = |minutes: i64| When::At(Span(minutes * 60_000));
    let evening = "start: 2026-12-31 23:30\n";
    assert_eq!(of("start: 2026-01-05\n", "14:00"), minutes(14 * 60));
    assert_eq!(of(evening, "\"23:30\""), minutes(0));
    assert_eq!(of(evening, "23:45:30"), When::At(Span(930_000)));
    // The next day has a date.
    assert_eq!(of(evening, "2027-01-01 00:15"), minutes(45));
    assert_eq!(of(evening, "45 min"), minutes(45));
}

#[test]
fn a_dose_in_mass_is_resolved_by_the_drug_in_force() {
    let case = &cases(&format!(
        "{BASAL}timeline:\n  - do: single-bolus\n    with: {{dose: 0.5 mg, over: 10 min}}\n"
    ))[0];
    assert_eq!(
        case.prescription.as_ref().unwrap().mode,
        Mode::Continuous { rate: Rate(500_000) }
    );
    let wrong = messages(&format!(
        "{BASAL}timeline:\n  - do: single-bolus\n    with: {{dose: 1 ng, over: 10 min}}\n"
    ));
    assert!(
        wrong[0].contains("the nearest that are: `0 nL` and `1 nL`"),
        "{wrong:?}"
    );
}

/// The first step of a timeline with this expectation, in a scenario that is otherwise fine.
fn range_of(expectation: &str) -> (Option<i64>, Option<i64>) {
    let case = &cases(&format!("{BASAL}timeline:\n  - expect: {{{expectation}}}\n"))[0];
    let Action::Expect { checks, .. } = &case.steps[0].action else {
        panic!()
    };
    let Check::Measure { range, .. } = &checks[0] else {
        panic!()
    };
    (range.low, range.high)
}

#[test]
fn ranges_become_inclusive_integers() {
    assert_eq!(range_of("delivered: 20 uL"), (Some(20_000), Some(20_000)));
    assert_eq!(range_of("delivered: 20 uL +- 1 %"), (Some(19_800), Some(20_200)));
    assert_eq!(range_of("delivered: 20 uL +- 1 uL"), (Some(19_000), Some(21_000)));
    assert_eq!(range_of("delivered: 19 uL .. 21 uL"), (Some(19_000), Some(21_000)));
    assert_eq!(range_of("delivered: \"< 10 nL\""), (None, Some(9)));
    assert_eq!(range_of("battery: \"> 2.8 V\""), (Some(2_801), None));
    assert_eq!(range_of("pressure: -2 kPa +- 10 %"), (Some(-2_200), Some(-1_800)));
    assert_eq!(range_of("stalls: 3"), (Some(3), Some(3)));
    assert_eq!(range_of("lockout: \"<= 4 h\""), (None, Some(14_400_000)));
    // A share is never rounded up: 1 % of 150 nL is 1 nL.
    assert_eq!(range_of("delivered: 150 nL +- 1 %"), (Some(149), Some(151)));
}

#[test]
fn a_table_makes_a_case_of_each_row() {
    let text = "scenario: rates\nsummary: Each rate is held.\ncases:\n  slow: {rate: 0.048 mL/day, n: 1}\n  fast: {rate: 24 mL/day, n: 7}\n\
                prescription: {drug: saline, mode: continuous, rate: \"${rate}\"}\ntimeline:\n  - repeat: ${n}\n    steps: [{do: status}]\n\
                \x20 - expect: {stalls: \"${n}\", rate: \"<= ${rate}\"}\n";
    let cases = cases(text);
    let names: Vec<String> = cases.iter().map(Case::name).collect();
    assert_eq!(names, ["rates[slow]", "rates[fast]"]);
    assert!(matches!(cases[1].steps[0].action, Action::Repeat { times: 7, .. }));
    assert_eq!(
        cases[1].prescription.as_ref().unwrap().mode,
        Mode::Continuous { rate: Rate(24_000_000) }
    );
}

#[test]
fn a_journal_of_before_faults_were_judged_is_judged_without_them() {
    let main = "scenario: a\nsummary: It names no faults.\nprescription: none\ntimeline:\n  - do: start\n";
    let case = &load_files(&[("a.yaml", main)]).unwrap()[0];
    let mut kept = serde_json::to_value(case).unwrap();
    assert_eq!(kept["firmware_may_fault"], false);
    kept.as_object_mut().unwrap().remove("firmware_may_fault");
    let of_old: Case = serde_json::from_value(kept).unwrap();
    assert!(of_old.firmware_may_fault);
}

#[test]
fn a_shared_set_up_comes_first_and_yields_to_the_file_that_includes_it() {
    let shared = "prescription: {drug: saline, mode: minimum}\nseed: 7\nlog-every: 2 h\nclock-drift: 0.5 %\nallow-alarms: [eri]\nfirmware-faults: allowed\n\
                  timeline:\n  - do: start\n";
    let main = "scenario: a\nsummary: It includes.\ninclude: [shared/s.yaml]\nseed: 9\nallow-alarms: [magnet]\ntimeline:\n  - at: 1 h\n    do: stop\n";
    let case = &load_files(&[("a.yaml", main), ("shared/s.yaml", shared)]).unwrap()[0];
    assert_eq!((case.seed, case.log_every), (9, Span(7_200_000)));
    assert_eq!(case.clock_drift, Some(Percent(500)));
    assert_eq!(
        case.allow_alarms.iter().map(String::as_str).collect::<Vec<_>>(),
        ["eri", "magnet"]
    );
    assert!(case.firmware_may_fault);
    assert_eq!(case.steps.len(), 2);
    assert_eq!(case.prescription.as_ref().unwrap().mode, Mode::Minimum);
    let other = shared.replace("seed: 7", "seed: 8");
    let again = &load_files(&[("a.yaml", main), ("shared/s.yaml", &other)]).unwrap()[0];
    assert_ne!(case.sha256, again.sha256, "the digest covers what is included");
}

#[test]
fn needs_follow_from_the_steps() {
    let needs = |step: &str| cases(&format!("{BASAL}timeline:\n  - {step}\n"))[0].needs.clone();
    assert!(needs("do: start").is_empty());
    assert_eq!(
        needs("send: {hex: 00}").into_iter().collect::<Vec<_>>(),
        [Capability::RawSerial]
    );
    assert_eq!(
        needs("probe: {read: scratch}").into_iter().collect::<Vec<_>>(),
        [Capability::Probe]
    );
    assert_eq!(
        needs("probe: reset").into_iter().collect::<Vec<_>>(),
        [Capability::Probe, Capability::RunControl]
    );
    // What a rig cannot show is told in the verdict; who wants it shown or nothing says so.
    assert!(needs("expect: {delivered: 0 nL}").is_empty());
    let wants = format!("{BASAL}needs: [delivered]\ntimeline:\n  - do: start\n");
    assert_eq!(
        cases(&wants)[0].needs.iter().copied().collect::<Vec<_>>(),
        [Capability::Shows(Measure::Delivered)]
    );
    assert_eq!(
        needs("{do: refill, with: {added: 1 mL}}")
            .into_iter()
            .collect::<Vec<_>>(),
        [Capability::Shows(Measure::TrueReservoir)],
        "what is truly left is drawn out"
    );
}

#[test]
fn a_named_day_has_only_the_steps_that_name_it() {
    let schedule = "[{day: daily, at: \"00:00\", rate: 0.3 mL/day}, {day: daily, at: \"08:00\", rate: 0.6 mL/day}, {day: [sun], at: \"00:00\", rate: 0.4 mL/day}]";
    let text = format!(
        "scenario: f\nsummary: Flex.\nprescription: {{drug: saline, mode: flex, schedule: {schedule}}}\ntimeline: [{{do: start}}]\n"
    );
    let case = &cases(&text)[0];
    let Mode::Flex { steps } = &case.prescription.as_ref().unwrap().mode else {
        panic!()
    };
    assert_eq!(steps.len(), 6 * 2 + 1);
    assert_eq!((steps[12].day, steps[12].rate), (6, Rate(400_000)));
}

#[test]
fn what_a_file_leaves_out_has_its_documented_value() {
    let case = &cases(&format!("{BASAL}timeline: [{{do: start}}]\n"))[0];
    // 2026-01-05 is 9501 days after 2000-01-01, and a Monday (2000-01-01 was a Saturday).
    assert_eq!(case.start_s, 9_501 * 86_400);
    assert_eq!((9_501 + 5) % 7, 0);
    assert_eq!(case.reservoir, Some(Volume(20_000_000)));
    assert_eq!(case.reconcile, Some(Percent(5_000)));
    assert_eq!((case.seed, case.log_every), (1, Span(3_600_000)));
    assert_eq!(case.clock_drift, None);
    let none = &cases(
        "scenario: n\nsummary: None.\nprescription: none\ntimeline: [{do: start}]\nsnapshot: none\nreconcile: off\n",
    )[0];
    assert_eq!((none.reservoir, none.reconcile, none.snapshot), (None, None, None));
}

#[test]
fn a_mass_after_a_program_is_resolved_by_the_new_drug_and_after_a_refused_one_by_the_old() {
    let dose = |refused: &str| {
        let text = format!(
            "{BASAL}timeline:\n  - program: {{drug: morphine-25-mg-per-mL, mode: minimum}}\n{refused}  - do: single-bolus\n    with: {{dose: 0.5 mg, over: 10 min}}\n"
        );
        let case = &cases(&text)[0];
        let Action::Do {
            request: pump_hil_model::case::Request::SingleBolus { dose, .. },
            ..
        } = &case.steps[1].action
        else {
            panic!()
        };
        *dose
    };
    assert_eq!(dose(""), Volume(20_000));
    assert_eq!(dose("    refused: soft-limit\n"), Volume(50_000));
}

#[test]
fn a_case_survives_the_journal() {
    let case = &cases(EXAMPLE)[0];
    let text = serde_json::to_string(case).unwrap();
    assert_eq!(&serde_json::from_str::<Case>(&text).unwrap(), case);
}
