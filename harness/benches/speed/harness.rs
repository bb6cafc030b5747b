//! The program that is measured, and what it is given.

use pump_hil_model::case::Case;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the harness; wall time, and the peak of its resident memory in MiB, sampled until its end.
pub fn run(arguments: &[&str], out: &Path) -> (Duration, f64) {
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

/// The one case of a file.
pub fn one_case(path: &Path) -> Case {
    let cases = pump_hil::shipped::cases(path, &folder("../fixtures"));
    cases.into_iter().next().expect("one case")
}

/// A path of the repository, from the folder `harness`.
pub fn folder(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}
