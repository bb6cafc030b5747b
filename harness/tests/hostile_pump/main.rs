//! A hostile pump through whole cases: it lies, keeps back, does what nobody asked for, on a line that is bad. It writes down what was so and what came, and no
//! case passes in which that file holds a fault. Nor is a pump blamed that told the truth over a bad line.
//!
//! `docs/attack.md` says how to run many thousands, and how to look at one.

mod book;
mod cases;
mod deeds;
mod dice;
mod liar;
mod lie;
mod noise;
mod words;

use book::{BEGINS, Book, ENDS, Wrong};
use cases::{Playable, Rigs};
use liar::Liar;
use pump_hil::interrupt;
use pump_hil::suite::{self, Settings};
use pump_hil_model::event::Body;
use pump_hil_model::trouble_code::TroubleCode;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::host_time;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many cases are played; without it, as many as fit into CI.
const CASES: &str = "PUMP_HIL_HOSTILE_CASES";
/// The seed of the first one.
const SEED: &str = "PUMP_HIL_HOSTILE_SEED";
const CASES_IN_CI: u64 = 500;
/// Longest time of a case: one that is right takes a hundredth of it.
const TIME: Duration = Duration::from_secs(120);
/// Memory that all may take beyond what they had at the begin, in KiB.
const MEMORY_KIB: u64 = 1 << 20;

/// What came of one seed.
struct Played {
    seed: u64,
    case: String,
    verdict: Verdict,
    wrong: Vec<Wrong>,
    book: Book,
    /// What the harness wrote down.
    journal: Option<Vec<u8>>,
    /// It was told a lie, or asked something of its own: if only one that nobody could see.
    lies: bool,
}

impl Played {
    /// What must not be, in words.
    fn broken(&self) -> Option<String> {
        let itself =
            |why: &[pump_hil_model::trouble::Trouble]| why.iter().any(|why| why.code() == TroubleCode::HARNESS);
        match &self.verdict {
            Verdict::Passed if !self.wrong.is_empty() => Some(format!(
                "passed, and {} at {} ms",
                self.wrong[0].what, self.wrong[0].t_ms
            )),
            Verdict::Inconclusive { why } if itself(why) => Some(format!("the harness failed: {}", why[0])),
            Verdict::Failed { reasons } if !self.lies => Some(format!(
                "a true pump is blamed: {} instead of {}",
                reasons[0].came, reasons[0].expected
            )),
            Verdict::Skipped { why } => Some(format!("not played: {why}")),
            _ => None,
        }
    }
}

#[test]
fn no_hostile_pump_passes_and_no_true_one_is_blamed_for_its_line() {
    let number = |name: &str| {
        std::env::var(name).ok().map(|text| {
            text.parse::<u64>()
                .unwrap_or_else(|_| panic!("{name}={text} is no number"))
        })
    };
    let (first, only) = (number(SEED).unwrap_or(1), number(SEED).is_some());
    let count = number(CASES).unwrap_or(if only { 1 } else { CASES_IN_CI });
    let rigs = Rigs::load();
    let (next, begin) = (AtomicU64::new(first), memory_kib());
    let (broken, tally) = (Mutex::new(Vec::new()), Mutex::new([0_u64; 4]));
    let keep = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-pump");
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let folder = tempfile::tempdir().expect("a folder");
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let (played, time) = play(seed, &rigs, folder.path());
                    let slow = (time > TIME).then(|| format!("it took {} s", time.as_secs()));
                    let large = memory_kib().saturating_sub(begin);
                    let large = (large > MEMORY_KIB).then(|| format!("{large} KiB are taken"));
                    lock(&tally)[place(&played)] += 1;
                    lock(&tally)[3] += u64::from(!played.wrong.is_empty());
                    if let Some(what) = played.broken().or(slow).or(large) {
                        let file = kept(&keep, &played);
                        let what = format!("seed {} ({}): {what}; {}", played.seed, played.case, file.display());
                        lock(&broken).push(what);
                    } else if only {
                        kept(&keep, &played);
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort();
    let told = format!(
        "{count} cases: {} passed, {} failed, {} inconclusive; {} had a fault",
        tally[0], tally[1], tally[2], tally[3]
    );
    assert!(
        broken.is_empty(),
        "{told}\n{} are wrong:\n{}",
        broken.len(),
        broken.join("\n")
    );
    // A pump that never lies, or of which all fails, would show nothing.
    assert!(
        only || (tally[0] * 20 > count && tally[1] * 4 > count && tally[2] * 3 < count),
        "{told}"
    );
}

/// Plays a case with the hostile pump of this seed.
fn play(seed: u64, rigs: &Rigs, out: &Path) -> (Played, Duration) {
    let mut dice = dice::Dice(seed ^ 0xD1CE);
    let Playable { case, rig, probe } = rigs.of(&mut dice);
    let liar = Liar::new(seed, probe);
    let settings = Settings::new(rig.behind(liar.clone()), out.to_owned());
    let begun = host_time::now();
    let result = suite::run_case(case, &settings, &interrupt::pair().1, &mut |event| match event.body {
        Body::Begun => liar.mark(BEGINS),
        Body::MadeSafe { .. } | Body::Played => liar.mark(ENDS),
        _ => {}
    });
    let time = begun.elapsed();
    // What the pump did is read from its file, as anybody else would.
    let text = liar.book().text();
    let file = out.join("book.jsonl");
    std::fs::write(&file, &text).expect("the file of what it did");
    let book = Book::read(&std::fs::read_to_string(&file).expect("the file of what it did"));
    let played = Played {
        seed,
        case: case.name(),
        journal: result.journal.and_then(|path| std::fs::read(path).ok()),
        verdict: result.outcome.verdict,
        wrong: book.faults(),
        lies: liar.lied(),
        book,
    };
    (played, time)
}

fn place(played: &Played) -> usize {
    match played.verdict {
        Verdict::Passed => 0,
        Verdict::Failed { .. } => 1,
        _ => 2,
    }
}

/// Keeps what a pump did and the journal of it, for whoever looks into them.
fn kept(folder: &Path, played: &Played) -> PathBuf {
    let file = folder.join(format!("{}.jsonl", played.seed));
    let wrong: String = played
        .wrong
        .iter()
        .map(|wrong| format!("# {} ms: {}\n", wrong.t_ms, wrong.what))
        .collect();
    let text = format!("{wrong}# {:?}\n{}", played.verdict, played.book.text());
    let journal = played.journal.as_deref().unwrap_or_default();
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, text))
        .and_then(|()| std::fs::write(file.with_extension("journal.jsonl"), journal))
        .expect("a place to keep it");
    file
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the process may write to.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    data.and_then(|data| data.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}
