//! An installed program in a folder of a user's own: fixtures that are built in and added to, `pump-hil.toml`, `pump-hil new`, and rigs that cannot show all.

use pump_hil_testing::repository::root;
use std::path::Path;
use std::process::Command;

/// What a command did: its exit code, and all that it said.
struct Did {
    code: Option<i32>,
    said: String,
}

fn pump_hil(here: &Path, args: &[&str]) -> Did {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    program.current_dir(here).args(args);
    program.env("CI", "true").env("NO_COLOR", "1").env_remove("RUST_LOG");
    program.env("PUMP_HIL_STATE", here.join("state"));
    let output = program.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Did {
        code: output.status.code(),
        said: String::from_utf8(said).unwrap(),
    }
}

impl Did {
    #[track_caller]
    fn is(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.said);
        for part in parts {
            assert!(self.said.contains(part), "no `{part}` in:\n{}", self.said);
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const OWN: &str = "scenario: own
summary: The pump starts with the drug of this clinic.
verifies: [REQ-1234]
covers: [HAZ-7]
prescription: {drug: own-2-mg-per-mL, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}
timeline:
  - do: start
  - expect: {state: running}
snapshot: none
";

fn own_requirements(id: &str, kind: &str) -> String {
    format!("source: Ours\nkind: {kind}\nrequirements:\n  - {{id: {id}, text: It starts., hazard: withdrawal}}\n")
}

const OWN_DRUG: &str = "drugs:
  - {id: saline, name: Our saline, concentration: 0 mg/mL, route: intrathecal, soft-rate: 1 mL/day, hard-rate: 2 mL/day, soft-bolus: 1 mL, hard-bolus: 1 mL, source: ours}
";

#[test]
fn a_new_folder_passes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    pump_hil(folder.path(), &["new", "ours"]).is(0, &["scenarios/first-day.yaml", "cd ours"]);
    let ours = folder.path().join("ours");
    pump_hil(&ours, &["check"]).is(0, &["1 file with 1 case: nothing wrong"]);
    pump_hil(&ours, &["run"]).is(0, &["1 case on desk: 1 passed, 0 failed"]);
    // From a folder inside as well; what the run leaves stands at the top.
    let inside = ours.join("fixtures/rigs");
    pump_hil(&inside, &["run"]).is(0, &["1 case on desk: 1 passed", "../../pump-hil-runs/"]);
    pump_hil(&ours, &["list", "--rig", "bench"]).is(0, &["first-day  takes 1 d; 2 checks not shown"]);
    pump_hil(&ours, &["run", "--dry-run"]).is(0, &["first-day  takes 1 d of virtual time\n"]);
    pump_hil(folder.path(), &["new", "ours"]).is(2, &["`ours` is not empty"]);
    let readme = std::fs::read_to_string(ours.join("README.md")).unwrap();
    assert!((8..=12).contains(&readme.lines().count()), "{readme}");
}

#[test]
fn a_dose_log_that_differs_is_told_at_its_first_row_with_how_the_prescription_changed() {
    let folder = tempfile::tempdir().unwrap();
    pump_hil(folder.path(), &["new", "ours"]).is(0, &[]);
    let ours = folder.path().join("ours");
    let file = ours.join("scenarios/first-day.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    // It allows the reservoir what it will be; all else stays.
    let text = text.replace("reservoir: 20 mL", "reservoir: 19 mL");
    std::fs::write(&file, text).unwrap();
    let row = "row 1 (00:00:00.000), reservoir: expected 20000 uL, got 19000 uL";
    let changed = "the prescription changed since this was accepted: reservoir: 20 mL when accepted, 19 mL now";
    let run = pump_hil(&ours, &["run", "--out", "out"]);
    run.is(1, &["FAILED first-day on desk at 00:00:00.000: snapshot", row, changed]);
    assert!(!run.said.contains("row 2"), "one row is told:\n{}", run.said);
    // What judges it again years later says the same.
    let journal = "out/first-day@desk.jsonl";
    pump_hil(&ours, &["replay", journal]).is(1, &["snapshot at 00:00:00.000", row, changed]);
    pump_hil(&ours, &["show", journal]).is(0, &[row, changed]);
    let junit = std::fs::read_to_string(ours.join("out/junit.xml")).unwrap();
    assert!(junit.contains(changed), "{junit}");
    let message = format!("message=\"expected the dose log of snapshots/first-day.snap, got {row}, apart by 1000 uL");
    assert!(junit.contains(&message), "{junit}");
}

#[test]
fn what_is_named_from_outside_is_played_as_from_inside() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    pump_hil(here, &["new", "ours"]).is(0, &[]);
    pump_hil(here, &["new", "others"]).is(0, &[]);
    let passed = "1 case on desk: 1 passed";
    for named in ["ours", "./ours/", "ours/scenarios", "ours/scenarios/first-day.yaml"] {
        pump_hil(here, &["check", named]).is(0, &["1 file with 1 case: nothing wrong", "rig `desk`"]);
        pump_hil(here, &["run", named]).is(0, &[passed, "ours/pump-hil-runs/"]);
    }
    pump_hil(here, &["list", "ours", "--rig", "bench"]).is(0, &["rig `bench` can play 1 of 1 file"]);
    pump_hil(here, &["run", "first-day", "ours"]).is(0, &[passed]);
    assert!(
        !here.join("pump-hil-runs").exists(),
        "its pump-hil.toml says where runs go"
    );
    // By its own project, and not by the one that the person stands in: there is no such drug.
    let others = here.join("others");
    let ours_alone = OWN.replace("REQ-1234", "GIP-1.1.1").replace("[HAZ-7]", "[SF01]");
    let ours_alone = ours_alone.replace("own-2-mg-per-mL", "ours-alone");
    write(here, "ours/scenarios/ours-only.yaml", &ours_alone);
    write(
        here,
        "ours/fixtures/drugs/ours.yaml",
        &OWN_DRUG.replace("id: saline", "id: ours-alone"),
    );
    pump_hil(&others, &["check", "../ours"]).is(0, &["2 files with 2 cases: nothing wrong"]);
    pump_hil(&others, &["check", "../ours", "."]).is(2, &["`../ours` and `.` belong to two projects"]);
    pump_hil(
        &others,
        &["check", "../ours/scenarios/ours-only.yaml", "--fixtures", "fixtures"],
    )
    .is(2, &["unknown drug `ours-alone`"]);
    // A folder above is searched, but not into a project inside.
    pump_hil(here, &["check", "."]).is(
        2,
        &[
            "there is no scenario in this folder",
            "`./others` is not searched: it is a project",
        ],
    );
    write(
        here,
        "own.yaml",
        &OWN.replace("REQ-1234", "GIP-1.1.1")
            .replace("[HAZ-7]", "[SF01]")
            .replace("own-2-mg-per-mL", "saline"),
    );
    pump_hil(here, &["check", "."]).is(
        0,
        &[
            "1 file with 1 case",
            "warning: `./ours` is left out: it is a project of its own",
        ],
    );
}

#[test]
fn what_is_the_users_own_is_added_to_what_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "scenarios/own.yaml", OWN);
    std::fs::create_dir(here.join("fixtures")).unwrap();
    pump_hil(here, &["run"]).is(
        2,
        &[
            "unknown requirement `REQ-1234`",
            "add it in a file of `fixtures/requirements`",
            "unknown hazard `HAZ-7`",
            "unknown drug `own-2-mg-per-mL`",
            "add it in a file of `fixtures/drugs`",
        ],
    );
    write(
        here,
        "fixtures/requirements/ours.yaml",
        &own_requirements("REQ-1234", "requirement"),
    );
    write(
        here,
        "fixtures/requirements/hazards.yaml",
        &own_requirements("HAZ-7", "row"),
    );
    write(here, "fixtures/drugs/ours.yaml", OWN_DRUG);
    write(here, "scenarios/own.yaml", &OWN.replace("own-2-mg-per-mL", "saline"));
    pump_hil(here, &["run"]).is(0, &["1 case on sim: 1 passed"]);
    let listed = pump_hil(here, &["list", "--sources"]);
    let from = |word: &str, name: &str| {
        let line = listed
            .said
            .lines()
            .find(|line| line.starts_with(word) && line.contains(name));
        line.unwrap_or_default()
            .split("  ")
            .last()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    assert_eq!(from("requirement ", " REQ-1234 "), "fixtures/requirements/ours.yaml");
    assert_eq!(from("row ", " HAZ-7 "), "fixtures/requirements/hazards.yaml");
    assert_eq!(from("requirement ", " GIP-1.1.1 "), "built in");
    assert_eq!(from("rig ", " serial "), "built in");
    assert_eq!(from("device ", " stub "), "built in");
    assert_eq!(
        from("drug ", " saline "),
        "fixtures/drugs/ours.yaml",
        "it stands for the built-in one"
    );
    // What stands twice in one's own files is a mistake still.
    write(here, "fixtures/drugs/more.yaml", OWN_DRUG);
    pump_hil(here, &["run"]).is(2, &["the id `saline` is given twice"]);
}

