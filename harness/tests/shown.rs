//! `pump-hil show` takes the cases of a run in the ways in which `run` takes scenarios, and shows the lines of a scenario as long as it is what ran.

#![cfg(feature = "sim")]

use std::path::Path;
use std::process::Command;

struct Desk(tempfile::TempDir);

impl Desk {
    /// A folder in which `calm` and `calm-night` pass, and `busy` fails; all of them ran.
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, tag, state) in [
            ("calm", "day", "running"),
            ("calm-night", "night", "running"),
            ("busy", "day", "stopped"),
        ] {
            let text = format!(
                "scenario: {name}\nsummary: It runs.\ntags: [{tag}]\nsnapshot: none\n\
                 prescription: {{drug: saline, mode: continuous, rate: 0.5 mL/day}}\n\
                 timeline:\n  - do: start\n  - at: 1 h\n    expect: {{state: {state}}}\n"
            );
            desk.write(&format!("scenarios/{name}.yaml"), &text);
        }
        desk.says(1, &["run"], &["2 passed, 1 failed"]);
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn types(&self, code: i32, folder: &str, args: &[&str]) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
        program.args(args).current_dir(self.path().join(folder));
        program.env("PUMP_HIL_STATE", self.path().join("state"));
        program.env("CI", "true").env("NO_COLOR", "1").env_remove("RUST_LOG");
        let output = program.output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        said
    }

    #[track_caller]
    fn says(&self, code: i32, args: &[&str], parts: &[&str]) {
        let said = self.types(code, ".", args);
        for part in parts {
            assert!(said.contains(part), "no `{part}` of {args:?} in:\n{said}");
        }
    }
}

#[test]
fn a_case_of_the_last_run_is_shown_by_whatever_run_takes() {
    let desk = Desk::new();
    for args in [
        &["show", "calm"][..],
        &["show", "scenarios/calm.yaml"],
        &["show", "calm@sim"],
        &["show", "-E", "name(calm) and tag(day)"],
        &["show", "scenarios", "-E", "file(scenarios/calm.yaml)"],
        &["show", "pump-hil-runs/latest/calm@sim.jsonl"],
        &["show", "calm", "--run", "pump-hil-runs/latest"],
        &["show", "pump-hil-runs/latest", "-E", "name(calm)"],
    ] {
        desk.says(0, args, &["passed calm on sim", "step 1 (line 7)  do: start"]);
    }
    // From elsewhere the file is found as well.
    let run = desk.path().join("pump-hil-runs/latest");
    let run = run.to_str().unwrap();
    desk.write("below/x", "");
    let said = desk.types(0, "below", &["show", "../scenarios/calm.yaml", "--run", run]);
    assert!(said.contains("passed calm on sim"), "{said}");
}

#[test]
fn of_several_cases_a_person_chooses_one_by_its_command() {
    let desk = Desk::new();
    let all = &[
        "3 cases are meant: choose one",
        "  failed  pump-hil show busy@sim\n",
        "  passed  pump-hil show calm@sim\n",
        "  passed  pump-hil show calm-night@sim\n",
    ];
    desk.says(2, &["show"], all);
    desk.says(2, &["show", "scenarios"], all);
    desk.says(
        2,
        &["show", "calm*", "--run", "pump-hil-runs/latest"],
        &[
            "2 cases are meant: choose one",
            "  passed  pump-hil show calm@sim --run pump-hil-runs/latest\n",
        ],
    );
    desk.says(1, &["run", "calm", "busy", "--repeat", "2"], &["4 cases on sim"]);
    desk.says(
        2,
        &["show", "calm"],
        &[
            "`calm` ran 2 times in this run: choose one",
            "  passed  pump-hil show calm@sim~1\n",
            "  passed  pump-hil show calm@sim~2\n",
        ],
    );
    desk.says(0, &["show", "calm@sim~2"], &["passed calm (time 2) on sim"]);
    let other = "rig: other\nsummary: Another.\ndevice: stub\npump: {kind: sim}\nclock: {kind: virtual}\n";
    desk.write("fixtures/rigs/other.yaml", other);
    desk.says(1, &["run", "busy", "--rig", "sim", "--rig", "other"], &["2 failed"]);
    desk.says(2, &["show", "busy"], &["`busy` ran on 2 rigs: choose one"]);
    desk.says(0, &["show", "busy@other"], &["FAILED busy on other"]);
    desk.says(
        2,
        &["show", "busy@bench"],
        &["it did not run on a rig `bench`, but on other, sim"],
    );
}

#[test]
fn what_was_not_run_is_told_with_what_is_near() {
    let desk = Desk::new();
    desk.says(
        2,
        &["show", "clam"],
        &["no file, folder or scenario `clam`; did you mean `calm`?"],
    );
    desk.says(
        2,
        &["show", "-E", "tag(nigt)"],
        &[
            "selects none of 3 cases",
            "did you mean `night`?",
            "`pump-hil show` lists what ran in",
        ],
    );
    desk.says(
        2,
        &["show", "name(/calm/)"],
        &["an expression stands behind `--filter`: `--filter 'name(/calm/)'`"],
    );
    desk.says(0, &["run", "calm"], &["1 passed"]);
    desk.write("scenarios/late.yaml", "scenario: late\n");
    desk.says(
        2,
        &["show", "scenarios/late.yaml"],
        &["no case of `scenarios/late.yaml` was run in `pump-hil-runs/latest`"],
    );
    desk.says(
        0,
        &["show", "calm", "--from", "9 d"],
        &["there is nothing from 9+00:00:00.000 on: the last event is at 01:0"],
    );
    desk.says(
        2,
        &["show", "calm", "--run", "nowhere"],
        &["there is no run in `nowhere`"],
    );
}

#[test]
fn the_line_that_did_not_hold_is_shown_as_long_as_it_is_what_ran() {
    let desk = Desk::new();
    let line = "9 |     expect: {state: stopped}\n";
    let caret = "|              ^^^^^^^^^^^^^^";
    for args in [
        &["show", "busy"][..],
        &["show", "pump-hil-runs/latest/busy@sim.jsonl"],
        &["replay", "pump-hil-runs/latest"],
    ] {
        let code = i32::from(args[0] == "replay");
        desk.says(code, args, &[line, caret, "at scenarios/busy.yaml:8"]);
    }
    let path = desk.path().join("scenarios/busy.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("It runs.", "It runs on.")).unwrap();
    for args in [&["show", "busy"][..], &["replay", "pump-hil-runs/latest"]] {
        let said = desk.types(i32::from(args[0] == "replay"), ".", args);
        assert!(
            !said.contains(caret) && said.contains("expected  state stopped"),
            "{said}"
        );
    }
}
