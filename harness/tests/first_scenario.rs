//! `docs/first-scenario.md` is a way that can be walked: its files are written, its commands run, and what they print is what stands there.

use pump_hil::snapshot::BUILD_SERVERS;
use pump_hil_testing::desk;
use pump_hil_testing::repository::root;
use std::path::{Path, PathBuf};

/// A fenced block of the page.
struct Block<'p> {
    /// What stands behind its fence: what it is, and for a file its name.
    kind: &'p str,
    lines: Vec<&'p str>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut lines = page.lines();
    let mut found = Vec::new();
    while let Some(kind) = lines.by_ref().find_map(|line| line.strip_prefix("```")) {
        let lines = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push(Block { kind, lines });
    }
    found
}

/// Writes the lines with `+` in the place of those with `-`, which must be there.
fn change(file: &Path, lines: &[&str]) {
    let part = |sign: char| -> String {
        let lines = lines.iter().filter_map(|line| line.strip_prefix(sign));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(&part('-')).count(), 1, "{lines:?}");
    std::fs::write(file, text.replace(&part('-'), &part('+'))).unwrap();
}

/// Runs a command as a person at a terminal does, and says what that person sees: no progress, and the mistakes where there are some.
fn run(here: &mut PathBuf, command: &str) -> String {
    if let Some(folder) = command.strip_prefix("cd ") {
        here.push(folder);
        return String::new();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_pump-hil"));
    let mut shell = desk::shell(program, here, command, BUILD_SERVERS);
    let output = shell.env("COLUMNS", "100").output().unwrap();
    let code = match output.status.code() {
        Some(0) => String::new(),
        code => format!("? {}\n", code.unwrap()),
    };
    let told = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    format!("{code}{}", String::from_utf8(told).unwrap())
}

#[test]
fn the_tutorial_can_be_walked() {
    let page = std::fs::read_to_string(root().join("docs/first-scenario.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut here = folder.path().to_owned();
    let mut commands = 0;
    for block in blocks(&page) {
        match block.kind.split_once(' ') {
            Some(("yaml", file)) => std::fs::write(here.join(file), block.lines.join("\n") + "\n").unwrap(),
            Some(("diff", file)) => change(&here.join(file), &block.lines),
            None if block.kind == "console" => {
                let text = format!("\n{}", block.lines.join("\n"));
                for part in text.split("\n$ ").skip(1) {
                    let (command, told) = part.split_once('\n').unwrap_or((part, ""));
                    let told = format!("$ {command}\n{}\n", told.trim_end());
                    let is = format!("$ {command}\n{}\n", run(&mut here, command).trim_end());
                    snapbox::assert_data_eq!(is, told);
                    commands += 1;
                }
            }
            _ => panic!("a block of another kind: {}", block.kind),
        }
    }
    assert!(commands >= 10, "only {commands} commands were run");
}
