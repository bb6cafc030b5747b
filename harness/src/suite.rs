//! Runs many cases, each on a rig of its own kind, and gathers what came of them. IO; prints nothing.

mod begun;
mod header;
mod lengths;
mod locked_up;
mod settings;
mod skipped;

pub use settings::{Batch, Settings};

use crate::interrupt::Interrupt;
use crate::journal;
use crate::report::{NotRun, RunInfo, ScenarioResult};
use crate::reporter::{Ended, Reporters, RunEvent};
use crate::runner::{Runner, Stopped};
use crate::safety::{self, Guard};
use crate::snapshot::HeldTo;
use begun::{NotBegun, begin};
use header::header;
use lengths::{lengths, takes};
use locked_up::only_locked_up;
use pump_hil_language::{plan, shown};
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::event_text::made_safe;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{RigFile, host_time};
use pump_hil_verdict::journal::{Evidence, JournalError};
use pump_hil_verdict::judge::Outcome;
use pump_hil_verdict::snapshot::{Accepted, Checked};
use skipped::why_skipped;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// How often the time of a case is told, in microseconds of host time: each event would be 48,000 messages in ten years of therapy.
const TOLD_EVERY_US: u64 = 200_000;
/// How often it is told that time goes by.
const TICK: Duration = Duration::from_millis(500);

/// Runs one batch after the other, each on `settings.jobs` threads, and tells the reporters. Cases that an interrupt kept from starting are
/// named beside the results.
pub fn run(batches: &[Batch<'_>], interrupt: &Interrupt, reporters: &mut Reporters) -> Ended {
    let cases = batches.iter().map(|batch| batch.cases.len()).sum();
    let mut rigs: Vec<String> = batches.iter().map(|batch| batch.settings.rig.name.clone()).collect();
    // Neighbours are enough: the batches of one rig stand in a row.
    rigs.dedup();
    let (granted, granted_cases, by_the_clock) = lengths(batches);
    reporters.tell(&RunEvent::Begun {
        rigs,
        cases,
        granted,
        granted_cases,
        by_the_clock,
    });
    let (started, begun) = (host_time::utc(), host_time::now());
    let (mut results, mut not_run, mut first) = (Vec::new(), Vec::new(), 0);
    let enough = AtomicBool::new(false);
    for batch in batches {
        let ran = run_batch(batch, first, interrupt, &enough, reporters);
        for (case, result) in batch.cases.iter().zip(ran) {
            match result {
                Some(result) => results.push(result),
                None => {
                    let Settings { rig, asked, .. } = &batch.settings;
                    let why = match interrupt.by() {
                        Some(by) => format!("interrupted by {by}"),
                        None => "a case before it did not pass".to_owned(),
                    };
                    not_run.push(NotRun::new(case, &rig.name, asked, why));
                }
            }
        }
        first += batch.cases.len();
    }
    let ended = Ended {
        interrupted: interrupt.by(),
        not_run,
        results,
        info: RunInfo {
            started,
            took: begun.elapsed(),
            host: host_time::host(),
            harness: journal::HARNESS,
        },
    };
    reporters.tell(&RunEvent::Ended(ended.clone()));
    ended
}

/// Runs a batch, whose first case has this number in the run; gives the results in the order of the cases, `None` where a case was not begun.
fn run_batch(
    batch: &Batch<'_>,
    first: usize,
    interrupt: &Interrupt,
    enough: &AtomicBool,
    reporters: &mut Reporters,
) -> Vec<Option<Arc<ScenarioResult>>> {
    let Batch { cases, settings } = batch;
    let mut order: Vec<usize> = (0..cases.len()).collect();
    if settings.jobs > 1 {
        // The longest first, or one of them would go on alone when all others are done.
        order.sort_by_cached_key(|at| std::cmp::Reverse(plan::length(&cases[*at])));
    }
    let queue: Mutex<VecDeque<usize>> = Mutex::new(order.into());
    let next = || queue.lock().map_or(None, |mut queue| queue.pop_front());
    // Without a limit, and so never waited for: a terminal that takes no text must not keep a case from going on, with a pump on its line.
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<Arc<ScenarioResult>>> = cases.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        // `clamp` panics where its upper bound is below its lower one, as it would be without a case.
        for _ in 0..settings.jobs.clamp(1, cases.len().max(1)) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                let goes_on = || interrupt.by().is_none() && !enough.load(Ordering::Acquire);
                while let Some(at) = if goes_on() { next() } else { None } {
                    let passed = run_and_tell(&cases[at], first + at, settings, interrupt, &sender);
                    enough.fetch_or(settings.fail_fast && !passed, Ordering::AcqRel);
                }
            });
        }
        // A channel ends with its last sender: the loop below would wait for this one.
        drop(sender);
        // Once: of a batch that comes after it nothing is begun.
        let mut told = interrupt.by().is_some();
        loop {
            if let (Some(by), false) = (interrupt.by(), told) {
                told = true;
                reporters.tell(&RunEvent::Interrupted { by });
            }
            let event = match receiver.recv_timeout(TICK) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => RunEvent::Tick,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            reporters.tell(&event);
            if let RunEvent::CaseEnded { case, result } = event {
                results[case - first] = Some(result);
            }
        }
    });
    results
}

