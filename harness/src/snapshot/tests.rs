mod aside;

use super::{
    By, Choice, Lines, Meant, Reviewed, SnapshotError, Snapshots, Update, pending_path, review, snapshot_path,
};
use pump_hil_model::case::{Case, Mode, Tolerance};
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_testing::situation::{HOUR, Run, case};
use pump_hil_verdict::dose::{Builder, DoseLog};
use pump_hil_verdict::snapshot::Checked;
use std::path::Path;

fn by() -> By {
    By {
        who: "Q. Engineer".into(),
        when: jiff::Timestamp::UNIX_EPOCH,
        reason: None,
    }
}

fn a_case() -> Case {
    let mut case = case(vec![]);
    case.snapshot = Some(Tolerance {
        volume: Percent(1_000),
        volume_floor: Volume(500),
        time: Span(2_000),
    });
    case
}

/// A log of five hours whose second entry is `extra` beyond nominal.
fn log(extra: i64) -> DoseLog {
    let mut run = Run::begun();
    run.start(480_000)
        .basal_until(4 * HOUR)
        .give(0, extra)
        .basal_until(5 * HOUR);
    let mut builder = Builder::new("situation");
    for event in run.ended() {
        builder.on_event(&event);
    }
    builder.finish()
}

/// A run's log held against what lies in `folder` now.
fn check(folder: &Path, case: &Case, log: &DoseLog, update: &Update) -> Result<Checked, SnapshotError> {
    Snapshots::open(folder.to_owned(), update.clone())?.check(case, log)
}

fn accepted(folder: &Path, log: &DoseLog) -> Vec<u8> {
    let checked = check(folder, &a_case(), log, &Update::Accept(by())).unwrap();
    assert!(matches!(checked, Checked::Accepted(_)), "{checked:?}");
    std::fs::read(snapshot_path(folder, "situation")).unwrap()
}

/// A review by lines of what waits in `folder`; what was shown is added to `shown`.
fn reviewed(folder: &Path, only: Option<&str>, all: Option<Choice>, typed: &str, shown: &mut Vec<u8>) -> Reviewed {
    let meant = Meant {
        only: only.map(|name| [name.to_owned()].into()),
        ..Meant::all_in(folder.to_owned())
    };
    review(&[meant], all, &mut Lines::new(typed.as_bytes(), shown, false), &by()).unwrap()
}

#[test]
fn inside_the_tolerance_the_accepted_text_stays_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let before = accepted(folder.path(), &log(0));
    for update in [Update::Pending, Update::Never, Update::Accept(by())] {
        assert_eq!(
            check(folder.path(), &a_case(), &log(1_000), &update).unwrap(),
            Checked::Same
        );
        assert_eq!(
            std::fs::read(snapshot_path(folder.path(), "situation")).unwrap(),
            before
        );
    }
}

#[test]
fn a_log_of_a_rig_without_a_test_block_stands_until_a_person_accepts_one_that_has_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut full = log(0);
    for row in &mut full.rows {
        (row.actuated, row.delivered) = (Some(0), Some(0));
    }
    let mut plain = full.clone();
    for row in &mut plain.rows {
        (row.actuated, row.delivered) = (None, None);
    }
    let before = accepted(folder.path(), &plain);
    for update in [Update::Pending, Update::Never] {
        assert_eq!(check(folder.path(), &a_case(), &full, &update).unwrap(), Checked::Same);
    }
    let file = || std::fs::read(snapshot_path(folder.path(), "situation")).unwrap();
    assert_eq!(file(), before);
    let Checked::Accepted(now) = check(folder.path(), &a_case(), &full, &Update::Accept(by())).unwrap() else {
        panic!("nothing was accepted");
    };
    assert!(
        now.change().starts_with("now with actuated and delivered, "),
        "{}",
        now.change()
    );
    assert_ne!(file(), before);
    // And the other way round nothing is lost.
    let full_file = file();
    let checked = check(folder.path(), &a_case(), &plain, &Update::Accept(by())).unwrap();
    assert_eq!((checked, file()), (Checked::Same, full_file));
}

