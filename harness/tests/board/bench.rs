//! A board on a bench: its chip in QEMU, and what may be wrong with it.

use pump_hil_rig::probe::virtual_usb::{Plug, usb};
use pump_hil_rig::probe::{BusFault, CoreBackend, CoreRegister, Probes};
use pump_hil_rig::qemu::{Machine, Process, QemuAt};
use pump_hil_rig::{Given, RigFile, Shelf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, ioctl_tiocnxcl, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PROBE: &str = "0d28:0204:9900";

pub(super) fn image(root: &Path) -> PathBuf {
    root.join("firmware-stub/board/target/microbit.elf")
}

/// A board with its cable in. To drop it is to pull the cable.
pub(super) struct Board {
    pub machine: Machine,
    port: String,
    /// The far end is held open: a harness that closes the port is no hang-up.
    far: OwnedFd,
    /// Its probe is gone, and nothing else.
    lost: Arc<AtomicBool>,
    _process: Process,
}

impl Board {
    /// With this firmware in flash; `None`: fresh from its maker. It has power since just now, and runs.
    pub fn plug_in(elf: Option<PathBuf>) -> Self {
        let at = QemuAt {
            machine: "microbit".to_owned(),
            args: Vec::new(),
            elf,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("an event loop");
        let (process, mut machine) = runtime
            .block_on(Process::start(&at, Duration::from_secs(20)))
            .expect("QEMU starts");
        let (port, far) = serial_port(&process.line());
        if at.elf.is_some() {
            machine.resume();
        }
        Self {
            machine,
            port,
            far,
            lost: Arc::default(),
            _process: process,
        }
    }

    pub fn probes(&self) -> Probes {
        self.probes_that(Ills::default())
    }

    pub fn probes_that(&self, ills: Ills) -> Probes {
        let (machine, lost) = (self.machine.clone(), Arc::clone(&self.lost));
        usb(&[Plug::new(PROBE, move || Sick {
            machine: machine.clone(),
            lost: Arc::clone(&lost),
            ills,
            resumed: 0,
        })])
    }

    /// From now on its probe answers nothing, while its line lives.
    pub fn lose_probe(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// The state that the pump itself tells on its line, by the typed form of a request.
    pub fn state(&self) -> String {
        let limit = Timespec { tv_sec: 20, tv_nsec: 0 };
        rustix::io::write(&self.far, b"\n?status\n").expect("the line is there");
        let (mut heard, mut bytes) = (String::new(), [0; 4096]);
        loop {
            let rest = heard.split_once("=0 ok state=").map(|(_, rest)| rest);
            if let Some((state, _)) = rest.and_then(|rest| rest.split_once(' ')) {
                return state.to_owned();
            }
            let mut ready = [PollFd::new(&self.far, PollFlags::IN)];
            assert_eq!(poll(&mut ready, Some(&limit)), Ok(1), "no answer: {heard}");
            let count = rustix::io::read(&self.far, &mut bytes).expect("it can be read");
            heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    /// The rig file of a micro:bit, for this board.
    pub fn rig(&self, root: &Path, elf: &Path, flash: Option<&Path>) -> RigFile {
        self.rig_with(root, elf, flash, &[])
    }

    /// The same, with these texts replaced.
    pub fn rig_with(&self, root: &Path, elf: &Path, flash: Option<&Path>, replaced: &[(&str, &str)]) -> RigFile {
        // Whoever had the port before has it no more.
        let _ = ioctl_tiocnxcl(&self.far);
        let folder = tempfile::tempdir().expect("a folder");
        let shipped = std::fs::read_to_string(root.join("fixtures/rigs/microbit.yaml")).expect("read");
        let absolute = |path: &Path| path.canonicalize().expect("there").display().to_string();
        let text = shipped
            .replace(
                "device: stub",
                &format!("device: {}", absolute(&root.join("fixtures/devices/stub.yaml"))),
            )
            .replace("port: of-the-probe", &format!("port: {}", self.port))
            .replace("../../firmware-stub/board/target/microbit.elf", &absolute(elf))
            .replace(
                "open: 30 s, write: 10 s, fence: 10 min",
                "open: 20 s, write: 5 s, fence: 20 s",
            );
        let text = replaced.iter().fold(text, |text, (from, to)| text.replace(from, to));
        let path = folder.path().join("board.yaml");
        std::fs::write(&path, text).expect("written");
        let mut rig = match flash {
            Some(elf) => RigFile::find(&Shelf::default(), &path, &Given::flash(elf)),
            None => RigFile::load(&path),
        }
        .expect("the rig file is right");
        rig.look_for_probes_in(self.probes());
        rig
    }
}

/// What is wrong with a board.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ills {
    /// The bit at this address of the flash is stuck.
    pub stuck: Option<u32>,
    /// The probe works until the core was let go so many times.
    pub resumes_max: Option<u32>,
}

/// A chip that has them.
#[derive(Debug)]
struct Sick {
    machine: Machine,
    lost: Arc<AtomicBool>,
    ills: Ills,
    resumed: u32,
}

impl CoreBackend for Sick {
    fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        if self.trouble().is_some() {
            return Err(BusFault);
        }
        self.machine.read(addr, into)?;
        let stuck = self.ills.stuck.and_then(|at| at.checked_sub(addr));
        if let Some(byte) = stuck.and_then(|at| into.get_mut(at as usize)) {
            *byte ^= 1;
        }
        Ok(())
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        self.machine.write(addr, bytes)
    }

    fn trouble(&self) -> Option<String> {
        let gone = self.ills.resumes_max.is_some_and(|most| self.resumed > most) || self.lost.load(Ordering::Relaxed);
        gone.then(|| "USB: no such device".to_owned())
            .or_else(|| self.machine.trouble())
    }

    fn is_halted(&mut self) -> bool {
        self.machine.is_halted()
    }

    fn halt(&mut self) {
        self.machine.halt();
    }

    fn resume(&mut self) {
        self.resumed += 1;
        self.machine.resume();
    }

    fn step(&mut self) {
        self.machine.step();
    }

    fn reset(&mut self, halt: bool) {
        self.machine.reset(halt);
    }

    fn set_breakpoint(&mut self, addr: u32) {
        self.machine.set_breakpoint(addr);
    }

    fn clear_breakpoint(&mut self, addr: u32) {
        self.machine.clear_breakpoint(addr);
    }

    fn read_register(&mut self, which: CoreRegister) -> Option<u32> {
        self.machine.read_register(which)
    }

    fn write_register(&mut self, which: CoreRegister, value: u32) -> bool {
        self.machine.write_register(which, value)
    }
}

/// A serial port at whose other end `line` is, a pair of pipes.
fn serial_port(line: &Path) -> (String, OwnedFd) {
    let mut from = File::open(line.with_extension("out")).expect("a pipe");
    let mut line = File::options()
        .write(true)
        .open(line.with_extension("in"))
        .expect("a pipe");
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a PTY");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("a PTY");
    let port = ptsname(&ours, Vec::new())
        .expect("a PTY")
        .into_string()
        .expect("a path");
    let far = rustix::fs::open(port.as_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("opens");
    let mut termios = tcgetattr(&far).expect("a terminal");
    termios.make_raw();
    tcsetattr(&far, OptionalActions::Now, &termios).expect("a terminal");
    let ours = Arc::new(ours);
    let to = Arc::clone(&ours);
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let mut rest = &buffer[..count];
            while !rest.is_empty() {
                let Ok(written) = rustix::io::write(&*to, rest) else {
                    return;
                };
                rest = &rest[written..];
            }
        }
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while let Ok(count @ 1..) = rustix::io::read(&*ours, &mut buffer) {
            if line.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
    });
    (port, far)
}
