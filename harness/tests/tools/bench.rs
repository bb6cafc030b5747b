//! A folder in which the program is run.

use pump_hil_testing::repository::root;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pump-hil");

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The lines of this part that `doctor` told, each with its grade.
    pub fn of(&self, part: &str) -> Vec<(&str, &str)> {
        let lines = self.out.lines().filter_map(|line| line.split_once(' '));
        let rows = lines.map(|(grade, rest)| (grade, rest.trim_start()));
        let of =
            rows.filter_map(|(grade, rest)| Some((grade, rest.strip_prefix(part)?.strip_prefix(' ')?.trim_start())));
        of.collect()
    }

    /// It has one line of this part, with this grade and these words.
    pub fn has(&self, part: &str, grade: &str, words: &str) {
        let is = |(found, told): &(&str, &str)| *found == grade && told.contains(words);
        assert!(self.of(part).iter().any(is), "{part} {grade} {words}: {self:?}");
    }

    pub fn ends_with(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
    }
}

pub struct Bench(tempfile::TempDir);

impl Bench {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A rig file for this device and pump.
    pub fn rig(&self, device: &str, pump: &str) -> PathBuf {
        let text = format!(
            "rig: bench\nsummary: A pump on a line.\ndevice: {device}\npump: {pump}\nclock: {{kind: real}}\n\
             limits: {{open: 1 s, write: 1 s}}\n"
        );
        self.file("rig.yaml", &text)
    }

    pub fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(folder);
        command.env("PUMP_HIL_STATE", self.path("state")).env("NO_COLOR", "1");
        command.env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    pub fn say(&self, arguments: &[&str]) -> Said {
        self.say_in(self.0.path(), arguments)
    }

    pub fn say_in(&self, folder: &Path, arguments: &[&str]) -> Said {
        said(&mut self.command(folder, arguments))
    }

    /// All files below the folder.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        below(self.0.path(), &mut found);
        found.sort();
        found
    }
}

pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => below(&path, found),
            false => found.push(path),
        }
    }
}

/// A file of the emulators' package.
pub fn of_emulators(path: &str) -> PathBuf {
    root().join("harness/emulators").join(path)
}