#[test]
fn a_folder_may_be_named_from_where_the_person_stands() {
    let here = std::env::current_dir().unwrap();
    let folder = tempfile::tempdir_in(&here).unwrap();
    let relative = folder.path().strip_prefix(&here).unwrap();
    accepted(relative, &log(0));
    let checked = check(relative, &a_case(), &log(0), &Update::Pending).unwrap();
    assert_eq!(checked, Checked::Same);
}

#[test]
fn outside_the_tolerance_row_column_and_difference_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let before = accepted(folder.path(), &log(0));
    let checked = check(folder.path(), &a_case(), &log(5_000), &Update::Pending).unwrap();
    let reason = checked.reason(&a_case(), Span(7), &[]).unwrap();
    assert_eq!(reason.t, Span(5 * 3_600_000), "it is told where it began");
    assert!(
        reason
            .came
            .to_string()
            .contains("row 6 (05:00:00.000), basal: expected 100 uL, got 105 uL, apart by 5 uL, allowed 1 uL"),
        "{}",
        reason.came
    );
    assert_eq!(
        std::fs::read(snapshot_path(folder.path(), "situation")).unwrap(),
        before
    );
    assert!(pending_path(folder.path(), "situation").exists());
    // A run that is right again takes the pending one away.
    check(folder.path(), &a_case(), &log(0), &Update::Pending).unwrap();
    assert!(!pending_path(folder.path(), "situation").exists());
}

#[test]
fn what_was_accepted_when_a_run_was_made_gives_the_same_reason_later() {
    let folder = tempfile::tempdir().unwrap();
    let reason = |checked: Checked| checked.reason(&a_case(), Span(0), &[]);
    for now in [&log(0), &log(5_000)] {
        let snapshots = Snapshots::open(folder.path().to_owned(), Update::Pending).unwrap();
        let then = snapshots.accepted(&a_case()).unwrap().unwrap();
        let run = reason(check(folder.path(), &a_case(), now, &Update::Pending).unwrap());
        assert!(run.is_some());
        // Whoever accepts it meanwhile.
        accepted(folder.path(), now);
        let again = pump_hil_verdict::snapshot::against(&then.text, &a_case(), now).unwrap();
        assert_eq!(reason(again), run);
    }
}

#[test]
fn in_ci_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let checked = check(folder.path(), &a_case(), &log(0), &Update::Never).unwrap();
    assert_eq!(checked, Checked::Missing { pending: None });
    assert!(
        checked
            .reason(&a_case(), Span(0), &[])
            .unwrap()
            .came
            .to_string()
            .contains("outside CI")
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_snapshot_is_a_failure_that_waits_for_review() {
    let folder = tempfile::tempdir().unwrap();
    let checked = check(folder.path(), &a_case(), &log(0), &Update::Pending).unwrap();
    assert!(
        checked
            .reason(&a_case(), Span(0), &[])
            .unwrap()
            .came
            .to_string()
            .contains("pump-hil review")
    );
    let mut shown = Vec::new();
    let reviewed = reviewed(folder.path(), None, None, "x\na\n\nCR-7: first log\n", &mut shown);
    assert_eq!(reviewed.accepted, ["situation"]);
    let record = std::fs::read_to_string(folder.path().join("ACCEPTED.jsonl")).unwrap();
    assert!(record.contains(r#""reason":"CR-7: first log""#), "{record}");
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.contains("type a, r, s or q") && shown.contains("say it in a few words"),
        "{shown}"
    );
    assert_eq!(
        check(folder.path(), &a_case(), &log(0), &Update::Never).unwrap(),
        Checked::Same
    );
}

#[test]
fn who_accepted_and_when_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    accepted(folder.path(), &log(0));
    accepted(folder.path(), &log(50_000));
    let record = std::fs::read_to_string(folder.path().join("ACCEPTED.jsonl")).unwrap();
    let lines: Vec<pump_hil_verdict::snapshot::Acceptance> =
        record.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].old_sha256, None);
    assert_eq!(lines[1].old_sha256.as_ref(), Some(&lines[0].new_sha256));
    assert_eq!(
        (lines[1].who.as_str(), lines[1].when.as_str()),
        ("Q. Engineer", "1970-01-01T00:00:00Z")
    );
}

