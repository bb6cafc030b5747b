//! Dose logs as a person at a desk accepts them: what is told of it, with and without a reason, and where the logs of a build server are found.

use pump_hil::snapshot::BUILD_SERVERS;
use pump_hil_testing::desk::shell;
use pump_hil_verdict::snapshot::Kept;
use std::path::{Path, PathBuf};

const FIRST_DAY: &str = "ours/scenarios/first-day.yaml";
const RECORD: &str = "ours/scenarios/snapshots/ACCEPTED.jsonl";
/// What is told of a project that lies in a folder.
const OWN_PROJECT: &str =
    "ours` is left out: it is a project of its own, with its own `pump-hil.toml`; name it by itself";
const NO_REASON: &str = "without a reason; `--reason TEXT` keeps one in ACCEPTED.jsonl";

/// A folder with the project `ours`.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.types("pump-hil new ours", 0);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The basal rate of the scenario of this name becomes another, and what it expects follows.
    fn rate(&self, ul: u32) {
        let text: String = self.read(FIRST_DAY);
        let line = |line: &str| match line.trim_start() {
            rest if rest.starts_with("rate:") => format!("  rate: 0.{} mL/day\n", ul / 100),
            rest if rest.starts_with("expect: {reported:") => {
                let all = ul + 20;
                format!("    expect: {{reported: {all} uL +- 1 uL, delivered: {all} uL +- 10 uL, no-alarm: any}}\n")
            }
            _ => format!("{line}\n"),
        };
        let text: String = text.lines().map(line).collect();
        std::fs::write(self.path(FIRST_DAY), text).unwrap();
    }

    /// What is typed here ends with `code`; gives what was said.
    #[track_caller]
    fn types(&self, line: &str, code: i32) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_pump-hil"));
        let mut shell = shell(program, self.0.path(), line, BUILD_SERVERS);
        // Who accepts is told.
        shell.envs([
            ("GIT_CONFIG_COUNT", "2"),
            ("GIT_CONFIG_KEY_0", "user.name"),
            ("GIT_CONFIG_VALUE_0", "Q. Engineer"),
            ("GIT_CONFIG_KEY_1", "user.email"),
            ("GIT_CONFIG_VALUE_1", ""),
        ]);
        let output = shell.output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}:\n{said}");
        said
    }

    /// The same, and these parts are said.
    #[track_caller]
    fn says(&self, line: &str, code: i32, parts: &[&str]) {
        let said = self.types(line, code);
        for part in parts {
            assert!(said.contains(part), "{line}: no `{part}` in:\n{said}");
        }
    }

    fn record(&self) -> Vec<String> {
        self.read(RECORD).lines().map(str::to_owned).collect()
    }
}

#[test]
fn a_run_that_accepts_says_what_it_accepted() {
    let desk = Desk::new();
    let other = desk
        .read(FIRST_DAY)
        .replace("scenario: first-day", "scenario: other-day");
    std::fs::write(desk.path("ours/scenarios/other-day.yaml"), other).unwrap();
    desk.says(
        "pump-hil run ours --accept --reason 'CR-7: a day more'",
        0,
        &[
            "Accepted 1 dose log as Q. Engineer: CR-7: a day more\n",
            "  other-day: new, 28 rows\n",
        ],
    );
    let reason = "\"reason\":\"CR-7: a day more\"";
    assert!(desk.record().last().unwrap().contains(reason));
    desk.rate(600);
    desk.says(
        "pump-hil run ours --accept --progress none --out out",
        0,
        &[
            &format!("Accepted 1 dose log as Q. Engineer, {NO_REASON}\n"),
            "  first-day: changed in 28 of 28 rows; first: row 1 (00:00:00.000), rate: expected 0.5 mL/day, got 0.6 mL/day\n",
        ],
    );
    assert!(!desk.record().last().unwrap().contains("reason"));
    let note = "its dose log was accepted (changed in 28 of 28 rows; first: ";
    assert!(desk.read("out/results.json").contains(note) && desk.read("out/junit.xml").contains(note));
    // Where nothing was accepted nothing is said.
    assert!(!desk.types("pump-hil run ours --accept", 0).contains("Accepted"));
    desk.says(
        "pump-hil run ours --accept --reason ' '",
        2,
        &["say in a few words why"],
    );
}

