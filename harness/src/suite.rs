//! Runs many cases, each on a rig of its own kind, and gathers what came of them. IO; prints nothing.

use crate::event::Event;
use crate::interrupt::Interrupt;
use crate::journal::{self, Header, JournalError};
use crate::judge::{self, Outcome};
use crate::plan;
use crate::rig::{OpenOptions, Rig, RigFile};
use crate::runner::{Runner, Stopped};
use crate::scenario::case::Case;
use crate::snapshot;
use crate::verdict::Verdict;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc;

/// How a suite is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rig that every case runs on.
    pub rig: RigFile,
    /// Folder for the journals.
    pub out: PathBuf,
    /// What happens with dose logs; `None` leaves snapshots alone.
    pub snapshots: Option<snapshot::Policy>,
    /// Cases at the same time; at least 1.
    pub jobs: usize,
    /// Test only: name of a seeded defect of the simulated pump.
    pub defect: Option<String>,
}

/// What came of one case.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// Name of the rig.
    pub rig: String,
    /// How it ended, the snapshot included.
    pub verdict: Verdict,
    /// What the judge made of the journal, where there is one.
    pub outcome: Option<Outcome>,
    /// The journal.
    pub journal: Option<PathBuf>,
    /// Wall time; decides nothing.
    pub wall: std::time::Duration,
}

/// What a suite tells while it runs.
#[derive(Debug)]
pub enum Progress {
    /// A case begins.
    Started {
        /// Its name.
        name: String,
    },
    /// A case ended.
    Finished(Box<CaseResult>),
}

/// Runs the cases on `settings.jobs` threads, and gives the results in the order of the cases. Cases that an interrupt kept from starting are
/// left out.
pub fn run(cases: &[Case], settings: &Settings, interrupt: &Interrupt, mut progress: impl FnMut(Progress)) -> Vec<CaseResult> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..cases.len()).collect());
    let next = || queue.lock().map_or(None, |mut queue| queue.pop_front());
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<CaseResult>> = cases.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        for _ in 0..settings.jobs.clamp(1, cases.len().max(1)) {
            let sender = sender.clone();
            scope.spawn(move || {
                while let Some(at) = if interrupt.by().is_none() { next() } else { None } {
                    let started = Progress::Started { name: cases[at].name() };
                    let _ = sender.send((at, started));
                    let result = run_case(&cases[at], settings, interrupt, &mut |_| {});
                    let _ = sender.send((at, Progress::Finished(Box::new(result))));
                }
            });
        }
        drop(sender);
        for (at, told) in receiver {
            if let Progress::Finished(result) = &told {
                results[at] = Some((**result).clone());
            }
            progress(told);
        }
    });
    results.into_iter().flatten().collect()
}

/// Runs one case: plan, play, leave safe, judge the journal, compare the dose log.
pub fn run_case(case: &Case, settings: &Settings, interrupt: &Interrupt, watch: &mut dyn FnMut(&Event)) -> CaseResult {
    let clock = crate::rig::HostClock::start();
    let mut result = CaseResult {
        case: case.clone(),
        rig: settings.rig.name.clone(),
        verdict: Verdict::Passed,
        outcome: None,
        journal: None,
        wall: std::time::Duration::ZERO,
    };
    let missing = plan::missing(&case.needs, &settings.rig.capabilities());
    result.verdict = if missing.is_empty() {
        play_and_judge(case, settings, interrupt, watch, &mut result)
    } else {
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        Verdict::Skipped { why: format!("rig `{}` cannot do {}", settings.rig.name, names.join(", ")) }
    };
    result.wall = clock.elapsed();
    result
}

fn play_and_judge(
    case: &Case,
    settings: &Settings,
    interrupt: &Interrupt,
    watch: &mut dyn FnMut(&Event),
    result: &mut CaseResult,
) -> Verdict {
    let inconclusive = |why: String| Verdict::Inconclusive { why: vec![why] };
    let path = settings.out.join(format!("{}@{}.jsonl", case.name(), settings.rig.name));
    let mut trouble = Vec::new();
    match play(case, settings, interrupt, watch, &path) {
        Ok(Some(panic)) => trouble.push(panic),
        Ok(None) => {}
        Err(why) => return inconclusive(why),
    }
    result.journal = Some(path.clone());
    let outcome = match judge_file(&path) {
        Ok((_, outcome)) => outcome,
        Err(error) => return inconclusive(error.to_string()),
    };
    let mut verdict = outcome.verdict.clone();
    if !trouble.is_empty() {
        verdict = Verdict::Inconclusive { why: trouble };
    }
    if let Some(policy) = &settings.snapshots {
        verdict = snapshot::judge(policy, case, &outcome, verdict);
    }
    result.outcome = Some(outcome);
    verdict
}

/// Plays the case into a journal. `Ok(Some(..))` tells of a panic, which is the harness's own fault; the pump was left safe all the same.
fn play(
    case: &Case,
    settings: &Settings,
    interrupt: &Interrupt,
    watch: &mut dyn FnMut(&Event),
    path: &Path,
) -> Result<Option<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| format!("cannot start the event loop: {e}"))?;
    let options = OpenOptions { seed: case.seed, defect: settings.defect.clone() };
    let rig = runtime.block_on(Rig::open(&settings.rig, &options)).map_err(|e| e.to_string())?;
    let mut header = Header::new(case.clone(), crate::rig::host_now());
    header.rig.clone_from(&settings.rig.name);
    header.rig_sha256.clone_from(&settings.rig.sha256);
    header.device_sha256.clone_from(&settings.rig.device_sha256);
    let journal = journal::Writer::create(path, &header).map_err(|e| e.to_string())?;
    let mut runner = Runner::new(case, rig, journal, interrupt.clone(), watch);
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(runner.play())));
    let left = runtime.block_on(runner.leave_safe());
    match (played, left) {
        (Ok(Err(Stopped::Journal(error))), _) | (_, Err(error)) => Err(error.to_string()),
        (Err(panic), Ok(())) => {
            let what = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
            Ok(Some(format!("pump-hil itself failed ({}); the pump was left safe; please report this", what.unwrap_or_default())))
        }
        (Ok(_), Ok(())) => Ok(None),
    }
}

/// Judges a journal from disk: the one way to a verdict, for a run as for a replay.
///
/// # Errors
/// When the file is no whole journal.
pub fn judge_file(path: &Path) -> Result<(Header, Outcome), JournalError> {
    let (header, mut events) = journal::Reader::open(path)?.into_parts();
    let outcome = judge::judge_journal(&header.case, &mut events)?;
    Ok((header, outcome))
}
