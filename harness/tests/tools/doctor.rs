//! `pump-hil doctor` tells how it stands with a bench, and changes nothing.

use super::bench::{Bench, PROGRAM, said};
use pump_hil_emulators::firmware::plain_c;
use pump_hil_emulators::serve::Running;
use pump_hil_rig::host_time;
use pump_hil_testing::repository::{root, with_qemu};
use pump_hil_testing::sim_port::SimPort;
use rustix::event::{Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

#[test]
fn the_simulated_rig_is_all_right() {
    let bench = Bench::new();
    let said = bench.say(&["doctor", "--rig", "sim"]);
    said.ends_with(0);
    said.has("pump", "ok", "it answers `identify`: build sim");
    said.has("pump", "ok", "state stopped");
    said.has("runs folder", "ok", "MiB are free");
    assert!(said.out.ends_with("nothing was changed\n"), "{said:?}");
    assert_eq!(bench.files(), Vec::<std::path::PathBuf>::new(), "it made a file");
    let json = bench.say(&["doctor", "--rig", "sim", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(told["pump_hil_doctor"], 1);
    let rows = &told["parts"];
    assert_eq!(rows[0]["of"], "rig file");
    assert!(
        rows.as_array().unwrap().iter().all(|row| row["grade"] == "ok"),
        "{rows}"
    );
}

#[test]
fn without_a_rig_it_tells_what_the_computer_has() {
    let bench = Bench::new();
    let said = bench.say(&["doctor"]);
    said.ends_with(0);
    for part in ["simulator", "port", "probe", "QEMU", "clock", "runs folder"] {
        assert!(!said.of(part).is_empty(), "{part}: {said:?}");
    }
    let without = super::bench::said(bench.command(&bench.path("."), &["doctor"]).env("PATH", "/nowhere"));
    without.ends_with(0);
    without.has("QEMU", "warning", "install it (Debian:");
}

#[test]
fn a_port_that_is_not_there_is_told_and_nothing_is_opened() {
    let bench = Bench::new();
    let rig = bench.rig("stub", "{kind: serial, port: /dev/ttyNOWHERE, baud: 9600}");
    let said = bench.say(&["doctor", "--rig", rig.to_str().unwrap()]);
    said.ends_with(3);
    said.has("port", "wrong", "/dev/ttyNOWHERE: it is not there");
    said.has("line", "warning", "not opened");
    let file = bench.file("file", "");
    let said = bench.say(&[
        "doctor",
        "--rig",
        rig.to_str().unwrap(),
        "--port",
        file.to_str().unwrap(),
    ]);
    said.ends_with(3);
    said.has("port", "wrong", "it is a file, not a serial port");
    let adapter = bench.say(&["doctor", "--rig", rig.to_str().unwrap(), "--port", "usb:ffff:ffff"]);
    adapter.ends_with(3);
    adapter.has("adapter", "wrong", "usb:ffff:ffff: it is not there");
}

#[test]
fn a_pump_on_a_serial_port_is_asked_and_left_as_it_was() {
    let bench = Bench::new();
    let port = bench.path("pump");
    let _pump = SimPort::start(PROGRAM, &port, 1);
    let rig = bench.rig(
        "stub",
        &format!("{{kind: serial, port: {}, baud: 9600}}", port.display()),
    );
    let rig = rig.to_str().unwrap();
    let files = bench.files();
    for _ in 0..2 {
        let said = bench.say(&["doctor", "--rig", rig]);
        said.ends_with(0);
        said.has("port", "ok", "this user may open it");
        said.has("others", "ok", "no other program");
        said.has("line", "ok", "DTR");
        said.has("pump", "ok", "model stub-it20");
        said.has("pump", "ok", "state stopped");
    }
    assert_eq!(bench.files(), files, "it made a file");
    let closed = bench.say(&["doctor", "--rig", rig, "--no-open"]);
    closed.ends_with(0);
    closed.has("line", "warning", "not opened, as you wish");
    assert!(closed.of("pump").is_empty(), "{closed:?}");

    // Another program reads along.
    let mut reader = KillAtEnd({
        let open = std::fs::File::open(&port).unwrap();
        Command::new("sleep").arg("60").stdin(open).spawn().unwrap()
    });
    let held = bench.say(&["doctor", "--rig", rig]);
    held.ends_with(3);
    held.has("others", "wrong", "another program has it open");
    held.has("others", "wrong", "sleep 60");
    reader.0.kill().unwrap();
    reader.0.wait().unwrap();

    // The pump of another maker.
    let profile = std::fs::read_to_string(root().join("fixtures/devices/stub.yaml")).unwrap();
    bench.file(
        "fixtures/devices/other.yaml",
        &profile.replace("model: stub-it20", "model: other-1"),
    );
    let other = std::fs::read_to_string(rig)
        .unwrap()
        .replace("device: stub", "device: other");
    let other = bench.file("other.yaml", &other);
    let said = bench.say(&["doctor", "--rig", other.to_str().unwrap()]);
    said.ends_with(3);
    said.has("pump", "wrong", "other-1");
}

/// A program that ends with this.
struct KillAtEnd(std::process::Child);

impl Drop for KillAtEnd {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn a_server_with_nobody_and_one_with_another_pump_are_told() {
    let bench = Bench::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rig = bench.rig("syringe", &format!("{{kind: serial, port: \"tcp:127.0.0.1:{free}\"}}"));
    let rig = rig.to_str().unwrap().to_owned();
    let said = bench.say(&["doctor", "--rig", &rig]);
    said.ends_with(3);
    said.has("line", "wrong", "does the server run");

    let beaker = bench.path("beaker");
    let pump = Running::start(&["syringe", "--delivers-to", beaker.to_str().unwrap()]).unwrap();
    let port = format!("tcp:127.0.0.1:{}", pump.port);
    let said = bench.say(&["doctor", "--rig", &rig, "--port", &port]);
    said.ends_with(0);
    said.has("pump", "ok", "it answers `status`");
    drop(pump);
    let given = std::fs::read_to_string(&beaker).unwrap_or_default();
    assert!(
        given.lines().all(|line| line.trim() == "0"),
        "it moved something: {given}"
    );

    // The same device, and a profile of another one.
    let pump = Running::start(&["syringe"]).unwrap();
    let wrong = bench.rig(
        "stub",
        &format!("{{kind: serial, port: \"tcp:127.0.0.1:{}\"}}", pump.port),
    );
    let said = bench.say(&["doctor", "--rig", wrong.to_str().unwrap()]);
    said.ends_with(3);
    said.has("pump", "wrong", "`identify`: no answer to");
}

/// Sends a line to the syringe pump, and gives what comes back.
fn says(port: u16, lines: &[&str]) -> String {
    let mut line = TcpStream::connect(("127.0.0.1", port)).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut said = Vec::new();
    for text in lines {
        line.write_all(text.as_bytes()).unwrap();
        let mut byte = [0];
        while byte[0] != b'\x03' {
            line.read_exact(&mut byte).unwrap();
            said.extend(byte);
        }
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn a_pump_that_delivers_is_told_and_goes_on() {
    let bench = Bench::new();
    let pump = Running::start(&["syringe"]).unwrap();
    let begun = says(pump.port, &["00VOL9\r", "00RAT1MH\r", "00RUN\r", "00DIS\r"]);
    assert!(begun.contains("00I"), "it runs: {begun:?}");
    let rig = bench.rig(
        "syringe",
        &format!("{{kind: serial, port: \"tcp:127.0.0.1:{}\"}}", pump.port),
    );
    let said = bench.say(&["doctor", "--rig", rig.to_str().unwrap()]);
    said.ends_with(0);
    said.has("pump", "warning", "THERAPY RUNS");
    assert!(
        says(pump.port, &["00DIS\r"]).contains("00I"),
        "it does not run any more"
    );
}

#[test]
fn a_pump_that_a_run_uses_is_left_alone() {
    let bench = Bench::new();
    let port = bench.path("pump");
    let _pump = SimPort::start(PROGRAM, &port, 1);
    let rig = bench.rig(
        "stub",
        &format!("{{kind: serial, port: {}, baud: 9600}}", port.display()),
    );
    let rig = rig.to_str().unwrap();
    let scenario = "scenario: long\nsummary: A pump that is never programmed.\nprescription: none\nsnapshot: none\n\
                    timeline:\n  - wait: 1 h\n";
    let scenario = bench.file("long.yaml", scenario);
    let run = ["run", scenario.to_str().unwrap(), "--rig", rig, "--out", "out", "--yes"];
    let mut run = bench.command(&bench.path("."), &run);
    let mut run = KillAtEnd(run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let begun = host_time::now();
    let has_begun = || {
        let journal = std::fs::read_to_string(bench.path("out/long@bench.jsonl"));
        journal.is_ok_and(|journal| journal.contains("step-started"))
    };
    while !has_begun() {
        assert!(begun.elapsed() < Duration::from_secs(90), "the run does not begin");
        let _ = poll(&mut [], Some(&LOOK_EVERY));
    }
    let said = bench.say(&["doctor", "--rig", rig]);
    said.ends_with(3);
    said.has("use", "wrong", &format!("another run, process {}", run.0.id()));
    said.has("line", "warning", "not opened");
    // The run goes on, and leaves its pump as every run does.
    assert!(run.0.try_wait().unwrap().is_none(), "the run ended");
    kill_process(Pid::from_child(&run.0), Signal::INT).unwrap();
    assert_eq!(run.0.wait().unwrap().code(), Some(130));
    bench.say(&["doctor", "--rig", rig]).ends_with(0);
}

#[test]
fn a_file_that_is_wrong_is_told_and_the_computer_is_checked_all_the_same() {
    let bench = Bench::new();
    let rig = bench.rig("stub", "{kind: qemu, machine: microbit, elf: nowhere.elf}");
    let rig = rig.to_str().unwrap();
    let said = bench.say(&["doctor", "--rig", rig]);
    said.ends_with(2);
    said.has("rig file", "wrong", "rig-elf: there is no file");
    assert!(said.err.contains("error[rig-elf]"), "{said:?}");
    assert!(!said.of("QEMU").is_empty(), "{said:?}");
    let said = bench.say(&["doctor", "--rig", "nowhere"]);
    said.ends_with(2);
    said.has("rig file", "wrong", "there is no rig `nowhere`");
}

#[test]
fn a_machine_that_qemu_does_not_have_is_told_where_qemu_is() {
    let bench = Bench::new();
    let elf = root().join("fixtures/firmware/probed.elf");
    let pump = |machine: &str| format!("{{kind: qemu, machine: {machine}, elf: {}}}", elf.display());
    let rig = bench.rig("stub", &pump("no-such-machine"));
    let rig = rig.to_str().unwrap();
    let none = said(
        bench
            .command(&bench.path("."), &["doctor", "--rig", rig])
            .env("PATH", "/nowhere"),
    );
    none.ends_with(3);
    none.has("QEMU", "wrong", "there is no qemu-system-arm; install it");
    none.has("firmware", "ok", "symbols");
    if with_qemu(false).is_none() {
        return;
    }
    let there = bench.say(&["doctor", "--rig", rig]);
    there.ends_with(3);
    there.has("machine", "wrong", "`no-such-machine` is none of QEMU's");
}

#[test]
fn firmware_in_qemu_is_started_and_asked() {
    let Some(elf) = plain_c(false) else { return };
    let bench = Bench::new();
    let elf = elf.canonicalize().unwrap();
    let pump = format!("{{kind: qemu, machine: netduinoplus2, elf: {}}}", elf.display());
    let rig = bench.rig("plain-c", &pump);
    let text = std::fs::read_to_string(&rig).unwrap() + "probe: {kind: qemu}\n";
    std::fs::write(&rig, text.replace("{open: 1 s", "{open: 20 s")).unwrap();
    let said = bench.say(&["doctor", "--rig", rig.to_str().unwrap()]);
    said.ends_with(0);
    said.has("QEMU", "ok", "QEMU emulator version");
    said.has("machine", "ok", "netduinoplus2");
    said.has("firmware", "ok", "symbols");
    said.has("pump", "ok", "model PLAINC");
    said.has("pump", "ok", "state stopped");
}

#[test]
fn a_program_of_a_rig_is_started_only_for_who_trusts_it() {
    let bench = Bench::new();
    let rig = bench.rig("stub", &format!("{{kind: serial, program: [{PROGRAM}, sim, --stdio]}}"));
    let rig = rig.to_str().unwrap();
    let said = bench.say(&["doctor", "--rig", rig]);
    said.ends_with(0);
    said.has("program", "ok", "is there");
    said.has("line", "warning", "--trust-rig");
    let trusted = bench.say(&["doctor", "--rig", rig, "--trust-rig"]);
    trusted.ends_with(0);
    trusted.has("pump", "ok", "model stub-it20");
    let rig = bench.rig("stub", "{kind: serial, program: [no-such-program-here]}");
    let said = bench.say(&["doctor", "--rig", rig.to_str().unwrap()]);
    said.ends_with(3);
    said.has("program", "wrong", "there is no program");
}
