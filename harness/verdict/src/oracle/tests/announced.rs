//! What the pump announces, and when: also such as no pump should.

use super::*;

#[test]
fn a_session_that_is_cut_off_leaves_the_old_prescription_in_force() {
    let new = pump_hil_testing::situation::continuous(960_000);
    let program = Request::Program {
        prescription: Box::new(new),
        cut_after: Some(40),
    };
    let case = case(vec![
        ask(Request::Start),
        Action::Do {
            request: program,
            refused: None,
            keep: std::collections::BTreeMap::new(),
        },
    ]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).step(|_| {});
    let mut old = run.clone();
    old.basal_until(5 * HOUR);
    assert_eq!(findings(&case, &mut old), [""; 0]);
    run.rate = 960_000;
    run.basal_until(5 * HOUR);
    assert!(
        findings(&case, &mut run)[0].starts_with("rate 480 uL/day") || findings(&case, &mut run)[0].contains("basal")
    );
}

#[test]
fn an_announcement_may_stand_before_the_reply_that_it_belongs_to() {
    let mut new = pump_hil_testing::situation::continuous(960_000);
    new.drug = "saline".into();
    let program = Request::Program {
        prescription: Box::new(new),
        cut_after: None,
    };
    let case = case(vec![
        ask(Request::Start),
        Action::Do {
            request: program,
            refused: None,
            keep: std::collections::BTreeMap::new(),
        },
    ]);
    let mut run = Run::begun();
    run.rate = 480_000;
    run.step(|run| {
        run.state("running", "command").entry("start").reply("start", None);
    });
    run.basal_until(5 * HOUR).step(|run| {
        run.said(Said::Other {
            kind: "rx".into(),
            fields: std::collections::BTreeMap::new(),
        });
        run.rate = 960_000;
        run.entry("rate").reply("program", None);
    });
    run.basal_until(10 * HOUR);
    assert_eq!(findings(&case, &mut run), [""; 0]);
}

#[test]
fn a_prescription_that_nobody_committed_is_a_reason() {
    let mut run = Run::begun();
    run.start(480_000).said(Said::Other {
        kind: "rx".into(),
        fields: std::collections::BTreeMap::new(),
    });
    let found = findings(&case(vec![ask(Request::Start)]), &mut run);
    assert!(found[0].contains("until somebody commits"), "{found:?}");
}

#[test]
fn a_bolus_of_less_than_nothing_is_told_and_breaks_nothing() {
    let mut case = case(vec![ask(Request::Start)]);
    case.prescription.as_mut().unwrap().mode = Mode::Periodic {
        rate: Rate(0),
        dose: Volume(20_000),
        over: Span(5 * MINUTE),
        interval: Span(HOUR),
    };
    let mut run = Run::begun();
    run.start(0).at(HOUR).said(Said::BolusStart {
        kind: "periodic".into(),
        dose_nl: -20_000,
        over_ms: -5 * MINUTE,
    });
    run.at(HOUR + MINUTE).said(Said::BolusEnd {
        kind: "periodic".into(),
        given_nl: -20_000,
        cause: "complete".into(),
    });
    let told = findings(&case, &mut run);
    for words in [
        "periodic bolus of 20 uL over 5 min | -20 uL over -5 min",
        // Nothing of it is nominal.
        "periodic bolus of 0 nL | -20 uL given, complete",
    ] {
        assert!(told.iter().any(|told| told == words), "{words}: {told:?}");
    }
}