#[test]
fn the_simulated_pump_knows_the_drugs_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let own = OWN.replace("REQ-1234", "GIP-1.1.1").replace("[HAZ-7]", "[SF01]");
    write(
        here,
        "fixtures/drugs/ours.yaml",
        &OWN_DRUG
            .replace("id: saline", "id: own-2-mg-per-mL")
            .replace("0 mg/mL", "2 mg/mL"),
    );
    write(here, "scenarios/own.yaml", &own);
    // One on a thread of this process, and one in a process of its own.
    pump_hil(here, &["run", "--rig", "sim", "--rig", "sim-realtime"])
        .is(0, &["2 cases on sim, sim-realtime: 2 passed"]);
    // It holds a prescription to the limits of that file.
    write(here, "scenarios/own.yaml", &own.replace("0.5 mL/day", "3 mL/day"));
    pump_hil(here, &["run"]).is(1, &["hard-limit"]);
}

#[test]
fn a_rig_is_named_as_a_file_or_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let serial = std::fs::read_to_string(root().join("fixtures/rigs/serial.yaml")).unwrap();
    write(
        here,
        "scenarios/own.yaml",
        &OWN.replace("REQ-1234", "GIP-1.1.1")
            .replace("[HAZ-7]", "[SF01]")
            .replace("own-2-mg-per-mL", "saline"),
    );
    write(
        here,
        "fixtures/rigs/bench.yaml",
        &serial.replace("rig: serial", "rig: bench"),
    );
    write(here, "pump-hil.toml", "rig = [\"bench\", \"sim\"]\n");
    pump_hil(here, &["check"]).is(
        0,
        &["rig `bench` can play 1 of 1 file", "rig `sim` can play 1 of 1 file"],
    );
    pump_hil(here, &["check", "--rig", "serial"]).is(0, &["rig `serial` can play"]);
    pump_hil(here, &["check", "--rig", "fixtures/rigs/bench.yaml"]).is(0, &["rig `bench` can play"]);
    pump_hil(here, &["check", "--rig", "benhc"]).is(2, &["there is no rig `benhc` (did you mean `bench`?)"]);
    // Its firmware is no part of the program.
    pump_hil(here, &["check", "--rig", "qemu-microbit"]).is(
        2,
        &["built-in/rigs/qemu-microbit.yaml:5:44", "`firmware-stub/board/build`"],
    );
    // The user's own device goes before the built-in one.
    write(here, "fixtures/devices/stub.yaml", "device: broken\n");
    pump_hil(here, &["check", "--rig", "bench"]).is(2, &["fixtures/devices/stub.yaml:1:1"]);
    write(here, "pump-hil.toml", "rigs = \"bench\"\nout = 3\n");
    pump_hil(here, &["run"]).is(2, &["pump-hil.toml:1:1", "did you mean `rig`?", "pump-hil.toml:2:7"]);
}

