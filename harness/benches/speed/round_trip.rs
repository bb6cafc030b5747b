//! One request and reply: the session on the rig's line, against the barest loop that does the same on the same port.

use pump_hil_model::case::Request;
use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, OpenOptions, Rig, RigFile};
use pump_hil_talk::protocol::text_lines_1;
use pump_hil_talk::session::{Session, SessionEvent};
use std::fs::OpenOptions as FileOptions;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stub_sim::{Machine, MachineSettings, SimPump};

/// Exchanges in one block; blocks of both kinds take turns, so that a noisy moment hits both.
const BLOCK: usize = 50;
const BLOCKS: usize = 400;

/// Median over the pairs of neighbouring blocks of harness time / bare time; a block's time is its median exchange. What disturbs the machine for
/// longer than a block disturbs both of a pair, and what is shorter hits a few exchanges.
pub fn ratio() -> f64 {
    let mut bare = Bare::open();
    let mut harness = Harness::open();
    let mut ratios: Vec<f64> = (0..BLOCKS)
        .map(|_| harness.block().as_secs_f64() / bare.block().as_secs_f64())
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios[BLOCKS / 2]
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The requests that the harness sends as well, encoded beforehand: the pump does the same work for both.
struct Bare {
    port: std::fs::File,
    _pump: SimPump,
    requests: Vec<Vec<u8>>,
}

impl Bare {
    fn open() -> Self {
        let pump = SimPump::spawn(Machine::new(MachineSettings::default())).expect("a PTY");
        let port = FileOptions::new()
            .read(true)
            .write(true)
            .open(pump.pty_path())
            .expect("the port opens");
        let request = |seq: u16| text_lines_1().request(seq.into(), "status", &[]).expect("a request");
        Self {
            port,
            _pump: pump,
            requests: (1..=BLOCK as u16).map(request).collect(),
        }
    }

    fn block(&mut self) -> Duration {
        let mut times = Vec::with_capacity(BLOCK);
        let mut buffer = [0; 4096];
        for request in &self.requests {
            let begin = Instant::now();
            self.port.write_all(request).expect("written");
            loop {
                let got = self.port.read(&mut buffer).expect("read");
                if buffer[..got].ends_with(b"\n") {
                    break;
                }
            }
            times.push(begin.elapsed());
        }
        median(times)
    }
}

struct Harness {
    runtime: tokio::runtime::Runtime,
    rig: Rig,
    session: Session,
}

impl Harness {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("an event loop");
        let file = RigFile::sim().expect("the default rig");
        let rig = runtime
            .block_on(Rig::open(&file, &OpenOptions::default()))
            .expect("the rig opens");
        let session = Session::new(Arc::clone(rig.profile()));
        Self { runtime, rig, session }
    }

    fn block(&mut self) -> Duration {
        let mut times = Vec::with_capacity(BLOCK);
        self.runtime.block_on(async {
            for _ in 0..BLOCK {
                let begin = Instant::now();
                exchange(&mut self.rig, &mut self.session).await;
                times.push(begin.elapsed());
            }
        });
        median(times)
    }
}

async fn exchange(rig: &mut Rig, session: &mut Session) {
    session.request(&Request::Status, Span(0)).expect("a request");
    loop {
        while let Some(bytes) = session.poll_transmit() {
            rig.send(&bytes).await.expect("sent");
        }
        while let Some(event) = session.poll_event() {
            if let SessionEvent::Done { .. } = event {
                return;
            }
        }
        let received = rig.reply_wait(Duration::from_secs(1)).await.expect("received");
        assert_eq!(received.end, End::Bytes, "the simulated pump answers at once");
        session.handle_bytes(&received.bytes, received.now);
    }
}
