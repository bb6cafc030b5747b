//! An emulated device, a rig file that leads to it, and the program that plays a scenario there.

use pump_hil_emulators::serve::Running;
use pump_hil_rig::host_time;
use pump_hil_testing::repository::root;
use rustix::event::{Timespec, poll};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// After this something hangs. Nothing else depends on it.
const HANGS: Duration = Duration::from_secs(300);
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

/// Each device: its name in profile, rig and scenario, the emulator's name for it, and the nanolitres that its scenario asks for.
pub const DEVICES: [(&str, &str, u64); 6] = [
    ("syringe", "syringe", 100_000),
    ("aa-pump", "binary", 50_000),
    ("console-pump", "console", 70_000),
    ("slip-pump", "slip-registers", 50_000),
    ("modbus-pump", "modbus-rtu", 80_000),
    ("json-pump", "json-lines", 50_000),
];

/// What a run left behind.
#[derive(Debug)]
pub struct Played {
    /// How the program ended.
    pub code: Option<i32>,
    /// `passed`, `failed`, `inconclusive`, or `skipped`.
    pub verdict: String,
    /// What the program said, on both outputs.
    pub said: String,
}

impl Played {
    /// What the program said in words, wherever lines were folded.
    pub fn words(&self) -> String {
        self.said.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A folder for one run.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of this folder with this text.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// An emulated device on a port of this machine, which notes what really left it.
    pub fn emulated(&self, emulator: &str, misbehave: Option<&str>) -> Running {
        let beaker = self.beaker();
        // A microgram for each nanolitre.
        let mut arguments = vec![emulator, "--density", "1000", "--delivers-to", beaker.to_str().unwrap()];
        arguments.extend(misbehave.iter().flat_map(|word| ["--misbehave", word]));
        Running::start(&arguments).unwrap()
    }

    /// A device's profile in this folder, with these lines at its end, and a rig that leads to it.
    pub fn observed(&self, device: &str, more: &str) -> PathBuf {
        let shipped = fs::read_to_string(root().join(format!("fixtures/devices/{device}.yaml"))).unwrap();
        for folder in ["fixtures/devices", "fixtures/rigs"] {
            fs::create_dir_all(self.path(folder)).unwrap();
        }
        self.file(&format!("fixtures/devices/{device}.yaml"), &(shipped + more));
        let rig = fs::read_to_string(rig(device)).unwrap();
        self.file("fixtures/rigs/observed.yaml", &rig)
    }

    /// The file that an emulated balance weighs.
    pub fn beaker(&self) -> PathBuf {
        self.path("beaker")
    }

    /// Adds micrograms to it, a number a line.
    pub fn pour(&self, micrograms: &str) {
        let mut beaker = File::options().append(true).create(true).open(self.beaker()).unwrap();
        beaker.write_all(micrograms.as_bytes()).unwrap();
    }

    /// Nanolitres that really left the emulated device.
    pub fn delivered(&self) -> u64 {
        let beaker = fs::read_to_string(self.beaker()).unwrap();
        beaker.lines().map(|line| line.parse::<u64>().unwrap()).sum()
    }

    /// Runs the program to its end.
    pub fn say(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let [out, err] = ["stdout", "stderr"].map(|name| self.path(name));
        let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("PUMP_HIL_STATE", self.path("state")).env("NO_COLOR", "1");
        command.env_remove("RUST_LOG").env_remove("CI").stdin(Stdio::null());
        command.stdout(File::create(&out).unwrap());
        command.stderr(File::create(&err).unwrap());
        let mut child = command.spawn().unwrap();
        let begun = host_time::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > HANGS {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("the program hangs: {arguments:?}");
            }
            let _ = poll(&mut [], Some(&LOOK_EVERY));
        };
        let said = [out, err].map(|path| fs::read_to_string(path).unwrap()).concat();
        (status.code(), said)
    }

    /// Waits until the journal of a run has this text.
    pub fn wait_until_journaled(&self, text: &str) {
        let begun = host_time::now();
        while !self.journal().is_some_and(|journal| journal.contains(text)) {
            assert!(begun.elapsed() < HANGS, "waited for {text} in the journal in vain");
            let _ = poll(&mut [], Some(&LOOK_EVERY));
        }
    }

    /// The only journal, as far as it is written.
    fn journal(&self) -> Option<String> {
        let files = fs::read_dir(self.path("out")).ok()?;
        let mut paths = files.map(|file| file.unwrap().path());
        let path = paths.find(|path| path.extension().is_some_and(|ending| ending == "jsonl"))?;
        fs::read_to_string(path).ok()
    }

    /// Plays a scenario; its journal, judged again, gives the same verdict.
    pub fn play(&self, scenario: &Path, rig: &Path, more: &[&str]) -> Played {
        let [scenario, rig] = [scenario, rig].map(|path| path.to_str().unwrap());
        let run = ["run", scenario, "--rig", rig, "--out", "out", "--progress", "none"];
        let (code, said) = self.say(&[&run, more].concat());
        assert!(matches!(code, Some(0 | 1 | 3)), "{scenario} {code:?}: {said}");
        let results = fs::read_to_string(self.path("out/results.json")).unwrap();
        let results: Value = serde_json::from_str(&results).unwrap();
        let case = &results["results"][0];
        let (again, told) = self.say(&["replay", case["journal"].as_str().unwrap()]);
        assert_eq!(again, code, "{scenario}: {said}\njudged again: {told}");
        Played {
            code,
            verdict: case["verdict"].as_str().unwrap().to_owned(),
            said,
        }
    }
}

/// A file of the emulators' package.
fn of_emulators(path: &str) -> PathBuf {
    root().join("harness/emulators").join(path)
}

/// The scenario of a device.
pub fn scenario(name: &str) -> PathBuf {
    of_emulators(&format!("scenarios/{name}.yaml"))
}

/// The rig file of a device.
pub fn rig(name: &str) -> PathBuf {
    of_emulators(&format!("fixtures/rigs/{name}.yaml"))
}

/// A TCP port of this machine, as `--port` takes it.
pub fn at(port: u16) -> String {
    format!("tcp:127.0.0.1:{port}")
}

/// All at once, as each waits for its device most of the time; what is wrong with any of them.
pub fn all_at_once<T: Send>(all: Vec<T>, each: impl Fn(T) -> Option<String> + Sync) {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let each = &each;
        let threads: Vec<_> = all.into_iter().map(|one| scope.spawn(move || each(one))).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