#[test]
fn a_plain_serial_rig_plays_what_it_can_show() {
    let listed = pump_hil(&root(), &["list", "--rig", "fixtures/rigs/serial.yaml"]);
    listed.is(
        0,
        &[
            "rig `serial` can play ",
            "takes 1 d 1 h; 1 check not shown",
            "skipped: the rig cannot do test-block, fault:",
        ],
    );
    let (_, sum) = listed.said.split_once("rig `serial` can play ").unwrap();
    let files: usize = sum.split(' ').next().unwrap().parse().unwrap();
    assert!(files >= 55, "{files} files can be played on a plain serial rig");
}

/// A pump by the host's clock, without a probe.
const RIG: &str = "rig: bare
summary: The stub pump in a process of its own; no probe.
device: stub
pump: {kind: sim-process}
clock: {kind: real, scale: 60}
";

fn in_part(state: &str) -> String {
    format!(
        "scenario: in-part
summary: The pump runs, and delivers.
verifies: [GIP-1.1.1]
prescription: {{drug: saline, mode: continuous, rate: 24 mL/day, reservoir: 20 mL}}
timeline:
  - do: start
  - after: 1 min
    expect: {{state: {state}, delivered: \">= 1 uL\"}}
always: [delivered <= prescribed + 50 %]
snapshot: none
"
    )
}

#[test]
fn a_check_that_is_not_shown_is_told_in_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "rig.yaml", RIG);
    write(here, "scenarios/in-part.yaml", &in_part("running"));
    let verdict = "passed, 2 checks not shown";
    pump_hil(here, &["run", "--rig", "rig.yaml", "--out", "out"]).is(
        0,
        &[
            verdict,
            "1 case on bare: 1 passed (1 of them with checks not shown), 0 failed",
        ],
    );
    let read = |name: &str| std::fs::read_to_string(here.join("out").join(name)).unwrap();
    let results: serde_json::Value = serde_json::from_str(&read("results.json")).unwrap();
    let of = &results["results"][0];
    assert_eq!((&of["verdict"], &of["says"]), (&"passed".into(), &verdict.into()));
    assert_eq!(
        of["not_shown"][0],
        serde_json::json!({"line": 7, "check": "delivered: >= 1 uL"})
    );
    let line = "not shown: delivered <= prescribed + 50 % at scenarios/in-part.yaml:9";
    assert!(read("junit.xml").contains(verdict) && read("junit.xml").contains(&line.replace('<', "&lt;")));
    // The journal says what was not shown, and so does whoever judges it again.
    let at = |line: &str| line.replace("scenarios/", "");
    pump_hil(here, &["replay", "out"]).is(
        0,
        &[verdict, &at(line), "not shown: delivered: >= 1 uL at in-part.yaml:7"],
    );
    // On a rig that shows them there is nothing to say.
    let whole = pump_hil(here, &["run"]);
    whole.is(0, &["passed       in-part"]);
    assert!(!whole.said.contains("not shown"), "{}", whole.said);
}

