//! The cases that a run played, by the journals that it left: `show` chooses among them as `run` does among scenarios.

use super::again::{One, found_from_here, results_of};
use super::args::Select;
use super::chosen::Chosen;
use super::exit::CliError;
use crate::journal;
use crate::report::{counted, quoted};
use pump_hil_model::case::Case;
use pump_hil_model::safe_text::{safe, safe_path};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Cases that are named to choose from.
const NAMED: usize = 20;

/// A case that was played once.
#[derive(Debug)]
pub(super) struct Played {
    /// Its journal.
    pub journal: PathBuf,
    /// Which time it was, where each case was played several times.
    pub round: Option<u32>,
    /// `CASE@RIG`, with `~N` for the N-th time: the name of the journal, without its ending.
    label: String,
    rig: String,
    /// The scenario's file, as it was found when it ran.
    file: PathBuf,
    /// The case; `None` where the journal's header cannot be read.
    case: Option<Case>,
    /// Its verdict; empty where the run left none.
    verdict: String,
}

/// A run, and all that it played.
pub(super) struct Run<'a> {
    folder: &'a Path,
    /// The folder was named by the person.
    named: bool,
    played: Vec<Played>,
    /// What its report says, also of cases that have no journal because the rig lacks what they need.
    report: Vec<One>,
}

impl<'a> Run<'a> {
    /// Reads the journals of a run's folder, as far as their headers.
    pub fn read(folder: &'a Path, named: bool) -> Result<Self, CliError> {
        let entries = std::fs::read_dir(folder).map_err(|error| no_run(folder, &error))?;
        let mut report: Vec<One> = results_of(folder).collect();
        report
            .iter_mut()
            .for_each(|one| one.file = found_from_here(folder, &one.file));
        let mut journals: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        journals.retain(|path| journal::is_one(path));
        journals.sort();
        Ok(Self {
            folder,
            named,
            played: journals.into_iter().map(|path| played(path, &report)).collect(),
            report,
        })
    }

    /// Those that are meant, at least one.
    ///
    /// # Errors
    /// None is, or the expression is wrong.
    pub fn chosen(&self, what: &[PathBuf], filter: Option<&str>) -> Result<Vec<&Played>, CliError> {
        let select = |what: &[PathBuf]| Select {
            what: what.to_vec(),
            filter: filter.map(str::to_owned),
        };
        if what.is_empty() {
            return self.of(&select(&[]), None);
        }
        let mut found: Vec<&Played> = Vec::new();
        for one in what {
            let named = one.to_string_lossy();
            let more = match named.rsplit_once('@') {
                _ if one.exists() => self.of(&select(std::slice::from_ref(one)), None)?,
                _ if self.played.iter().any(|played| played.label == named) => {
                    self.played.iter().filter(|played| played.label == named).collect()
                }
                Some((case, rig)) => self.of(&select(&[PathBuf::from(case)]), Some(rig))?,
                None => self.of(&select(std::slice::from_ref(one)), None)?,
            };
            found.extend(more);
        }
        let mut seen = BTreeSet::new();
        found.retain(|played| seen.insert(&played.journal));
        Ok(found)
    }

    /// Those that this selects, on this rig where one is named.
    fn of(&self, select: &Select, rig: Option<&str>) -> Result<Vec<&Played>, CliError> {
        let mut known: Vec<(String, PathBuf)> = self.played.iter().map(Played::scenario).collect();
        // These may have left no journal.
        let others = self.report.iter();
        let others = others.filter(|one| ["skipped", "inconclusive"].contains(&one.verdict.as_str()));
        known.extend(others.map(|one| (one.name.clone(), one.file.clone())));
        known.dedup();
        let folder = safe_path(self.folder);
        let all = format!("`pump-hil show{}` lists what ran in `{folder}`", self.option());
        let chosen = Chosen::among(select, &known, &all)?;
        let is_meant = |played: &&Played| match &played.case {
            Some(case) => chosen.picks(&played.file, case),
            // All that is known of it is its name.
            None => select.filter.is_none() && select.what.iter().all(|what| *what == Path::new(played.name())),
        };
        let meant: Vec<&Played> = self.played.iter().filter(is_meant).collect();
        if meant.is_empty() {
            let cases = self.played.iter();
            let cases = cases.filter_map(|played| Some((played.case.as_ref()?, played.file.clone())));
            return Err(match select.filter {
                Some(_) => chosen.nothing(cases, &all),
                None => self.not_played(select, &all),
            });
        }
        let on_it: Vec<&Played> = meant.iter().copied().filter(|played| played.is_on(rig)).collect();
        match (on_it.is_empty(), rig) {
            (true, Some(rig)) if self.report.iter().any(|one| one.rig == rig && is_among(one, &meant)) => {
                Err(CliError::usage(format!(
                    "in `{folder}` it did not begin on `{}`, so there is no journal of it there; results.json says why",
                    safe(rig)
                )))
            }
            (true, Some(rig)) => {
                let rigs: BTreeSet<String> = meant.iter().map(|played| safe(&played.rig)).collect();
                let rigs = rigs.into_iter().collect::<Vec<_>>().join(", ");
                Err(CliError::usage(format!(
                    "in `{folder}` it did not run on a rig `{}`, but on {rigs}",
                    safe(rig)
                )))
            }
            _ => Ok(on_it),
        }
    }

