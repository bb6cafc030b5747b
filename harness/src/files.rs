//! Scenario files and fixtures on disk: the one place where scenarios meet the file system.

use pump_hil_language::catalog::Catalog;
use pump_hil_language::catalog::load::Loader;
use pump_hil_language::scenario::{Source, SourceError, load};
use pump_hil_model::case::Case;
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::yaml::tree::BYTES_MAX;
use pump_hil_rig::files::read_bounded;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folders that hold no scenarios of their own.
const NOT_SEARCHED: &[&str] = &["rejected", "shared", "snapshots", "target"];
/// Most levels of folders that are searched.
const DEPTH_MAX: usize = 16;

/// A folder of scenarios; nothing outside of it is ever read, whatever a file includes.
#[derive(Debug, Clone)]
pub struct ScenarioFolder {
    root: PathBuf,
}

impl ScenarioFolder {
    /// A folder.
    ///
    /// # Errors
    /// It does not exist or is no folder.
    pub fn open(root: &Path) -> std::io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(std::io::Error::new(std::io::ErrorKind::NotADirectory, "not a folder"));
        }
        Ok(Self { root })
    }

    /// The folder, without symbolic links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Paths of all scenario files, relative to the folder, sorted. Folders named `shared`, `rejected` or `snapshots`, and hidden ones, are left out.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn list(&self) -> std::io::Result<Vec<String>> {
        self.list_under(&self.root)
    }

    /// As [`ScenarioFolder::list`], of a folder inside.
    fn list_under(&self, inside: &Path) -> std::io::Result<Vec<String>> {
        let mut found = Vec::new();
        self.search(inside, 0, &mut found)?;
        // readdir(3) gives them in any order, and the same folder must give the same run.
        found.sort();
        Ok(found)
    }

    fn search(&self, folder: &Path, depth: usize, found: &mut Vec<String>) -> std::io::Result<()> {
        if depth > DEPTH_MAX {
            return Ok(());
        }
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            // Of the entry itself, and not of what a link leads to: no folder is gone into by a link, so that no circle is.
            let kind = entry.file_type()?;
            if kind.is_dir() && !name.starts_with('.') && !NOT_SEARCHED.contains(&name.as_ref()) {
                self.search(&path, depth + 1, found)?;
            }
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if !kind.is_dir()
                && yaml
                && !name.starts_with('.')
                && let Ok(relative) = path.strip_prefix(&self.root)
            {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(())
    }
}

impl Source for ScenarioFolder {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::NotFound(path.to_owned()),
            _ => SourceError::Unreadable {
                path: path.to_owned(),
                why: error.to_string(),
            },
        };
        // Through symbolic links too: a link must not lead outside.
        let real = self.root.join(path).canonicalize().map_err(unreadable)?;
        if !real.starts_with(&self.root) {
            return Err(SourceError::Outside(path.to_owned()));
        }
        // Asked for the message, which tells the size; `read_bounded` holds the limit whatever becomes of the file meanwhile.
        let size = std::fs::metadata(&real).map_err(unreadable)?.len();
        if size > BYTES_MAX as u64 {
            return Err(SourceError::TooLarge { bytes: size });
        }
        read_bounded(&real).map_err(unreadable)
    }
}

/// What was found under the paths that a person gave.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Cases of the files that are right, in the order of the paths.
    pub cases: Vec<FoundCase>,
    /// Everything that is wrong with the others.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were read.
    pub files: usize,
}

/// A case with the folder that its file belongs to.
#[derive(Debug, Clone)]
pub struct FoundCase {
    /// The case; its `file` is relative to `folder`.
    pub case: Case,
    /// The folder of scenarios; its snapshots stand in `snapshots` inside.
    pub folder: PathBuf,
}

