//! Each example of the help texts is run, in a folder with shipped scenarios: it works, and is no example of a run in which nothing was tested.

use clap::CommandFactory as _;
use pump_hil::cli::Cli;
use pump_hil::snapshot::BUILD_SERVERS;
use pump_hil_testing::desk;
use pump_hil_testing::repository::root;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pump-hil");

/// The commands that show examples, each with the lines that are typed; the first one is the program itself.
fn examples() -> Vec<(String, Vec<String>)> {
    let all = Cli::command();
    let visible = all
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help");
    let of = |command: &clap::Command| {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        let typed = lines.filter(|line| ["pump-hil ", "cd ", "mkdir "].iter().any(|word| line.starts_with(word)));
        (command.get_name().to_owned(), typed.map(str::to_owned).collect())
    };
    std::iter::once(&all).chain(visible).map(of).collect()
}

/// What is copied of the scenarios: those that the examples name, and what they share. All of them would take longer, and show no more.
const COPIED: [&str; 6] = [
    "battery-",
    "flex-",
    "occlusion-during-basal",
    "program-out-of-range",
    "ptm-",
    "ACCEPTED",
];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let shared = from.ends_with("shared");
        if ["shared", "snapshots"].contains(&&*name) {
            copy(&entry.path(), &to.join(name));
        } else if shared || COPIED.iter().any(|begin| name.starts_with(begin)) {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// A shell in which `pump-hil` is this program, as at a desk.
fn shell(home: &Path, here: &Path, line: &str) -> Command {
    let mut shell = desk::shell(Path::new(PROGRAM), here, line, BUILD_SERVERS);
    shell.env("HOME", home).env("PUMP_HIL_STATE", home.join("state"));
    shell
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A folder with shipped scenarios, and a run of all that are in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("scenarios"), &folder.path().join("scenarios"));
    let output = shell(folder.path(), folder.path(), "pump-hil run").output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    folder
}

/// Something that did not pass in the run before: without it `--rerun-failed` has nothing to do, and says so.
fn fail_once(folder: &Path) {
    let file = folder.join("scenarios/occlusion-during-basal.yaml");
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, right.replace("<= 6 min", "<= 6 s")).unwrap();
    let output = shell(folder, folder, "pump-hil run occlusion-during-basal")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    std::fs::write(&file, right).unwrap();
}

#[test]
fn each_example_of_the_help_works() {
    let folder = folder();
    let all = examples();
    assert!(all.len() >= 13, "{all:?}");
    for (command, lines) in all.iter().filter(|(command, _)| command != "sim") {
        assert!(!lines.is_empty(), "`pump-hil {command} --help` shows no example");
        let mut here: PathBuf = folder.path().to_owned();
        for line in lines {
            if let Some(inside) = line.strip_prefix("cd ") {
                here.push(inside);
                continue;
            }
            if line.contains("--rerun-failed") {
                fail_once(folder.path());
            }
            let output = shell(folder.path(), &here, line).output().unwrap();
            let told = told(&output);
            assert_eq!(output.status.code(), Some(0), "{line}\n{told}");
            assert!(
                !line.contains(" run") || !told.contains(": 0 passed"),
                "{line} tests nothing\n{told}"
            );
        }
    }
}

/// The example of `sim` goes on until somebody ends it; meanwhile one can talk to the pump, as it says.
#[test]
#[cfg(feature = "sim")]
fn the_example_of_the_simulated_pump_works() {
    let folder = tempfile::tempdir().unwrap();
    let (_, lines) = examples().into_iter().find(|(command, _)| command == "sim").unwrap();
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    let mut pump = shell(folder.path(), folder.path(), &format!("exec {line}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let link = folder.path().join(line.split_whitespace().nth(3).unwrap());
    // It says where it is once it is there.
    let said = BufReader::new(pump.stdout.take().unwrap()).lines().next();
    assert!(link.exists(), "{said:?}");
    let mut port = std::fs::File::options().read(true).write(true).open(&link).unwrap();
    port.write_all(b"?identify\r\n").unwrap();
    // Behind what it says of its own when it gets its power.
    let answer = BufReader::new(port)
        .lines()
        .map_while(Result::ok)
        .find(|line| line.starts_with('='));
    pump.kill().unwrap();
    pump.wait().unwrap();
    assert!(
        answer.as_ref().is_some_and(|line| line.starts_with("=0 ok model=")),
        "{answer:?}"
    );
}