#[test]
fn a_review_can_reject_skip_and_end_early() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        let mut case = a_case();
        case.scenario = name.into();
        let mut log = log(0);
        log.name = name.into();
        check(folder.path(), &case, &log, &Update::Pending).unwrap();
    }
    let mut shown = Vec::new();
    let came = reviewed(folder.path(), None, None, "r\ns\n", &mut shown);
    assert_eq!((came.rejected.len(), came.waiting.len()), (1, 2));
    let came = reviewed(folder.path(), Some("c"), Some(Choice::Skip), "", &mut shown);
    assert_eq!(came.waiting, ["c"], "only what is meant is shown");
    let came = reviewed(folder.path(), None, Some(Choice::Accept), "", &mut shown);
    assert_eq!(came.accepted, ["b", "c"]);
    assert!(!String::from_utf8(shown).unwrap().contains('\u{1b}'));
}

/// What a review shows of a log that waits, though nobody answers.
fn shown(folder: &Path) -> String {
    let mut shown = Vec::new();
    reviewed(folder, None, None, "", &mut shown);
    String::from_utf8(shown).unwrap()
}

#[test]
fn a_review_compares_as_the_run_did() {
    let mut late = log(5_000);
    (late.late, late.carried) = (Span(7), true);
    for new in [log(5_000), late] {
        let folder = tempfile::tempdir().unwrap();
        accepted(folder.path(), &log(0));
        let Checked::Differs { differences, .. } = check(folder.path(), &a_case(), &new, &Update::Pending).unwrap()
        else {
            panic!("it differs");
        };
        let shown = shown(folder.path());
        for difference in &differences {
            assert!(shown.contains(&difference.to_string()), "{difference}\n{shown}");
        }
        assert_eq!(shown.matches(", allowed ").count(), differences.len(), "{shown}");
        assert!(!shown.contains("allowed 0 uL"), "{shown}");
    }
}

#[test]
fn what_differs_by_less_than_is_allowed_is_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    accepted(folder.path(), &log(0));
    check(folder.path(), &a_case(), &log(5_000), &Update::Pending).unwrap();
    // Somebody accepted another one meanwhile, which is near to what waits.
    let waits = std::fs::read(pending_path(folder.path(), "situation")).unwrap();
    accepted(folder.path(), &log(4_600));
    std::fs::write(pending_path(folder.path(), "situation"), waits).unwrap();
    let shown = shown(folder.path());
    assert!(
        shown.contains("nothing differs by more than the run allowed"),
        "{shown}"
    );
    assert!(
        shown.contains("~ differs, and may") && !shown.contains("! differs"),
        "{shown}"
    );
}

#[test]
fn what_differs_in_the_table_as_a_whole_is_told_beside_the_first_row() {
    let folder = tempfile::tempdir().unwrap();
    accepted(folder.path(), &log(0));
    let mut other = log(5_000);
    (other.periodic_stride, other.left_out) = (2, 1);
    other.rows.insert(1, other.rows[1].clone());
    check(folder.path(), &a_case(), &other, &Update::Pending).unwrap();
    let shown = shown(folder.path());
    let head = shown.split("\nrate: mL/day").next().unwrap();
    for part in [
        "First difference: table, shown: expected 1 of 1 and 1 of 1, got 1 of 2 and 1 of 1",
        "the log has 1 of 2 periodic entries",
        "left out: 1",
        "1 row only in the new log",
    ] {
        assert!(head.contains(part), "no `{part}` in:\n{shown}");
    }
}