/// Loads scenario files, and all scenarios of folders. What is named belongs to the nearest folder above it that is named `scenarios`, else a file
/// to its own folder and a folder to itself.
#[must_use]
pub fn load_paths(paths: &[PathBuf], catalog: &Catalog) -> Loaded {
    let mut loaded = Loaded::default();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for path in paths {
        match files_of(path) {
            Ok((_, files)) if files.is_empty() => {
                let help = Some(format!("folders named {} are not searched", NOT_SEARCHED.join(", ")));
                let message = "there is no scenario in this folder".to_owned();
                loaded.diagnostics.push(Diagnostic::about_file(
                    Code::new(Subject::Scenario, Mistake::Unreadable),
                    &safe_path(path),
                    message,
                    help,
                ));
            }
            Ok((folder, files)) => {
                for file in files {
                    load_one(&folder, &file, path, catalog, &mut names, &mut loaded);
                }
            }
            Err(error) => {
                let shown = safe_path(path);
                let help = Some("give scenario files, or folders that hold some".to_owned());
                loaded.diagnostics.push(Diagnostic::about_file(
                    Code::new(Subject::Scenario, Mistake::Unreadable),
                    &shown,
                    error.to_string(),
                    help,
                ));
            }
        }
    }
    loaded
}

fn load_one(
    folder: &ScenarioFolder,
    file: &str,
    given: &Path,
    catalog: &Catalog,
    names: &mut BTreeMap<String, String>,
    loaded: &mut Loaded,
) {
    // As the person named it, so that an editor opens it.
    let shown = |name: &str| {
        if name == file && !given.is_dir() {
            return safe_path(given);
        }
        let real = folder.root().join(name);
        let under = given.canonicalize().ok();
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
        if let Some(rest) = under.and_then(|under| real.strip_prefix(under).ok().map(Path::to_owned)) {
            return safe_path(given.join(rest));
        }
        let near = here.and_then(|here| real.strip_prefix(here).ok().map(Path::to_owned));
        safe_path(near.unwrap_or(real))
    };
    loaded.files += 1;
    match load(folder, file, catalog) {
        Ok(cases) => {
            if let Some(case) = cases.first() {
                let here = safe_path(folder.root().join(file));
                match names.insert(case.scenario.clone(), here.clone()) {
                    // Named twice, such as by itself and by its folder: it runs once.
                    Some(other) if other == here => return,
                    Some(other) => {
                        let message = format!("the scenario `{}` stands in two files", case.scenario);
                        let help = Some(format!("the other is {other}"));
                        loaded.diagnostics.push(Diagnostic::about_file(
                            Code::new(Subject::Scenario, Mistake::Twice),
                            &shown(file),
                            message,
                            help,
                        ));
                        return;
                    }
                    None => {}
                }
            }
            let folder = folder.root().to_owned();
            loaded.cases.extend(cases.into_iter().map(|case| FoundCase {
                case,
                folder: folder.clone(),
            }));
        }
        Err(diagnostics) => loaded.diagnostics.extend(diagnostics.into_iter().map(|mut diagnostic| {
            diagnostic.file = shown(&diagnostic.file);
            diagnostic
        })),
    }
}

/// The folder of scenarios that a path belongs to, and the files in it that are meant.
fn files_of(path: &Path) -> std::io::Result<(ScenarioFolder, Vec<String>)> {
    let real = path.canonicalize()?;
    let own = if real.is_dir() {
        &real
    } else {
        real.parent().unwrap_or(&real)
    };
    let named = own
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "scenarios"));
    let folder = ScenarioFolder::open(named.unwrap_or(own))?;
    if real.is_dir() {
        let files = folder.list_under(&real)?;
        return Ok((folder, files));
    }
    let file = real.strip_prefix(folder.root()).unwrap_or(&real);
    let file = file.to_string_lossy().replace('\\', "/");
    Ok((folder, vec![file]))
}

