use super::*;
use pump_hil_model::quantity::{Rate, Volume};
use pump_hil_model::unfit::Unfit;
use pump_hil_model::verdict::{Allowed, Answer, Did, ReasonKind, Seen};
use pump_hil_verdict::judge::Outcome;
use std::time::Duration;

fn reason(kind: ReasonKind, expected: Expected, came: Came) -> Reason {
    Reason {
        kind,
        t: Span(3_600_000),
        in_set_up: false,
        step: None,
        line: Some(7),
        expected,
        came,
    }
}

fn state() -> Reason {
    let seen = Seen::Level {
        name: "state",
        is: Some("stopped".to_owned()),
    };
    let check = Check::State("running".to_owned());
    reason(ReasonKind::Expectation, Expected::Check(check), Came::Seen(seen))
}

fn oracle() -> Reason {
    let volume = Allowed::Rate {
        rate: Rate(500_000),
        mode: "continuous",
    };
    let did = Did::Reported(Volume(1));
    reason(ReasonKind::Oracle, Expected::Oracle(volume), Came::Did(did))
}

fn result(reasons: Vec<Reason>) -> ScenarioResult {
    let case = pump_hil_testing::situation::case(Vec::new());
    let outcome = Outcome::without_run(&case, Verdict::Failed { reasons });
    let mut result = ScenarioResult::new(&case, "sim", Duration::ZERO, outcome);
    result.journal = Some("out/x@sim.jsonl".to_owned());
    result
}

const LONG: &str = "  - expect: {alarm: occlusion, reported: 520 uL +- 1 uL, delivered: 520 uL +- 10 uL, state: running, no-event: reset}";

#[test]
fn the_line_of_a_step_is_cut_around_what_did_not_hold() {
    let line_of = |_: &str, line: u32| (line == 7).then(|| LONG.to_owned());
    for width in [40, 60, 80, 200] {
        let text = failed(&result(vec![state()]), &line_of, width);
        let lines: Vec<&str> = text.lines().collect();
        let under = |caret: &str| -> String {
            let marked = caret.chars().zip(lines[1].chars());
            marked.filter(|(mark, _)| *mark == '^').map(|(_, c)| c).collect()
        };
        assert_eq!(under(lines[2]), "state: running", "{text}");
        let snippet = lines[1..].iter().filter(|line| !line.starts_with("  more: "));
        assert!(snippet.into_iter().all(|line| line.chars().count() <= width), "{text}");
        assert_eq!(lines[1].contains('…'), width < 200, "{text}");
    }
}

#[test]
fn a_value_with_commas_is_marked_whole_and_a_key_within_another_is_none() {
    let marked = |line: &str, key| place_of(line, key).map(|(from, to)| line[from..to].to_owned());
    assert_eq!(
        marked("expect: {event: {kind: a, b: c}, state: x}", "event").unwrap(),
        "event: {kind: a, b: c}"
    );
    assert_eq!(marked("    delivered: 3 uL", "delivered").unwrap(), "delivered: 3 uL");
    assert_eq!(marked("expect: {no-alarm: any}", "alarm"), None);
}

const FILE: [&str; 5] = [
    "scenario: x",
    "prescription: none",
    "always:",
    "  - \"rate <= 1 mL/day\"",
    "timeline: []",
];

fn line_of_file(_: &str, line: u32) -> Option<String> {
    let line = FILE.get(usize::try_from(line).unwrap() - 1)?;
    Some((*line).to_owned())
}

#[test]
fn a_rule_that_is_broken_is_shown_in_its_line() {
    let rule = Expected::Always("rate <= 1 mL/day".to_owned());
    let state = Came::State("running".to_owned());
    let mut broken = reason(ReasonKind::Invariant, rule, state);
    broken.line = Some(4);
    let result = result(vec![broken]);
    let text = failed(&result, &line_of_file, 80);
    let shown = "  4 |   - \"rate <= 1 mL/day\"\n    |      ^^^^^^^^^^^^^^^^ expected ";
    assert!(
        text.contains(shown) && text.contains("situation.yaml:4:6: invariant"),
        "{text}"
    );
    let whole = crate::report::terminal::in_full(&result, &line_of_file, 80);
    assert!(whole.contains("  4 |   - \"rate <= 1 mL/day\"\n"), "{whole}");
    assert!(!crate::report::terminal::result(&result).contains("4 |"));
}

#[test]
fn a_first_prescription_that_is_refused_is_shown_in_its_line_and_told_as_of_set_up() {
    let verb = "program".to_owned();
    let mut refused = reason(ReasonKind::Refusal, Expected::SetUp { verb }, Came::Start);
    (refused.line, refused.in_set_up) = (None, true);
    let text = failed(&result(vec![refused]), &line_of_file, 80);
    assert!(
        text.contains("at 01:00:00.000 of set-up, ") && text.contains("yaml:2:1: refusal"),
        "{text}"
    );
    assert!(
        text.contains("  2 | prescription: none\n    | ^^^^^^^^^^^^^^^^^^\n    = expected "),
        "{text}"
    );
}

