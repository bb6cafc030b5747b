//! What a person sees who runs scenarios at a terminal: screens of 80 and of 200 columns.

#![cfg(feature = "sim")]

use pump_hil_testing::screen::Screen;
use std::path::Path;
use std::process::Command;

/// A case of that name; what stands in its time line is the argument.
fn scenario(name: &str, timeline: &str) -> String {
    format!(
        "scenario: {name}\nsummary: Basal runs.\nprescription: {{drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 2 mL, low-reservoir: 1.9 mL}}\n\
         snapshot: none\nallow-alarms: [reservoir-low]\ntimeline:\n  - do: start\n{timeline}"
    )
}

/// A folder with these scenarios.
fn desk(scenarios: &[(&str, &str)]) -> tempfile::TempDir {
    let desk = tempfile::tempdir().unwrap();
    std::fs::create_dir(desk.path().join("scenarios")).unwrap();
    for (name, timeline) in scenarios {
        let path = desk.path().join(format!("scenarios/{name}.yaml"));
        std::fs::write(path, scenario(name, timeline)).unwrap();
    }
    desk
}

fn run(desk: &Path, arguments: &[&str], columns: u16) -> Screen {
    types(desk, &[&["run"], arguments].concat(), columns)
}

fn types(desk: &Path, arguments: &[&str], columns: u16) -> Screen {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    command.args(arguments).current_dir(desk);
    command.env("PUMP_HIL_STATE", desk.join("state"));
    Screen::run(&command, columns, 100)
}

/// Whether a line is a command that is copied, or says where a file is: these are never broken by us.
fn is_to_copy(row: &str) -> bool {
    [
        "more: ",
        "review: ",
        "again: ",
        "journal: ",
        "Journals, ",
        "pump-hil-runs/",
    ]
    .iter()
    .any(|word| row.trim_start().starts_with(word))
}

#[test]
fn no_line_is_broken_in_the_middle_of_a_word() {
    const NAME: &str = "a-long-name-as-people-give-them-to-a-scenario";
    let desk = desk(&[
        (
            NAME,
            "  - at: 2 h\n    expect: {state: stopped, reported: 41.5 uL +- 1 uL, delivered: 1 mL +- 1 uL}\n",
        ),
        ("mean", "  - at: 2 h\n    expect: {state: running}\n"),
    ]);
    let wrong = tempfile::tempdir().unwrap();
    std::fs::create_dir(wrong.path().join("scenarios")).unwrap();
    let text = scenario(
        "wrong",
        "  - at: day 2\n    expect: {rate: 24 mg/day, motor: stopped}\n",
    );
    std::fs::write(wrong.path().join("scenarios/wrong.yaml"), text).unwrap();
    for columns in [80, 200] {
        for arguments in [
            &["run", "--progress", "none"][..],
            &["run", "-v"],
            &["run", "mean", "--rig", "sim-realtime", "--dry-run"],
            &["show", "mean"],
            &["runs"],
            &["list"],
            &["list", "--faults"],
            &["list", "--rig", "serial"],
            &["list", "--coverage"],
            &["show", "scenarios/none.yaml"],
            &["run", "--rig", "nowhere"],
        ] {
            let mut screen = types(desk.path(), arguments, columns);
            screen.end();
            let broken: Vec<String> = screen
                .broken()
                .into_iter()
                .filter(|row| !is_to_copy(row.as_str()))
                .collect();
            assert!(broken.is_empty(), "{columns} {arguments:?}: {broken:#?}");
        }
        let mut screen = types(wrong.path(), &["check"], columns);
        assert_eq!(screen.end().code(), Some(2));
        assert!(screen.broken().is_empty(), "{}", screen.text());
    }
}

/// The screen without what is another each time.
fn steady(text: &str) -> String {
    let mut steady = text.to_owned();
    for (pattern, with) in [
        (r"([ (])\s*\d+ ms", "$1[..] ms"),
        (r"; \d+\.\d s", "; [..] s"),
        (r"\d{8}T\d{6}Z-\d+", "[RUN]"),
    ] {
        steady = regex::Regex::new(pattern)
            .unwrap()
            .replace_all(&steady, with)
            .into_owned();
    }
    steady
}