/// The catalogue of a `fixtures` folder: all files in its `requirements` and `drugs`.
///
/// # Errors
/// What is wrong with the files, or that they cannot be read.
pub fn catalog(fixtures: &Path) -> Result<Catalog, Vec<Diagnostic>> {
    let mut loader = Loader::new();
    for (folder, subject) in [("requirements", Subject::Requirement), ("drugs", Subject::Drug)] {
        let about = |path: &Path, error: &dyn std::fmt::Display| {
            vec![Diagnostic::about_file(
                Code::new(subject, Mistake::Unreadable),
                &safe_path(path),
                error.to_string(),
                None,
            )]
        };
        let folder = fixtures.join(folder);
        let source = ScenarioFolder::open(&folder).map_err(|error| about(&folder, &error))?;
        for name in source.list().map_err(|error| about(&folder, &error))? {
            let path = folder.join(&name);
            let bytes = source.read(&name).map_err(|error| about(&path, &error))?;
            let text = String::from_utf8(bytes).map_err(|error| about(&path, &error))?;
            let shown = safe_path(path);
            if subject == Subject::Drug {
                loader.drugs(&shown, text);
            } else {
                loader.requirements(&shown, text);
            }
        }
    }
    loader.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "scenario: good\nsummary: Fine.\nprescription: none\ntimeline: [{do: status}]\n";

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn loaded(paths: &[PathBuf]) -> Loaded {
        load_paths(paths, &pump_hil_language::catalog::shipped().unwrap())
    }

    #[test]
    fn a_folder_gives_its_scenarios_and_not_what_they_share() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "good.yaml", GOOD);
        write(folder.path(), "group/other.yaml", &GOOD.replace("good", "other"));
        write(folder.path(), "shared/basal.yaml", "allow-alarms: [eri]\n");
        write(folder.path(), "rejected/bad.yaml", "nonsense");
        write(folder.path(), "snapshots/good.snap", "");
        let loaded = loaded(&[folder.path().to_owned()]);
        let names: Vec<&str> = loaded.cases.iter().map(|found| found.case.file.as_str()).collect();
        assert_eq!(
            (names, loaded.diagnostics),
            (vec!["good.yaml", "group/other.yaml"], vec![])
        );
    }

    #[test]
    fn a_file_belongs_to_the_folder_of_scenarios_above_it() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "scenarios/shared/eri.yaml", "allow-alarms: [eri]\n");
        let text = GOOD.replace("timeline", "include: [../shared/eri.yaml]\ntimeline");
        let path = write(folder.path(), "scenarios/group/good.yaml", &text);
        let loaded = loaded(&[path]);
        assert_eq!(loaded.diagnostics, vec![]);
        assert_eq!(loaded.cases[0].case.file, "group/good.yaml");
        assert!(loaded.cases[0].folder.ends_with("scenarios"));
    }

    #[test]
    fn a_folder_inside_belongs_to_the_folder_of_scenarios_above_it() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "scenarios/shared/eri.yaml", "allow-alarms: [eri]\n");
        write(folder.path(), "scenarios/other.yaml", &GOOD.replace("good", "other"));
        let text = GOOD.replace("timeline", "include: [../shared/eri.yaml]\ntimeline");
        write(folder.path(), "scenarios/group/good.yaml", &text);
        let group = folder.path().join("scenarios/group");
        let found = loaded(std::slice::from_ref(&group));
        assert_eq!((found.cases.len(), found.diagnostics), (1, vec![]));
        assert_eq!(found.cases[0].case.file, "group/good.yaml");
        write(folder.path(), "scenarios/group/bad.yaml", "nonsense: 1\n");
        let told = loaded(std::slice::from_ref(&group)).diagnostics;
        assert_eq!(told[0].file, safe_path(group.join("bad.yaml")));
    }

    #[test]
    fn two_scenarios_of_one_name_are_told_and_one_that_is_given_twice_runs_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "a.yaml", GOOD);
        assert_eq!(loaded(&[path.clone(), path]).cases.len(), 1);
        write(folder.path(), "b.yaml", GOOD);
        let loaded = loaded(&[folder.path().to_owned()]);
        assert!(
            loaded.diagnostics[0].message.contains("stands in two files"),
            "{:?}",
            loaded.diagnostics
        );
    }

    #[test]
    fn a_path_that_is_not_there_is_told() {
        let loaded = loaded(&[PathBuf::from("no/such/folder")]);
        assert_eq!((loaded.cases.len(), loaded.diagnostics.len()), (0, 1));
    }
}
