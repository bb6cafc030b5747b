//! Which cases a command is about: names, files and folders, and an expression. One way for all commands.

use super::args::Select;
use super::exit::CliError;
use super::inputs::{self, Group};
use super::names::names;
use super::print::eprint;
use super::project::Project;
use crate::report::{counted, quoted};
use pump_hil_language::catalog::Catalog;
use pump_hil_language::select::Filter;
use pump_hil_model::case::Case;
use pump_hil_model::diagnostic::nearest;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_rig::{RigFile, Shelf};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names that are proposed for one that is not there.
const PROPOSED: usize = 5;

/// What was chosen.
#[derive(Default)]
pub(super) struct Chosen {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Of these files only the rows of these names, `scenario[row]`.
    rows: BTreeMap<PathBuf, BTreeSet<String>>,
    filter: Option<Filter>,
    /// The expression as it was written.
    expression: String,
}

impl Chosen {
    /// Finds the files of what was named.
    pub fn of(select: &Select, project: &Project) -> Result<Self, CliError> {
        let mut chosen = Self::by_expression(select)?;
        if select.what.is_empty() {
            chosen.paths = default_folders(project)?;
        }
        for what in &select.what {
            match project.is_top(what) {
                true => chosen.paths.extend(default_folders(project)?),
                false if what.exists() => chosen.add_path(what),
                false => {
                    let folders = default_folders(project).unwrap_or_default();
                    let known: Vec<(String, PathBuf)> = folders.iter().flat_map(|folder| names(folder)).collect();
                    chosen.add_named(what, &known, "`pump-hil list` shows what there is")?;
                }
            }
        }
        Ok(chosen)
    }

    /// What is meant among scenarios that are known by their names and files, as those of a run, which may stand in no folder any more. `all` says where they
    /// are listed.
    ///
    /// # Errors
    /// The expression is wrong, or there is nothing of what was named.
    pub fn among(select: &Select, known: &[(String, PathBuf)], all: &str) -> Result<Self, CliError> {
        let mut chosen = Self::by_expression(select)?;
        if select.what.is_empty() {
            chosen.paths = known.iter().map(|(_, file)| file.clone()).collect();
        }
        for what in &select.what {
            match what.exists() {
                true => chosen.add_path(what),
                false => chosen.add_named(what, known, all)?,
            }
        }
        Ok(chosen)
    }

    /// Nothing but the expression.
    fn by_expression(select: &Select) -> Result<Self, CliError> {
        let filter = select.filter.as_deref().map(str::parse::<Filter>).transpose();
        Ok(Self {
            filter: filter.map_err(CliError::usage)?,
            expression: select.filter.clone().unwrap_or_default(),
            ..Self::default()
        })
    }

    fn add_path(&mut self, path: &Path) {
        // Named as a whole, too.
        self.rows.remove(path);
        self.paths.push(path.to_owned());
    }

    fn add_named(&mut self, what: &Path, known: &[(String, PathBuf)], all: &str) -> Result<(), CliError> {
        let name = what.to_string_lossy();
        if name.contains('*') {
            return self.add_all(&name, known);
        }
        let (scenario, row) = name
            .split_once('[')
            .map_or((&*name, None), |(scenario, _)| (scenario, Some(&*name)));
        let Some((_, file)) = known.iter().find(|(known, _)| known == scenario) else {
            return Err(no_such(what, known, all));
        };
        match row {
            None => self.add_whole(file),
            Some(row) if self.rows.contains_key(file) || !self.paths.contains(file) => {
                self.rows.entry(file.clone()).or_default().insert(row.to_owned());
            }
            // The whole file was named before.
            Some(_) => {}
        }
        if !self.paths.contains(file) {
            self.paths.push(file.clone());
        }
        Ok(())
    }

    /// Names a file as a whole.
    fn add_whole(&mut self, file: &PathBuf) {
        self.rows.remove(file);
        if !self.paths.contains(file) {
            self.paths.push(file.clone());
        }
    }