#[test]
fn that_the_prescription_changed_since_is_told_and_how() {
    let rate = |text: &str| {
        let mut case = a_case();
        case.prescription.as_mut().unwrap().mode = Mode::Continuous {
            rate: text.parse().unwrap(),
        };
        case
    };
    let told = |then: &Case, now: &Case| {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), then, &log(0), &Update::Accept(by())).unwrap();
        check(folder.path(), now, &log(5_000), &Update::Pending).unwrap();
        shown(folder.path())
    };
    let (before, now) = (rate("0.6 mL/day"), rate("0.7 mL/day"));
    let changed = told(&before, &now);
    assert!(
        changed.contains("The prescription changed since this was accepted"),
        "{changed}"
    );
    assert!(
        changed.contains("rate: 0.6 mL/day when accepted, 0.7 mL/day now"),
        "{changed}"
    );
    let same = told(&now, &now);
    assert!(
        same.contains("the scenario is the same as when this was accepted"),
        "{same}"
    );
    let mut other = now.clone();
    other.sha256 = "another".into();
    let other = told(&now, &other);
    assert!(
        other.contains("changed since this was accepted, but not its prescription"),
        "{other}"
    );
    assert!(!same.contains("The prescription changed") && !other.contains("The prescription changed"));
}

#[test]
fn what_an_older_harness_kept_is_reviewed_without_what_it_did_not_say() {
    let folder = tempfile::tempdir().unwrap();
    accepted(folder.path(), &log(0));
    check(folder.path(), &a_case(), &log(5_000), &Update::Pending).unwrap();
    let older = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("info: ")).collect();
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    };
    older(&snapshot_path(folder.path(), "situation"));
    let told = shown(folder.path());
    assert!(told.contains("whether the prescription changed is not known"), "{told}");
    // Nor was there a reason, at first.
    assert!(told.contains("by Q. Engineer: no reason was kept"), "{told}");
    older(&pending_path(folder.path(), "situation"));
    let told = shown(folder.path());
    assert!(told.contains("what an older pump-hil allowed is not known"), "{told}");
    assert!(told.contains("allowed 0 uL"), "{told}");
    let came = reviewed(folder.path(), None, None, "a\nCR-8\n", &mut Vec::new());
    assert_eq!(came.accepted, ["situation"]);
    let checked = check(folder.path(), &a_case(), &log(5_000), &Update::Never).unwrap();
    assert_eq!(checked, Checked::Same);
}

#[test]
fn insta_reads_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    accepted(folder.path(), &log(0));
    let snapshot = insta::Snapshot::from_file(&snapshot_path(folder.path(), "situation")).unwrap();
    // The folder of the scenarios, whatever its name.
    let scenarios = folder.path().parent().unwrap().file_name().unwrap().to_str().unwrap();
    assert_eq!(
        snapshot.metadata().input_file(),
        Some(&*format!("{scenarios}/situation.yaml"))
    );
    assert_eq!(snapshot.as_text().unwrap().to_string(), log(0).to_string().trim_end());
}

#[test]
fn a_case_in_a_table_has_a_file_of_its_own() {
    let path = snapshot_path(Path::new("s"), "rates[../slow]");
    assert_eq!(path, Path::new("s/rates[___slow].snap"));
}

#[test]
fn rows_that_do_not_pair_up_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    accepted(folder.path(), &log(0));
    let mut other = log(0);
    other.rows.remove(2);
    other.rows[3].what = "stop".into();
    match check(folder.path(), &a_case(), &other, &Update::Never).unwrap() {
        Checked::Differs { differences, .. } => {
            assert_eq!(
                differences.iter().filter(|d| d.column == "what").count(),
                1,
                "{differences:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}
