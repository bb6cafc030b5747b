//! Devices that others wrote answer as they are documented, and their back doors make them misbehave. Needs Python with `venv`, and PyPI once; where
//! something is missing a test says SKIPPED.

use pump_hil_emulators::peers::{self, Peer};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

struct Line {
    to: TcpStream,
    from: BufReader<TcpStream>,
}

impl Line {
    fn to(peer: &Peer) -> Self {
        let to = TcpStream::connect(("127.0.0.1", peer.port)).unwrap();
        to.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let from = BufReader::new(to.try_clone().unwrap());
        Self { to, from }
    }

    fn ask(&mut self, text: &str) -> String {
        self.to.write_all(text.as_bytes()).unwrap();
        let mut said = String::new();
        self.from.read_line(&mut said).unwrap();
        said
    }
}

#[test]
fn a_bath_of_lewis_holds_its_setpoint_until_the_back_door_opens() {
    let Some(peer) = peers::lewis("julabo", "julabo-version-1") else {
        return;
    };
    let mut line = Line::to(&peer);
    assert_eq!(line.ask("VERSION\r"), "JULABO FP50_MH Simulator, ISIS\r\n");
    assert_eq!(line.ask("OUT_SP_00 25.5\r"), "\r\n");
    assert_eq!(line.ask("IN_SP_00\r"), "25.5\r\n");
    assert_eq!(line.ask("IN_PV_00\r"), "24.0\r\n");
    peer.set("temperature", "80.0").unwrap();
    assert_eq!(line.ask("IN_PV_00\r"), "80.0\r\n");
    assert!(peer.set("nothing_of_the_kind", "1").is_err());
}

#[test]
fn a_bath_of_lewis_moves_to_its_setpoint() {
    let Some(peer) = peers::lewis("julabo", "julabo-version-1") else {
        return;
    };
    let mut line = Line::to(&peer);
    line.ask("OUT_SP_00 24.02\r");
    line.ask("OUT_MODE_05 1\r");
    // 5 degrees a minute: a quarter of a second.
    let reached = (0..10_000).find(|_| line.ask("IN_PV_00\r") == "24.02\r\n");
    assert!(reached.is_some(), "{}", line.ask("IN_PV_00\r"));
}

#[test]
fn a_stage_of_lewis_answers_in_bytes() {
    let Some(peer) = peers::lewis("linkam_t95", "stream") else {
        return;
    };
    let mut line = Line::to(&peer);
    line.to.write_all(b"T\r").unwrap();
    // Ten bytes and an end: stopped, no error, pump stopped, 24.0 degrees in tenths as hexadecimal.
    let mut said = [0; 11];
    line.from.read_exact(&mut said).unwrap();
    assert_eq!(said, *b"\x01\x80\x80\x80\x80\x8000f0\r".first_chunk::<11>().unwrap());
}

#[test]
fn a_pressure_controller_of_sinstruments_keeps_what_is_set_until_the_back_door_opens() {
    let Some(peer) = peers::sinstruments("gepace.simulator", "Pace") else {
        return;
    };
    let mut line = Line::to(&peer);
    let name = line.ask("*IDN?\n");
    assert_eq!(name, "*IDN GE Druck,PACE5000,10388796,DK0367  v02.02.14\n");
    assert_eq!(line.ask("SOUR1:PRES:SLEW 3.5;SLEW?\n").lines().count(), 1);
    assert_eq!(
        line.ask("SOUR1:PRES:SLEW 3.5\nSOUR1:PRES:SLEW?\n"),
        "SOUR1:PRES:SLEW 3.5\n"
    );
    peer.set("src_slew", "'9.9'").unwrap();
    assert_eq!(line.ask("SOUR1:PRES:SLEW?\n"), "SOUR1:PRES:SLEW 9.9\n");
    assert!(peer.set("src_slew", "1/0").is_err());
}
