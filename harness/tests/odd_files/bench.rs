//! A folder with one small scenario, and the program in it.

use pump_hil_testing::repository;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came of a command.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    /// Standard output, and behind it standard error.
    pub text: String,
}

impl Said {
    /// Ended with this code, and said this.
    #[track_caller]
    pub fn is(&self, code: i32, said: &str) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.text);
        assert!(self.text.contains(said), "no `{said}` in: {}", self.text);
        self
    }
}

pub struct Bench {
    folder: tempfile::TempDir,
}

/// Half a millilitre a day for two hours.
pub const SMALL: &str = "scenario: small\nsummary: Basal runs.\n\
    prescription: {drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}\n\
    timeline: [{do: start}, {wait: 2 h}, {expect: {state: running}}]\n";

impl Bench {
    /// With the scenario `small` and no dose log.
    pub fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        bench.write("scenarios/small.yaml", SMALL);
        bench
    }

    /// With the dose log of `small`, which somebody accepted.
    pub fn with_a_log() -> Self {
        let bench = Self::new();
        bench.run(&["--accept"]).is(0, "1 passed");
        bench.run(&[]).is(0, "1 passed");
        bench
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn log(&self) -> PathBuf {
        self.path("scenarios/snapshots/small.snap")
    }

    /// The program with these arguments, and nothing to read.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env("PUMP_HIL_STATE", self.path("state"))
            .env("USER", "reviewer")
            .env("NO_COLOR", "1")
            .env_remove("CI")
            .env_remove("INSTA_UPDATE");
        command.arg("--fixtures").arg(repository::root().join("fixtures"));
        command
    }

    pub fn say(&self, args: &[&str]) -> Said {
        said(self.command().args(args))
    }

    /// All scenarios, in silence.
    pub fn run(&self, args: &[&str]) -> Said {
        said(
            self.command()
                .args(["run", "scenarios", "--out", "out", "--progress", "none"])
                .args(args),
        )
    }
}

pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Said {
        code: output.status.code(),
        text: text.into_owned(),
    }
}
