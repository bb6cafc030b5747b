//! One case: it is played into a journal, and the pump left safe; then its journal is judged, and its dose log compared.
//!
//! The two are apart: where a pump's own time goes by, the next case is played while this one is judged.

use super::begun::{NotBegun, Standing};
use super::header::header;
use super::locked_up::only_locked_up;
use super::settings::Settings;
use super::skipped::why_skipped;
use crate::interrupt::Interrupt;
use crate::journal;
use crate::report::ScenarioResult;
use crate::runner::{Runner, Stopped};
use crate::safety;
use crate::snapshot::HeldTo;
use pump_hil_language::shown;
use pump_hil_model::case::Case;
use pump_hil_model::event::Event;
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{RigFile, host_time};
use pump_hil_verdict::journal::{Evidence, JournalError};
use pump_hil_verdict::judge::Outcome;
use pump_hil_verdict::snapshot::{Accepted, Checked};
use std::borrow::Cow;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A case that is over, and not judged yet.
pub(super) struct Over<'c> {
    /// As its rig shows it.
    case: Cow<'c, Case>,
    path: PathBuf,
    took: Duration,
    came: Came,
}

/// What came of it.
enum Came {
    /// It was not played, for this reason.
    Skipped(String),
    /// It could not be.
    Broken(Trouble),
    Played(Played),
}

impl<'c> Over<'c> {
    /// Plays a case and leaves the pump safe. `onward` hears each event, on this thread, once the judge has it; the case waits for it.
    pub fn play(
        case: &'c Case,
        settings: &Settings,
        standing: &mut Standing,
        interrupt: &Interrupt,
        onward: &mut dyn FnMut(&Event),
    ) -> Self {
        let started = host_time::now();
        let skipped = why_skipped(case, &settings.rig);
        let mut case = match skipped {
            None => shown(case, &settings.rig.capabilities()),
            // Of a case that is not played nothing is shown, and nothing has to be said of that.
            Some(_) => Cow::Borrowed(case),
        };
        hold_to(&mut case, &settings.rig);
        let round = settings.round.map_or_else(String::new, |round| format!("~{round}"));
        let path = settings
            .out
            .join(format!("{}@{}{round}.jsonl", case.name(), settings.rig.name));
        // One of an earlier run must not be taken for this one's, also where this case is not played. What cannot be taken away is told when the new one is written.
        let _ = std::fs::remove_file(&path);
        let came = if let Some(why) = skipped {
            Came::Skipped(why)
        } else {
            let played = AssertUnwindSafe(|| play_held(&case, settings, standing, interrupt, onward, &path));
            std::panic::catch_unwind(played)
                .unwrap_or_else(|panic| Err(Trouble::told(TroubleCode::HARNESS, itself_failed(&*panic))))
                .map_or_else(Came::Broken, Came::Played)
        };
        Self {
            case,
            path,
            took: started.elapsed(),
            came,
        }
    }

    /// Judges its journal, and compares its dose log.
    pub fn judge(self, settings: &Settings) -> ScenarioResult {
        let Self { case, path, took, came } = self;
        let mut beside = Beside::default();
        let broken = |why: Trouble| Outcome::without_run(&case, Verdict::Inconclusive { why: vec![why] });
        let outcome = match came {
            Came::Skipped(why) => Outcome::without_run(&case, Verdict::Skipped { why }),
            Came::Broken(why) => broken(why),
            Came::Played(played) => {
                // A judge that panics must not take the other cases' results with it; the pump is safe by then.
                let judged = AssertUnwindSafe(|| judge(&case, settings, played, &path, &mut beside));
                std::panic::catch_unwind(judged)
                    .unwrap_or_else(|panic| broken(Trouble::told(TroubleCode::HARNESS, itself_failed(&*panic))))
            }
        };
        let result = ScenarioResult::new(&case, &settings.rig.name, took, outcome);
        let mut result = result.asked(&settings.asked);
        result.round = settings.round;
        result.journal = path.is_file().then(|| safe_path(&path));
        result.evidence = beside.evidence;
        result.accepted = beside.accepted;
        let in_run = beside.waits.is_some_and(|path| path.starts_with(&settings.out));
        result.waits_in = in_run.then(|| settings.out.to_string_lossy().into_owned());
        result
    }
}

/// A case as this rig can hold a pump to it: by the wall clock the times of a dose log are no better than the host is quick.
fn hold_to(case: &mut Cow<'_, Case>, rig: &RigFile) {
    if case.snapshot.is_some_and(|tolerance| tolerance.time < rig.time_slack())
        && let Some(tolerance) = &mut case.to_mut().snapshot
    {
        tolerance.time = rig.time_slack();
    }
}

/// What is known of a case beside its outcome.
#[derive(Default)]
struct Beside {
    evidence: Option<Evidence>,
    accepted: Option<Box<Accepted>>,
    /// The file in which its dose log waits for a review.
    waits: Option<PathBuf>,
}

fn judge(case: &Case, settings: &Settings, played: Played, path: &Path, beside: &mut Beside) -> Outcome {
    let judged = journal::judge_written(played.file, path, played.written.as_ref());
    let mut outcome = match (judged, played.trouble.is_empty()) {
        (Ok(judged), _) => {
            beside.evidence = Some(judged.evidence);
            judged.outcome
        }
        // The first trouble explains why there is nothing to judge.
        (Err(_), false) => Outcome::without_run(case, Verdict::Inconclusive { why: Vec::new() }),
        (Err(error), true) => {
            let why = vec![in_journal(&error)];
            Outcome::without_run(case, Verdict::Inconclusive { why })
        }
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

/// Plays the case, held to the dose log that is accepted for it.
fn play_held(
    case: &Case,
    settings: &Settings,
    standing: &mut Standing,
    interrupt: &Interrupt,
    onward: &mut dyn FnMut(&Event),
    path: &Path,
) -> Result<Played, Trouble> {
    let snapshots = settings.snapshots.as_ref();
    let accepted = snapshots.map(|snapshots| snapshots.accepted(case)).transpose();
    let accepted = accepted.map_err(|error| error.trouble())?.flatten();
    play(case, settings, standing, accepted, interrupt, onward, path)
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
    standing: &mut Standing,
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
    let begun = match runtime.block_on(standing.begin(case, &settings.rig, settings.state.as_deref(), &options, path)) {
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
    runner.after(
        begun.earlier,
        standing.is_guarded.then_some(path),
        settings.rig.instrument(),
    );
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
    trouble.extend(standing.end(&not_safe));
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
