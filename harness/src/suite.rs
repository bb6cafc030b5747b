//! Runs many cases, each on a rig of its own kind, and gathers what came of them. IO; prints nothing.

mod begun;
mod header;
mod lengths;
mod locked_up;
mod one;
mod settings;
mod skipped;

pub use settings::{Batch, Settings};

use crate::interrupt::Interrupt;
use crate::journal;
use crate::report::{NotRun, RunInfo, ScenarioResult};
use crate::reporter::{Ended, Reporters, RunEvent};
use begun::Standing;
use lengths::{lengths, takes};
use one::Over;
use pump_hil_language::plan;
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::event_text::made_safe;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::host_time;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// How often the time of a case is told, in microseconds of host time: each event would be 48,000 messages in ten years of therapy.
const TOLD_EVERY_US: u64 = 200_000;
/// Cases that wait at most for their verdict while the next one is played.
const UNJUDGED_MAX: usize = 8;
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
            let judge = move |sender: &mpsc::Sender<RunEvent>, (at, unjudged): (usize, Over<'_>)| {
                let passed = judge_and_tell(unjudged, first + at, settings, sender);
                enough.fetch_or(settings.fail_fast && !passed, Ordering::AcqRel);
            };
            // Where the host waits for a pump anyhow, the next case need not wait for a verdict, unless it depends on it.
            let beside = (settings.rig.clock.scale().is_some() && !settings.fail_fast).then(|| {
                let (over, played) = mpsc::sync_channel(UNJUDGED_MAX);
                let sender = sender.clone();
                scope.spawn(move || played.into_iter().for_each(|case| judge(&sender, case)));
                over
            });
            scope.spawn(move || {
                let mut standing = Standing::new(settings.guard.clone());
                let goes_on = || interrupt.by().is_none() && !enough.load(Ordering::Acquire);
                while let Some(at) = if goes_on() { next() } else { None } {
                    let (case, number) = (&cases[at], first + at);
                    let unjudged = play_and_tell(case, number, settings, &mut standing, interrupt, &sender);
                    match &beside {
                        // It judges until its sender is gone.
                        Some(over) => drop(over.send((at, unjudged))),
                        None => judge(&sender, (at, unjudged)),
                    }
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

/// Plays one case, and tells of it meanwhile. Nobody may be left to hear: the case goes on all the same.
fn play_and_tell<'c>(
    case: &'c Case,
    number: usize,
    settings: &Settings,
    standing: &mut Standing,
    interrupt: &Interrupt,
    to: &mpsc::Sender<RunEvent>,
) -> Over<'c> {
    let tell = |event| drop(to.send(event));
    let (length, scale) = takes(case, settings);
    tell(RunEvent::CaseBegun {
        case: number,
        name: case.name(),
        length,
        scale,
    });
    let (mut due_us, mut line) = (TOLD_EVERY_US, None);
    Over::play(case, settings, standing, interrupt, &mut |event| {
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
    })
}

/// Judges one case, and tells of it. Gives whether it passed, or was skipped.
fn judge_and_tell(unjudged: Over<'_>, number: usize, settings: &Settings, to: &mpsc::Sender<RunEvent>) -> bool {
    let result = unjudged.judge(settings);
    let passed = matches!(result.outcome.verdict, Verdict::Passed | Verdict::Skipped { .. });
    let result = Arc::new(result);
    // Nobody may be left to hear.
    let _ = to.send(RunEvent::CaseEnded { case: number, result });
    passed
}

/// Runs one case: plan, play, leave safe, judge the journal, compare the dose log. `onward` hears each event, on this thread, once the judge has it; the
/// case waits for it.
pub fn run_case(
    case: &Case,
    settings: &Settings,
    interrupt: &Interrupt,
    onward: &mut dyn FnMut(&Event),
) -> ScenarioResult {
    let mut standing = Standing::new(settings.guard.clone());
    Over::play(case, settings, &mut standing, interrupt, onward).judge(settings)
}

#[cfg(all(test, feature = "sim"))]
mod tests;
