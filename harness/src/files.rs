//! Scenario files and fixtures on disk: the one place where scenarios meet the file system.

mod search;

use pump_hil_language::catalog::Catalog;
use pump_hil_language::catalog::load::Loader;
use pump_hil_language::scenario::{Source, SourceError, load};
use pump_hil_model::case::Case;
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::yaml::tree::BYTES_MAX;
use pump_hil_rig::files::read_bounded;
use search::Found;
pub(crate) use search::OWN_PROJECT;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes a file so that it is there whole or not at all: beside its place, and then over it. Only one process at a time may write files of this name there.
///
/// # Errors
/// It cannot be written; what stood at the place is there still.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // In the same folder: `rename` replaces a file whole only within one file system (rename(2)).
    let beside = beside(path);
    // What a killed process left there, or a link of somebody else's, which must not be followed.
    let _ = std::fs::remove_file(&beside);
    let write = || {
        let mut file = std::fs::File::create_new(&beside)?;
        file.write_all(bytes)?;
        // Before the name leads to it: after a power cut it would be there, and empty.
        file.sync_data()?;
        std::fs::rename(&beside, path)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// Where a file is written before it replaces the one at its place.
#[must_use]
pub fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}

/// Folders that hold no scenarios of their own.
const NOT_SEARCHED: &[&str] = &["rejected", "shared", "snapshots"];

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
    /// A folder cannot be read, or there is something in it that looks like a scenario and cannot be taken: none is left out in silence.
    pub fn list(&self) -> std::io::Result<Vec<String>> {
        let found = search::search(&self.root, &self.root, NOT_SEARCHED)?;
        match found.left_out().first() {
            None => Ok(found.files),
            Some((path, why)) => Err(std::io::Error::other(format!("`{}`: {why}", safe_path(path)))),
        }
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
    /// What was left out, in sentences: the rest is run all the same.
    pub warnings: Vec<String>,
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
            Ok((_, found)) if found.files.is_empty() && found.left_out().is_empty() => {
                let help = Some(match found.projects.first() {
                    Some(inside) => format!("`{}` is not searched: {}", as_named(inside, path), OWN_PROJECT),
                    None => format!("folders named {} are not searched", NOT_SEARCHED.join(", ")),
                });
                let message = "there is no scenario in this folder".to_owned();
                loaded.diagnostics.push(about_file(&safe_path(path), message, help));
            }
            Ok((folder, found)) => {
                for file in found.files {
                    load_one(&folder, &file, path, catalog, &mut names, &mut loaded);
                }
                let links = found.links.iter().map(|link| (link, search::NOT_FOLLOWED));
                let projects = found.projects.iter().map(|inside| (inside, OWN_PROJECT));
                let left_out = links.chain(projects);
                let told = left_out.map(|(what, why)| format!("`{}` is left out: {why}", as_named(what, path)));
                loaded.warnings.extend(told);
                let told = |file: &PathBuf| about_file(&as_named(file, path), search::NOT_UTF8.to_owned(), None);
                loaded.diagnostics.extend(found.nameless.iter().map(told));
            }
            Err(error) => {
                let shown = safe_path(path);
                let help = Some("give scenario files, or folders that hold some".to_owned());
                loaded.diagnostics.push(about_file(&shown, error.to_string(), help));
            }
        }
    }
    loaded
}

fn about_file(path: &str, message: String, help: Option<String>) -> Diagnostic {
    Diagnostic::about_file(Code::new(Subject::Scenario, Mistake::Unreadable), path, message, help)
}

/// A path without links as the person named it, so that an editor opens it: below what was given, else from here.
fn as_named(real: &Path, given: &Path) -> String {
    let under = given.canonicalize().ok();
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    if let Some(rest) = under.and_then(|under| real.strip_prefix(under).ok().map(Path::to_owned)) {
        return safe_path(given.join(rest));
    }
    let near = here.and_then(|here| real.strip_prefix(here).ok().map(Path::to_owned));
    safe_path(near.unwrap_or(real.to_owned()))
}

fn load_one(
    folder: &ScenarioFolder,
    file: &str,
    given: &Path,
    catalog: &Catalog,
    names: &mut BTreeMap<String, String>,
    loaded: &mut Loaded,
) {
    let shown = |name: &str| match name == file && !given.is_dir() {
        true => safe_path(given),
        false => as_named(&folder.root().join(name), given),
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
                        let message = format!("the scenario `{}` is in two files", case.scenario);
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

/// The folder of scenarios that a file or folder belongs to, without symbolic links.
///
/// # Errors
/// There is no such file or folder.
pub fn folder_of(path: &Path) -> std::io::Result<PathBuf> {
    Ok(root_of(path)?.0.root().to_owned())
}

/// The folder of scenarios that a path belongs to, and the path without links.
fn root_of(path: &Path) -> std::io::Result<(ScenarioFolder, PathBuf)> {
    let real = path.canonicalize()?;
    let own = if real.is_dir() {
        &real
    } else {
        real.parent().unwrap_or(&real)
    };
    let named = own
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "scenarios"));
    Ok((ScenarioFolder::open(named.unwrap_or(own))?, real))
}