#[test]
fn the_end_of_a_run_fits_the_screen() {
    let desk = desk(&[
        ("healthy", "  - at: 2 h\n    expect: {state: running}\n"),
        (
            "late",
            "  - within: 3 h\n    expect: {alarm: reservoir-low}\n  - at: 10 h\n    expect: {state: running}\n",
        ),
    ]);
    for columns in [80, 200] {
        let mut screen = run(desk.path(), &["--out", "out"], columns);
        assert_eq!(screen.end().code(), Some(1));
        insta::assert_snapshot!(format!("the_end_at_{columns}"), steady(&screen.text()));
        // The line that says which case failed.
        let failed = screen
            .text()
            .lines()
            .position(|line| line.starts_with("FAILED late on"));
        let failed = u16::try_from(failed.unwrap()).unwrap();
        assert!(
            screen.is_coloured(failed, 0) && !screen.is_coloured(failed, 8),
            "{}",
            screen.text()
        );
        let mut plain = run(desk.path(), &["--out", "out", "--color", "never"], columns);
        plain.end();
        assert!(!plain.is_coloured(failed, 0), "{}", plain.text());
    }
}

#[test]
fn a_long_step_is_cut_around_what_did_not_hold_and_no_line_is_broken() {
    let step = "  - at: 2 h\n    expect: {reported: 41.5 uL +- 1 uL, reservoir: 1958.5 uL +- 1 uL, delivered: 41.5 uL +- 1 uL, state: stopped}\n";
    let desk = desk(&[("long", step)]);
    for columns in [40, 60, 80] {
        let mut screen = run(desk.path(), &["--out", "out"], columns);
        assert_eq!(screen.end().code(), Some(1));
        let text = screen.text();
        let lines: Vec<&str> = text.lines().collect();
        let caret = lines.iter().position(|line| line.contains('^')).unwrap();
        let marked = lines[caret].chars().zip(lines[caret - 1].chars());
        let marked: String = marked.filter(|(mark, _)| *mark == '^').map(|(_, c)| c).collect();
        assert_eq!(marked, "state: stopped", "{text}");
        assert!(lines[caret - 1].contains('…'), "{text}");
        // A line that the terminal broke goes on at its left edge.
        let more = lines.iter().position(|line| line.starts_with("  more: ")).unwrap();
        let indented = |line: &&str| line.starts_with("  ") && line.chars().count() <= columns.into();
        assert!(lines[caret - 1..=more].iter().all(indented), "{text}");
    }
}

#[test]
fn a_case_by_the_clock_is_seen_to_go_on_and_a_long_one_must_be_wanted() {
    let long = "  - at: 1000 h\n    expect: {state: running}\n";
    let desk = desk(&[("long", long)]);
    let mut screen = run(desk.path(), &["--rig", "sim-realtime"], 80);
    assert_eq!(screen.end().code(), Some(2));
    let told = "`long` takes 1 h 40 min on sim-realtime: add `--yes` to play it all the same";
    let words: Vec<String> = screen.text().split_whitespace().map(str::to_owned).collect();
    assert!(words.join(" ").contains(told), "{}", screen.text());
    assert!(screen.broken().is_empty(), "{}", screen.text());

    let mut screen = run(
        desk.path(),
        &["--rig", "sim-realtime", "--yes", "--repeat", "3", "--out", "out"],
        80,
    );
    // No event comes for an hour of the pump's, which are 6 s: the time goes on all the same.
    screen.wait_for("long: day 1 of 42");
    screen.signal("INT");
    assert_eq!(screen.end().code(), Some(130));
    for told in ["SIGINT: the run ends once each pump is safe", "Interrupted by SIGINT"] {
        assert_eq!(screen.text().matches(told).count(), 1, "{}", screen.text());
    }
}
