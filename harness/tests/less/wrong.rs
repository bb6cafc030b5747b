//! A pump that shows less and does wrong still fails, where it tells of it.

use super::{Less, case_of, play};
use pump_hil::report::{ScenarioResult, terminal};
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_rig::{Between, RigFile, Way};
use pump_hil_testing::stub_line::crc16;
use std::path::Path;

const HEAD: &str = "scenario: text\nsummary: Basal for thirty hours.\n\
                    prescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}\n\
                    timeline:\n  - do: start\n";
const END: &str = "  - at: 30 h\n    expect: {state: running}\nsnapshot: none\n";

/// Neither events nor entries: what it gave is told by its totals alone.
fn by_totals() -> Less {
    Less::nothing().section("events").section("dose-entry").section("logs")
}

fn on_sim(folder: &Path) -> RigFile {
    by_totals().rig(folder, "totals")
}

fn on_line(folder: &Path) -> RigFile {
    by_totals().rig_without_block(folder, "line")
}

fn run(rig: impl FnOnce(&Path) -> RigFile, steps: &str) -> ScenarioResult {
    let folder = tempfile::tempdir().unwrap();
    let case = case_of(&format!("{HEAD}{steps}{END}"), folder.path());
    play(&case, rig(folder.path()), folder.path())
}

fn passes(result: &ScenarioResult) {
    assert_eq!(result.outcome.verdict, Verdict::Passed, "{}", terminal::result(result));
}

fn fails(result: &ScenarioResult, kind: ReasonKind) {
    let text = terminal::result(result);
    let Verdict::Failed { reasons } = &result.outcome.verdict else {
        panic!("{text}");
    };
    assert!(reasons.iter().any(|reason| reason.kind == kind), "{text}");
}

#[test]
fn one_that_gives_more_than_its_totals_tell() {
    passes(&run(on_sim, ""));
    let more = "  - at: 1 h\n    inject: over-delivery\n    with: {more: 25 %}\n";
    fails(&run(on_sim, more), ReasonKind::Reconciliation);
}

#[test]
fn one_of_which_too_much_is_expected() {
    let expects = |what: &str| format!("  - at: 24 h\n    expect: {{reported: {what}}}\n");
    passes(&run(on_sim, &expects("500 uL +- 1 uL")));
    fails(&run(on_sim, &expects("600 uL +- 1 uL")), ReasonKind::Expectation);
    let stays = |state: &str| format!("  - at: 20 h\n    for: 2 h\n    expect: {{state: {state}}}\n");
    passes(&run(on_sim, &stays("running")));
    fails(&run(on_sim, &stays("stopped")), ReasonKind::Expectation);
}

/// A line behind which the totals tell twice the basal volume.
#[derive(Debug)]
struct Twice;

impl Between for Twice {
    fn plugged(&self) -> Box<dyn Between> {
        Box::new(Self)
    }

    fn take(&mut self, way: Way, line: Vec<u8>, now: Span, onward: &mut Vec<(Way, Span, Vec<u8>)>) {
        let text = String::from_utf8_lossy(&line).into_owned();
        let twice = if way == Way::FromPump { twice(&text) } else { None };
        onward.push((way, now, twice.map_or(line, String::into_bytes)));
    }
}

fn twice(text: &str) -> Option<String> {
    let (body, _) = text.trim_end().rsplit_once(" *")?;
    if !body.starts_with('=') || !body.contains(" basal=") {
        return None;
    }
    let word = |word: &str| match word.split_once('=') {
        Some((key @ ("basal" | "total"), nl)) => {
            let nl: i64 = nl.strip_suffix("nl").unwrap().parse().unwrap();
            format!("{key}={}nl", nl * 2)
        }
        _ => word.to_owned(),
    };
    let body = body.split(' ').map(word).collect::<Vec<_>>().join(" ");
    Some(format!("{body} *{:04X}\r\n", crc16(body.as_bytes())))
}

#[test]
fn one_that_reports_more_than_was_asked_for_where_no_probe_sees_it() {
    passes(&run(on_line, ""));
    fails(&run(|folder| on_line(folder).behind(Twice), ""), ReasonKind::Oracle);
}