#[test]
fn only_so_many_of_what_was_accepted_are_named() {
    let desk = Desk::new();
    let text = desk.read(FIRST_DAY);
    for day in 10..31 {
        let other = text.replace("scenario: first-day", &format!("scenario: day-{day}"));
        std::fs::write(desk.path(&format!("ours/scenarios/day-{day}.yaml")), other).unwrap();
    }
    let said = desk.types("pump-hil run ours --accept", 0);
    assert!(
        said.contains("Accepted 21 dose logs") && said.contains("  and 1 more\n"),
        "{said}"
    );
    assert_eq!(said.matches(": new, 28 rows").count(), 20, "{said}");
}

#[test]
fn what_is_accepted_without_a_reason_is_told() {
    for (line, reason) in [
        ("echo a | pump-hil review ours", None),
        ("pump-hil review ours --all", None),
        ("printf 'a\\nCR-8\\n' | pump-hil review ours", Some("CR-8")),
        ("echo a | pump-hil review ours --reason CR-8", Some("CR-8")),
        ("pump-hil review ours --all --reason CR-8", Some("CR-8")),
    ] {
        let desk = Desk::new();
        desk.rate(600);
        desk.types("pump-hil run ours", 1);
        let said = desk.types(line, 0);
        let told = format!("1 of them accepted {NO_REASON}");
        assert_eq!(said.contains(&told), reason.is_none(), "{line}: {said}");
        let last = desk.record().pop().unwrap();
        let kept = reason.map(|reason| format!("\"reason\":\"{reason}\""));
        assert!(kept.is_none_or(|kept| last.contains(&kept)), "{line}: {last}");
        desk.types("pump-hil run ours", 0);
    }
}

#[test]
fn a_review_finds_what_a_run_on_a_build_server_left_in_its_folder() {
    let desk = Desk::new();
    desk.rate(600);
    desk.says(
        "cd ours; CI=true pump-hil run",
        1,
        &[
            "  review: pump-hil review pump-hil-runs/2",
            "At a desk: pump-hil review pump-hil-runs/2",
        ],
    );
    desk.types("cp -rL ours/pump-hil-runs/latest artifact", 0);
    let one = "1 of 1: first-day, in ours/pump-hil-runs/latest/first-day.snap.new, for ours/scenarios/snapshots";
    for what in [
        "ours",
        "ours/pump-hil-runs",
        "ours/pump-hil-runs/latest",
        "ours/scenarios/first-day.yaml",
        "ours --filter first",
        "ours/pump-hil-runs/latest --filter first",
    ] {
        desk.says(&format!("pump-hil review {what}"), 1, &[one]);
    }
    // Above the project it is not searched, as `check` does not. That one was copied from it nobody can tell there.
    let stranger = "`artifact/first-day.snap.new` is left out: no scenario here has this name";
    desk.says("pump-hil review .", 2, &[OWN_PROJECT, stranger]);
    desk.says(
        "pump-hil review artifact",
        2,
        &[stranger, "no dose log of this project waits"],
    );
    desk.says(
        "pump-hil review ours/pump-hil-runs/latest --filter second",
        2,
        &["selects none"],
    );
    // A run's folder is evidence.
    desk.says(
        "cd ours; echo r | pump-hil review",
        0,
        &["the run's folder is evidence, and keeps the new one"],
    );
    desk.says(
        "cd ours; printf 'a\\nCR-9\\n' | pump-hil review ../artifact",
        0,
        &[
            "1 of 1: first-day, in ../artifact/first-day.snap.new, for scenarios/snapshots",
            "1 accepted by",
        ],
    );
    assert!(desk.record().last().unwrap().contains("CR-9"));
    assert!(
        desk.read("ours/scenarios/snapshots/first-day.snap")
            .contains("0.600000")
    );
    desk.says("pump-hil review ours", 0, &["no dose log waits"]);
    // It is as the run left it.
    let replayed = desk.types("pump-hil replay artifact", 1);
    assert!(!replayed.contains("missing"), "{replayed}");
    desk.says("pump-hil run ours", 0, &["1 passed"]);
}

#[test]
fn a_review_of_a_folder_searches_the_folders_in_it() {
    let desk = Desk::new();
    desk.rate(600);
    desk.types("pump-hil run ours", 1);
    let one = "1 of 1: first-day, in ours/scenarios/snapshots/first-day.snap.new";
    desk.says("pump-hil review ours", 1, &[one]);
    // A project inside is reviewed by its own name, and checked, too.
    desk.says("pump-hil review .", 0, &[OWN_PROJECT, "no dose log waits"]);
    desk.types("cp ours/scenarios/first-day.yaml .", 0);
    desk.says("pump-hil check .", 0, &[OWN_PROJECT]);
    desk.types("rm first-day.yaml; mv ours/pump-hil.toml kept", 0);
    desk.says("pump-hil review ours", 1, &[one]);
    desk.types("mv kept ours/pump-hil.toml", 0);
    desk.says(
        "cd ours; pump-hil review .",
        1,
        &["in scenarios/snapshots/first-day.snap.new"],
    );
    desk.types("rm ours/pump-hil.toml", 0);
    desk.says(
        "mkdir inner; cd inner; pump-hil review ..",
        1,
        &["scenarios/snapshots/first-day.snap.new"],
    );
    // Other tools keep snapshots, too.
    desk.types("mkdir -p theirs/snapshots; echo x > theirs/snapshots/y.snap", 0);
    desk.says("pump-hil review . --all", 0, &[one, "1 accepted by Q. Engineer"]);
    desk.says(
        "pump-hil review .",
        0,
        &["no dose log waits for review in ours/scenarios/snapshots"],
    );
}