/// Runs one case, and tells of it. Nobody may be left to hear: the case goes on all the same. Gives whether it passed, or was skipped.
fn run_and_tell(
    case: &Case,
    number: usize,
    settings: &Settings,
    interrupt: &Interrupt,
    to: &mpsc::Sender<RunEvent>,
) -> bool {
    let tell = |event| drop(to.send(event));
    let (length, scale) = takes(case, settings);
    tell(RunEvent::CaseBegun {
        case: number,
        name: case.name(),
        length,
        scale,
    });
    let (mut due_us, mut line) = (TOLD_EVERY_US, None);
    let result = run_case(case, settings, interrupt, &mut |event| {
        if let Body::EarlierRun { what, did, failed } = &event.body {
            let what = safe(&format!("{what}: {}", made_safe(did, failed)));
            tell(RunEvent::Found { case: number, what });
        }
        if let Body::NotSafeByLine { why } = &event.body {
            let what = safe(&format!("NOT SAFE BY LINE: {why}"));
            tell(RunEvent::Found { case: number, what });
        }
        if let Body::StepStarted { line: of_it, .. } = &event.body {
            line = Some(*of_it);
        }
        if event.host_us >= due_us {
            due_us = event.host_us + TOLD_EVERY_US;
            tell(RunEvent::CaseAt {
                case: number,
                t: event.t,
                line,
            });
        }
    });
    let passed = matches!(result.outcome.verdict, Verdict::Passed | Verdict::Skipped { .. });
    tell(RunEvent::CaseEnded {
        case: number,
        result: Arc::new(result),
    });
    passed
}

