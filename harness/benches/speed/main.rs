//! How fast is it? Prints each figure beside its limit, and ratios measured in one run, because machines differ and are noisy.
//!
//! `cargo bench -p pump-hil --bench speed`; a figure over its limit ends it with code 1. Words after `--` choose figures: `-- reply day`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and measures the host's time"
)]

mod harness;
mod in_qemu;
mod round_trip;

use harness::{folder, one_case, run};
use pump_hil::interrupt;
use pump_hil::reporter::Reporters;
use pump_hil::shipped::Shipped;
use pump_hil::suite::{self, Batch, Settings};
use pump_hil_model::case::Case;
use pump_hil_testing::repository;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let out = std::env::temp_dir().join(format!("pump-hil-speed-{}", std::process::id()));
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let in_qemu_out = out.join("in-qemu");
    let measures: [(&str, f64, &str, &dyn Fn() -> f64); 10] = [
        ("request and reply, harness / bare loop", 1.3, "x", &round_trip::ratio),
        ("a 20-step day, each of 1,000 on two jobs", 5.0, "ms", &|| {
            thousand_days(&out)
        }),
        ("ten years of therapy", 3.0, "s", &|| ten_years(&out).0.as_secs_f64()),
        ("ten years of therapy, peak memory", 64.0, "MiB", &|| ten_years(&out).1),
        ("pump-hil --version, median of 41", 10.0, "ms", &version),
        ("the shipped suite, peak memory", 48.0, "MiB", &|| suite_memory(&out)),
        (
            "in QEMU: a probe read, harness / bare qtest",
            1.5,
            "x",
            &in_qemu::probe_read,
        ),
        ("in QEMU: start to first step, median of 21", 150.0, "ms", &|| {
            in_qemu::first_step(&in_qemu_out)
        }),
        ("in QEMU: a day, median of 5", 1.0, "s", &|| in_qemu::day(&in_qemu_out)),
        ("in QEMU: the shipped suite on two jobs", 90.0, "s", &|| {
            in_qemu::suite("scenarios", &in_qemu_out).as_secs_f64()
        }),
    ];
    let mut over = false;
    for (what, limit, unit, measure) in measures {
        if !chosen.is_empty() && !chosen.iter().any(|word| what.contains(word.as_str())) {
            continue;
        }
        if let Some(missing) = repository::missing(true).filter(|_| what.starts_with("in QEMU")) {
            println!("{what:<44} SKIPPED: {missing}");
            continue;
        }
        let value = measure();
        let verdict = if value <= limit { "ok" } else { "OVER" };
        over |= value > limit;
        println!("{what:<44} {value:>9.2} {unit:<4} limit {limit:>6} {unit:<4} {verdict}");
    }
    let _ = std::fs::remove_dir_all(&out);
    ExitCode::from(u8::from(over))
}

/// 1,000 copies of a 20-step day, journal and judging included.
fn thousand_days(out: &Path) -> f64 {
    let case = one_case(&folder("benches/speed/day.yaml"));
    let cases: Vec<Case> = (0..1000)
        .map(|at| Case {
            case: Some(at.to_string()),
            ..case.clone()
        })
        .collect();
    let bench = Shipped::load(&folder("../scenarios"), out);
    let settings = Settings {
        out: out.join("days"),
        snapshots: None,
        jobs: 2,
        ..bench.settings().clone()
    };
    let begin = Instant::now();
    let cases = &cases;
    let results = suite::run(
        &[Batch { cases, settings }],
        &interrupt::pair().1,
        &mut Reporters::default(),
    )
    .results;
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
    each.as_secs_f64() * 1e3
}

/// Wall time, and peak memory in MiB.
fn ten_years(out: &Path) -> (Duration, f64) {
    let scenario = "harness/benches/speed/ten-years.yaml";
    let rig = "fixtures/rigs/sim-long-life.yaml";
    run(
        &[
            "run",
            scenario,
            "--rig",
            rig,
            "--progress",
            "none",
            "--jobs",
            "1",
            "--out",
        ],
        &out.join("years"),
    )
}

/// Median of many starts, since a single one tells of the machine.
fn version() -> f64 {
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
    times[20].as_secs_f64() * 1e3
}

/// In MiB.
fn suite_memory(out: &Path) -> f64 {
    run(
        &["run", "scenarios", "--progress", "none", "--jobs", "2", "--out"],
        &out.join("suite"),
    )
    .1
}
