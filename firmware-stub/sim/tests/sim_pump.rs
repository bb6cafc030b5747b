//! The pump behind a PTY: fenced time without a lost byte, the wall clock, far ends that come and go, and an end that ends.
#![allow(
    clippy::disallowed_methods,
    reason = "delays are what is tested, and every wait has a limit"
)]

mod common;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::{DAY, HOUR, MINUTE, SECOND, body, request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use stub_pump::units::Millis;
use stub_sim::{BLOCK_ADDR, Machine, MachineSettings, Pace, SimControl, SimPump, Stop, serve};

/// Nothing here takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// The harness's end of the line, without tokio.
struct Peer {
    port: File,
    control: SimControl,
    sent: u64,
    got: Vec<u8>,
    /// Slept before each write and read: delays must change nothing.
    delay: Duration,
}

impl Peer {
    fn new(pump: &SimPump) -> Self {
        Self {
            port: open(pump.pty_path()),
            control: pump.control(),
            sent: 0,
            got: Vec::new(),
            delay: Duration::ZERO,
        }
    }

    fn send(&mut self, text: &str) {
        std::thread::sleep(self.delay);
        self.port.write_all(text.as_bytes()).expect("the PTY takes a request");
        self.sent += text.len() as u64;
    }

    /// Reads until `total` bytes have come since the start.
    fn read_to(&mut self, total: u64) {
        std::thread::sleep(self.delay);
        while (self.got.len() as u64) < total {
            let more = read_some(&mut self.port);
            assert!(!more.is_empty(), "{} of {total} bytes came", self.got.len());
            self.got.extend(more);
        }
        assert_eq!(self.got.len() as u64, total, "bytes that nobody announced");
    }

    /// Runs to an instant, reading all that is said on the way.
    fn run_to(&mut self, until_ms: u64) {
        loop {
            let advance = self
                .control
                .advance(Millis(until_ms), self.sent)
                .expect("the pump runs");
            self.read_to(advance.tx_total);
            match advance.stop {
                Stop::Fence => return assert_eq!(advance.now, Millis(until_ms)),
                Stop::Output => {}
                Stop::Halted { pc } => panic!("halted at {pc:#x}"),
            }
        }
    }

