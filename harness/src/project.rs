//! `pump-hil.toml`, at the top of a user's repository: what is meant where they name nothing.

use pump_hil_model::diagnostic::{Diagnostic, suggest};
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::yaml::check::short;
use pump_hil_rig::shelf::is_path;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, Value};

/// The file's name.
pub const FILE: &str = "pump-hil.toml";

/// What it can say.
pub const KEYS: &[&str] = &["scenarios", "fixtures", "rig", "out"];

/// Mistakes that are told.
const TOLD_MAX: usize = 100;

/// What a `pump-hil.toml` says; its paths as seen from here.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Said {
    /// Files and folders of scenarios.
    pub scenarios: Vec<PathBuf>,
    /// The folder of the user's own fixtures.
    pub fixtures: Option<PathBuf>,
    /// Rigs, by file or name.
    pub rigs: Vec<PathBuf>,
    /// For each of them what is told where there is none of this name: whether there is one, this file alone does not say.
    pub unknown_rigs: Vec<Diagnostic>,
    /// The folder in which each run makes one of its own.
    pub out: Option<PathBuf>,
}

/// A `pump-hil.toml` that is being read.
struct Read<'a> {
    path: &'a Path,
    text: &'a str,
    root: &'a Path,
    wrong: Vec<Diagnostic>,
}

/// Reads the text of a `pump-hil.toml`, which stands at `path`; what it names is relative to `root`, its folder.
///
/// # Errors
/// All that is wrong with it.
pub fn read(path: &Path, text: &str, root: &Path) -> Result<Said, Vec<Diagnostic>> {
    let mut read = Read {
        path,
        text,
        root,
        wrong: Vec::new(),
    };
    let mut said = Said::default();
    match Document::parse(text) {
        Ok(document) => {
            for (key, item) in document.iter() {
                let span = document.key(key).and_then(toml_edit::Key::span);
                read.key(key, span, item, &mut said);
            }
        }
        Err(error) => read.tell(Mistake::Syntax, error.span(), error.message().to_owned(), None),
    }
    if read.wrong.is_empty() {
        Ok(said)
    } else {
        Err(read.wrong)
    }
}

impl Read<'_> {
    fn key(&mut self, key: &str, span: Option<std::ops::Range<usize>>, item: &Item, said: &mut Said) {
        match key {
            "scenarios" => said.scenarios = self.paths(key, item, true, |_| true),
            "fixtures" => said.fixtures = self.paths(key, item, false, |_| true).pop(),
            // A name is looked up; what has a folder or an ending is a file.
            "rig" => {
                said.rigs = self.paths(key, item, true, is_path);
                said.unknown_rigs = self.unknown(item);
            }
            "out" => {
                said.out = self
                    .paths(key, item, false, |_| false)
                    .pop()
                    .map(|out| self.root.join(out))
            }
            other => {
                let message = format!("unknown key `{}` in {FILE}", short(other));
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
                let message = format!("there is no `{}`", short(&safe_path(named)));
                let help = format!("paths are relative to the folder of {FILE}");
                self.tell(Mistake::Reference, value.span(), message, Some(help));
            }
            paths.push(path);
        }
        paths
    }

    /// What is told of each name of a rig that nobody knows.
    fn unknown(&self, item: &Item) -> Vec<Diagnostic> {
        let values: Vec<&Value> = match item.as_value() {
            Some(Value::Array(list)) => list.iter().collect(),
            one => one.into_iter().collect(),
        };
        let told = values.into_iter().filter_map(|value| {
            let message = format!("there is no rig `{}`", short(value.as_str()?));
            Some(self.diagnostic(Mistake::Reference, value.span(), message, None))
        });
        told.collect()
    }

    fn tell(&mut self, mistake: Mistake, span: Option<std::ops::Range<usize>>, message: String, help: Option<String>) {
        // More of them nobody reads.
        if self.wrong.len() >= TOLD_MAX {
            return;
        }
        let told = self.diagnostic(mistake, span, message, help);
        self.wrong.push(told);
    }

    fn diagnostic(
        &self,
        mistake: Mistake,
        span: Option<std::ops::Range<usize>>,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        let code = Code::new(Subject::Project, mistake);
        let (file, span) = (safe_path(self.path), span.unwrap_or(0..0));
        let range = (span.start, span.end);
        Diagnostic::at(code, &file, self.text, range, message, String::new(), help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Said, Vec<String>> {
        let said = read(Path::new(FILE), text, Path::new("../fixtures"));
        said.map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn folders_are_relative_to_the_file_and_a_rig_may_be_a_name() {
        let text = "scenarios = [\"drugs\", \"rigs\"]\nrig = [\"serial\", \"rigs/sim.yaml\"]\nout = \"results\"\n";
        let said = told(text).unwrap();
        let under = |path: &str| Path::new("../fixtures").join(path);
        assert_eq!(said.scenarios, [under("drugs"), under("rigs")]);
        assert_eq!(said.rigs, [PathBuf::from("serial"), under("rigs/sim.yaml")]);
        assert_eq!((said.out, said.fixtures), (Some(under("results")), None));
    }

    #[test]
    fn all_mistakes_are_told_with_line_and_column() {
        let wrong = told("scenario = \"drugs\"\nfixtures = \"nowhere\"\nrig = 3\nout = [\"a\"]\n").unwrap_err();
        assert_eq!(
            wrong,
            [
                "pump-hil.toml:1:1: unknown key `scenario` in pump-hil.toml (did you mean `scenarios`?)",
                "pump-hil.toml:2:12: there is no `nowhere` (paths are relative to the folder of pump-hil.toml)",
                "pump-hil.toml:3:7: `rig` must be a text that is not empty",
                "pump-hil.toml:4:7: `out` must be a text that is not empty",
            ]
        );
        let wrong = told("scenarios = \"drugs\nrig = 1\n").unwrap_err();
        assert!(wrong[0].starts_with("pump-hil.toml:1:"), "{wrong:?}");
    }
}