    /// All scenarios whose names fit a word with `*` in it, which the shell leaves as it is where no file fits.
    fn add_all(&mut self, word: &str, known: &[(String, PathBuf)]) -> Result<(), CliError> {
        let fits = |(name, _): &&(String, PathBuf)| pump_hil_language::select::fits(word, name);
        let files: Vec<&PathBuf> = known.iter().filter(fits).map(|(_, file)| file).collect();
        files.iter().for_each(|file| self.add_whole(file));
        let shown = safe(word);
        match files.is_empty() {
            false => Ok(()),
            true => Err(CliError::usage(format!(
                "there is no file or scenario whose name fits `{shown}`; `--filter 'name(/flex/)'` finds a part of a name, `--filter 'file(...)'` a file"
            ))),
        }
    }

    /// The cases that are meant, for these rigs, by folder of scenarios; or everything that is wrong with their files, rendered.
    ///
    /// # Errors
    /// None is meant; the message says why.
    pub fn load(&self, shelf: &Shelf, rigs: &[RigFile]) -> Result<Result<Vec<Group>, String>, CliError> {
        match inputs::catalog(shelf, rigs)? {
            Ok(catalog) => self.cases(&catalog),
            Err(diagnostics) => Ok(Err(diagnostics)),
        }
    }

    /// The same, where there is a catalogue already.
    ///
    /// # Errors
    /// None is meant; the message says why.
    pub fn cases(&self, catalog: &Catalog) -> Result<Result<Vec<Group>, String>, CliError> {
        let mut groups = match inputs::cases(&self.paths, catalog)? {
            Ok(groups) => groups,
            Err(diagnostics) => return Ok(Err(diagnostics)),
        };
        self.has_rows(&groups)?;
        let means = |folder: &Path, case: &Case| self.means(&folder.join(&case.file), case);
        let is_meant = |group: &Group| group.cases.iter().any(|case| means(&group.folder, case));
        if !groups.iter().any(is_meant) {
            let all = groups.iter();
            let all = all.flat_map(|group| group.cases.iter().map(|case| (case, group.folder.join(&case.file))));
            return Err(self.nothing(all, "`pump-hil list` shows what there is"));
        }
        if let Some(filter) = &self.filter {
            let all = groups.iter();
            let all = all.flat_map(|group| {
                group
                    .cases
                    .iter()
                    .map(|case| (case, paths_to(&group.folder.join(&case.file))))
            });
            let idle = filter.idle(&all.collect::<Vec<_>>());
            idle.iter()
                .for_each(|what| eprint(&format!("warning: in --filter {}\n", safe(what))));
        }
        for group in &mut groups {
            let all = group.cases.len();
            let folder = group.folder.clone();
            group.cases.retain(|case| means(&folder, case));
            group.whole &= group.cases.len() == all;
        }
        groups.retain(|group| !group.cases.is_empty());
        Ok(Ok(groups))
    }

    /// Whether a case of this file, which need not be read for it, is one of those that are meant.
    pub fn picks(&self, file: &Path, case: &Case) -> bool {
        let holds = |path: &PathBuf| {
            let below = |path: PathBuf| file.canonicalize().is_ok_and(|file| file.starts_with(path));
            path == file || path.canonicalize().is_ok_and(below)
        };
        self.paths.iter().any(holds) && self.means(file, case)
    }

    fn means(&self, file: &Path, case: &Case) -> bool {
        let of_file = || self.rows.iter().find(|(named, _)| same_file(named, file));
        let by_row = self.rows.is_empty() || of_file().is_none_or(|(_, rows)| rows.contains(&case.name()));
        let paths = || paths_to(file);
        by_row && self.filter.as_ref().is_none_or(|filter| filter.selects(case, &paths()))
    }