/// The folder of scenarios that a path belongs to, and the files in it that are meant.
fn files_of(path: &Path) -> std::io::Result<(ScenarioFolder, Found)> {
    let (folder, real) = root_of(path)?;
    if real.is_dir() {
        let found = search::search(folder.root(), &real, NOT_SEARCHED)?;
        return Ok((folder, found));
    }
    let file = search::name_of(folder.root(), &real).ok_or_else(|| std::io::Error::other(search::NOT_UTF8))?;
    let files = vec![file];
    Ok((
        folder,
        Found {
            files,
            ..Found::default()
        },
    ))
}

/// The catalogue of what is part of the program, and of all files in `requirements` and `drugs` of the user's own folder `fixtures`, where there is one.
///
/// # Errors
/// What is wrong with the files, or that they cannot be read.
pub fn catalog(fixtures: Option<&Path>) -> Result<Catalog, Vec<Diagnostic>> {
    let mut loader = Loader::new();
    loader.built_in(&|name| fixtures.is_some_and(|own| own.join(name).is_file()));
    let folders = [("requirements", Subject::Requirement), ("drugs", Subject::Drug)];
    for (folder, subject) in folders.into_iter().filter(|_| fixtures.is_some()) {
        let folder = fixtures.unwrap_or(Path::new("")).join(folder);
        // One who adds only drugs has no requirements of their own.
        if folder.symlink_metadata().is_err() {
            continue;
        }
        let about = |path: &Path, error: &dyn std::fmt::Display| {
            vec![Diagnostic::about_file(
                Code::new(subject, Mistake::Unreadable),
                &safe_path(path),
                error.to_string(),
                None,
            )]
        };
        let source = ScenarioFolder::open(&folder).map_err(|error| about(&folder, &error))?;
        // Every file counts, whatever its folder is called: one without a drug or a requirement that was passed over would be told as a wrong word later.
        let found = search::search(source.root(), source.root(), &[]).map_err(|error| about(&folder, &error))?;
        if let Some((path, why)) = found.left_out().first() {
            return Err(about(path, why));
        }
        for name in found.files {
            let path = folder.join(&name);
            let bytes = source.read(&name).map_err(|error| about(&path, &error))?;
            let text =
                String::from_utf8(bytes).map_err(|_| about(&path, &"the file is not valid UTF-8; save it as UTF-8"))?;
            let shown = safe_path(&path);
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
            loaded.diagnostics[0].message.contains("is in two files"),
            "{:?}",
            loaded.diagnostics
        );
    }

    #[test]
    fn no_file_that_looks_like_a_scenario_is_left_out_in_silence() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let suite = folder.path().join("suite");
        let named = |name: &str| GOOD.replace("good", name);
        write(&suite, "upper.YAML", &named("upper"));
        write(&suite, "short.Yml", &named("short"));
        write(&suite, &format!("{}deep.yaml", "l/".repeat(40)), &named("deep"));
        write(&suite, "x/y.yaml", &named("slash"));
        write(&suite, "x\\y.yaml", &named("backslash"));
        write(&suite, "real/inside.yaml", &named("inside"));
        std::os::unix::fs::symlink("real", suite.join("again")).unwrap();
        let found = loaded(std::slice::from_ref(&suite));
        let mut names: Vec<&str> = found.cases.iter().map(|found| found.case.scenario.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            (names, found.diagnostics),
            (vec!["backslash", "deep", "inside", "short", "slash", "upper"], vec![]),
            "the link leads to what is searched"
        );
        let alone = loaded(&[suite.join("x\\y.yaml")]);
        assert_eq!(alone.cases[0].case.scenario, "backslash");
        // A name that nobody can say is an error, and a link that leads elsewhere is told.
        write(folder.path(), "elsewhere/linked.yaml", &named("linked"));
        std::os::unix::fs::symlink("../elsewhere", suite.join("link")).unwrap();
        let no_utf8 = suite.join(std::ffi::OsStr::from_bytes(b"caf\xe9.yaml"));
        std::fs::write(&no_utf8, named("latin")).unwrap();
        let found = loaded(&[suite, no_utf8]);
        let told: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
        let is_told = |told: &String| told.contains("caf") && told.contains("is not UTF-8");
        assert_eq!(told.len(), 2, "in the folder, and by its own name: {told:?}");
        assert!(told.iter().all(is_told), "{told:?}");
        let [warning] = &found.warnings[..] else {
            panic!("{:?}", found.warnings)
        };
        assert!(
            warning.contains("suite/link`") && warning.contains("not followed"),
            "{warning}"
        );
    }

    #[test]
    fn a_path_that_is_not_there_is_told() {
        let loaded = loaded(&[PathBuf::from("no/such/folder")]);
        assert_eq!((loaded.cases.len(), loaded.diagnostics.len()), (0, 1));
    }
}
