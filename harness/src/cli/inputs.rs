//! What the commands read: fixtures, scenarios, and where results go.

use super::CliError;
use crate::catalog::Catalog;
use crate::diagnostic::{self, Diagnostic};
use crate::files::{self, ScenarioFolder};
use crate::rig::host_time;
use crate::scenario;
use crate::scenario::case::Case;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// The folder of fixtures: as given, else `fixtures` here, else beside the scenarios.
pub(crate) fn fixtures(given: Option<&Path>, scenarios: &[PathBuf]) -> Result<PathBuf, CliError> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let here = PathBuf::from("fixtures");
    let beside = scenarios.iter().flat_map(|path| {
        path.ancestors()
            .map(|folder| folder.join("fixtures"))
            .collect::<Vec<_>>()
    });
    std::iter::once(here)
        .chain(beside)
        .find(|folder| folder.is_dir())
        .ok_or_else(|| {
            CliError::usage("there is no folder `fixtures` here or beside the scenarios; name it with --fixtures DIR")
        })
}

/// Requirements and drugs.
pub(crate) fn catalog(fixtures: &Path) -> Result<Result<Catalog, String>, CliError> {
    if !fixtures.is_dir() {
        return Err(CliError::usage(format!(
            "there is no folder `{}`; name the fixtures with --fixtures DIR",
            fixtures.display()
        )));
    }
    Ok(files::catalog(fixtures).map_err(|diagnostics| render(&diagnostics)))
}

/// Every case of the files and folders named, sorted by name; or everything that is wrong with them, rendered.
pub(crate) fn cases(paths: &[PathBuf], fixtures: &Path) -> Result<Result<Vec<Case>, String>, CliError> {
    let catalog = match catalog(fixtures)? {
        Ok(catalog) => catalog,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let (mut cases, mut wrong) = (Vec::new(), Vec::new());
    let mut folders: Vec<(PathBuf, Vec<String>)> = Vec::new();
    for path in paths {
        folders.push(scenario_files(path)?);
    }
    for (folder, names) in folders {
        let source = ScenarioFolder::open(&folder).map_err(|e| cannot_read(&folder, &e))?;
        for name in names {
            let shown = folder.join(&name).display().to_string();
            match scenario::load(&source, &name, &catalog) {
                Ok(loaded) => cases.extend(loaded.into_iter().map(|case| Case {
                    file: shown.clone(),
                    ..case
                })),
                // A diagnostic may be about an included file: each keeps its own name, seen from here.
                Err(found) => wrong.extend(found.into_iter().map(|diagnostic| Diagnostic {
                    file: folder.join(&diagnostic.file).display().to_string(),
                    ..diagnostic
                })),
            }
        }
    }
    wrong.extend(named_twice(&cases));
    if !wrong.is_empty() {
        return Ok(Err(render(&wrong)));
    }
    cases.sort_by_cached_key(Case::name);
    cases.dedup();
    Ok(Ok(cases))
}

/// Two files with a scenario of one name would share a journal and a snapshot.
fn named_twice(cases: &[Case]) -> Vec<Diagnostic> {
    let mut files: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases {
        let first = *files.entry(&case.scenario).or_insert(&case.file);
        if first != case.file && !wrong.iter().any(|d: &Diagnostic| d.file == case.file) {
            let message = format!("the scenario `{}` is in `{first}` already", case.scenario);
            wrong.push(Diagnostic::about_file(
                &case.file,
                message,
                Some("give it a name of its own".into()),
            ));
        }
    }
    wrong
}

/// The folder that a path is or lies in, and the scenario files in it that are meant.
fn scenario_files(path: &Path) -> Result<(PathBuf, Vec<String>), CliError> {
    if path.is_dir() {
        let names = ScenarioFolder::open(path)
            .and_then(|folder| folder.list())
            .map_err(|e| cannot_read(path, &e))?;
        return Ok((path.to_owned(), names));
    }
    if !path.exists() {
        return Err(CliError::usage(format!(
            "there is no file or folder `{}`",
            path.display()
        )));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok((folder.to_owned(), vec![name]))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot read `{}`: {error}", path.display()))
}

fn render(diagnostics: &[Diagnostic]) -> String {
    diagnostic::render_all(diagnostics, std::io::stderr().is_terminal())
}

/// `snapshots` beside the scenarios.
pub(crate) fn snapshot_folder(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if first.is_dir() {
        first
    } else {
        first.parent().unwrap_or(Path::new("."))
    };
    folder.join("snapshots")
}

/// A folder that no run used before, in `pump-hil-runs`, with `latest` pointing at it.
pub(crate) fn new_run_folder() -> PathBuf {
    let runs = Path::new("pump-hil-runs");
    let name = format!("{}-{}", host_time::utc().strftime("%Y%m%dT%H%M%SZ"), std::process::id());
    let latest = runs.join("latest");
    let _ = std::fs::create_dir_all(runs);
    let _ = std::fs::remove_file(&latest);
    // Only a convenience: where links are not to be had, the folder's name is in the summary.
    let _ = std::os::unix::fs::symlink(&name, &latest);
    runs.join(name)
}

/// Processors to use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
