//! Scenarios as people write them, and what they mean.

use super::case::{Action, Check, Measure, Mode, Op, Operand, Rule, When};
use super::{Source, SourceError, load};
use crate::capability::Capability;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::fault::FaultName;
use crate::quantity::{Percent, Rate, Span, Volume};
use crate::scenario::case::Case;
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
    let catalog = Catalog::shipped().expect("the shipped fixtures are right");
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    load(&Files(files.collect()), "a.yaml", &catalog)
}

fn cases(text: &str) -> Vec<Case> {
    match load_files(&[("a.yaml", text)]) {
        Ok(cases) => cases,
        Err(diagnostics) => panic!("{}", crate::diagnostic::render_all(&diagnostics, false)),
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
