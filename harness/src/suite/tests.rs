use super::{Batch, Settings, run};
use crate::files::ScenarioFolder;
use crate::interrupt;
use crate::report::{json, junit, summary};
use crate::reporter::{Ended, ReportError, Reporter, Reporters, RunEvent};
use pump_hil_language::catalog;
use pump_hil_language::plan;
use pump_hil_language::scenario::load;
use pump_hil_model::case::Case;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::RigFile;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

/// Keeps what it is told.
#[derive(Default, Clone)]
struct Kept(Rc<RefCell<Vec<RunEvent>>>);

impl Reporter for Kept {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        self.0.borrow_mut().push(event.clone());
        Ok(())
    }
}

/// Cases of these names that wait for ten days.
fn cases(folder: &Path, names: &[&str]) -> Vec<Case> {
    let mut cases = Vec::new();
    for name in names {
        let text = format!(
            "scenario: {name}\nsummary: Time passes.\nprescription: none\nsnapshot: none\ntimeline: [{{wait: 10 d}}, {{do: status}}]\n"
        );
        let file = format!("{name}.yaml");
        std::fs::write(folder.join(&file), text).unwrap();
        let source = ScenarioFolder::open(folder).unwrap();
        cases.extend(load(&source, &file, &catalog::shipped().unwrap()).unwrap());
    }
    cases
}

fn settings(folder: &Path) -> Settings {
    Settings {
        jobs: 2,
        ..Settings::new(RigFile::sim().unwrap(), folder.join("out"))
    }
}

fn names(ended: &Ended) -> Vec<&str> {
    ended.results.iter().map(|result| result.name.as_str()).collect()
}

#[test]
fn a_run_tells_of_every_case_from_its_begin_to_its_end_and_gives_the_results_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (cases(folder.path(), &["a", "b", "c"]), cases(folder.path(), &["d"]));
    let batch = |cases| Batch {
        cases,
        settings: settings(folder.path()),
    };
    let kept = Kept::default();
    let mut reporters = Reporters::new(vec![Box::new(kept.clone())]);
    let ended = run(
        &[batch(&first[..]), batch(&second[..])],
        &interrupt::pair().1,
        &mut reporters,
    );
    assert_eq!(
        (names(&ended), ended.interrupted, ended.not_run.len()),
        (vec!["a", "b", "c", "d"], None, 0)
    );

    let events = kept.0.take();
    let Some((begun, RunEvent::Ended(told))) = events.first().zip(events.last()) else {
        panic!("{events:?}");
    };
    let RunEvent::Begun {
        rigs,
        cases,
        granted,
        granted_cases,
        by_the_clock,
    } = begun
    else {
        panic!("{begun:?}");
    };
    // What is to come is known before it begins: on a simulated rig time is granted.
    let lengths = first.iter().chain(&second).map(|case| plan::length(case).0);
    assert_eq!((granted.0, *granted_cases, by_the_clock.0), (lengths.sum(), 4, 0));
    assert_eq!((rigs.as_slice(), *cases), (["sim".to_owned()].as_slice(), 4));
    assert_eq!(names(told), names(&ended));
    for (number, expected) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let mut of_it = events.iter().filter(|event| {
            matches!(event, RunEvent::CaseBegun { case, .. } | RunEvent::CaseAt { case, .. } | RunEvent::CaseEnded { case, .. } if *case == number)
        });
        assert!(matches!(of_it.next(), Some(RunEvent::CaseBegun { name, .. }) if name == expected));
        assert!(matches!(of_it.next_back(), Some(RunEvent::CaseEnded { result, .. }) if result.name == expected));
        // How often depends on the host; but time never goes back.
        let times = of_it.map(|event| match event {
            RunEvent::CaseAt { t, .. } => *t,
            other => panic!("{other:?}"),
        });
        assert!(times.is_sorted());
    }
}

#[test]
fn cases_that_an_interrupt_kept_from_starting_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path(), &["a", "b"]);
    let (interrupter, interrupt) = interrupt::pair();
    interrupter.interrupt("SIGINT");
    let batch = Batch {
        cases: &cases,
        settings: settings(folder.path()),
    };
    let ended = run(&[batch], &interrupt, &mut Reporters::default());
    assert_eq!((names(&ended), ended.interrupted), (vec![], Some("SIGINT")));
    let not_run: Vec<&str> = ended.not_run.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(not_run, ["a", "b"]);
    let text = json::report(&ended.results, &ended.not_run, &ended.info).unwrap()
        + &junit::report(&ended.results, &ended.not_run, &ended.info).unwrap();
    assert!(text.contains("\"not_run\": 2"), "{text}");
    assert!(text.contains("tests=\"2\"") && text.contains("errors=\"2\""), "{text}");
    assert_eq!(text.matches("not run: interrupted by SIGINT").count(), 4, "{text}");
}

