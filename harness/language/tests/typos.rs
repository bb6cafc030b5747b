//! Slips as people make them, in `typos.txt`: each with what is told of it: where, what is wrong, and what to write instead.
//!
//! `== step` begins one: a step more, from line 9 on. `== expect` is one expectation more, `== top` has keys of the scenario from line 7 on, `== rx`
//! another prescription from line 3 on, and `== file` is a whole file.

use pump_hil_language::catalog;
use pump_hil_language::scenario::{Source, SourceError, load};
use pump_hil_model::diagnostic::Diagnostic;

struct One(String);

impl Source for One {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match path {
            "a.yaml" => Ok(self.0.clone().into_bytes()),
            _ => Err(SourceError::NotFound(path.to_owned())),
        }
    }
}

const HEAD: &str = "scenario: a\nsummary: S.\n";
const RX: &str = "prescription:\n  drug: saline\n  mode: continuous\n  rate: 0.5 mL/day\n";
const STEPS: &str = "timeline:\n  - do: start\n";

/// The file that a slip makes.
fn file(kind: &str, text: &str) -> String {
    match kind {
        "step" => format!("{HEAD}{RX}{STEPS}{text}\n"),
        "expect" => format!("{HEAD}{RX}{STEPS}  - expect: {text}\n"),
        "top" => format!("{HEAD}{RX}{text}\n{STEPS}"),
        "rx" => format!("{HEAD}{text}\n{STEPS}"),
        "file" => format!("{text}\n"),
        other => panic!("`== {other}` is nothing"),
    }
}

/// What is told of a file: `line:column: what is wrong => what to do`.
fn told(text: &str) -> Vec<String> {
    let catalog = catalog::shipped().unwrap();
    let told = load(&One(text.to_owned()), "a.yaml", &catalog)
        .err()
        .unwrap_or_default();
    let one = |d: Diagnostic| {
        let help = d
            .help
            .map_or_else(String::new, |help| format!(" => {}", help.replace('\n', " | ")));
        format!("{}:{}: {}{help}", d.line, d.column, d.message)
    };
    told.into_iter().map(one).collect()
}

#[test]
fn each_slip_is_told_where_it_is_with_what_to_write_instead() {
    let all = include_str!("typos.txt");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for slip in all.split("== ").skip(1) {
        let (kind, rest) = slip.split_once('\n').unwrap();
        let (expected, text): (Vec<&str>, Vec<&str>) =
            rest.trim_end().lines().partition(|line| line.starts_with("-> "));
        let text = text.join("\n").replace("<TAB>", "\t").replace("<NBSP>", "\u{a0}");
        let told: Vec<String> = told(&file(kind, &text))
            .iter()
            .map(|told| format!("-> {told}"))
            .collect();
        if told != expected || told.is_empty() {
            wrong.push(format!("== {kind}\n{text}\n{}\n", told.join("\n")));
        }
        count += 1;
    }
    assert!(count > 100, "only {count} slips were read");
    assert!(wrong.is_empty(), "told otherwise:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_written_as_the_help_says_is_right() {
    for (kind, text) in [
        (
            "step",
            "  - mark: quiet\n  - wait: 1 h\n  - expect: {actuated: 0 uL, since: quiet}",
        ),
        ("expect", "{event: {kind: state, with: {to: stopped}}}"),
        ("step", "  - inject: reservoir-level\n    with: {left: 0 mL}"),
        ("step", "  - inject: battery-low\n    with: {to: 2.4 V}"),
        ("top", "verifies: [GIP-1.10.2]"),
        ("rx", "prescription: {drug: saline, mode: continuous, rate: 0.6 mL/day}"),
        ("step", "  - do: single-bolus\n    with: {dose: 50 uL, over: 10 min}"),
    ] {
        assert_eq!(told(&file(kind, text)), [""; 0], "{text}");
    }
}
