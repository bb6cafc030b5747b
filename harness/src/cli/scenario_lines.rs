//! The lines of the scenario that a journal is of, where its file is still as it was when it ran.

use super::again::{found_from_here, results_of};
use crate::files::ScenarioFolder;
use pump_hil_language::scenario;
use pump_hil_model::case::Case;
use pump_hil_rig::files::read_bounded;
use std::path::{Path, PathBuf};

/// A scenario's text.
pub(super) struct ScenarioLines {
    /// Its file, as a person who stands here finds it.
    pub file: PathBuf,
    lines: Vec<String>,
}

impl ScenarioLines {
    /// Finds the file of a journal's case: where the run's report says that it is, else below one of these folders. Only a file with the same SHA-256, and the
    /// same of all that it includes, is taken: the lines of another would show what never ran.
    pub fn of(journal: &Path, case: &Case, folders: &[PathBuf]) -> Option<Self> {
        let run = journal.parent().unwrap_or(Path::new(""));
        let name = case.name();
        let told = results_of(run)
            .filter(|one| one.name == name)
            .map(|one| found_from_here(run, &one.file));
        let below = folders.iter().map(|folder| folder.join(&case.file));
        let mut all = told.chain(below);
        all.find_map(|file| {
            let lines = lines_of(&file, case)?;
            Some(Self { file, lines })
        })
    }

    /// A line, counted from 1.
    pub fn line(&self, line: u32) -> Option<String> {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        self.lines.get(at).cloned()
    }
}

/// The lines of this file, if it is what the case was made of.
fn lines_of(file: &Path, case: &Case) -> Option<Vec<String>> {
    // The case names its file from the folder of the scenarios on.
    let parts = Path::new(&case.file).components().count();
    let root = file
        .ancestors()
        .nth(parts)
        .filter(|root| root.join(&case.file) == file)?;
    let root = if root.as_os_str().is_empty() {
        Path::new(".")
    } else {
        root
    };
    let source = ScenarioFolder::open(root).ok()?;
    let is_same = scenario::sha256(&source, &case.file)? == case.sha256;
    let text = is_same.then(|| read_bounded(file).ok()).flatten()?;
    Some(String::from_utf8(text).ok()?.lines().map(str::to_owned).collect())
}
