//! A pump in a process of its own, a rig file that leads to it by a line, and the program that runs a scenario there.

use pump_hil_rig::host_time;
use pump_hil_testing::sim_port::SimPort;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pump-hil");
/// After this something hangs. Nothing else depends on it.
const HANGS: Duration = Duration::from_secs(90);
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

/// A scenario of half a minute of the pump's time. Not faster: what a server and a busy host keep back grows with the scale.
const SMALL: &str = "scenario: small\nsummary: Half a minute of basal.\n\
    prescription: {drug: morphine-10-mg-per-mL, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}\nsnapshot: none\n\
    timeline:\n  - do: start\n  - at: 30 s\n    expect: {state: running}\n";

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Its words, wherever lines were folded.
    pub fn words(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Looks until `there` gives something.
pub fn wait_for<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let begun = host_time::now();
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(begun.elapsed() < HANGS, "waited for {what} in vain");
        let _ = poll(&mut [], Some(&LOOK_EVERY));
    }
}

/// A folder with scenarios, and a pump.
pub struct Bench {
    folder: tempfile::TempDir,
    pump: Option<SimPort>,
}

impl Bench {
    pub fn new() -> Self {
        let mut bench = Self::without_a_pump();
        bench.pump = Some(SimPort::start(PROGRAM, &bench.port(), 20));
        bench
    }

    pub fn without_a_pump() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("small.yaml"), SMALL).unwrap();
        let (begin, _) = SMALL.split_once("  - at:").unwrap();
        let long = begin.replace("small", "long") + "  - expect: {state: running}\n  - wait: 7 d\n";
        std::fs::write(folder.path().join("long.yaml"), long).unwrap();
        Self { folder, pump: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The pump's own port.
    pub fn port(&self) -> PathBuf {
        self.path("pump")
    }

    /// A rig file with this pump.
    pub fn rig(&self, pump: &str) -> PathBuf {
        let path = self.path("rig.yaml");
        let text = format!(
            "rig: bench\nsummary: A pump on a line.\ndevice: stub\npump: {pump}\nclock: {{kind: real, scale: 20}}\n\
             limits: {{open: 5 s, write: 5 s, watch: 1 s, guard: 5 s}}\n"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.folder.path());
        command.env("PUMP_HIL_STATE", self.path("state")).env("NO_COLOR", "1");
        command.env_remove("RUST_LOG").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn say(&self, args: &[&str]) -> Said {
        ended(self.command(args).spawn().unwrap())
    }

    /// Runs the short scenario.
    pub fn run(&self, pump: &str, options: &[&str]) -> Said {
        self.start(pump, options).end()
    }

    /// The same as another user, whose runs keep their notes elsewhere.
    pub fn run_elsewhere(&self, pump: &str) -> Said {
        let rig = self.rig(pump);
        let mut command = self.command(&["run", "small.yaml", "--progress", "none", "--out", "elsewhere", "--rig"]);
        command.arg(rig).env("PUMP_HIL_STATE", self.path("other-state"));
        ended(command.spawn().unwrap())
    }

    /// Starts the short scenario.
    pub fn start(&self, pump: &str, options: &[&str]) -> Run {
        self.start_scenario("small.yaml", pump, options)
    }

    /// Starts one that goes on until somebody ends it.
    pub fn start_long(&self, pump: &str, options: &[&str]) -> Run {
        self.start_scenario("long.yaml", pump, options)
    }

    fn start_scenario(&self, scenario: &str, pump: &str, options: &[&str]) -> Run {
        let rig = self.rig(pump);
        let mut command = self.command(&["run", scenario, "--progress", "none", "--rig"]);
        command.arg(rig).args(options);
        let out = match options.iter().position(|option| *option == "--out") {
            Some(at) => self.path(options[at + 1]),
            None => {
                command.args(["--out", "out"]);
                self.path("out")
            }
        };
        Run {
            child: Some(command.spawn().unwrap()),
            out,
        }
    }

    /// The state that the pump itself tells; `bridge` ends first, as it reads the same port.
    pub fn ask_state<T>(&self, bridge: T) -> String {
        drop(bridge);
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let port = rustix::fs::open(self.port(), flags, Mode::empty()).unwrap();
        let mut heard = String::new();
        rustix::io::write(&port, b"\n?status\n").unwrap();
        wait_for("the pump's answer to `?status`", || {
            let mut bytes = [0; 4096];
            if let Ok(1..) = poll(&mut [PollFd::new(&port, PollFlags::IN)], Some(&LOOK_EVERY)) {
                let count = rustix::io::read(&port, &mut bytes).unwrap_or(0);
                heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
            let (answer, _) = heard.split_once("=0 ok state=")?.1.split_once("\r\n")?;
            answer.split(' ').next().map(str::to_owned)
        })
    }
}

/// A running harness.
pub struct Run {
    child: Option<Child>,
    out: PathBuf,
}

impl Run {
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Kills it, so that it does nothing more.
    pub fn kill(&mut self) {
        let child = self.child.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits for its end.
    pub fn end(&mut self) -> Said {
        ended(self.child.take().unwrap())
    }

    fn file(&self, ending: &str) -> Option<PathBuf> {
        let files = std::fs::read_dir(&self.out).ok()?;
        let mut paths = files.map(|file| file.unwrap().path());
        paths.find(|path| path.to_str().unwrap().ends_with(ending))
    }

    /// The only journal; empty as long as there is none.
    pub fn journal(&self) -> String {
        let path = self.file(".jsonl");
        path.and_then(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default()
    }

    pub fn wait_until_journaled(&mut self, text: &str) {
        wait_for(&format!("{text} in the journal"), || {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            let there = self.journal().contains(text);
            assert!(there || ended.is_none(), "{:?}", self.end());
            there.then_some(())
        });
    }

    /// What its guard did, once it is done with it.
    pub fn guard(&self) -> Value {
        wait_for("what the guard did", || {
            serde_json::from_slice(&std::fs::read(self.file(".guard.json")?).ok()?).ok()
        })
    }

    /// The process that it started with this word among its arguments.
    pub fn child(&self, word: &str) -> Option<u32> {
        let (mark, parent) = (format!("\0{word}\0"), format!("PPid:\t{}\n", self.id()));
        let started_by_it = |process: &Path| {
            let read = |file: &str| std::fs::read_to_string(process.join(file)).unwrap_or_default();
            read("cmdline").contains(&mark) && read("status").contains(&parent)
        };
        let mut processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes
            .find(|process| started_by_it(process))?
            .file_name()?
            .to_str()?
            .parse()
            .ok()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ended(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}
