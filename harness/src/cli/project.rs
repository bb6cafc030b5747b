//! Where a user stands: their own scenarios and fixtures, and the `pump-hil.toml` at the top of their repository that names them.

use super::exit::CliError;
use super::inputs::render;
use super::print::eprint_styled;
use crate::project::{self, FILE, Said};
use pump_hil_model::diagnostic::{Diagnostic, suggest};
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::Shelf;
use pump_hil_rig::files::read_bounded;
use pump_hil_rig::shelf::{Kind, is_path};
use std::path::{Path, PathBuf};

/// Where a user stands, and what is meant where they name nothing.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The folder that `pump-hil.toml` stands in, as seen from here.
    root: Option<PathBuf>,
    /// The present folder is not in it.
    elsewhere: bool,
    /// `--fixtures`.
    given: Option<PathBuf>,
    /// What the file says.
    said: Said,
}

impl Project {
    /// Reads the nearest `pump-hil.toml` above what was named; where nothing was, or none is there, above the present folder. `given` is the folder of
    /// fixtures that was named on the command line.
    ///
    /// # Errors
    /// All that is wrong with the file, rendered; or what was named belongs to several projects.
    pub fn of(named: &[PathBuf], given: Option<PathBuf>) -> Result<Self, CliError> {
        let here = std::env::current_dir()
            .and_then(|here| here.canonicalize())
            .unwrap_or_default();
        let named = one_of(named)?;
        let elsewhere = named.as_ref().is_some_and(|(root, _)| !here.starts_with(root));
        let Some((root, path)) = named.or_else(|| Some((root_above(&here)?, PathBuf::new()))) else {
            return Ok(Self {
                given,
                ..Self::default()
            });
        };
        let seen = as_seen(&root, &path, &here);
        Ok(Self {
            said: said(&root, &seen)?,
            root: Some(seen),
            elsewhere,
            given,
        })
    }

    /// The project that the present folder is in. One whose file is wrong says nothing, and nobody is told: for who depends on no project.
    pub fn quietly() -> Self {
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let here = here.unwrap_or_default();
        let Some(root) = root_above(&here) else {
            return Self::default();
        };
        let seen = as_seen(&root, Path::new(""), &here);
        Self {
            said: read_said(&root, &seen).unwrap_or_default(),
            root: Some(seen),
            ..Self::default()
        }
    }

    /// Whether this is the top of the project, so that all of its scenarios are meant.
    pub fn is_top(&self, named: &Path) -> bool {
        named.join(FILE).is_file() && self.root.is_some()
    }

    /// The top of the project, from the root of the file system.
    pub fn top(&self) -> Option<PathBuf> {
        let root = self.root.as_ref()?;
        // Seen from the top itself it is nothing.
        std::path::absolute(Path::new(".").join(root))
            .and_then(|top| top.canonicalize())
            .ok()
    }

    /// Scenarios: those that were named, else those of the project, else the folder `scenarios` here.
    pub fn scenarios(&self, named: &[PathBuf]) -> Vec<PathBuf> {
        match (named, self.said.scenarios.as_slice(), &self.root) {
            ([], [], Some(root)) => vec![root.join("scenarios")],
            ([], [], None) => vec![PathBuf::from("scenarios")],
            ([], of_project, _) => of_project.to_vec(),
            (named, _, _) => named.to_vec(),
        }
    }

    /// The rigs that the project's file names, whether there are such or not.
    pub fn rigs_as_written(&self) -> &[PathBuf] {
        &self.said.rigs
    }

    /// Rigs: those that were named, else those of the project; none where nothing is said.
    ///
    /// # Errors
    /// The project's file names one that there is not; that was told, with its line.
    pub fn rigs(&self, named: &[PathBuf], shelf: &Shelf) -> Result<Vec<PathBuf>, CliError> {
        if !named.is_empty() {
            return Ok(named.to_vec());
        }
        let known = shelf.names(Kind::Rig);
        let is_known = |rig: &Path| is_path(rig) || rig.is_file() || known.contains_key(&*rig.to_string_lossy());
        let all = self.said.rigs.iter().zip(&self.said.unknown_rigs);
        let unknown: Vec<Diagnostic> = all
            .filter(|(rig, _)| !is_known(rig))
            .map(|(rig, told)| Diagnostic {
                help: suggest(&rig.to_string_lossy(), known.keys().map(String::as_str)),
                ..told.clone()
            })
            .collect();
        if unknown.is_empty() {
            return Ok(self.said.rigs.clone());
        }
        eprint_styled(&render(&unknown));
        Err(CliError::told())
    }

