//! The image of `firmware-stub/board` in QEMU: how soon it runs a step, and what a read by the probe costs beside the bare request.

use super::harness::{folder, one_case, run};
use pump_hil::interrupt;
use pump_hil::journal;
use pump_hil_model::event::Body;
use pump_hil_rig::{OpenOptions, Rig, RigFile};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const RIG: &str = "fixtures/rigs/qemu-microbit.yaml";
const IMAGE: &str = "../firmware-stub/board/target/microbit.elf";
/// A word of RAM.
const ADDR: &str = "0x20002000";
/// Reads in one block; blocks of both kinds take turns.
const BLOCK: usize = 100;
const BLOCKS: usize = 100;

/// Median over the pairs of neighbouring blocks of a 32-bit read through the harness / a bare qtest request for the same word.
pub fn probe_read() -> f64 {
    let folder_of_sockets = std::env::temp_dir().join(format!("pump-hil-bare-{}", std::process::id()));
    std::fs::create_dir_all(&folder_of_sockets).expect("a folder");
    let mut bare = Bare::start(&folder_of_sockets.join("qtest"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an event loop");
    let file = RigFile::load(&folder("..").join(RIG)).expect("the rig file");
    let mut rig = runtime
        .block_on(Rig::open(&file, &OpenOptions::default()))
        .expect("the rig opens");
    // Two cores have room for one QEMU and who asks it: the other stands still meanwhile.
    let of_the_rig = children()
        .find(|pid| *pid != Pid::from_child(&bare.child))
        .expect("it runs");
    let of_its_own = Pid::from_child(&bare.child);
    let mut ratios: Vec<f64> = (0..BLOCKS)
        .map(|_| {
            let harness = beside(of_its_own, || {
                block(|| {
                    rig.read_value(ADDR).expect("a word");
                })
            });
            harness.as_secs_f64() / beside(of_the_rig, || block(|| bare.read())).as_secs_f64()
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let _ = std::fs::remove_dir_all(&folder_of_sockets);
    ratios[BLOCKS / 2]
}

/// Measures while another process stands still.
fn beside(other: Pid, measure: impl FnOnce() -> Duration) -> Duration {
    kill_process(other, Signal::STOP).expect("it runs");
    let took = measure();
    kill_process(other, Signal::CONT).expect("it stands");
    took
}

/// The processes that this one started.
fn children() -> impl Iterator<Item = Pid> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    let pids: Vec<i32> = lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect();
    pids.into_iter().filter_map(Pid::from_raw)
}

/// The median read of a block.
fn block(mut read: impl FnMut()) -> Duration {
    median((0..BLOCK).map(|_| {
        let begin = Instant::now();
        read();
        begin.elapsed()
    }))
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// QEMU with the same image, and the shortest way to its memory.
struct Bare {
    child: Child,
    qtest: UnixStream,
}

impl Bare {
    fn start(socket: &Path) -> Self {
        let mut child = Command::new("qemu-system-arm")
            .args(["-machine", "microbit", "-nodefaults", "-display", "none", "-kernel"])
            .arg(folder(IMAGE))
            .arg("-qtest")
            .arg(format!("unix:{},server=on,wait=off", socket.display()))
            .args(["-qtest-log", "none", "-accel", "tcg"])
            .stdin(Stdio::null())
            .spawn()
            .expect("QEMU starts");
        loop {
            if let Ok(qtest) = UnixStream::connect(socket) {
                return Self { child, qtest };
            }
            assert!(child.try_wait().expect("asked").is_none(), "QEMU ended at once");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn read(&mut self) {
        self.qtest
            .write_all(format!("readl {ADDR}\n").as_bytes())
            .expect("written");
        let mut reply = [0; 64];
        let mut got = 0;
        while !reply[..got].ends_with(b"\n") {
            got += self.qtest.read(&mut reply[got..]).expect("read");
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Milliseconds from the command to start QEMU to the first step of a scenario, programming of the pump and the end of QEMU included; median of 21.
pub fn first_step(out: &Path) -> f64 {
    use pump_hil::shipped::Shipped;
    use pump_hil::suite::{self, Settings};
    let bench = Shipped::load(&folder("../scenarios"), out);
    let settings = Settings {
        rig: RigFile::load(&folder("..").join(RIG)).expect("the rig file"),
        out: out.to_owned(),
        snapshots: None,
        jobs: 1,
        ..bench.settings().clone()
    };
    let case = one_case(&folder("../scenarios/continuous-day.yaml"));
    let times = (0..21).map(|_| {
        let begin = Instant::now();
        let result = suite::run_case(&case, &settings, &interrupt::pair().1, &mut |_| {});
        let wall = begin.elapsed();
        assert_eq!(result.outcome.verdict.word(), "passed");
        let (_, events) = journal::open(&out.join("continuous-day@qemu-microbit.jsonl"))
            .expect("a journal")
            .into_parts();
        let (mut first, mut last) = (None, 0);
        for event in events {
            if matches!(event.body, Body::StepStarted { .. }) {
                first.get_or_insert(event.host_us);
            }
            last = event.host_us;
        }
        // A journal's clock starts with the open rig; so all but what came behind the first step.
        wall.saturating_sub(Duration::from_micros(last - first.expect("a step")))
    });
    median(times).as_secs_f64() * 1e3
}

/// Seconds for a day of at most 100 events, journal and verdict included; median of 5.
pub fn day(out: &Path) -> f64 {
    median((0..5).map(|_| suite("scenarios/continuous-day.yaml", out))).as_secs_f64()
}

/// Wall time of scenarios in QEMU, on two jobs.
pub fn suite(scenarios: &str, out: &Path) -> Duration {
    let arguments = [
        "run",
        scenarios,
        "--rig",
        RIG,
        "--progress",
        "none",
        "--jobs",
        "2",
        "--out",
    ];
    run(&arguments, out).0
}
