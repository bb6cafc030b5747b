//! Where dose logs wait: in the folders below one that was named, and in the folder of a run.

use crate::cli::again;
use crate::cli::exit::CliError;
use crate::cli::names::names;
use crate::cli::print::eprint;
use crate::cli::project::Project;
use crate::files::{self, OWN_PROJECT, ScenarioFolder};
use crate::manifest;
use crate::project;
use crate::snapshot::{self, Meant, pending_path};
use pump_hil_language::scenario;
use pump_hil_model::safe_text::safe_path;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How deep folders are looked into.
const DEPTH_MAX: usize = 8;

/// Whether a run wrote this folder.
pub(super) fn is_run(folder: &Path) -> bool {
    folder.join(manifest::NAME).is_file()
}

/// Folders of dose logs, and of runs with logs that wait, below this one. What is hidden or a link is not looked into; of the runs that are kept, only the
/// last one counts. A project inside is left out and told, as `check` does it.
pub(super) fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut projects) = (Vec::new(), Vec::new());
    look(folder, DEPTH_MAX, &mut found, &mut projects);
    // As a person writes it who named the present folder.
    let short = |path: PathBuf| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
    let sorted = |paths: Vec<PathBuf>| {
        let mut paths: Vec<PathBuf> = paths.into_iter().map(short).collect();
        paths.sort();
        paths
    };
    for project in sorted(projects) {
        eprint(&format!(
            "warning: `{}` is left out: {OWN_PROJECT}\n",
            safe_path(&project)
        ));
    }
    sorted(found)
}

fn look(folder: &Path, depth: usize, found: &mut Vec<PathBuf>, projects: &mut Vec<PathBuf>) {
    let waits = |folder: &Path| snapshot::waiting(folder).is_ok_and(|waiting| !waiting.is_empty());
    let last = folder.join("latest");
    if is_run(&last) {
        return found.extend(waits(&last).then_some(last));
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.join(project::FILE).is_file() {
            projects.push(path);
            continue;
        }
        // Other tools keep folders of this name, too.
        let is_ours = name == "snapshots" && (path.join(snapshot::RECORD).is_file() || waits(&path));
        if is_ours || (is_run(&path) && waits(&path)) {
            found.push(path);
        } else if depth > 0 {
            look(&path, depth - 1, found, projects);
        }
    }
}

/// The logs that wait in the folder of a run, each for its place in the project that the folder is in, else in this one; with `only`, those of these cases.
/// Logs of no scenario of the project are told, and so are those that are not as the run left them: then the run `is_broken`.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn in_run(
    run: &Path,
    project: &Project,
    only: Option<&BTreeSet<String>>,
    is_broken: &mut bool,
) -> Result<Vec<Meant>, CliError> {
    let mut waiting = snapshot::waiting(run).map_err(CliError::usage)?;
    let is_meant = |path: &PathBuf| only.is_none_or(|only| only.iter().any(|name| pending_path(run, name) == *path));
    waiting.retain(|(_, path)| is_meant(path) && is_as_left(run, path, is_broken));
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let project = Project::of(&[run.to_owned()], project.given().map(Path::to_owned))?;
    let own = project.scenarios(&[]).into_iter().filter(|folder| folder.exists());
    let folders = own
        .chain(again::files_of(run))
        .filter_map(|path| files::folder_of(&path).ok());
    let folders: BTreeSet<PathBuf> = folders.collect();
    let known: BTreeMap<String, PathBuf> = folders.iter().flat_map(|folder| names(folder)).collect();
    let mut meant: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for (name, path) in waiting {
        let scenario = name.split('[').next().unwrap_or(&name);
        let folder = known.get(scenario).and_then(|file| files::folder_of(file).ok());
        match folder {
            Some(folder) => drop(meant.entry(folder.join("snapshots")).or_default().insert(name)),
            None => eprint(&format!(
                "`{}` is left out: no scenario here has this name; review it from inside its project\n",
                safe_path(&path)
            )),
        }
    }
    let of = |(folder, only)| Meant {
        folder,
        only: Some(only),
        from: Some(run.to_owned()),
        ..Meant::all_in(PathBuf::new())
    };
    Ok(meant.into_iter().map(of).collect())
}

/// Whether a log is what the run left there; else that is told.
fn is_as_left(run: &Path, log: &Path, is_broken: &mut bool) -> bool {
    let name = log.file_name().unwrap_or_default().to_string_lossy();
    let Err(why) = manifest::is_as_left(run, &name) else {
        return true;
    };
    *is_broken = true;
    eprint(&format!("error: {}: {why}; it cannot be accepted\n", safe_path(run)));
    false
}

/// One log that waits.
///
/// # Errors
/// Its folder cannot be listed.
pub(super) fn one(log: &Path, project: &Project, is_broken: &mut bool) -> Result<Vec<Meant>, CliError> {
    let folder = match log.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let waiting = snapshot::waiting(folder).map_err(CliError::usage)?.into_iter();
    let only = waiting.filter(|(_, path)| path.file_name() == log.file_name());
    let only: BTreeSet<String> = only.map(|(name, _)| name).collect();
    if is_run(folder) {
        return in_run(folder, project, Some(&only), is_broken);
    }
    Ok(vec![Meant {
        only: Some(only),
        ..Meant::all_in(folder.to_owned())
    }])
}

/// Looks at the scenarios whose logs wait, as they are now.
pub(super) fn compare_scenarios(meant: &mut Meant) {
    let Some(folder) = meant.folder.parent().filter(|_| meant.folder.ends_with("snapshots")) else {
        return;
    };
    let folder = match folder == Path::new("") {
        true => Path::new("."),
        false => folder,
    };
    let waiting = snapshot::waiting(meant.waits_in()).unwrap_or_default();
    let wanted = |scenario: &str| waiting.iter().any(|(name, _)| name.split('[').next() == Some(scenario));
    let Ok(source) = ScenarioFolder::open(folder) else {
        return;
    };
    for (name, file) in names(folder) {
        let file = file.strip_prefix(folder).unwrap_or(&file);
        if wanted(&name)
            && let Some(sha256) = scenario::sha256(&source, &file.to_string_lossy())
        {
            meant.scenarios.insert(name, sha256);
        }
    }
}