#[test]
fn a_log_of_an_earlier_form_of_the_scenario_takes_no_newer_ones_place() {
    let desk = Desk::new();
    desk.rate(300);
    desk.types("cd ours; CI=true pump-hil run", 1);
    desk.rate(600);
    desk.types("cd ours; pump-hil run --out elsewhere", 1);
    desk.says(
        "cd ours; pump-hil review --all --reason CR-10",
        0,
        &[
            "1 of 2: first-day, in scenarios/snapshots/first-day.snap.new",
            "rate: 0.5 mL/day when accepted, 0.6 mL/day now",
            "2 of 2: first-day, in pump-hil-runs/latest/first-day.snap.new, for scenarios/snapshots\n  left out: ",
            "1 accepted by Q. Engineer, 0 rejected, 0 still waiting",
        ],
    );
    desk.says("pump-hil run ours", 0, &["1 passed"]);
}

#[test]
fn that_the_scenario_changed_since_is_told_and_no_such_log_is_accepted_unseen() {
    let desk = Desk::new();
    desk.rate(600);
    desk.types("cd ours; CI=true pump-hil run", 1);
    desk.types("cd ours; pump-hil run --out elsewhere", 1);
    desk.rate(700);
    let parts = &[
        "Take care: the scenario changed since this log was made",
        "rate: 0.5 mL/day when accepted, 0.6 mL/day in this log",
    ];
    for what in [
        "ours",
        "ours/pump-hil-runs/latest",
        "first-day",
        "scenarios/snapshots",
        "scenarios/snapshots/first-day.snap.new",
    ] {
        let (folder, what) = match what.starts_with("ours") {
            true => (".", what),
            false => ("ours", what),
        };
        let said = desk.types(&format!("cd {folder}; pump-hil review {what} --all"), 1);
        assert!(parts.iter().all(|part| said.contains(part)), "{what}: {said}");
        assert!(said.contains("0 accepted by"), "{what}: {said}");
    }
    // Whoever saw it may know better.
    let seen = "printf 'a\\nCR-11\\n' | pump-hil review ours/scenarios/snapshots";
    desk.says(seen, 0, &[parts[0], "1 accepted by"]);
}

#[test]
fn of_two_logs_that_wait_for_one_case_a_person_names_one() {
    let desk = Desk::new();
    desk.rate(600);
    desk.types("cd ours; CI=true pump-hil run", 1);
    desk.types("cd ours; pump-hil run --out elsewhere", 1);
    let one = "ours/scenarios/snapshots/first-day.snap.new";
    let text = desk.read(one);
    // They say the same: it is accepted once.
    desk.says("pump-hil review ours --all", 0, &["1 accepted by", "0 still waiting"]);
    std::fs::write(desk.path(one), text.replace("0.600000", "0.610000")).unwrap();
    desk.types("cd ours; rm scenarios/snapshots/first-day.snap", 0);
    desk.says(
        "pump-hil review ours --all",
        1,
        &[
            "another log of this case waits in ours/pump-hil-runs/latest/first-day.snap.new",
            "another log of this case waits in ours/scenarios/snapshots/first-day.snap.new",
            "0 accepted by Q. Engineer, 0 rejected, 2 still waiting",
        ],
    );
    let named = "pump-hil review ours/pump-hil-runs/latest/first-day.snap.new --all";
    desk.says(
        named,
        0,
        &["1 of 1: first-day, in ours/pump-hil-runs/latest", "1 accepted"],
    );
    assert!(
        desk.read("ours/scenarios/snapshots/first-day.snap")
            .contains("0.600000")
    );
}