/// The verdict's word and codes of one scenario on the simulated rig.
fn verdict_of(timeline: &str) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "scenario: cut\nsummary: The line is cut.\nsnapshot: none\nreservoir: 20 mL\n\
         prescription: {{drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day}}\ntimeline:\n  - do: start\n{timeline}"
    );
    std::fs::write(folder.path().join("cut.yaml"), text).unwrap();
    let source = ScenarioFolder::open(folder.path()).unwrap();
    let cases = load(&source, "cut.yaml", &catalog::shipped().unwrap()).unwrap();
    let batch = Batch {
        cases: &cases,
        settings: settings(folder.path()),
    };
    let ended = run(&[batch], &interrupt::pair().1, &mut Reporters::default());
    let verdict = &ended.results[0].outcome.verdict;
    let codes = match verdict {
        Verdict::Failed { reasons } => reasons.iter().map(|reason| reason.code().to_owned()).collect(),
        Verdict::Inconclusive { why } => why.iter().map(|why| why.code().to_string()).collect(),
        _ => Vec::new(),
    };
    (verdict.word().to_owned(), codes)
}

#[test]
fn what_a_pump_said_while_its_line_was_cut_is_read_back_and_judged() {
    let cut = "  - at: 1 h\n    inject: serial-cut\n";
    let stall = "  - at: 2 h\n    inject: motor-stall\n    with: {strokes: 5}\n";
    let back = "  - at: 5 h\n    clear: serial-cut\n";
    let delivered = "  - at: 6 h\n    expect: {delivered: \">= 20 uL\"}\n";
    let unheard = |codes: &[String]| codes.iter().any(|code| code == "unexpected-alarm");
    for timeline in [
        format!("{cut}{stall}{delivered}"),
        format!("{cut}{stall}{back}{delivered}"),
    ] {
        let (word, codes) = verdict_of(&timeline);
        assert!(word == "FAILED" && unheard(&codes), "{timeline}: {word} {codes:?}");
    }
    for timeline in [format!("{cut}{delivered}"), format!("{cut}{back}{delivered}")] {
        assert_eq!(verdict_of(&timeline), ("passed".to_owned(), vec![]), "{timeline}");
    }
    // A check that stands in the gap is judged by the pump's own time of what came.
    let named = |at: &str| format!("{cut}{stall}  - at: {at}\n    expect: {{alarm: motor-stall}}\n{back}{delivered}");
    assert_eq!(verdict_of(&named("4 h")), ("passed".to_owned(), vec![]));
    let (word, codes) = verdict_of(&named("2 h"));
    assert!(word == "FAILED" && codes == ["expect-alarm"], "{word} {codes:?}");
}

#[test]
fn a_rig_that_is_not_there_is_waited_for_by_the_first_case_alone() {
    let folder = tempfile::tempdir().unwrap();
    let rig = "rig: gone\nsummary: No such port.\ndevice: stub\npump: {kind: serial, port: no-such-port, baud: 115200}\n\
               clock: {kind: real}\nlimits: {open: 1 s}\n";
    let path = folder.path().join("gone.yaml");
    std::fs::write(&path, rig).unwrap();
    let settings = Settings::new(RigFile::load(&path).unwrap(), folder.path().join("out"));
    std::fs::create_dir(&settings.out).unwrap();
    let cases = cases(folder.path(), &["a", "b", "c"]);
    assert!(!settings.options(&cases[0]).at_once);
    let batch = Batch {
        cases: &cases,
        settings: settings.clone(),
    };
    let ended = run(&[batch], &interrupt::pair().1, &mut Reporters::default());
    assert!(settings.options(&cases[0]).at_once);
    let told = summary(&ended.results, std::time::Duration::ZERO, &|_, _| None, false, 120);
    assert_eq!(told.matches("it is not there").count(), 1, "{told}");
    assert!(told.contains("INCONCLUSIVE a, b, c on gone\n"), "{told}");
    settings.begun();
    assert!(!settings.options(&cases[0]).at_once, "what came back may go again");
}
