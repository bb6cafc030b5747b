//! How fast is it? Prints each figure beside its limit, and ratios measured in one run, because machines differ and are noisy.
//!
//! `cargo bench -p pump-hil --bench speed`; a figure over its limit ends it with code 1.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and measures the host's time"
)]

mod round_trip;

use pump_hil::interrupt;
use pump_hil::scenario::case::Case;
use pump_hil::shipped::Bench;
use pump_hil::suite::{self, Settings};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A figure and what it may be at most.
struct Figure {
    what: &'static str,
    value: f64,
    limit: f64,
    unit: &'static str,
}

fn main() -> ExitCode {
    let out = std::env::temp_dir().join(format!("pump-hil-speed-{}", std::process::id()));
    let mut over = false;
    let measures: [&dyn Fn() -> Figure; 6] = [
        &round_trip_ratio,
        &|| thousand_days(&out),
        &|| ten_years_time(&out),
        &|| ten_years_memory(&out),
        &version,
        &|| suite_memory(&out),
    ];
    for measure in measures {
        let Figure {
            what,
            value,
            limit,
            unit,
        } = measure();
        let verdict = if value <= limit { "ok" } else { "OVER" };
        over |= value > limit;
        println!("{what:<58} {value:>9.2} {unit:<4} limit {limit:>6} {unit:<4} {verdict}");
    }
    let _ = std::fs::remove_dir_all(&out);
    ExitCode::from(u8::from(over))
}

/// One request and reply through the harness, against a bare write/read loop on the same kind of PTY.
fn round_trip_ratio() -> Figure {
    let ratio = round_trip::ratio();
    Figure {
        what: "request and reply, harness / bare loop",
        value: ratio,
        limit: 1.3,
        unit: "x",
    }
}

/// 1,000 copies of a 20-step day, journal and judging included.
fn thousand_days(out: &Path) -> Figure {
    let case = one_case(&folder("benches/speed/day.yaml"));
    let cases: Vec<Case> = (0..1000)
        .map(|at| Case {
            case: Some(at.to_string()),
            ..case.clone()
        })
        .collect();
    let bench = Bench::load(&folder("../scenarios"), out);
    let settings = Settings {
        out: out.join("days"),
        snapshots: None,
        jobs: 2,
        ..bench.settings().clone()
    };
    let begin = Instant::now();
    let results = suite::run(&cases, &settings, &interrupt::pair().1, |_| {});
    let each = begin.elapsed() / 1000;
    let failed: Vec<_> = results
        .iter()
        .filter(|r| r.outcome.verdict.word() != "passed")
        .collect();
    assert!(
        failed.is_empty(),
        "{} of 1000 days did not pass: {:?}",
        failed.len(),
        failed[0].outcome.verdict
    );
    Figure {
        what: "a 20-step day, each of 1,000 on two jobs",
        value: each.as_secs_f64() * 1e3,
        limit: 5.0,
        unit: "ms",
    }
}

fn ten_years_time(out: &Path) -> Figure {
    let (wall, _) = run(
        &[
            "run",
            "harness/benches/speed/ten-years.yaml",
            "--rig",
            "fixtures/rigs/sim-long-life.yaml",
            "--progress",
            "none",
            "--jobs",
            "1",
            "--out",
        ],
        &out.join("years"),
    );
    Figure {
        what: "ten years of therapy",
        value: wall.as_secs_f64(),
        limit: 3.0,
        unit: "s",
    }
}

fn ten_years_memory(out: &Path) -> Figure {
    let (_, peak) = run(
        &[
            "run",
            "harness/benches/speed/ten-years.yaml",
            "--rig",
            "fixtures/rigs/sim-long-life.yaml",
            "--progress",
            "none",
            "--jobs",
            "1",
            "--out",
        ],
        &out.join("years-2"),
    );
    Figure {
        what: "ten years of therapy, peak memory",
        value: peak,
        limit: 64.0,
        unit: "MiB",
    }
}

/// Median of many starts, since a single one tells of the machine.
fn version() -> Figure {
    let mut times: Vec<Duration> = (0..41)
        .map(|_| {
            let begin = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
                .arg("--version")
                .stdout(Stdio::null())
                .status();
            assert!(status.is_ok_and(|status| status.success()));
            begin.elapsed()
        })
        .collect();
    times.sort();
    Figure {
        what: "pump-hil --version, median of 41",
        value: times[20].as_secs_f64() * 1e3,
        limit: 10.0,
        unit: "ms",
    }
}

fn suite_memory(out: &Path) -> Figure {
    let (_, peak) = run(
        &["run", "scenarios", "--progress", "none", "--jobs", "2", "--out"],
        &out.join("suite"),
    );
    Figure {
        what: "the shipped suite, peak memory",
        value: peak,
        limit: 48.0,
        unit: "MiB",
    }
}

/// Runs the harness; wall time, and the peak of its resident memory in MiB, sampled until its end.
fn run(arguments: &[&str], out: &Path) -> (Duration, f64) {
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
        .args(arguments)
        .arg(out)
        .current_dir(folder(".."))
        .stdout(Stdio::null())
        .spawn()
        .expect("the harness starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0_u32;
    loop {
        if let Some(kib) = std::fs::read_to_string(&status)
            .ok()
            .and_then(|text| high_water_kib(&text))
        {
            peak_kib = peak_kib.max(kib);
        }
        if let Some(status) = child.try_wait().expect("the harness can be waited for") {
            assert!(status.success(), "{arguments:?}: {status}");
            return (begin.elapsed(), f64::from(peak_kib) / 1024.0);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn high_water_kib(status: &str) -> Option<u32> {
    status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .trim()
            .parse()
            .ok()
    })
}

fn one_case(path: &Path) -> Case {
    let cases = pump_hil::shipped::cases(path, &folder("../fixtures"));
    cases.into_iter().next().expect("one case")
}

fn folder(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}