#[test]
fn a_log_of_a_run_that_was_rejected_does_not_come_again() {
    let desk = Desk::new();
    desk.rate(600);
    desk.types("cd ours; CI=true pump-hil run", 1);
    let rejects = "cd ours; printf 'r\\n' | pump-hil review pump-hil-runs/latest";
    let note = "pump-hil-runs/latest/first-day.snap.new.rejected";
    let told = format!("to see it again, delete `{note}`");
    desk.says(rejects, 0, &["the run's folder is evidence", &told, "1 rejected"]);
    for what in ["", "pump-hil-runs/latest", "first-day"] {
        let said = desk.types(&format!("cd ours; pump-hil review {what}"), 0);
        assert!(!said.contains("1 of 1"), "{what}: {said}");
    }
    // The folder is as its run left it.
    desk.types("cd ours; pump-hil replay pump-hil-runs/latest", 1);
    std::fs::remove_file(desk.path(&format!("ours/{note}"))).unwrap();
    desk.says(rejects, 0, &["1 of 1: first-day", "1 rejected"]);
}

#[test]
fn a_log_that_was_changed_in_the_folder_of_its_run_is_not_accepted() {
    let desk = Desk::new();
    desk.rate(600);
    desk.types("cd ours; CI=true pump-hil run", 1);
    let log = "ours/pump-hil-runs/latest/first-day.snap.new";
    std::fs::write(desk.path(log), desk.read(log).replace("0.600000", "0.610000")).unwrap();
    for what in ["ours", "ours/pump-hil-runs/latest", log] {
        let parts = &["swapped or changed: `first-day.snap.new` is not what the run wrote; it cannot be accepted"];
        desk.says(&format!("pump-hil review {what} --all"), 2, parts);
    }
    assert!(
        desk.read("ours/scenarios/snapshots/first-day.snap")
            .contains("0.500000")
    );
}

#[test]
fn what_says_that_this_is_a_build_server_is_named() {
    let desk = Desk::new();
    let why = |name: &str| format!("nothing is accepted in CI (the variable `{name}` is set)");
    for name in BUILD_SERVERS {
        desk.says(&format!("{name}=1 pump-hil review ours --all"), 2, &[&why(name)]);
    }
}

#[test]
fn a_new_case_is_new_wherever_it_is_told() {
    let desk = Desk::new();
    desk.types("rm -r ours/scenarios/snapshots", 0);
    desk.types("cd ours; pump-hil run --out out", 5);
    desk.says(
        "pump-hil show ours/out/first-day@desk.jsonl",
        0,
        &["NEW first-day on desk"],
    );
    let replayed = desk.types("pump-hil replay ours/out", 5);
    let whole = desk.types("cd ours; pump-hil run -v --out out2", 5);
    for said in [&replayed, &whole] {
        // What was said on the line led to nothing.
        assert!(said.contains("NEW ") && !said.contains("the last events"), "{said}");
    }
    assert!(replayed.contains("look at it with `pump-hil review`"), "{replayed}");
    let junit = desk.read("ours/out/junit.xml");
    assert!(
        junit.contains("type=\"new\"") && !junit.contains("system-out"),
        "{junit}"
    );
}

#[test]
fn a_log_of_a_rig_without_a_test_block_is_held_to_what_it_has() {
    let desk = Desk::new();
    let log = "ours/scenarios/snapshots/first-day.snap";
    let row = |line: &str| {
        let mut cells: Vec<&str> = line.split_whitespace().collect();
        if cells.len() == 16 && cells[0] != "time" {
            (cells[13], cells[14]) = ("-", "-");
            return format!("{}\n", cells.join("  "));
        }
        format!("{line}\n")
    };
    let text: String = desk.read(log).lines().map(row).collect();
    // As if somebody had accepted it.
    let accept = |text: &str| {
        std::fs::write(desk.path(log), text).unwrap();
        let sha256 = Kept::parse(text.as_bytes()).unwrap().sha256();
        let line = format!(
            r#"{{"snapshot":"first-day","who":"Ada","when":"2026-01-05T00:00:00Z","old_sha256":null,"new_sha256":"{sha256}"}}"#
        );
        std::fs::write(desk.path(RECORD), line + "\n").unwrap();
    };
    accept(&text);
    let note = "actuated and delivered of the dose log are not compared";
    desk.says("pump-hil run ours -v", 0, &[note, "1 passed"]);
    // All other columns are.
    accept(&text.replace("0.500000", "0.510000"));
    desk.says("pump-hil run ours", 1, &["expected 0.51 mL/day, got 0.5 mL/day"]);
    accept(&text);
    desk.says("pump-hil run ours --accept --reason CR-12", 0, &["Accepted 1 dose log"]);
    assert!(!desk.types("pump-hil run ours -v", 0).contains("not compared"));
}