/// Runs one case: plan, play, leave safe, judge the journal, compare the dose log. `onward` hears each event, on this thread, once journal and judge
/// have it; the case waits for it.
pub fn run_case(
    case: &Case,
    settings: &Settings,
    interrupt: &Interrupt,
    onward: &mut dyn FnMut(&Event),
) -> ScenarioResult {
    let started = host_time::now();
    let can = settings.rig.capabilities();
    let skipped = why_skipped(case, &settings.rig);
    // Of a case that is not played nothing is shown, and nothing has to be said of that.
    let case = &if skipped.is_none() {
        shown(case, &can)
    } else {
        Cow::Borrowed(case)
    };
    let case = &held_to(case, &settings.rig);
    let round = settings.round.map_or_else(String::new, |round| format!("~{round}"));
    let path = settings
        .out
        .join(format!("{}@{}{round}.jsonl", case.name(), settings.rig.name));
    // One of an earlier run must not be taken for this one's, also where this case is not played. What cannot be taken away is told when the new one is written.
    let _ = std::fs::remove_file(&path);
    let mut beside = Beside::default();
    let outcome = if let Some(why) = skipped {
        Outcome::without_run(case, Verdict::Skipped { why })
    } else {
        // A judge that panics must not take the other cases' results with it; the pump is safe by then.
        let judged = AssertUnwindSafe(|| play_and_judge(case, settings, interrupt, onward, &path, &mut beside));
        std::panic::catch_unwind(judged).unwrap_or_else(|panic| {
            let why = vec![Trouble::told(TroubleCode::HARNESS, itself_failed(&*panic))];
            Outcome::without_run(case, Verdict::Inconclusive { why })
        })
    };
    let result = ScenarioResult::new(case, &settings.rig.name, started.elapsed(), outcome);
    let mut result = result.asked(&settings.asked);
    result.round = settings.round;
    result.journal = path.is_file().then(|| safe_path(&path));
    result.evidence = beside.evidence;
    result.accepted = beside.accepted;
    let in_run = beside.waits.is_some_and(|path| path.starts_with(&settings.out));
    result.waits_in = in_run.then(|| settings.out.to_string_lossy().into_owned());
    result
}

/// The case as this rig can hold a pump to it: by the wall clock the times of a dose log are no better than the host is quick.
fn held_to<'a>(case: &'a Case, rig: &RigFile) -> Cow<'a, Case> {
    let mut case = Cow::Borrowed(case);
    if case.snapshot.is_some_and(|tolerance| tolerance.time < rig.time_slack())
        && let Some(tolerance) = &mut case.to_mut().snapshot
    {
        tolerance.time = rig.time_slack();
    }
    case
}

/// What is known of a case beside its outcome.
#[derive(Default)]
struct Beside {
    evidence: Option<Evidence>,
    accepted: Option<Box<Accepted>>,
    /// The file in which its dose log waits for a review.
    waits: Option<PathBuf>,
}

fn play_and_judge(
    case: &Case,
    settings: &Settings,
    interrupt: &Interrupt,
    onward: &mut dyn FnMut(&Event),
    path: &Path,
    beside: &mut Beside,
) -> Outcome {
    let broken = |why: Trouble| Outcome::without_run(case, Verdict::Inconclusive { why: vec![why] });
    let accepted = match settings.snapshots.as_ref().map(|snapshots| snapshots.accepted(case)) {
        Some(Ok(accepted)) => accepted,
        Some(Err(error)) => return broken(error.trouble()),
        None => None,
    };
    let played = match play(case, settings, accepted, interrupt, onward, path) {
        Ok(played) => played,
        Err(why) => return broken(why),
    };
    let judged = journal::judge_written(played.file, path, played.written.as_ref());
    let mut outcome = match (judged, played.trouble.is_empty()) {
        (Ok(judged), _) => {
            beside.evidence = Some(judged.evidence);
            judged.outcome
        }
        // The first trouble explains why there is nothing to judge.
        (Err(_), false) => Outcome::without_run(case, Verdict::Inconclusive { why: Vec::new() }),
        (Err(error), true) => broken(in_journal(&error)),
    };
    // Where the journal could not be written to its end, it does not say how the pump was left.
    outcome.not_safe = played.not_safe;
    for trouble in played.trouble {
        outcome.add_trouble(trouble);
    }
    // A log that broke off, or that a wrong pump wrote, is put before nobody, and never accepted.
    if let Some(snapshots) = &settings.snapshots
        && outcome.verdict.is_right_but_for_the_snapshot()
    {
        match snapshots.check(case, &outcome.dose_log) {
            Ok(Checked::Accepted(accepted)) => beside.accepted = Some(accepted),
            Ok(Checked::Missing { pending } | Checked::Differs { pending, .. }) => beside.waits = pending,
            Ok(_) => {}
            Err(error) => outcome.add_trouble(error.trouble()),
        }
    }
    outcome
}

