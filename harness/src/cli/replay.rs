//! `pump-hil replay`: judges journals again.

use super::args::Replay;
use super::exit::{Came, CliError, Exit};
use super::print::{eprint, print_fitted, print_painted};
use super::scenario_lines::ScenarioLines;
use super::width;
use crate::journal::{self, Judged};
use crate::manifest;
use crate::report::{ScenarioResult, counted, terminal};
use crate::reporter::ReportError;
use pump_hil_model::case::{Action, Case, Step};
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::verdict::Verdict;
use pump_hil_verdict::journal::Header;
use pump_hil_verdict::judge::Outcome;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `folders`: where the scenarios of the journals may be found.
pub(super) fn replay(args: &Replay, folders: Vec<PathBuf>) -> Result<Exit, CliError> {
    let mut replayed = Replayed {
        came: Came::new(false),
        cases: 0,
        folders,
        untold: None,
    };
    for path in &args.journals {
        if path.is_dir() {
            replayed.folder(path)?;
        } else if path.symlink_metadata().is_ok() {
            replayed.file(path);
        } else {
            return Err(CliError::no_such_path(path));
        }
    }
    if replayed.cases == 0 && !replayed.came.broke {
        return Err(CliError::usage(
            "no journal (*.jsonl) in the files and folders that you named",
        ));
    }
    if let Some(error) = replayed.untold.take() {
        replayed.wrong(&error.to_string());
    }
    Ok(replayed.came.exit())
}

/// What was judged so far.
struct Replayed {
    /// It broke where a journal could not be read, or a folder is not as its run left it.
    came: Came,
    cases: usize,
    /// Where their scenarios may be found.
    folders: Vec<PathBuf>,
    /// Why something could not be printed.
    untold: Option<ReportError>,
}

impl Replayed {
    /// Judges the journals of a folder, and holds them to its manifest.
    fn folder(&mut self, folder: &Path) -> Result<(), CliError> {
        let mut found = Vec::new();
        for path in in_folder(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, self.file(&path)));
        }
        for wrong in manifest::compare(folder, &found) {
            self.wrong(&wrong);
        }
        Ok(())
    }

    /// Judges one journal; gives what was read, without the outcome's text.
    fn file(&mut self, path: &Path) -> Option<manifest::Read> {
        match journal::judge_file(path) {
            Ok(judged) => {
                let read = manifest::Read::of(&judged);
                let Judged { header, outcome, .. } = judged;
                let what = (outcome.verdict == Verdict::Passed).then(|| judged_words(&header, &outcome));
                let mut result = ScenarioResult::new(&header.case, &header.rig, Duration::ZERO, outcome);
                result.journal = Some(safe_path(path));
                self.came.count(&result);
                self.cases += 1;
                // Where nothing can be printed, the other journals are judged all the same: the exit code is of them all.
                let told = print_painted(&self.in_full(path, &header.case, result));
                let told = told.and_then(|()| what.map_or(Ok(()), |what| print_fitted(&what)));
                if let Err(error) = told {
                    self.untold.get_or_insert(error);
                }
                Some(read)
            }
            Err(error) => {
                self.wrong(&error.to_string());
                None
            }
        }
    }

    /// A result, with the lines of its scenario where that is still what ran.
    fn in_full(&self, path: &Path, case: &Case, mut result: ScenarioResult) -> String {
        let lines = matches!(result.outcome.verdict, Verdict::Failed { .. });
        let lines = lines.then(|| ScenarioLines::of(path, case, &self.folders)).flatten();
        if let Some(lines) = &lines {
            result.file = safe_path(&lines.file);
        }
        let line_of = |_: &str, line: u32| lines.as_ref()?.line(line);
        let width = width::columns(std::io::stdout()).unwrap_or(width::OF_FILES);
        terminal::in_full(&result, &line_of, width)
    }

    fn wrong(&mut self, what: &str) {
        eprint(&format!("error: {what}\n"));
        self.came.broke = true;
    }
}

/// What a case that passed was held to.
fn judged_words(header: &Header, outcome: &Outcome) -> String {
    let (steps, checks) = counts(&header.case.steps);
    let log = match header.accepted.as_deref() {
        None => "which is compared with none",
        Some("") => "of which none is accepted yet",
        Some(_) => "as accepted",
    };
    format!(
        "  judged: {} up to {}, {} with {}, a dose log of {}, {log}\n",
        counted(usize::try_from(outcome.events).unwrap_or(usize::MAX), "event"),
        outcome.end.clock(),
        counted(steps, "step"),
        counted(checks, "check"),
        counted(outcome.dose_log.rows.len(), "row"),
    )
}

/// Steps and checks, those of a repeat once.
fn counts(steps: &[Step]) -> (usize, usize) {
    steps.iter().fold((0, 0), |(all, checks), step| match &step.action {
        Action::Repeat { steps, .. } => {
            let (inner, inner_checks) = counts(steps);
            (all + 1 + inner, checks + inner_checks)
        }
        Action::Expect { checks: more, .. } => (all + 1, checks + more.len()),
        _ => (all + 1, checks),
    })
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let cannot = |e: std::io::Error| CliError::usage(format!("cannot read the folder `{}`: {e}", safe_path(folder)));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
