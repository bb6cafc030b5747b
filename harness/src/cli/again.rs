//! `--rerun-failed`: the cases that did not pass in the run before.

use super::exit::CliError;
use super::inputs::Group;
use super::project::Project;
use crate::report::counted;
use crate::report::json::VERSION;
use crate::reporter::REPORTS;
use crate::snapshot::pending_path;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::files::read_at_most;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Most bytes of a report: a million cases that failed have less.
const BYTES_MAX: usize = 1 << 30;

/// What did not pass in a run.
pub(super) struct Failed {
    /// The report that says so.
    pub report: PathBuf,
    /// Files, as they are found from the root of the file system, and names of the cases.
    cases: BTreeSet<(PathBuf, String)>,
}

#[derive(Deserialize)]
struct Report {
    pump_hil_results: u32,
    results: Vec<One>,
    /// The first form had none.
    #[serde(default)]
    not_run: Vec<One>,
}

/// A case of a run, as its report has it.
#[derive(Deserialize)]
pub(super) struct One {
    pub name: String,
    pub file: PathBuf,
    #[serde(default)]
    pub rig: String,
    /// Which time it was played, where each case was played several times.
    #[serde(default)]
    pub round: Option<u32>,
    /// `passed`, `failed`, `inconclusive`, `skipped`, `not-run`.
    pub verdict: String,
}

/// The folders of scenarios in which dose logs of the last run wait for a review; none where nothing can be read of that run.
pub(super) fn folders_that_wait(project: &Project) -> BTreeSet<PathBuf> {
    let latest = project.runs().join("latest");
    let of = |one: One| {
        let file = found_from_here(&latest, &one.file);
        let mut above = file.ancestors().skip(1);
        let waits = |folder: &&Path| pending_path(&folder.join("snapshots"), &one.name).is_file();
        above.find(waits)?.canonicalize().ok()
    };
    results_of(&latest).filter_map(of).collect()
}

/// What a run says of its cases; nothing where that cannot be read.
pub(super) fn results_of(run: &Path) -> impl Iterator<Item = One> {
    let [results, ..] = REPORTS;
    let text = read_at_most(&run.join(results), BYTES_MAX);
    let report: Option<Report> = text.ok().and_then(|text| serde_json::from_slice(&text).ok());
    report.into_iter().flat_map(|report| report.results)
}

/// The file of a case of a run, as it is found from here: a run notes it from the top of its project, which most often lies above the run's folder.
pub(super) fn found_from_here(run: &Path, file: &Path) -> PathBuf {
    if file.is_absolute() || file.is_file() {
        return file.to_owned();
    }
    let above = run.ancestors().skip(1).map(|above| above.join(file));
    above
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| file.to_owned())
}

/// The files of the cases of a run that lie below the present folder.
pub(super) fn files_of(run: &Path) -> BTreeSet<PathBuf> {
    let files = results_of(run).map(|one| one.file);
    // A report may be anybody's.
    let below = |file: &PathBuf| file.components().all(|part| matches!(part, Component::Normal(_)));
    files.filter(|file| below(file) && file.is_file()).collect()
}

impl Failed {
    /// Reads the results of the last run: those in `out` if a run left some there, else of the newest run.
    pub fn read(out: Option<&Path>, project: &Project) -> Result<Self, CliError> {
        let [results, ..] = REPORTS;
        let own = out.map(|folder| folder.join(results)).filter(|path| path.is_file());
        let report = own.unwrap_or_else(|| project.runs().join("latest").join(results));
        let wrong = |why: &dyn std::fmt::Display| {
            let path = safe_path(&report);
            CliError::usage(format!(
                "--rerun-failed reads what the run before left in `{path}`: {why}"
            ))
        };
        let text = read_at_most(&report, BYTES_MAX).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => wrong(&"there is no such file, so nothing was run here before"),
            _ => wrong(&error),
        })?;
        let read: Report = serde_json::from_slice(&text).map_err(|e| wrong(&e))?;
        if read.pump_hil_results > VERSION {
            let form = read.pump_hil_results;
            return Err(wrong(&format!(
                "its form is {form}, and this program reads up to {VERSION}"
            )));
        }
        let all = read.results.into_iter().chain(read.not_run);
        let failed = all.filter(|one| !["passed", "skipped"].contains(&one.verdict.as_str()));
        let run = report.parent().unwrap_or(Path::new(""));
        let found = |file: &Path| {
            let from_top = project.top().map(|top| top.join(file)).filter(|path| path.is_file());
            whole(&from_top.unwrap_or_else(|| found_from_here(run, file)))
        };
        let cases = failed.map(|one| (found(&one.file), one.name)).collect();
        Ok(Self { report, cases })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.cases.len()
    }

    /// Their files.
    pub fn files(&self) -> Vec<PathBuf> {
        let files: BTreeSet<&PathBuf> = self.cases.iter().map(|(file, _)| file).collect();
        files.into_iter().cloned().collect()
    }

    /// Keeps only them.
    ///
    /// # Errors
    /// None of them is there any more, or is meant.
    pub fn keep(&self, groups: &mut [Group]) -> Result<(), CliError> {
        for group in &mut *groups {
            let folder = group.folder.clone();
            let failed = |file: &str, name: String| self.cases.contains(&(whole(&folder.join(file)), name));
            group.cases.retain(|case| failed(&case.file, case.name()));
            group.whole = false;
        }
        match groups.iter().all(|group| group.cases.is_empty()) {
            false => Ok(()),
            true => Err(CliError::usage(format!(
                "of {} that did not pass before, by `{}`, none is among what was named",
                counted(self.count(), "case"),
                safe_path(&self.report)
            ))),
        }
    }
}

/// A path from the root of the file system; as it is where there is no such file any more.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