/// What is to say of a run beside its journal.
struct Played {
    /// The journal's file, and what was written into it, where it was written to its end.
    file: File,
    written: Option<journal::Written>,
    /// What went wrong on our side and does not stand in the journal.
    trouble: Vec<Trouble>,
    /// What could not be made safe.
    not_safe: Vec<String>,
}

impl Played {
    /// A journal that says all there is to say.
    fn whole(file: File, written: journal::Written) -> Self {
        Self {
            file,
            written: Some(written),
            trouble: Vec::new(),
            not_safe: Vec::new(),
        }
    }
}

/// Plays the case into a journal and leaves the pump safe, whatever happens meanwhile.
///
/// # Errors
/// The rig or the journal could not be opened: no pump was touched.
fn play(
    case: &Case,
    settings: &Settings,
    accepted: Option<HeldTo>,
    interrupt: &Interrupt,
    onward: &mut dyn FnMut(&Event),
    path: &Path,
) -> Result<Played, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Trouble::told(TroubleCode::HARNESS, format!("cannot start the event loop: {e}")))?;
    let header = header(case, &settings.rig, accepted);
    // Before the rig: where nothing can be written down, no pump is touched.
    let journal = journal::Writer::create(path, &header).map_err(|e| in_journal(&e))?;
    let journal = journal.limited(settings.rig.limits.journal);
    let file = journal.file().map_err(|e| in_journal(&e))?;
    let options = settings.options(case);
    let begun = match runtime.block_on(begin(case, &settings.rig, settings.state.as_deref(), &options, path)) {
        Ok(begun) => begun,
        Err(NotBegun::LockedUp(error)) => {
            let (file, written) = only_locked_up(journal, &error).map_err(|e| in_journal(&e))?;
            return Ok(Played::whole(file, written));
        }
        Err(NotBegun::Trouble(trouble)) => {
            settings.not_begun(&trouble);
            // Nothing happened, and a journal that says nothing would only be in the way.
            drop(journal);
            let _ = std::fs::remove_file(path);
            return Err(trouble);
        }
    };
    settings.begun();
    let mut runner = Runner::new(case, header.accepted, begun.rig, journal, interrupt.clone(), onward);
    let guarded = begun.guard.as_ref().map(|_| path);
    runner.after(begun.earlier, guarded, settings.rig.instrument());
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(runner.play())));
    let (mut trouble, mut not_safe, mut panic, mut written) = (Vec::new(), Vec::new(), None, None);
    match played {
        // That it is full stands in it.
        Ok(Err(Stopped::Journal(JournalError::Limit { .. }))) => {}
        Ok(Err(Stopped::Journal(error))) => trouble.push(in_journal(&error)),
        Ok(_) => {}
        Err(said) => panic = Some(itself_failed(&*said)),
    }
    let left = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(runner.leave_safe(panic))));
    match left {
        Ok(left) => {
            let unwritten = |error| trouble.push(in_journal(&error));
            written = left.journaled.map_err(unwritten).ok();
            not_safe = left.not_safe;
        }
        Err(said) => {
            let said = format!("on the way to safety {}", itself_failed(&*said));
            not_safe.extend(runtime.block_on(safety::once_more(&settings.rig, &options, &said)));
            trouble.push(Trouble::told(TroubleCode::HARNESS, said));
        }
    }
    trouble.extend(begun.guard.and_then(Guard::dismiss));
    if let Some(marker) = begun.marker {
        marker.leave(&not_safe);
    }
    Ok(Played {
        file,
        written,
        trouble,
        not_safe,
    })
}

fn in_journal(error: &JournalError) -> Trouble {
    Trouble::told(TroubleCode::JOURNAL, error.to_string())
}

/// A panic in words.
fn itself_failed(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "pump-hil itself failed ({}); please report this",
        text.unwrap_or_default()
    )
}

#[cfg(all(test, feature = "sim"))]
mod tests;
