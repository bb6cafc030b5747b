//! What a person sees who reviews at a terminal, and what their keys do: screens of 80 and of 200 columns.

#![cfg(feature = "sim")]

use pump_hil_testing::screen::Screen;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The question, without the spaces at its end.
const QUESTION: &str = "[space] all of it, [q]uit?";

/// A day of basal with a change of rate; the rate of the night is the argument.
fn scenario(night: &str) -> String {
    format!(
        "scenario: night-rate\nsummary: A day schedule of two rates.\nprescription:\n  drug: morphine-10-mg-per-mL\n  mode: flex\n  \
         schedule: [{{day: daily, at: \"00:00\", rate: 0.6 mL/day}}, {{day: daily, at: \"08:00\", rate: {night}}}]\n  reservoir: 20 mL\n\
         timeline:\n  - do: start\n  - at: 12 h\n    expect: {{state: running}}\nsnapshot: {{volume: 1 %, time: 2 s}}\n"
    )
}

/// A person's folder, with a scenario whose dose log was accepted.
struct Desk(tempfile::TempDir);

impl Desk {
    /// With logs that wait: of the scenario with this rate at night, and a first one where `first`.
    fn new(night: &str, first: bool) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let ran = |args: &[&str], scenario: &str| {
            desk.write("scenarios/night-rate.yaml", scenario);
            let output = desk.command(args).output().unwrap();
            output.status.code()
        };
        assert_eq!(
            ran(&["run", "--accept", "--reason", "CR-1"], &scenario("0.6 mL/day")),
            Some(0)
        );
        if first {
            let other = scenario("0.6 mL/day").replace("night-rate", "another");
            desk.write("scenarios/another.yaml", &other);
        }
        assert_ne!(ran(&["run"], &scenario(night)), Some(0));
        desk
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
        command.args(args).current_dir(&self.0);
        for name in ["CI", "INSTA_UPDATE"] {
            command.env_remove(name);
        }
        // Who accepts is told in the screens.
        command.envs([
            ("GIT_CONFIG_COUNT", "2"),
            ("GIT_CONFIG_KEY_0", "user.name"),
            ("GIT_CONFIG_VALUE_0", "Q. Engineer"),
            ("GIT_CONFIG_KEY_1", "user.email"),
            ("GIT_CONFIG_VALUE_1", "q@example.org"),
        ]);
        command
    }

    fn review(&self, columns: u16, rows: u16) -> Screen {
        Screen::run(&self.command(&["review"]), columns, rows)
    }

    fn snapshots(&self) -> PathBuf {
        self.0.path().join("scenarios/snapshots")
    }

    /// All files of the folder of dose logs, with what stands in them.
    fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.snapshots())
            .unwrap()
            .map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
        files.sort();
        files
    }

    fn waits(&self, name: &str) -> bool {
        Path::new(&self.snapshots()).join(format!("{name}.snap.new")).exists()
    }

    fn record(&self) -> String {
        std::fs::read_to_string(self.snapshots().join("ACCEPTED.jsonl")).unwrap()
    }
}

/// A screen with the instants in it made the same each time.
fn seen(screen: &Screen) -> String {
    let text = screen.text();
    let masked = |line: &str| match line.split_once("accepted 20") {
        Some((before, behind)) => format!("{before}accepted DATE{}", &behind["26-01-01 00:00 UTC".len()..]),
        None => line.to_owned(),
    };
    text.lines().map(masked).collect::<Vec<_>>().join("\n")
}

#[test]
fn at_80_columns_old_and_new_stand_under_each_other_and_all_is_paged() {
    let desk = Desk::new("0.7 mL/day", false);
    let mut screen = desk.review(80, 24);
    screen.wait_for(QUESTION);
    insta::assert_snapshot!("at_80_the_question", seen(&screen));
    screen.press("t");
    screen.wait_for("lines 1-");
    insta::assert_snapshot!("at_80_the_table", seen(&screen));
    // Page down, line down, page up by the key of a terminal.
    screen.press("  ");
    screen.wait_for("lines 26-");
    screen.press("\u{1b}[A");
    screen.wait_for("lines 25-");
    screen.press("\u{1b}[5~");
    screen.wait_for("lines 8-");
    screen.press("q");
    screen.wait_for(QUESTION);
    screen.press(" ");
    screen.wait_for("lines 1-");
    insta::assert_snapshot!("at_80_all_of_it", seen(&screen));
    screen.press("q");
    screen.wait_for(QUESTION);
    insta::assert_snapshot!("at_80_the_question", seen(&screen));
    screen.press("q");
    assert_eq!(screen.end().code(), Some(1));
}

#[test]
fn at_200_columns_old_and_new_stand_side_by_side() {
    let desk = Desk::new("0.7 mL/day", false);
    let mut screen = desk.review(200, 50);
    screen.wait_for(QUESTION);
    insta::assert_snapshot!("at_200_the_question", seen(&screen));
    screen.press("t");
    screen.wait_for("lines 1-");
    insta::assert_snapshot!("at_200_the_table", seen(&screen));
    screen.press("q");
    screen.wait_for(QUESTION);
    screen.press("q");
    assert_eq!(screen.end().code(), Some(1));
}

