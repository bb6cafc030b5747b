//! The shell of the program with lines from a pipe, at an emulated device.

use pump_hil_emulators::serve::Running;
use pump_hil_testing::repository::root;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A folder for one session.
pub struct Desk(tempfile::TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file of this folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with these arguments, in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
        command.args(arguments).current_dir(self.0.path());
        command
            .env("PUMP_HIL_STATE", self.path("state"))
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG");
        command
    }

    /// Runs it to its end: exit code, and both outputs.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    /// A session in which these lines are typed: exit code, and what was shown.
    pub fn shell(&self, arguments: &[&str], lines: &str) -> (Option<i32>, String) {
        let mut session = self.open(arguments);
        session.types(lines);
        session.ends()
    }

    /// A session that goes on.
    pub fn open(&self, arguments: &[&str]) -> Session {
        let mut command = self.command(&[&["shell"], arguments].concat());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Session {
            lines: child.stdin.take(),
            shown: BufReader::new(child.stdout.take().unwrap()),
            text: String::new(),
            child,
        }
    }
}

/// A session that goes on. It is ended with this.
pub struct Session {
    child: Child,
    lines: Option<ChildStdin>,
    shown: BufReader<ChildStdout>,
    pub text: String,
}

impl Session {
    /// Types lines.
    pub fn types(&mut self, lines: &str) {
        self.lines.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    }

    /// Waits until a line with this text is shown; what was shown since the last wait.
    pub fn waits_for(&mut self, text: &str) -> String {
        let begun = self.text.len();
        loop {
            let mut line = String::new();
            let read = self.shown.read_line(&mut line).unwrap();
            assert!(read > 0, "`{text}` does not come:\n{}", self.text);
            self.text.push_str(&line);
            if line.contains(text) {
                return self.text[begun..].to_owned();
            }
        }
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// There are no more lines: its exit code, and all that was shown.
    pub fn ends(mut self) -> (Option<i32>, String) {
        drop(self.lines.take());
        self.shown.read_to_string(&mut self.text).unwrap();
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        let code = self.child.wait().unwrap().code();
        (code, std::mem::take(&mut self.text) + &told)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A device of the emulators, and the arguments that lead to it.
pub struct Device {
    rig: String,
    port: String,
    _running: Running,
}

impl Device {
    /// By the name of its rig file, and the emulator's name for it. Its rig watches for a shorter time whether it has stopped.
    pub fn new(desk: &Desk, name: &str, emulator: &[&str]) -> Self {
        let running = Running::start(emulator).unwrap();
        let rig = root().join(format!("harness/emulators/fixtures/rigs/{name}.yaml"));
        let rig = std::fs::read_to_string(rig).unwrap() + "limits: {watch: 1 s}\n";
        let rig = desk.write("rig.yaml", &rig);
        let port = format!("tcp:127.0.0.1:{}", running.port);
        Self {
            rig: rig.to_str().unwrap().to_owned(),
            port,
            _running: running,
        }
    }

    pub fn arguments(&self) -> [&str; 4] {
        ["--rig", &self.rig, "--port", &self.port]
    }
}

/// A profile of `fixtures/devices`, as text.
pub fn profile(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("fixtures/devices/{name}.yaml"))).unwrap()
}

/// Whether a text has all of these, each in a line of its own, in this order.
#[track_caller]
pub fn has_lines(text: &str, due: &[&[&str]]) {
    let mut lines = text.lines();
    for words in due {
        let found = lines.any(|line| words.iter().all(|word| line.contains(word)));
        assert!(found, "{words:?} is missing in:\n{text}");
    }
}