    /// Each row that was named is one of its table.
    fn has_rows(&self, groups: &[Group]) -> Result<(), CliError> {
        let all: Vec<String> = groups.iter().flat_map(|group| &group.cases).map(Case::name).collect();
        let missing = |row: &&String| !all.contains(row);
        let Some(row) = self.rows.values().flatten().find(missing) else {
            return Ok(());
        };
        let meant = nearest(row, all.iter().map(String::as_str));
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{}`?", safe(meant)));
        Err(CliError::usage(format!("there is no case `{}`{meant}", safe(row))))
    }

    /// That the expression selects none of these cases, each with its file, and why; `listed` says where all are listed.
    pub fn nothing<'c>(&self, all: impl Iterator<Item = (&'c Case, PathBuf)>, listed: &str) -> CliError {
        let found: Vec<(&Case, Vec<String>)> = all.map(|(case, file)| (case, paths_to(&file))).collect();
        CliError::usage(match &self.filter {
            Some(filter) => format!(
                "--filter '{}' selects none of {}: {}; {listed}",
                safe(&self.expression),
                counted(found.len(), "case"),
                safe(&filter.why_none(&found))
            ),
            None => "there is no scenario in the files and folders that you named".to_owned(),
        })
    }
}

/// The ways in which a person who stands here writes the path of a file.
fn paths_to(file: &Path) -> Vec<String> {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let here = here.unwrap_or_default();
    let whole = file.canonicalize().unwrap_or_else(|_| here.join(file));
    let shared = |above: &&Path| whole.starts_with(above);
    let (up, above) = here
        .ancestors()
        .enumerate()
        .find(|(_, above)| shared(above))
        .unwrap_or((0, &here));
    let down = whole.strip_prefix(above).unwrap_or(&whole);
    let near: PathBuf = std::iter::repeat_n(Path::new(".."), up).chain([down]).collect();
    let near = near.to_string_lossy();
    vec![
        near.to_string(),
        format!("./{near}"),
        whole.to_string_lossy().into_owned(),
    ]
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Where scenarios are looked for if nothing is named.
fn default_folders(project: &Project) -> Result<Vec<PathBuf>, CliError> {
    let folders = project.scenarios(&[]);
    match folders.iter().find(|folder| !folder.exists()) {
        None => Ok(folders),
        Some(folder) => Err(CliError::usage(format!(
            "there is no folder `{}` here; name scenario files, or folders of them",
            safe_path(folder)
        ))),
    }
}

/// That something named is not there, and what may have been meant.
fn no_such(what: &Path, known: &[(String, PathBuf)], all: &str) -> CliError {
    let name = what.to_string_lossy();
    if name.contains('(') && name.parse::<Filter>().is_ok() {
        let expression = quoted(&name);
        return CliError::usage(format!(
            "there is no file, folder or scenario {expression}; an expression stands behind `--filter`: `--filter {expression}`"
        ));
    }
    let told = format!("there is no file, folder or scenario `{}`", safe_path(what));
    let stem = what.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let near: Vec<String> = match beside(what) {
        paths if !paths.is_empty() => paths.iter().map(safe_path).collect(),
        _ => near_names(&stem, known).into_iter().map(safe).collect(),
    };
    if near.is_empty() {
        return CliError::usage(format!("{told}; {all}"));
    }
    let near_words: Vec<String> = near.iter().take(PROPOSED).map(|name| format!("`{name}`")).collect();
    let more = match near.len() {
        1 => String::new(),
        count => format!(" `--filter {}` takes all {count} that hold this word", safe(&stem)),
    };
    CliError::usage(format!("{told}; did you mean {}?{more}", near_words.join(" or ")))
}

/// Names that hold a word, else the one that is nearest by its letters.
fn near_names<'n>(word: &str, known: &'n [(String, PathBuf)]) -> Vec<&'n str> {
    // Each once: a case may have run several times.
    let names: BTreeSet<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let holds = names.iter().filter(|name| !word.is_empty() && name.contains(word));
    let holds: Vec<&str> = holds.copied().collect();
    match holds.is_empty() {
        true => nearest(word, names).into_iter().collect(),
        false => holds,
    }
}

/// Files and folders that a path was perhaps meant to be: with its ending, or the nearest in its folder.
fn beside(what: &Path) -> Vec<PathBuf> {
    let with_ending = ["yaml", "yml"].map(|ending| {
        let mut path = what.as_os_str().to_owned();
        path.push(format!(".{ending}"));
        PathBuf::from(path)
    });
    if let Some(path) = with_ending.into_iter().find(|path| path.is_file()) {
        return vec![path];
    }
    let (Some(folder), Some(name)) = (what.parent(), what.file_name()) else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let there: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let near = nearest(&name.to_string_lossy(), there.iter().map(String::as_str)).map(|near| match what.parent() {
        Some(parent) => parent.join(near),
        None => PathBuf::from(near),
    });
    near.into_iter()
        .filter(|path| path.is_dir() || path.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .collect()
}