    /// That what was named has no journal here, and why.
    fn not_played(&self, select: &Select, all: &str) -> CliError {
        let folder = safe_path(self.folder);
        let what: Vec<String> = select.what.iter().map(safe_path).collect();
        let what = what.join(", ");
        let skipped = self.report.iter().find(|one| {
            let is_named = |what: &PathBuf| *what == Path::new(&one.name) || *what == one.file;
            one.verdict == "skipped" && select.what.iter().any(is_named)
        });
        let is_named = |one: &&One| {
            select
                .what
                .iter()
                .any(|what| *what == Path::new(&one.name) || *what == one.file)
        };
        if let (Some(one), None) = (self.report.iter().find(is_named), skipped) {
            return CliError::usage(format!(
                "`{}` was {} on `{}` in `{folder}` before it began, so there is no journal of it; results.json says why",
                safe(&one.name),
                safe(&one.verdict),
                safe(&one.rig)
            ));
        }
        CliError::usage(match (skipped, what.is_empty()) {
            (Some(one), _) => format!(
                "`{}` was skipped in `{folder}`, so there is no journal of it; `pump-hil list {} --rig {}` says what the rig lacks",
                safe(&one.name),
                quoted(&one.name),
                quoted(&one.rig)
            ),
            (None, true) => format!("there is no journal in `{folder}`; name a journal, or `--run DIR`"),
            (None, false) => format!("no case of `{what}` was run in `{folder}`; {all}"),
        })
    }

    /// What is to be added to a command that is about this run.
    fn option(&self) -> String {
        match self.named {
            true => format!(" --run {}", quoted(&self.folder.to_string_lossy())),
            false => String::new(),
        }
    }

    /// How to choose one of several, each with its command.
    pub fn to_choose(&self, several: &[&Played]) -> String {
        let mut text = format!("{}: choose one\n", what_they_are(several));
        let mut several = several.to_vec();
        // It is stable: of each kind they keep their order.
        several.sort_by_key(|played| played.verdict == "passed");
        let verdicts = several.iter().take(NAMED).map(|played| played.verdict.len());
        let width = verdicts.max().unwrap_or(0);
        for played in several.iter().take(NAMED) {
            let command = format!("pump-hil show {}{}", quoted(&played.label), self.option());
            text.push_str(&format!("  {:<width$}  {command}\n", safe(&played.verdict)));
        }
        if several.len() > NAMED {
            text.push_str(&format!(
                "  and {} more: name a case, or `--filter` them\n",
                several.len() - NAMED
            ));
        }
        text
    }
}

impl Played {
    /// The case's name, as the journal's file has it.
    fn name(&self) -> &str {
        self.label.rsplit_once('@').map_or(&*self.label, |(name, _)| name)
    }

    /// The name of its scenario and its file.
    fn scenario(&self) -> (String, PathBuf) {
        let name = self.case.as_ref().map_or(self.name(), |case| &case.scenario);
        (name.to_owned(), self.file.clone())
    }

    /// Whether it ran on this rig; `RIG~N` is the N-th time there.
    fn is_on(&self, rig: Option<&str>) -> bool {
        rig.is_none_or(|rig| self.rig == rig || self.label.rsplit_once('@').is_some_and(|(_, on)| on == rig))
    }
}

/// Whether a case of the report is one of these, on whatever rig.
fn is_among(one: &One, played: &[&Played]) -> bool {
    let name = |played: &&&Played| played.case.as_ref().map(Case::name);
    played.iter().any(|played| name(&played).as_ref() == Some(&one.name))
}

/// What a journal says at its begin, and what the run's report says of it.
fn played(path: PathBuf, report: &[One]) -> Played {
    let label = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let header = journal::open(&path).ok().map(|reader| reader.into_parts().0);
    let on = label.rsplit_once('@').map_or("", |(_, on)| on);
    let (on, round) = match on.rsplit_once('~').map(|(rig, round)| (rig, round.parse().ok())) {
        Some((rig, round @ Some(_))) => (rig, round),
        _ => (on, None),
    };
    let rig = header
        .as_ref()
        .map_or_else(|| on.to_owned(), |header| header.rig.clone());
    let case = header.map(|header| header.case);
    let name = case.as_ref().map(Case::name);
    let told = report
        .iter()
        .find(|one| Some(&one.name) == name.as_ref() && one.rig == rig && one.round == round);
    let own = || case.as_ref().map(|case| PathBuf::from(&case.file)).unwrap_or_default();
    Played {
        round,
        rig,
        file: told.map_or_else(own, |one| one.file.clone()),
        verdict: told.map_or_else(String::new, |one| one.verdict.clone()),
        case,
        label,
        journal: path,
    }
}

/// What several have in common.
fn what_they_are(several: &[&Played]) -> String {
    let names: BTreeSet<&str> = several.iter().map(|played| played.name()).collect();
    let rigs: BTreeSet<&str> = several.iter().map(|played| &*played.rig).collect();
    let name = names.first().map_or_else(String::new, |name| safe(name));
    match (names.len(), rigs.len()) {
        (1, 1) => format!("`{name}` ran {} in this run", counted(several.len(), "time")),
        (1, rigs) => format!("`{name}` ran on {}", counted(rigs, "rig")),
        _ => format!("{} are meant", counted(several.len(), "case")),
    }
}

/// That there is no run to look into.
fn no_run(folder: &Path, error: &std::io::Error) -> CliError {
    let shown = safe_path(folder);
    CliError::usage(match error.kind() {
        std::io::ErrorKind::NotFound => format!(
            "there is no run in `{shown}` to look for a case; `pump-hil run` makes one, and a journal or `--run DIR` names another"
        ),
        _ => format!("cannot read the run in `{shown}`: {error}; name a journal, or `--run DIR`"),
    })
}
