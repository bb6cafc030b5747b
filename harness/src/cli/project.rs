//! Where a user stands: their own scenarios and fixtures, and the `pump-hil.toml` at the top of their repository that names them.

use super::exit::CliError;
use super::inputs::render;
use pump_hil_model::diagnostic::{Diagnostic, suggest};
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::Shelf;
use pump_hil_rig::files::read_bounded;
use pump_hil_rig::shelf::is_path;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, Value};

/// The file's name.
pub(super) const FILE: &str = "pump-hil.toml";

/// What it can say.
const KEYS: &[&str] = &["scenarios", "fixtures", "rig", "out"];

/// Where a user stands, and what is meant where they name nothing.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The folder that `pump-hil.toml` stands in, as seen from here.
    root: Option<PathBuf>,
    /// `--fixtures`.
    given: Option<PathBuf>,
    scenarios: Vec<PathBuf>,
    fixtures: Option<PathBuf>,
    rigs: Vec<PathBuf>,
    out: Option<PathBuf>,
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
        let read = read.and_then(|text| Read::of(&path, &text, &seen));
        let mut project = read.map_err(|wrong| render(&wrong))?;
        (project.root, project.given) = (Some(seen), given);
        Ok(project)
    }

    /// Scenarios: those that were named, else those of the project, else the folder `scenarios` here.
    pub fn scenarios(&self, named: &[PathBuf]) -> Vec<PathBuf> {
        match (named, self.scenarios.as_slice(), &self.root) {
            ([], [], Some(root)) => vec![root.join("scenarios")],
            ([], [], None) => vec![PathBuf::from("scenarios")],
            ([], of_project, _) => of_project.to_vec(),
            (named, _, _) => named.to_vec(),
        }
    }

    /// Rigs: those that were named, else those of the project; none where nothing is said.
    pub fn rigs(&self, named: &[PathBuf]) -> Vec<PathBuf> {
        if named.is_empty() { &self.rigs } else { named }.to_vec()
    }

    /// The folder of fixtures that was named on the command line.
    pub fn given(&self) -> Option<&Path> {
        self.given.as_deref()
    }

    /// The folder in which each run makes one of its own.
    pub fn runs(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from("pump-hil-runs"))
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
        if self.fixtures.is_some() {
            return Ok(Shelf::new(self.fixtures.clone()));
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

/// A `pump-hil.toml` that is being read.
struct Read<'a> {
    path: &'a Path,
    text: &'a str,
    root: &'a Path,
    wrong: Vec<Diagnostic>,
}

impl Read<'_> {
    fn of(path: &Path, text: &str, root: &Path) -> Result<Project, Vec<Diagnostic>> {
        let mut read = Read {
            path,
            text,
            root,
            wrong: Vec::new(),
        };
        let mut project = Project::default();
        match Document::parse(text) {
            Ok(document) => {
                for (key, item) in document.iter() {
                    let span = document.key(key).and_then(toml_edit::Key::span);
                    read.key(key, span, item, &mut project);
                }
            }
            Err(error) => read.tell(Mistake::Syntax, error.span(), error.message().to_owned(), None),
        }
        if read.wrong.is_empty() {
            Ok(project)
        } else {
            Err(read.wrong)
        }
    }

    fn key(&mut self, key: &str, span: Option<std::ops::Range<usize>>, item: &Item, project: &mut Project) {
        match key {
            "scenarios" => project.scenarios = self.paths(key, item, true, |_| true),
            "fixtures" => project.fixtures = self.paths(key, item, false, |_| true).pop(),
            // A name is looked up; what has a folder or an ending is a file.
            "rig" => project.rigs = self.paths(key, item, true, is_path),
            "out" => {
                project.out = self
                    .paths(key, item, false, |_| false)
                    .pop()
                    .map(|out| self.root.join(out))
            }
            other => {
                let message = format!("unknown key `{other}` in {FILE}");
                self.tell(Mistake::UnknownKey, span, message, suggest(other, KEYS.iter().copied()));
            }
        }
    }

    /// The paths that a key holds, a text or, where `many`, a list of them. Which of them are there already is told by `there`.
    fn paths(&mut self, key: &str, item: &Item, many: bool, there: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let one;
        let values: Vec<&Value> = match item.as_value() {
            Some(Value::Array(list)) if many => list.iter().collect(),
            Some(value) => {
                one = value;
                vec![one]
            }
            None => Vec::new(),
        };
        if values.is_empty() {
            let wanted = if many { "a text or a list of texts" } else { "a text" };
            self.tell(
                Mistake::WrongKind,
                item.span(),
                format!("`{key}` must be {wanted}"),
                None,
            );
        }
        let mut paths = Vec::new();
        for value in values {
            let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
                self.tell(
                    Mistake::WrongKind,
                    value.span(),
                    format!("`{key}` must be a text that is not empty"),
                    None,
                );
                continue;
            };
            let named = Path::new(text);
            if !there(named) {
                paths.push(named.to_owned());
                continue;
            }
            let path = self.root.join(named);
            if !path.exists() {
                let message = format!("there is no `{}`", safe_path(named));
                let help = format!("paths are relative to the folder of {FILE}");
                self.tell(Mistake::Reference, value.span(), message, Some(help));
            }
            paths.push(path);
        }
        paths
    }

    fn tell(&mut self, mistake: Mistake, span: Option<std::ops::Range<usize>>, message: String, help: Option<String>) {
        let code = Code::new(Subject::Project, mistake);
        let (file, span) = (safe_path(self.path), span.unwrap_or(0..0));
        let range = (span.start, span.end);
        self.wrong.push(Diagnostic::at(
            code,
            &file,
            self.text,
            range,
            message,
            String::new(),
            help,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Project, Vec<String>> {
        let read = Read::of(Path::new(FILE), text, Path::new("../fixtures"));
        read.map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn folders_are_relative_to_the_file_and_a_rig_may_be_a_name() {
        let text = "scenarios = [\"drugs\", \"rigs\"]\nrig = [\"serial\", \"rigs/sim.yaml\"]\nout = \"results\"\n";
        let project = read(text).unwrap();
        let under = |path: &str| Path::new("../fixtures").join(path);
        assert_eq!(project.scenarios(&[]), [under("drugs"), under("rigs")]);
        assert_eq!(project.rigs(&[]), [PathBuf::from("serial"), under("rigs/sim.yaml")]);
        assert_eq!(project.runs(), under("results"));
        let named = [PathBuf::from("here.yaml")];
        assert_eq!(project.scenarios(&named), named, "what is named goes before it");
    }

    #[test]
    fn all_mistakes_are_told_with_line_and_column() {
        let wrong = read("scenario = \"drugs\"\nfixtures = \"nowhere\"\nrig = 3\nout = [\"a\"]\n").unwrap_err();
        assert_eq!(
            wrong,
            [
                "pump-hil.toml:1:1: unknown key `scenario` in pump-hil.toml (did you mean `scenarios`?)",
                "pump-hil.toml:2:12: there is no `nowhere` (paths are relative to the folder of pump-hil.toml)",
                "pump-hil.toml:3:7: `rig` must be a text that is not empty",
                "pump-hil.toml:4:7: `out` must be a text that is not empty",
            ]
        );
        let wrong = read("scenarios = \"drugs\nrig = 1\n").unwrap_err();
        assert!(wrong[0].starts_with("pump-hil.toml:1:"), "{wrong:?}");
    }
}
