//! What holds an input to its time and memory: a thread that looks on, for a reader that goes round for ever cannot be told by itself.

use pump_hil_rig::host_time;
use pump_hil_verdict::journal::sha256_hex;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

/// An input has so much time, and more for each of its bytes: a reader that is right takes a hundredth of it, in an unoptimised build too.
const TIME: Duration = Duration::from_secs(20);
const TIME_PER_BYTE: Duration = Duration::from_micros(200);
/// All targets together may take so much memory more than at the begin: a reader that is right takes a few hundred times its input, of 96 KiB at most.
const MEMORY: u64 = 1 << 30;
const LOOKS_EVERY: Duration = Duration::from_millis(5);

struct Reading {
    since: Instant,
    bytes: Vec<u8>,
}

static NOW: Mutex<BTreeMap<&str, Reading>> = Mutex::new(BTreeMap::new());

/// Lets a reader read, and looks on.
pub fn reading(name: &'static str, bytes: &[u8], read: &dyn Fn(&[u8])) {
    static LOOK_ON: Once = Once::new();
    LOOK_ON.call_once(|| drop(std::thread::spawn(look_on)));
    let reading = Reading {
        since: host_time::now(),
        bytes: bytes.to_vec(),
    };
    now().insert(name, reading);
    let _done = Done(name);
    read(bytes);
}

/// It is read, or the reader panicked.
struct Done(&'static str);

impl Drop for Done {
    fn drop(&mut self) {
        now().remove(self.0);
    }
}

/// Keeps an input in a file.
pub fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers").join(name);
    let file = folder.join(&sha256_hex(bytes)[..16]);
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&file, bytes))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    file
}

fn now() -> MutexGuard<'static, BTreeMap<&'static str, Reading>> {
    NOW.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look_on() {
    let begin = memory();
    loop {
        std::thread::park_timeout(LOOKS_EVERY);
        let taken = memory().saturating_sub(begin);
        for (name, reading) in &*now() {
            let limit = TIME + TIME_PER_BYTE * u32::try_from(reading.bytes.len()).unwrap_or(u32::MAX);
            let why = match reading.since.elapsed() {
                time if time > limit => format!("an input is not read within {} s", limit.as_secs()),
                _ if taken > MEMORY => format!("{} MiB are taken", taken >> 20),
                _ => continue,
            };
            end(name, &reading.bytes, &why);
        }
    }
}

/// Ends the process: a thread that does not come back cannot be ended.
fn end(name: &str, bytes: &[u8], why: &str) -> ! {
    let file = keep(name, bytes);
    // Not by `eprintln!`, which the test runner keeps to itself.
    let _ = writeln!(std::io::stderr(), "{name}: {why}; the input is {}", file.display());
    std::process::abort();
}

/// What the process may write to and asked for, in bytes: untouched memory too, for what is asked for by a number in a file counts.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = data.and_then(|data| data.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) << 10
}
