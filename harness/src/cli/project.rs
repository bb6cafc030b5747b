//! Where a user stands: their own scenarios and fixtures, and the `pump-hil.toml` at the top of their repository that names them.

use super::exit::CliError;
use super::inputs::render;
use crate::project::{self, FILE, Said};
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::Shelf;
use pump_hil_rig::files::read_bounded;
use std::path::{Path, PathBuf};

/// Where a user stands, and what is meant where they name nothing.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The folder that `pump-hil.toml` stands in, as seen from here.
    root: Option<PathBuf>,
    /// `--fixtures`.
    given: Option<PathBuf>,
    /// What the file says.
    said: Said,
}

impl Project {
    /// Reads the nearest `pump-hil.toml`, here or above. `given` is the folder of fixtures that was named on the command line.
    ///
    /// # Errors
    /// All that is wrong with the file, rendered.
    pub fn here(given: Option<PathBuf>) -> Result<Self, String> {
        let here = std::env::current_dir().unwrap_or_default();
        let Some((up, root)) = here
            .ancestors()
            .enumerate()
            .find(|(_, folder)| folder.join(FILE).is_file())
        else {
            return Ok(Self {
                given,
                ..Self::default()
            });
        };
        // As a person who stands here writes it.
        let seen: PathBuf = std::iter::repeat_n("..", up).collect();
        let path = seen.join(FILE);
        let bytes =
            read_bounded(&root.join(FILE)).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
        let read = bytes.map_err(|error| {
            let code = Code::new(Subject::Project, Mistake::Unreadable);
            vec![Diagnostic::about_file(code, &safe_path(&path), error.to_string(), None)]
        });
        let read = read.and_then(|text| project::read(&path, &text, &seen));
        let said = read.map_err(|wrong| render(&wrong))?;
        Ok(Self {
            root: Some(seen),
            given,
            said,
        })
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

    /// Rigs: those that were named, else those of the project; none where nothing is said.
    pub fn rigs(&self, named: &[PathBuf]) -> Vec<PathBuf> {
        if named.is_empty() { &self.said.rigs } else { named }.to_vec()
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
        let mut all = std::iter::once(PathBuf::from("fixtures")).chain(top).chain(beside);
        Ok(Shelf::new(all.find(|folder| folder.is_dir())))
    }
}