#[test]
fn a_key_accepts_without_enter_and_the_reason_is_kept() {
    let desk = Desk::new("0.7 mL/day", false);
    let mut screen = desk.review(200, 50);
    screen.wait_for(QUESTION);
    screen.press("a");
    screen.wait_for("why is it right");
    // Nothing is no reason, and a slip is taken back.
    screen.press("\r");
    screen.wait_for("say it in a few words");
    screen.press("CR-2: night ratx\u{7f}e\r");
    assert_eq!(screen.end().code(), Some(0));
    assert!(screen.text().contains("1 accepted by Q. Engineer"), "{}", screen.text());
    assert!(!desk.waits("night-rate"));
    let record = desk.record();
    assert!(
        record
            .lines()
            .last()
            .unwrap()
            .contains(r#""reason":"CR-2: night rate""#),
        "{record}"
    );
}

/// A way out of a review, how the program then ends, and what a person does.
type Way = (&'static str, i32, fn(&mut Screen));

#[test]
fn quit_and_every_other_way_out_change_nothing_and_leave_the_terminal_as_it_was() {
    let desk = Desk::new("0.7 mL/day", true);
    let before = desk.kept();
    let ways: [Way; 6] = [
        ("q", 1, |screen| screen.press("q")),
        ("Ctrl-C", 130, |screen| screen.press("\u{3}")),
        ("Ctrl-C where a reason is typed", 130, |screen| {
            screen.press("aa");
            screen.wait_for("why is it right");
            screen.press("because\u{3}");
        }),
        ("Ctrl-C in the pager", 130, |screen| {
            screen.press("t");
            screen.wait_for("back to the question");
            screen.press("\u{3}");
        }),
        ("SIGTERM in the pager", 130, |screen| {
            screen.press("t");
            screen.wait_for("back to the question");
            screen.signal("TERM");
        }),
        ("a closed terminal", 130, Screen::close),
    ];
    for (way, code, leave) in ways {
        let mut screen = desk.review(80, 24);
        screen.wait_for(QUESTION);
        leave(&mut screen);
        assert_eq!(screen.end().code(), Some(code), "{way}:\n{}", screen.text());
        assert!(desk.kept() == before, "{way}");
    }
}

#[test]
fn who_did_not_see_all_of_it_is_told_before_it_is_accepted() {
    let desk = Desk::new("0.7 mL/day", false);
    let mut screen = desk.review(80, 24);
    screen.wait_for(QUESTION);
    screen.press("a");
    screen.wait_for("not all of it was shown yet");
    screen.press(" G");
    screen.wait_for("lines 35-");
    screen.press("qa");
    screen.wait_for("why is it right");
    // Back to the question, and once more.
    screen.press("not yet\u{1b}");
    screen.wait_for(QUESTION);
    assert!(desk.waits("night-rate"));
    screen.press("r");
    assert_eq!(screen.end().code(), Some(0));
    assert!(!desk.waits("night-rate") && desk.record().lines().count() == 1);
}

#[test]
fn what_differs_is_coloured_but_not_where_nobody_wants_colours() {
    let desk = Desk::new("0.7 mL/day", false);
    let coloured = |no_color: bool| {
        let mut command = desk.command(&["review"]);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let mut screen = Screen::run(&command, 200, 50);
        screen.wait_for(QUESTION);
        let cells = (0..50).flat_map(|row| (0..200).map(move |column| (row, column)));
        let coloured = cells.filter(|(row, column)| screen.is_coloured(*row, *column));
        let count = coloured.count();
        screen.press("q");
        screen.end();
        count
    };
    assert!(coloured(false) > 0);
    assert_eq!(coloured(true), 0);
}

#[test]
fn a_review_of_nothing_named_finds_what_the_last_run_left_anywhere() {
    let desk = Desk::new("0.7 mL/day", false);
    let other = scenario("0.6 mL/day").replace("night-rate", "another");
    desk.write("mytests/sub/another.yaml", &other);
    assert_eq!(
        desk.command(&["run", "mytests"]).output().unwrap().status.code(),
        Some(5)
    );
    let output = desk.command(&["review"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    // The first one is shown, and all of them are told.
    for file in [
        "1 of 2: night-rate, in scenarios/snapshots/night-rate.snap.new",
        "  waits: scenarios/snapshots/night-rate.snap.new",
        "  waits: mytests/snapshots/another.snap.new",
    ] {
        assert!(told.contains(file), "{told}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn on_a_terminal_that_is_hardly_there_all_can_still_be_reached() {
    let desk = Desk::new("0.7 mL/day", false);
    for (columns, rows) in [(30, 8), (12, 3), (300, 3)] {
        let mut screen = desk.review(columns, rows);
        screen.wait_for("[q]uit?");
        screen.press(" ");
        screen.wait_for("lines 1-");
        screen.press("G");
        screen.settle();
        screen.press("t");
        screen.settle();
        screen.press("q");
        screen.wait_for("[q]uit?");
        screen.press("q");
        assert_eq!(screen.end().code(), Some(1), "{columns} x {rows}");
    }
}

#[test]
fn the_first_change_in_a_new_folder_is_told_with_its_cause() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let ours = desk.0.path().join("ours");
    let told = |args: &[&str], here: &Path| {
        let output = desk.command(args).current_dir(here).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    told(&["new", "ours"], desk.0.path());
    let file = ours.join("scenarios/first-day.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    // What the step at its end expects follows from the rate.
    let text = text
        .replace("rate: 0.5 mL/day", "rate: 0.6 mL/day")
        .replace("520 uL", "620 uL");
    std::fs::write(&file, text).unwrap();
    told(&["run"], &ours);
    let told = told(&["review"], &ours);
    for part in [
        "1 of 1: first-day, in scenarios/snapshots/first-day.snap.new",
        "The prescription changed since this was accepted",
        "rate: 0.5 mL/day when accepted, 0.6 mL/day now",
        "First difference: row 1 (00:00:00.000), rate: expected 0.5 mL/day, got 0.6 mL/day",
    ] {
        assert!(told.contains(part), "no `{part}` in:\n{told}");
    }
}