    /// The folder of fixtures that was named on the command line.
    pub fn given(&self) -> Option<&Path> {
        self.given.as_deref()
    }

    /// The folder in which each run makes one of its own.
    pub fn runs(&self) -> PathBuf {
        self.said.out.clone().unwrap_or_else(|| PathBuf::from("pump-hil-runs"))
    }

    /// Fixtures of the user's own: in the folder that was named, else in the project's, else in `fixtures` here, at the top of the project, or beside the
    /// scenarios or above them. There need be none.
    ///
    /// # Errors
    /// The folder that was named is not there.
    pub fn shelf(&self, scenarios: &[PathBuf]) -> Result<Shelf, CliError> {
        if let Some(given) = &self.given {
            return match given.is_dir() {
                true => Ok(Shelf::new(Some(given.clone()))),
                false => Err(CliError::usage(format!(
                    "there is no folder `{}`; `--fixtures` names a folder of your own: what is built in is there without it",
                    safe_path(given)
                ))),
            };
        }
        if self.said.fixtures.is_some() {
            return Ok(Shelf::new(self.said.fixtures.clone()));
        }
        let top = self.root.iter().map(|root| root.join("fixtures"));
        // Of `.` and of a bare file name the folders above are those above where the person stands.
        let beside = scenarios.iter().filter_map(|path| std::path::absolute(path).ok());
        let beside = beside.flat_map(|path| {
            let folders = path.ancestors().map(|folder| folder.join("fixtures"));
            folders.collect::<Vec<_>>()
        });
        // What lies here is no part of a project elsewhere.
        let here = (!self.elsewhere).then(|| PathBuf::from("fixtures"));
        let mut all = here.into_iter().chain(top).chain(beside);
        Ok(Shelf::new(all.find(|folder| folder.is_dir())))
    }
}

/// The nearest folder with a `pump-hil.toml`: this one, or one above it.
fn root_above(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|folder| folder.join(FILE).is_file())?;
    Some(root.to_owned())
}

/// The project that the named files and folders belong to, by one of them.
fn one_of(named: &[PathBuf]) -> Result<Option<(PathBuf, PathBuf)>, CliError> {
    let of = |path: &PathBuf| Some((root_above(&path.canonicalize().ok()?)?, path.clone()));
    let mut all = named.iter().filter_map(of);
    let first = all.next();
    let other = first
        .as_ref()
        .and_then(|(root, _)| all.find(|(other, _)| other != root));
    match (first, other) {
        (Some((_, first)), Some((_, other))) => Err(CliError::usage(format!(
            "`{}` and `{}` belong to two projects, each with a {FILE} of its own; name one of them at a time",
            safe_path(first),
            safe_path(other)
        ))),
        (first, _) => Ok(first),
    }
}

/// The top of a project as a person who stands here and wrote this path in it would write it.
fn as_seen(root: &Path, path: &Path, here: &Path) -> PathBuf {
    let written = path
        .ancestors()
        .filter(|above| !above.as_os_str().is_empty())
        .find(|above| above.canonicalize().is_ok_and(|real| real == root));
    match (written, here.strip_prefix(root)) {
        (Some(written), Err(_)) => written.to_owned(),
        (_, Ok(down)) => down.iter().map(|_| "..").collect(),
        (None, Err(_)) => root.to_owned(),
    }
}

/// What the file at the top of a project says.
///
/// # Errors
/// What is wrong with it; it was told.
fn said(root: &Path, seen: &Path) -> Result<Said, CliError> {
    read_said(root, seen).map_err(|wrong| {
        eprint_styled(&render(&wrong));
        CliError::told()
    })
}

fn read_said(root: &Path, seen: &Path) -> Result<Said, Vec<Diagnostic>> {
    let path = seen.join(FILE);
    let bytes =
        read_bounded(&root.join(FILE)).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
    let read = bytes.map_err(|error| {
        let code = Code::new(Subject::Project, Mistake::Unreadable);
        vec![Diagnostic::about_file(code, &safe_path(&path), error.to_string(), None)]
    });
    read.and_then(|text| project::read(&path, &text, seen))
}
