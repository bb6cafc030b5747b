//! Programs that others wrote, out of PyPI, in versions that `peers/requirements.txt` pins: `lewis` and `sinstruments`, which are devices, and
//! `nesp-lib`, which drives one.
//!
//! A device that others wrote proves what one made for the test cannot: that a profile fits what is out there. They are installed once, into
//! `target/peers`. Where Python or the network is missing, a test says SKIPPED; with `CI=true` in the environment it fails.

use rustix::event::{Timespec, poll};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const REQUIREMENTS: &str = include_str!("../peers/requirements.txt");
/// How often a program that does not listen by then is asked again, every 20 ms.
const PATIENCE: usize = 1_500;

/// The folder with all of them, `target/peers/venv`: installed where it is not. `None`: that cannot be, which is told as SKIPPED.
///
/// # Panics
/// That cannot be, and the environment has `CI=true`.
#[must_use]
pub fn installed() -> Option<&'static Path> {
    static ONCE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match ONCE.get_or_init(install) {
        Ok(folder) => Some(folder),
        Err(why) => {
            skipped(why);
            None
        }
    }
}

/// Says that a test is skipped.
///
/// # Panics
/// The environment has `CI=true`: there nothing may be missing.
pub fn skipped(why: &str) {
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!ci, "nothing may be skipped where CI=true: {why}");
    // Not by `eprintln!`, which the test runner keeps to itself where a test passes; in one piece, as others write too.
    let _ = io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

fn install() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        PathBuf::from,
    );
    let folder = target.join("peers");
    let told = |what: &str, why: &dyn std::fmt::Display| format!("no peers out of PyPI: {what}: {why}");
    let io = |why: io::Error| told("their folder", &why);
    fs::create_dir_all(&folder).map_err(io)?;
    // Tests of several crates may want them at once.
    let lock = File::create(folder.join("lock")).map_err(io)?;
    lock.lock().map_err(io)?;
    let (venv, done) = (folder.join("venv"), folder.join("installed"));
    if fs::read_to_string(&done).is_ok_and(|what| what == REQUIREMENTS) {
        return Ok(venv);
    }
    let _ = fs::remove_file(&done);
    let wanted = folder.join("requirements.txt");
    fs::write(&wanted, REQUIREMENTS).map_err(io)?;
    let made = ["python3", "/usr/bin/python3"].map(|python| {
        let mut command = Command::new(python);
        command.args(["-m", "venv", "--clear"]).arg(&venv);
        run(command)
    });
    // The first one that works; a shim without a Python behind it does not.
    if let [Err(first), Err(second)] = &made {
        return Err(told("python3 -m venv", &format!("{first}; {second}")));
    }
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--retries", "1", "--timeout", "20", "--require-hashes", "-r"]);
    pip.arg(&wanted);
    run(pip).map_err(|why| told("pip install", &why))?;
    fs::write(&done, REQUIREMENTS).map_err(io)?;
    Ok(venv)
}

/// What it writes; or the end of what it says when it fails.
fn run(mut command: Command) -> Result<String, String> {
    let ended = command.stdin(Stdio::null()).output().map_err(|why| why.to_string())?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(said.lines().last().unwrap_or("it failed in silence").to_owned())
}

/// A device that others wrote, listening on this machine; it ends with this.
#[derive(Debug)]
pub struct Peer {
    /// Where it listens.
    pub port: u16,
    door: u16,
    kind: Kind,
    process: Child,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Lewis,
    Sinstruments,
}

/// One of lewis' devices with one of its protocols, such as `julabo` with `julabo-version-1`, or `linkam_t95` with `stream`; `None`: SKIPPED was told.
///
/// # Panics
/// It does not start; or as [`installed`].
#[must_use]
pub fn lewis(device: &str, protocol: &str) -> Option<Peer> {
    let bin = installed()?.join("bin");
    Some(started(Kind::Lewis, |port, door| {
        let mut command = Command::new(bin.join("lewis"));
        let adapter = format!("{protocol}: {{bind_address: 127.0.0.1, port: {port}}}");
        command.args([device, "--adapter-options", &adapter, "--output-level", "none"]);
        command.args(["--rpc-host", &format!("127.0.0.1:{door}")]);
        command
    }))
}

/// A device for sinstruments' server: a class of a Python package, such as `gepace.simulator` and `Pace`; `None`: SKIPPED was told.
///
/// # Panics
/// It does not start; or as [`installed`].
#[must_use]
pub fn sinstruments(package: &str, class: &str) -> Option<Peer> {
    let folder = installed()?;
    Some(started(Kind::Sinstruments, |port, door| {
        let file = folder.join(format!("sinstruments-{port}.yaml"));
        let text = format!(
            "backdoor: 127.0.0.1:{door}\ndevices:\n- {{name: device, package: {package}, class: {class}, \
             transports: [{{type: tcp, url: \"127.0.0.1:{port}\"}}]}}\n"
        );
        let _ = fs::write(&file, text);
        let mut command = Command::new(folder.join("bin/sinstruments-server"));
        command.arg("--config-file").arg(file);
        command
    }))
}

/// Its port may be taken by another program before it listens there: then with others, twice.
fn started(kind: Kind, command: impl Fn(u16, u16) -> Command) -> Peer {
    let mut tries = 0;
    loop {
        tries += 1;
        let started = Peer::start(kind, &command);
        match started {
            Ok(peer) => return peer,
            Err(why) => assert!(tries < 3, "{kind:?} does not start: {why}"),
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn short_wait() {
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    let _ = poll(&mut [], Some(&wait));
}

impl Peer {
    fn start(kind: Kind, command: &impl Fn(u16, u16) -> Command) -> io::Result<Self> {
        let (port, door) = (free_port()?, free_port()?);
        let mut command = command(port, door);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut peer = Self {
            port,
            door,
            kind,
            process: command.spawn()?,
        };
        for _ in 0..PATIENCE {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(peer);
            }
            if let Some(status) = peer.process.try_wait()? {
                return Err(io::Error::other(format!("it ended: {status}")));
            }
            short_wait();
        }
        Err(io::Error::other("it does not listen"))
    }

    /// Sets something inside the device behind its protocol's back: an attribute of lewis' device (`temperature`, `80.0`), or an entry of the
    /// configuration of a device of sinstruments (`src_slew`, `'9.9'`, as Python writes it).
    ///
    /// # Errors
    /// The back door is closed, or the device has no such thing.
    pub fn set(&self, name: &str, value: &str) -> io::Result<()> {
        match self.kind {
            Kind::Lewis => {
                let bin = installed().ok_or_else(|| io::Error::other("not installed"))?;
                let mut command = Command::new(bin.join("bin/lewis-control"));
                command.args(["--rpc-host", &format!("127.0.0.1:{}", self.door)]);
                command.args(["device", name, value]);
                run(command).map(drop).map_err(io::Error::other)
            }
            Kind::Sinstruments => {
                let mut door = TcpStream::connect(("127.0.0.1", self.door))?;
                let device = "server().get_device_by_name('device')";
                writeln!(
                    door,
                    "{device}._config[{name:?}] = {value}; print('{{}}'.format('done'))\nquit()"
                )?;
                let mut said = String::new();
                door.read_to_string(&mut said)?;
                let is_done = said.contains("done") && !said.contains("Traceback");
                is_done.then_some(()).ok_or_else(|| io::Error::other(said))
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
