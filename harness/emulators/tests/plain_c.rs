//! The small pump in C, in QEMU. Needs `qemu-system-arm` and `gcc-arm-none-eabi`; where one is missing a test says SKIPPED.

use object::{Object as _, ObjectSymbol as _};
use pump_hil_emulators::firmware::{MACHINE, plain_c};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// QEMU with the pump in it, from its first word on; ended with this.
struct Pump {
    qemu: Child,
    line: BufReader<UnixStream>,
    folder: tempfile::TempDir,
}

impl Drop for Pump {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

impl Pump {
    fn start(elf: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        // A pump that is silent fails a test, and does not hold it.
        ours.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let monitor = folder.path().join("monitor");
        let monitor = format!("unix:{},server=on,wait=off", monitor.to_str().unwrap());
        let mut command = Command::new("qemu-system-arm");
        command.args([
            "-M", MACHINE, "-display", "none", "-serial", "stdio", "-monitor", &monitor, "-kernel",
        ]);
        command
            .arg(elf)
            .stdin(OwnedFd::from(theirs.try_clone().unwrap()))
            .stdout(OwnedFd::from(theirs));
        let qemu = command.stderr(Stdio::null()).spawn().unwrap();
        let line = BufReader::new(ours);
        let mut pump = Self { qemu, line, folder };
        assert_eq!(pump.next(), "*UP PLAINC 1.2\r\n");
        pump
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.line.read_line(&mut line).unwrap();
        line
    }

    fn send(&mut self, text: &str) {
        self.line.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn ask(&mut self, text: &str) -> String {
        self.send(&format!("{text}\r"));
        self.next().trim_end().to_owned()
    }

    /// A word of its memory, by QEMU's monitor.
    fn word(&self, at: u64) -> u64 {
        let mut monitor = UnixStream::connect(self.folder.path().join("monitor")).unwrap();
        monitor.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        writeln!(monitor, "xp /1xw {at:#x}").unwrap();
        let mut said = Vec::new();
        let begin = format!("{at:016x}: 0x");
        loop {
            let mut byte = [0];
            monitor.read_exact(&mut byte).unwrap();
            said.push(byte[0]);
            let text = String::from_utf8_lossy(&said);
            if let Some((_, word)) = text.split_once(&begin)
                && let Some(word) = word.get(..8)
            {
                return u64::from_str_radix(word, 16).unwrap();
            }
        }
    }
}

/// The address of a variable, out of the ELF's symbols.
fn symbol(elf: &Path, name: &str) -> u64 {
    let bytes = std::fs::read(elf).unwrap();
    let file = object::File::parse(bytes.as_slice()).unwrap();
    assert!(file.section_by_name(".debug_info").is_some(), "DWARF");
    let found = file.symbols().find(|symbol| symbol.name() == Ok(name));
    found.expect("the variable has a symbol").address()
}

/// Strokes of its motor, which stand behind the state in the variable `PUMP`.
fn strokes(pump: &Pump, elf: &Path) -> u64 {
    pump.word(symbol(elf, "PUMP") + 4)
}

#[test]
fn it_gives_a_dose_and_its_variables_are_found_by_their_names() {
    let Some(elf) = plain_c(false) else {
        return;
    };
    let mut pump = Pump::start(&elf);
    assert_eq!(pump.ask("?I"), "I:PLAINC 1.2");
    assert_eq!(pump.ask("?S"), "S:STP V=000000");
    assert_eq!(pump.ask("!B 005"), "B:OK");
    assert_eq!(pump.ask("!B 005"), "B:NO");
    assert_eq!(pump.next(), "*B DONE V=000050\r\n");
    assert_eq!(pump.ask("?S"), "S:STP V=000050");
    assert_eq!(strokes(&pump, &elf), 10);
    assert_ne!(symbol(&elf, "motor_stroke"), symbol(&elf, "alarm_raise"));
}

#[test]
fn it_runs_until_it_is_stopped_by_a_clock_of_its_own() {
    let Some(elf) = plain_c(false) else {
        return;
    };
    let mut pump = Pump::start(&elf);
    let time = |pump: &mut Pump| {
        pump.ask("?T")
            .strip_prefix("T:")
            .map(|ms| ms.parse::<u64>().unwrap())
            .unwrap()
    };
    let begin = time(&mut pump);
    // 9999 uL/h: a stroke in 180 ms.
    assert_eq!(pump.ask("!R 9999"), "R:OK");
    while pump.ask("?S") != "S:RUN V=000015" {}
    let took = time(&mut pump) - begin;
    assert!((540..1_000).contains(&took), "{took}");
    assert_eq!(pump.ask("!X"), "X:OK");
    assert_eq!(pump.ask("?S"), "S:STP V=000015");
}

#[test]
fn what_is_no_request_is_refused() {
    let Some(elf) = plain_c(false) else {
        return;
    };
    let mut pump = Pump::start(&elf);
    for (asked, said) in [
        ("!B 50", "B:NO"),
        ("!B 0050", "B:NO"),
        ("!B", "B:NO"),
        ("!R 0000", "R:NO"),
        ("?", "E:?"),
        ("??", "E:?"),
        ("a line that is longer than any", "E:?"),
        ("?A", "A:00"),
    ] {
        assert_eq!(pump.ask(asked), said, "{asked}");
    }
    // Several in one write, with each end that a terminal has.
    pump.send("?A\r\n?I\n\r?S\r");
    assert_eq!(
        [pump.next(), pump.next(), pump.next()].concat(),
        "A:00\r\nI:PLAINC 1.2\r\nS:STP V=000000\r\n"
    );
}

#[test]
fn an_empty_reservoir_is_an_alarm_that_comes_unasked() {
    let Some(elf) = plain_c(false) else {
        return;
    };
    let mut pump = Pump::start(&elf);
    assert_eq!(pump.ask("!F 0005"), "F:OK");
    assert_eq!(pump.ask("!B 050"), "B:OK");
    assert_eq!([pump.next(), pump.next()], ["*A 01\r\n", "*A 03\r\n"]);
    assert_eq!(pump.ask("?S"), "S:ALM V=000050");
    assert_eq!(pump.ask("!B 001"), "B:NO");
    assert_eq!(pump.ask("!F 0500"), "F:OK");
    assert_eq!(pump.ask("!C"), "C:OK");
    assert_eq!(pump.ask("!B 001"), "B:OK");
    assert_eq!(pump.next(), "*B DONE V=000060\r\n");
}

#[test]
fn the_one_with_a_defect_tells_less_than_its_motor_did() {
    let Some(elf) = plain_c(true) else {
        return;
    };
    let mut pump = Pump::start(&elf);
    assert_eq!(pump.ask("!B 005"), "B:OK");
    assert_eq!(pump.next(), "*B DONE V=000040\r\n");
    assert_eq!(strokes(&pump, &elf), 10);
}