#[test]
fn what_the_pump_refused_of_a_prescription_is_marked_and_told_without_its_lines() {
    let unfit = Unfit {
        verb: "program".to_owned(),
        refused: Some("out-of-range".to_owned()),
        key: Some("patient-bolus.dose".to_owned()),
        adds: Some("limit 1 mL".to_owned()),
        asked: 0,
        over_ms: 0,
        cable_is_whole: true,
        request: "#4 stage ptm-dose=5ml".to_owned(),
        came: "=4 err".to_owned(),
    };
    let verb = "program".to_owned();
    let mut refused = reason(
        ReasonKind::Refusal,
        Expected::SetUp { verb },
        Came::Unfit(Box::new(unfit)),
    );
    (refused.line, refused.in_set_up) = (None, true);
    let file = |_: &str, line: u32| {
        let lines = [
            "prescription:",
            "  mode: continuous",
            "  patient-bolus: {dose: 5 mL, over: 1 h}",
        ];
        lines.get(line as usize - 1).map(|line| (*line).to_owned())
    };
    let text = failed(&result(vec![refused]), &file, 120);
    assert!(
        text.contains(
            "  3 |   patient-bolus: {dose: 5 mL, over: 1 h}\n    |                   ^^^^^^^^^^ expected a pump"
        ),
        "{text}"
    );
    let got = "= got it refused `patient-bolus.dose` of the prescription with `out-of-range`; it says: limit 1000 uL\n";
    assert!(text.contains(got) && !text.contains("stage"), "{text}");
}

#[test]
fn a_caret_fits_wherever_it_stands() {
    for before in 0..70 {
        let step = format!(
            "  - expect: {{{}state: running, no-event: reset}}",
            "x: 1, ".repeat(before)
        );
        for at in [7, 12_345] {
            let line_of = |_: &str, line: u32| (line == at).then(|| step.clone());
            let mut state = state();
            state.line = Some(at);
            let text = failed(&result(vec![state]), &line_of, 40);
            let lines = text.lines().filter(|line| line.contains(" | "));
            for line in lines {
                assert!(line.chars().count() <= 40, "{line}");
            }
        }
    }
}

#[test]
fn what_else_was_found_is_told_by_its_kinds_in_eight_lines() {
    let reasons = vec![state(), oracle(), oracle(), state()];
    let text = failed(&result(reasons), &|_, _| None, 80);
    assert!(
        text.contains("\n  3 more findings: 1 expectation, 2 oracle; `run -v` shows all\n"),
        "{text}"
    );
    assert!(text.lines().count() <= LINES, "{text}");
    let alone = failed(&result(vec![state()]), &|_, _| None, 80);
    assert!(!alone.contains("more finding"), "{alone}");
}

#[test]
fn a_clock_that_counts_in_other_units_is_told_first() {
    let clock = Came::Clocks {
        host: Span(60_000),
        pump: Span(6_000),
        scale: Some((60, 600)),
    };
    let drift = pump_hil_model::quantity::Percent(1_000);
    let clock = reason(ReasonKind::Clock, Expected::Clock { drift }, clock);
    let text = failed(&result(vec![oracle(), clock]), &|_, _| None, 200);
    assert!(
        text.contains(
            "10 times slower than the rig says; look at `scale` in the rig file: it says 600, and 60 would fit"
        ),
        "{text}"
    );
    assert!(text.contains("1 more finding: 1 oracle"), "{text}");
}

#[test]
fn a_dose_log_that_differs_is_told_by_its_first_row_and_with_what_changed() {
    let came = Came::LogDiffers {
        shown: vec![
            "row 3 (02:00:00.000), rate: expected 0.5 mL/day, got 0.6 mL/day".to_owned(),
            "row 4".to_owned(),
        ],
        more: 9,
        changed: vec!["rate: 0.5 mL/day when accepted, 0.6 mL/day now".to_owned()],
    };
    let mut differs = reason(ReasonKind::Snapshot, Expected::LogOf { case: "x".to_owned() }, came);
    differs.line = None;
    let text = failed(&result(vec![differs]), &|_, _| None, 120);
    let told = "  expected the dose log of snapshots/x.snap\n       got row 3 (02:00:00.000), rate: expected 0.5 mL/day, got 0.6 mL/day\n  \
                the prescription changed since this was accepted: rate: 0.5 mL/day when accepted, 0.6 mL/day now\n";
    assert!(text.contains(told), "{text}");
    assert!(!text.contains("row 4"), "{text}");
}

#[test]
fn a_refusal_is_shown_at_what_was_asked_and_a_stray_alarm_with_what_to_write() {
    let file = |_: &str, line: u32| {
        let lines = ["  - at: 2 h", "    do: patient-bolus", "  - wait: 1 h"];
        lines.get(line.checked_sub(7)? as usize).map(|line| (*line).to_owned())
    };
    let answer = Answer {
        verb: "patient-bolus".to_owned(),
        refused: None,
    };
    let refused = reason(ReasonKind::Refusal, Expected::Answer(answer), Came::Start);
    let text = failed(&result(vec![refused]), &file, 80);
    assert!(
        text.contains("situation.yaml:8:5: refusal\n  8 |     do: patient-bolus\n    |     ^^"),
        "{text}"
    );
    let mut alarm = reason(ReasonKind::UnexpectedAlarm, Expected::NamedAlarmsOnly, Came::Start);
    alarm.line = Some(9);
    let text = failed(&result(vec![alarm]), &file, 100);
    assert!(
        text.contains("\n  if it is right, expect it (`expect: {alarm: NAME}`) or name it in `allow-alarms`\n"),
        "{text}"
    );
    assert!(text.lines().count() <= LINES, "{text}");
}
