//! One target: inputs that were right, changed at random, are given to a reader.

use super::edits::{self, Change};
use super::guard;
use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use pump_hil_rig::host_time;
use pump_hil_verdict::journal::sha256_hex;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For so many seconds each target is run; without it, a fixed number of inputs that are the same on each run.
const SECONDS: &str = "PUMP_HIL_ATTACK_SECONDS";
/// Inputs of one round of a long run.
const ROUND: u32 = 256;
/// Tries to make an input that was found smaller.
const SHRINKS_MAX: u32 = 2_000;

/// A reader, and what it reads.
pub struct Target<'a> {
    /// Its name, and that of its folder in `corpus`.
    pub name: &'static str,
    /// Changed inputs of a short run: some three seconds of an unoptimised build.
    pub inputs: u32,
    /// What is right, or was once, and is changed.
    pub seeds: Vec<Vec<u8>>,
    /// Reads an input, and panics where something does not hold.
    pub read: &'a dyn Fn(&[u8]),
}

impl Target<'_> {
    /// Reads the seeds and the corpus as they are, then changed inputs.
    ///
    /// # Panics
    /// Something does not hold; the message says in which file the input is kept.
    pub fn run(mut self) {
        assert!(self.seeds.len() > 1, "{}: what is changed must be there", self.name);
        for (file, bytes) in corpus(self.name) {
            let read = AssertUnwindSafe(|| guard::reading(self.name, &bytes, self.read));
            assert!(
                catch_unwind(read).is_ok(),
                "what is kept in {} is read wrong again",
                file.display()
            );
            self.seeds.push(bytes);
        }
        for seed in &self.seeds {
            guard::reading(self.name, seed, self.read);
        }
        match seconds() {
            None => self.round(TestRng::deterministic_rng(RngAlgorithm::ChaCha), self.inputs),
            Some(time) => self.for_long(time),
        }
    }

    fn for_long(&self, time: Duration) {
        let begun = host_time::now();
        let mut inputs = 0_u64;
        while begun.elapsed() < time {
            self.round(fresh(), ROUND);
            inputs += u64::from(ROUND);
        }
        // Not by `println!`, which the test runner keeps to itself.
        let _ = writeln!(std::io::stderr(), "{}: {inputs} inputs", self.name);
    }

    fn round(&self, rng: TestRng, inputs: u32) {
        let config = Config {
            cases: inputs,
            max_shrink_iters: SHRINKS_MAX,
            // An input that was found is kept as a file of the corpus, which does not change its meaning with this code.
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, rng);
        let found = runner.run(&edits::change().prop_map(Shown), |change| {
            guard::reading(self.name, &change.0.of(&self.seeds), self.read);
            Ok::<(), TestCaseError>(())
        });
        match found {
            Ok(()) => {}
            Err(TestError::Fail(why, change)) => {
                let file = guard::keep(self.name, &change.0.of(&self.seeds));
                panic!(
                    "{}: {why}\nthe input is {}; once it is mended, keep it: cp {} {}/",
                    self.name,
                    file.display(),
                    file.display(),
                    folder(self.name).display()
                );
            }
            Err(TestError::Abort(why)) => panic!("{}: {why}", self.name),
        }
    }
}

/// A change that is not told by itself: it is of no use without its seeds.
#[derive(Clone)]
struct Shown(Change);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("...")
    }
}

/// Other inputs than in any run before.
fn fresh() -> TestRng {
    let seed = sha256_hex(host_time::utc().to_string().as_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed.as_bytes()[..32])
}

fn seconds() -> Option<Duration> {
    let text = std::env::var(SECONDS).ok()?;
    let seconds = text
        .parse()
        .unwrap_or_else(|_| panic!("{SECONDS}={text} is no number of seconds"));
    Some(Duration::from_secs(seconds))
}

/// Where the inputs of a target are kept that were found once.
fn folder(name: &str) -> PathBuf {
    Path::new("tests/readers/corpus").join(name)
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(files) = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder(name))) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file of the corpus").path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file, bytes)
    };
    files.into_iter().map(read).collect()
}

/// A reader that is wrong for one number in the file is found out, and the input is kept.
#[test]
fn a_reader_that_is_wrong_is_found_and_its_input_kept() {
    let wrong = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("t: 9223372036854775807"), "too large");
    };
    let target = Target {
        name: "self-test",
        inputs: 20_000,
        seeds: vec![b"t: 5\n".to_vec(), b"u: 6\nv: 7\n".to_vec()],
        read: &wrong,
    };
    let told = catch_unwind(AssertUnwindSafe(|| target.run())).expect_err("it is wrong");
    let told = told.downcast_ref::<String>().expect("words");
    let file = told
        .split_once("the input is ")
        .and_then(|(_, rest)| rest.split(';').next());
    let kept = std::fs::read(file.expect("a file")).expect("it is there");
    assert!(
        told.contains("too large") && catch_unwind(|| wrong(&kept)).is_err(),
        "{told}"
    );
}