#[test]
fn a_check_that_is_not_shown_makes_no_failure_good() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "rig.yaml", RIG);
    write(here, "scenarios/in-part.yaml", &in_part("stopped"));
    pump_hil(here, &["run", "--rig", "rig.yaml"]).is(
        1,
        &[
            "FAILED",
            "expected state stopped",
            "not shown: delivered: >= 1 uL at scenarios/in-part.yaml:7",
        ],
    );
    // One who wants it shown or nothing says so.
    write(
        here,
        "scenarios/in-part.yaml",
        &in_part("running").replace("timeline", "needs: [delivered]\ntimeline"),
    );
    pump_hil(here, &["run", "--rig", "rig.yaml"]).is(4, &["rig `bare` cannot show delivered"]);
    pump_hil(here, &["run", "--rig", "sim"]).is(0, &["1 passed"]);
}

#[test]
fn a_requirement_that_only_checks_hold_which_are_not_shown_is_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "rig.yaml", RIG);
    let blind = in_part("running").replace("state: running, ", "");
    write(here, "scenarios/in-part.yaml", &blind);
    pump_hil(here, &["list", "--coverage"]).is(0, &["GIP-1.1.1  ", "  in-part\n"]);
    let here_only = pump_hil(here, &["list", "--coverage", "--rig", "rig.yaml"]);
    here_only.is(
        0,
        &[
            "NOT SHOWN by this rig: in-part (2 checks not shown)\n",
            "0 covered, ",
            ", 1 not shown\n",
        ],
    );
    write(here, "scenarios/in-part.yaml", &in_part("running"));
    pump_hil(here, &["list", "--coverage", "--rig", "rig.yaml"])
        .is(0, &["  in-part (2 checks not shown)\n", "1 covered, "]);
}

#[test]
fn a_rig_of_the_project_that_there_is_not_is_told_in_its_line() {
    let desk = tempfile::tempdir().unwrap();
    write(desk.path(), "pump-hil.toml", "# ours\nrig = \"dsk\"\n");
    write(
        desk.path(),
        "fixtures/rigs/desk.yaml",
        "rig: desk\nsummary: s.\ndevice: stub\npump: {kind: sim}\nclock: {kind: virtual}\n",
    );
    write(
        desk.path(),
        "scenarios/own.yaml",
        &OWN.replace("verifies: [REQ-1234]\ncovers: [HAZ-7]\n", "")
            .replace("own-2-mg-per-mL", "saline"),
    );
    for command in ["run", "check"] {
        let did = pump_hil(desk.path(), &[command]);
        did.is(
            2,
            &["there is no rig `dsk`", "pump-hil.toml:2:7", "did you mean `desk`?"],
        );
    }
    // What needs no rig goes on.
    pump_hil(desk.path(), &["list"]).is(0, &["1 case"]);
}

#[test]
fn what_failed_is_run_again_from_wherever_the_person_stands() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("new");
    pump_hil(folder.path(), &["new", "new"]).is(0, &[]);
    let wrong = OWN
        .replace("REQ-1234", "GIP-1.1.1")
        .replace("[HAZ-7]", "[SF01]")
        .replace("own-2-mg-per-mL", "saline")
        .replace("state: running", "state: stopped");
    write(&here, "scenarios/own.yaml", &wrong);
    let file_of = || {
        let text = std::fs::read_to_string(here.join("pump-hil-runs/latest/results.json")).unwrap();
        let results: serde_json::Value = serde_json::from_str(&text).unwrap();
        let of_own = |one: &&serde_json::Value| one["name"] == "own";
        let own = results["results"].as_array().unwrap().iter().find(of_own).unwrap();
        own["file"].as_str().unwrap().to_owned()
    };
    std::fs::create_dir(here.join("sub")).unwrap();
    for stands in [here.clone(), here.join("scenarios"), here.join("sub")] {
        pump_hil(&stands, &["run"]).is(1, &["2 cases on desk: 1 passed, 1 failed"]);
        assert_eq!(file_of(), "scenarios/own.yaml", "{}", stands.display());
        for again in [&here, &here.join("scenarios"), &here.join("sub")] {
            pump_hil(again, &["run", "--rerun-failed"]).is(1, &["1 case on desk: 0 passed, 1 failed"]);
        }
    }
}