    /// Sends a request and reads up to its reply.
    fn ask(&mut self, seq: u32, text: &str) -> String {
        self.send(&request(seq, text));
        let head = format!("={seq} ");
        loop {
            let said = String::from_utf8_lossy(&self.got).into_owned();
            if let Some(line) = said
                .split_inclusive("\r\n")
                .find(|line| line.starts_with(&head) && line.ends_with('\n'))
            {
                return body(line.trim_end()).to_owned();
            }
            let more = read_some(&mut self.port);
            assert!(!more.is_empty(), "no reply to {text}: {said}");
            self.got.extend(more);
        }
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("the far end can be opened")
}

/// What comes next, or nothing if nothing comes.
fn read_some(port: &mut File) -> Vec<u8> {
    let timeout = Timespec {
        tv_sec: PATIENCE.as_secs().cast_signed(),
        tv_nsec: 0,
    };
    if poll(&mut [PollFd::new(port, PollFlags::IN)], Some(&timeout)).expect("poll") == 0 {
        return Vec::new();
    }
    let mut buffer = [0; 4096];
    let count = port.read(&mut buffer).expect("the PTY can be read");
    buffer[..count].to_vec()
}

fn pump() -> SimPump {
    SimPump::spawn(Machine::new(MachineSettings::default())).expect("a PTY and a thread")
}

/// Two days of therapy over the PTY; everything that was said.
fn two_days(delay: Duration) -> Vec<u8> {
    let pump = pump();
    let mut peer = Peer::new(&pump);
    peer.delay = delay;
    peer.run_to(5 * SECOND);
    peer.ask(1, "refill removed=0nl added=20000000nl");
    peer.ask(2, "session-begin");
    peer.ask(
        3,
        "stage drug=morphine-10-mg-per-mL conc=10000000ng/ml mode=continuous rate=500000nl/d",
    );
    let staged = peer.ask(4, "staged");
    let crc32 = staged.rsplit_once("crc32=").expect("a crc32").1.to_owned();
    peer.ask(5, &format!("commit crc32={crc32}"));
    peer.ask(6, "start");
    peer.run_to(DAY);
    // Not waited for: the advance itself must take it from the PTY first.
    peer.send(&request(7, "bolus dose=10000nl over=600s"));
    peer.run_to(2 * DAY);
    let totals = peer.ask(8, "totals");
    assert!(totals.contains("clinician=10000nl"), "{totals}");
    peer.got
}

#[test]
fn fenced_time_loses_no_byte_and_delays_change_none() {
    let quick = two_days(Duration::ZERO);
    assert!(quick.len() > 5_000);
    assert!(quick == two_days(Duration::ZERO));
    assert!(quick == two_days(Duration::from_millis(3)));
}

#[test]
fn an_advance_waits_for_bytes_that_are_still_on_their_way() {
    let pump = pump();
    let mut peer = Peer::new(&pump);
    let line = request(1, "identify");
    let (send, receive) = mpsc::channel();
    peer.control
        .advance_with(
            Millis(HOUR),
            line.len() as u64,
            Box::new(move |advance| send.send(advance).expect("somebody waits")),
        )
        .expect("the pump runs");
    assert!(
        receive.recv_timeout(Duration::from_millis(50)).is_err(),
        "it did not wait for the request"
    );
    assert_eq!(peer.control.now(), Millis(0));
    peer.send(&line);
    let advance = receive.recv_timeout(PATIENCE).expect("now it runs");
    peer.read_to(advance.tx_total);
    assert!(String::from_utf8_lossy(&peer.got).contains("=1 ok model="));
}

#[test]
fn a_reader_that_does_not_read_holds_up_neither_time_nor_control() {
    let pump = pump();
    let mut peer = Peer::new(&pump);
    // Far more than a PTY holds.
    for seq in 1..=60 {
        peer.send(&request(seq, "library"));
    }
    let mut until_ms = 0;
    let total = loop {
        until_ms += MINUTE;
        let advance = peer
            .control
            .advance(Millis(until_ms), peer.sent)
            .expect("the pump runs");
        if advance.stop == Stop::Fence && until_ms > HOUR {
            break advance.tx_total;
        }
    };
    assert!(total > 50_000, "{total}");
    peer.read_to(total);
    assert!(String::from_utf8_lossy(&peer.got).contains("=60 ok"));
}

#[test]
fn a_reset_by_the_probe_is_heard_on_the_line() {
    let pump = pump();
    let mut peer = Peer::new(&pump);
    peer.run_to(SECOND);
    peer.control.reset(false);
    peer.run_to(2 * SECOND);
    assert!(String::from_utf8_lossy(&peer.got).contains("boot reason=debug"));
    let mut magic = [0; 8];
    peer.control.read(BLOCK_ADDR, &mut magic).expect("mapped");
    assert_eq!(&magic, b"PUMPHIL1");
}

#[test]
fn a_halt_ends_an_advance_and_says_where() {
    let pump = pump();
    let control = pump.control();
    control.halt();
    let advance = control.advance(Millis(HOUR), 0).expect("the pump runs");
    assert!(matches!(advance.stop, Stop::Halted { .. }) && advance.now == Millis(0));
    control.resume();
    assert!(!control.is_halted());
}

#[test]
fn a_far_end_that_closes_and_opens_again_goes_on() {
    let pump = pump();
    let mut peer = Peer::new(&pump);
    assert!(peer.ask(1, "identify").contains("ok"));
    peer.port = open(Path::new("/dev/null"));
    std::thread::sleep(Duration::from_millis(20));
    peer.port = open(pump.pty_path());
    assert!(peer.ask(2, "identify").contains("ok"));
}

#[test]
fn dropping_the_pump_ends_its_thread_and_whoever_waits() {
    let pump = pump();
    let control = pump.control();
    let (send, receive) = mpsc::channel();
    // For bytes that never come.
    control
        .advance_with(
            Millis(HOUR),
            1_000,
            Box::new(move |advance| {
                let _ = send.send(advance);
            }),
        )
        .expect("the pump runs");
    let started = Instant::now();
    drop(pump);
    assert!(started.elapsed() < PATIENCE);
    assert!(receive.recv_timeout(PATIENCE).is_err(), "the call is dropped uncalled");
    assert!(control.advance(Millis(HOUR), 0).is_err());
}

#[test]
fn a_paced_pump_follows_the_wall_clock() {
    let machine = Machine::new(MachineSettings::default());
    let pump = SimPump::spawn_paced(machine, Pace::RealTime { speed: 1_000 }).expect("a PTY and a thread");
    let mut peer = Peer::new(&pump);
    let (started, from) = (Instant::now(), peer.control.now().0);
    while peer.control.now().0 < from + 200 * SECOND {
        assert!(started.elapsed() < PATIENCE, "time stands still");
        std::thread::sleep(Duration::from_millis(10));
    }
    let passed_ms = u64::try_from(started.elapsed().as_millis()).expect("a short test");
    assert!(
        peer.control.now().0 - from <= (passed_ms + 200) * 1_000,
        "time runs ahead"
    );
    assert!(peer.ask(1, "status").contains("state=stopped"));
}

#[test]
fn a_served_pump_is_found_by_its_link_and_the_link_goes_with_it() {
    let link = std::env::temp_dir().join(format!("stub-sim-link-{}", std::process::id()));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        let served = scope.spawn(|| {
            serve(
                Machine::new(MachineSettings::default()),
                1,
                Some(&link),
                &stop,
                move |path| send.send(path.to_owned()).expect("the test waits"),
            )
        });
        let path = receive.recv_timeout(PATIENCE).expect("it is ready");
        assert_eq!(path, link);
        let mut port = open(&path);
        port.write_all(b"?identify\r\n").expect("the PTY takes it");
        let mut said = String::new();
        while !said.contains("=0 ok model=") {
            let more = read_some(&mut port);
            assert!(!more.is_empty(), "{said}");
            said.push_str(&String::from_utf8_lossy(&more));
        }
        stop.store(true, Ordering::Release);
        served.join().expect("no panic").expect("it ends well");
    });
    assert!(link.symlink_metadata().is_err(), "the link is gone");
}
