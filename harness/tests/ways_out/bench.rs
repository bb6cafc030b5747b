//! A pump in a process of its own, which outlives the harness and can be asked how it was left; and a person's terminal.

use pump_hil_rig::{RigFile, host_time};
use pump_hil_testing::sim_port::SimPort;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, Termios, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pump-hil");
/// After this something hangs. Nothing else depends on it.
const HANGS: Duration = Duration::from_secs(90);
/// How often files and processes, which nobody can wait on, are looked at.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

pub fn fixtures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    folder.canonicalize().unwrap()
}

pub fn signal(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

/// Stops a process, and comes back when each of its threads stands still.
pub fn freeze(process: &Child) {
    signal(process, Signal::STOP);
    let pid = Some(Pid::from_child(process));
    assert!(waitpid(pid, WaitOptions::UNTRACED).unwrap().unwrap().1.stopped());
}

/// A pump on a serial port, by the wall clock.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub pump: SimPort,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pump = SimPort::start(PROGRAM, &folder.path().join("pump"), 1);
        Self { folder, pump }
    }

    /// Where its port is.
    pub fn port(&self) -> PathBuf {
        self.folder.path().join("pump")
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A rig file that leads to this pump by `port`.
    pub fn rig(&self, port: &Path, reply_timeout: &str) -> PathBuf {
        let pump = format!("{{kind: serial, port: {}, baud: 115200}}", port.display());
        self.rig_of(&pump, reply_timeout)
    }

    /// The same by its own port, read.
    pub fn rig_file(&self, reply_timeout: &str) -> RigFile {
        RigFile::load(&self.rig(&self.port(), reply_timeout)).unwrap()
    }

    /// The same, whose port is waited for at most 2 s.
    pub fn rig_in_a_hurry(&self, port: &Path) -> PathBuf {
        let rig = self.rig(port, "60 s");
        let text = std::fs::read_to_string(&rig).unwrap();
        std::fs::write(&rig, text.replace("open: 60 s", "open: 2 s")).unwrap();
        rig
    }

    /// A rig file for a pump that is given `reply_timeout` for a reply.
    pub fn rig_of(&self, pump: &str, reply_timeout: &str) -> PathBuf {
        let device = std::fs::read_to_string(fixtures().join("devices/stub.yaml")).unwrap();
        let device = device.replace("reply-timeout: 2 s", &format!("reply-timeout: {reply_timeout}"));
        let device = self.write("device.yaml", &device).display().to_string();
        let text = format!(
            "rig: bench\nsummary: A pump by the wall clock.\ndevice: {device}\npump: {pump}\n\
             clock: {{kind: real, scale: 1}}\nlimits: {{open: 60 s, write: 10 s, fence: 10 s, watch: 1 s, guard: 2 s}}\n"
        );
        self.write("bench.yaml", &text)
    }

    /// The state that the pump itself tells, by the typed form of a request.
    pub fn state(&self) -> String {
        let port = open(&self.port());
        let mut heard = String::new();
        let mut asked: Option<Instant> = None;
        wait_for("the pump's answer to `?status`", || {
            // Again, as a cable that is about to end may take an answer.
            if asked.is_none_or(|asked| asked.elapsed() > Duration::from_secs(1)) {
                asked = Some(host_time::now());
                // The line end first: a harness that broke off may have left half a request behind.
                rustix::io::write(&port, b"\n?status\n").unwrap();
            }
            heard.push_str(&read_some(&port));
            let (answer, _) = heard.split_once("=0 ok state=")?.1.split_once("\r\n")?;
            answer.split(' ').next().map(str::to_owned)
        })
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

/// The pump's port. Where somebody else reads it too, what was there to read may be gone, and nobody waits for it: the pump's next word may be an hour away.
fn open(port: &Path) -> OwnedFd {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    rustix::fs::open(port, flags, Mode::empty()).unwrap()
}

/// What can be read without waiting for long.
fn read_some(from: &OwnedFd) -> String {
    let mut bytes = [0; 4096];
    let mut readable = [PollFd::new(from, PollFlags::IN)];
    match poll(&mut readable, Some(&LOOK_EVERY)) {
        Ok(1..) => {
            // A terminal that nobody has open any more is an error, and at its end.
            let count = rustix::io::read(from, &mut bytes).unwrap_or(0);
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        }
        _ => String::new(),
    }
}

/// A pair of ends of a terminal or a serial line: ours, and the path of the other.
pub fn pty() -> (OwnedFd, OwnedFd, PathBuf) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = PathBuf::from(ptsname(&ours, Vec::new()).unwrap().into_string().unwrap());
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let far = rustix::fs::open(&path, flags, Mode::empty()).unwrap();
    (ours, far, path)
}

/// The terminal that a person sits at: the harness's controlling terminal, on which Ctrl-C is a signal.
pub struct Terminal {
    ours: Option<OwnedFd>,
    far: OwnedFd,
    before: Termios,
    /// Everything that was shown.
    pub shown: String,
}

impl Terminal {
    fn new() -> Self {
        let (ours, far, _) = pty();
        let size = Winsize {
            ws_row: 24,
            // So wide that no line is broken, and what is told is found whole; `run_screens` looks at narrow ones.
            ws_col: 1_000,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&far, size).unwrap();
        Self {
            before: tcgetattr(&far).unwrap(),
            ours: Some(ours),
            far,
            shown: String::new(),
        }
    }

    /// Runs a command at it.
    fn run(&self, command: &[&str], state: &Path) -> Child {
        let far = || Stdio::from(self.far.try_clone().unwrap());
        let mut setsid = Command::new("setsid");
        // Who runs these tests may ignore signals (`nohup`, a job in the background), and whoever he starts inherits that.
        let heeded = ["env", "--default-signal=HUP,INT,QUIT,TERM"];
        setsid.arg("-c").args(heeded).args(command).env("TERM", "xterm");
        // What a killed run leaves is found by the next one of the same test, and by nobody else.
        setsid.env("PUMP_HIL_STATE", state);
        for var in ["RUST_LOG", "NO_COLOR"] {
            setsid.env_remove(var);
        }
        setsid.stdin(far()).stdout(far()).stderr(far()).spawn().unwrap()
    }

    /// Takes what is shown; who shows more than a terminal holds would wait for ever.
    fn look(&mut self) {
        if let Some(ours) = &self.ours {
            self.shown.push_str(&read_some(ours));
        }
    }

    pub fn type_in(&self, bytes: &[u8]) {
        rustix::io::write(self.ours.as_ref().unwrap(), bytes).unwrap();
    }

    /// The window is closed, or the connection to it is lost.
    pub fn close(&mut self) {
        self.ours = None;
    }

    /// Modes are as before, the cursor is shown, no colour is left on, and the shell's prompt will stand at the begin of a line.
    pub fn assert_sane(&self) {
        let after = tcgetattr(&self.far).unwrap();
        assert_eq!(format!("{after:?}"), format!("{:?}", self.before));
        let last = |on: &str, off: &str| (self.shown.rfind(on), self.shown.rfind(off));
        for (on, off) in [("\x1b[?25l", "\x1b[?25h"), ("\x1b[?1049h", "\x1b[?1049l")] {
            let (on, off) = last(on, off);
            assert!(on <= off, "{}", self.shown);
        }
        let colour = self.shown.rfind("\x1b[").map_or("", |at| &self.shown[at..]);
        let coloured = colour.split_once('m').is_some_and(|(code, _)| {
            let digits = &code[2..];
            digits.bytes().all(|b| b.is_ascii_digit() || b == b';') && !digits.is_empty() && digits != "0"
        });
        assert!(!coloured, "{}", self.shown);
        assert!(self.shown.ends_with('\n'), "{}", self.shown);
    }
}

/// A running harness.
pub struct Run {
    pub terminal: Terminal,
    pub harness: Child,
    pub out: PathBuf,
}

impl Run {
    /// Runs a scenario on a rig at a terminal; `before` are words in front of the program, `options` behind it.
    pub fn start(bench: &Bench, before: &[&str], scenario: &str, rig: &Path, options: &[&str]) -> Self {
        let terminal = Terminal::new();
        let scenario = bench.write("way-out.yaml", scenario);
        let (out, fixtures) = (bench.folder.path().join("out"), fixtures());
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let files = [&*scenario, rig, &*out, &*fixtures].map(path);
        let mut command = before.to_vec();
        command.extend([PROGRAM, "run", &files[0], "--rig", &files[1], "--out", &files[2]]);
        command.extend(["--fixtures", &files[3]]);
        command.extend(options);
        Self {
            harness: terminal.run(&command, &bench.folder.path().join("state")),
            terminal,
            out,
        }
    }

    /// What its guard did, once it is done with it.
    pub fn guard(&self) -> serde_json::Value {
        let path = self.journal_path().unwrap().with_extension("guard.json");
        wait_for("what the guard did", || {
            serde_json::from_slice(&std::fs::read(&path).ok()?).ok()
        })
    }

    /// The only journal; empty as long as there is none.
    pub fn journal(&self) -> Vec<u8> {
        let path = self.journal_path();
        path.and_then(|path| std::fs::read(path).ok()).unwrap_or_default()
    }

    pub fn journal_path(&self) -> Option<PathBuf> {
        let files = std::fs::read_dir(&self.out).ok()?;
        let mut journals = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
        journals.next()
    }

    /// The pump that it started as a process of its own.
    pub fn pump(&self) -> Option<Pid> {
        self.child("--with-parent")
    }

    /// The process that it started with this word among its arguments.
    pub fn child(&self, word: &str) -> Option<Pid> {
        let (mark, parent) = (format!("\0{word}\0"), format!("PPid:\t{}\n", self.harness.id()));
        let started_by_it = |process: &std::fs::DirEntry| {
            let read = |file: &str| std::fs::read_to_string(process.path().join(file)).unwrap_or_default();
            read("cmdline").contains(&mark) && read("status").contains(&parent)
        };
        let process = std::fs::read_dir("/proc").unwrap().flatten().find(started_by_it)?;
        Pid::from_raw(process.file_name().to_str()?.parse().ok()?)
    }

    /// Kills its guard, which is there by now.
    pub fn kill_guard(&self) {
        kill_process(self.child("guard").unwrap(), Signal::KILL).unwrap();
    }

    /// Waits until `text` stands in the journal.
    pub fn wait_until_journaled(&mut self, text: &str) {
        wait_for(&format!("{text} in the journal"), || {
            self.terminal.look();
            let ended = self.harness.try_wait().unwrap();
            let there = String::from_utf8_lossy(&self.journal()).contains(text);
            assert!(there || ended.is_none(), "{ended:?}: {}", self.terminal.shown);
            there.then_some(())
        });
    }

    /// Waits until it has ended.
    pub fn end(&mut self) -> ExitStatus {
        let status = wait_for("the end of the run", || {
            self.terminal.look();
            self.harness.try_wait().unwrap()
        });
        loop {
            let before = self.terminal.shown.len();
            self.terminal.look();
            if self.terminal.shown.len() == before {
                return status;
            }
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.harness.kill();
        let _ = self.harness.wait();
    }
}

/// A serial cable between a port of its own and the pump's, which can be pulled while the pump goes on.
pub struct Cable {
    pub port: PathBuf,
    pull: OwnedFd,
    carrier: std::thread::JoinHandle<()>,
}

impl Cable {
    pub fn to(pump: &Path) -> Self {
        Self::with(pump, |bytes| (bytes.to_vec(), Vec::new()))
    }

    /// A cable with something in it: of what the harness sends, what goes on to the pump, and what comes back at once.
    pub fn with(pump: &Path, mut middle: impl FnMut(&[u8]) -> (Vec<u8>, Vec<u8>) + Send + 'static) -> Self {
        let (ours, far, port) = pty();
        let mut raw = tcgetattr(&far).unwrap();
        raw.make_raw();
        tcsetattr(&far, OptionalActions::Now, &raw).unwrap();
        let pump = open(pump);
        let (pulled, pull) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let carrier = std::thread::spawn(move || {
            let _held_open = far;
            loop {
                let ends = [ours.as_fd(), pump.as_fd(), pulled.as_fd()];
                let mut ready = ends.map(|end| PollFd::from_borrowed_fd(end, PollFlags::IN));
                poll(&mut ready, None).unwrap();
                let [from_harness, from_pump, pulled] = ready.map(|end| !end.revents().is_empty());
                if pulled {
                    return;
                }
                if from_harness {
                    let (on, back) = middle(read_some(&ours).as_bytes());
                    rustix::io::write(&pump, &on).unwrap();
                    rustix::io::write(&ours, &back).unwrap();
                }
                if from_pump {
                    rustix::io::write(&ours, read_some(&pump).as_bytes()).unwrap();
                }
            }
        });
        Self { port, pull, carrier }
    }

    pub fn pull(self) {
        drop(self.pull);
        self.carrier.join().unwrap();
    }
}
