//! The program on each kind of line: it speaks, ends with its peer, and two of them are a pump and the balance that weighs what it delivers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ended with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emulator"));
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    Running(command.spawn().unwrap())
}

/// On any free port, which it tells.
fn listening(arguments: &[&str]) -> (Running, TcpStream) {
    let mut running = start(&[arguments, &["--listen", "tcp:0"]].concat());
    let mut told = String::new();
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    out.read_line(&mut told).unwrap();
    let address = told.trim().strip_prefix("tcp:").expect("an address");
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    (running, stream)
}

fn ask(stream: &mut TcpStream, bytes: &[u8], count: usize) -> Vec<u8> {
    stream.write_all(bytes).unwrap();
    let mut said = vec![0; count];
    stream.read_exact(&mut said).unwrap();
    said
}

#[test]
fn on_standard_input_and_output_it_answers_and_ends_with_its_input() {
    let mut running = start(&["syringe", "--stdio"]);
    let mut to = running.0.stdin.take().unwrap();
    to.write_all(b"00VER\r00DIA\r").unwrap();
    drop(to);
    let mut said = Vec::new();
    running.0.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert_eq!(said, b"\x0200SNE1000V3.928\x03\x0200S26.59\x03");
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn on_a_port_it_ends_with_its_peer_or_takes_the_next_one() {
    let (mut once, mut peer) = listening(&["slip-registers"]);
    let status = b"\xC0\x01\x03\x01\x00\x00\x03\x04\x37\xC0";
    assert_eq!(ask(&mut peer, status, 13)[..4], *b"\xC0\x01\x03\x06");
    drop(peer);
    assert!(once.0.wait().unwrap().success());

    let (_again, mut peer) = listening(&["console", "--again"]);
    assert_eq!(ask(&mut peer, b"SET 500\rX", 11), b"SET 500\r\n:X");
    let address = peer.peer_addr().unwrap();
    drop(peer);
    let mut peer = TcpStream::connect(address).unwrap();
    // What was typed before is there still.
    assert_eq!(ask(&mut peer, b"\r", 13), b"\r\nERR WHAT\r\n?");
}

#[test]
fn on_a_pseudo_terminal_it_serves_whoever_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let mut running = start(&["json-lines", "--pty", link.to_str().unwrap()]);
    let mut told = String::new();
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    out.read_line(&mut told).unwrap();
    assert_eq!(told, "ready\n");
    for _ in 0..2 {
        let mut opened = std::fs::File::options().read(true).write(true).open(&link).unwrap();
        opened.write_all(b"{\"id\":1,\"do\":\"stop\"}\n").unwrap();
        let mut said = [0; 19];
        opened.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"{\"id\":1,\"ok\":true}\n");
    }
}

#[test]
fn a_late_answer_is_late_and_a_dead_pump_is_gone() {
    let (mut running, mut peer) = listening(&["syringe", "--misbehave", "late:300", "--misbehave", "dies-after:2"]);
    peer.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    peer.write_all(b"\r").unwrap();
    assert!(peer.read(&mut [0; 8]).is_err());
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(ask(&mut peer, b"\r\r", 10), b"\x0200S\x03\x0200S\x03");
    assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0);
    assert!(running.0.wait().unwrap().success());
}

/// What it weighs once it has come to rest, in micrograms.
fn weighed(balance: &mut TcpStream, delivered: &Path) -> i64 {
    let written = std::fs::read_to_string(delivered).unwrap();
    assert!(!written.is_empty());
    let said = String::from_utf8(ask(balance, b"S\r\n", 18)).unwrap();
    let text = said.strip_prefix("S S ").and_then(|said| said.strip_suffix(" g\r\n"));
    let figures = text.expect("a stable weight").trim().replace('.', "");
    figures.parse::<i64>().unwrap() * 100
}

#[test]
fn a_balance_weighs_what_a_pump_delivered_and_not_what_it_believes() {
    for (misbehave, micrograms) in [("runs-fast:1", 99_800), ("over-delivers:20", 119_800)] {
        let folder = tempfile::tempdir().unwrap();
        let beaker = folder.path().join("beaker");
        let file = beaker.to_str().unwrap();
        let fast = ["--speed", "100"];
        let pump = ["console", "--delivers-to", file, "--misbehave", misbehave];
        let (_pump, mut pump) = listening(&[&pump[..], &fast].concat());
        let (_balance, mut balance) = listening(&[&["balance", "--weighs", file][..], &fast].concat());
        assert_eq!(ask(&mut balance, b"S\r\n", 18), b"S S     0.0000 g\r\n");
        // 100 uL at 60 mL/h are six seconds, or 60 ms here.
        assert_eq!(ask(&mut pump, b"BOL 100\r", 25), b"BOL 100\r\nDONE 0.100 mL\r\n:");
        // What was delivered is in the file when the pump was asked once more.
        ask(&mut pump, b"STAT\r", 38);
        let told = (0..100)
            .map(|_| weighed(&mut balance, &beaker))
            .find(|told| *told == micrograms);
        assert_eq!(told, Some(micrograms));
    }
}

#[test]
fn one_in_a_thread_takes_peer_after_peer_and_ends_with_its_owner() {
    let running = pump_hil_emulators::serve::Running::start(&["binary", "--speed", "100"]).unwrap();
    let port = running.port;
    for total in [0_u8, 0x0A] {
        let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let status = ask(&mut peer, b"\xAA\x01\x00\x15", 9);
        assert_eq!(status[4..8], [0, 0, 0, total]);
        if total == 0 {
            // 100 nL: ten times 10 nL.
            assert_eq!(ask(&mut peer, b"\xAA\x12\x04\x00\x00\x00\x0A\x75", 5)[1], 0x06);
        }
    }
    drop(running);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(pump_hil_emulators::serve::Running::start(&["binary", "--misbehave", "explodes"]).is_err());
}

#[test]
fn the_program_is_found_by_tests_of_other_crates() {
    let program = pump_hil_emulators::program::path();
    let said = Command::new(program).arg("--help").output().unwrap();
    assert!(String::from_utf8_lossy(&said.stdout).contains("two-pumps"));
}

#[test]
fn however_late_the_host_is_the_device_keeps_its_own_time() {
    // A second of the device is 10 us here: the host is always late, and no beat is missing, doubled or out of order.
    let (_running, mut peer) = listening(&["binary", "--speed", "100000"]);
    // 10 mL at 60 mL/h: 600 seconds, and a beat with each but the last.
    assert_eq!(ask(&mut peer, b"\xAA\x12\x04\x00\x0F\x42\x40\xB2", 5)[1], 0x06);
    let beats = ask(&mut peer, b"", 599 * 9);
    let times: Vec<u32> = beats
        .chunks(9)
        .map(|beat| u32::from_be_bytes(*beat[3..].first_chunk().unwrap()))
        .collect();
    assert!(times.windows(2).all(|two| two[1] == two[0] + 1_000), "{times:?}");
    assert_eq!(
        ask(&mut peer, b"\xAA\x01\x00\x15", 9)[1..8],
        *b"\x81\x05\x00\x00\x0F\x42\x40"
    );
}
