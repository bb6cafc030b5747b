//! `pump-hil review`: dose logs that wait for a person.

mod at_terminal;
mod found;
mod pager;
mod terminal;

pub(super) use terminal::leave as leave_terminal;

use super::again;
use super::args::{Review, Select};
use super::chosen::Chosen;
use super::colour;
use super::exit::{CliError, Exit};
use super::inputs::Group;
use super::print::eprint_styled;
use super::project::Project;
use crate::files;
use crate::snapshot::{self, By, Choice, Lines, Meant};
use at_terminal::AtTerminal;
use pump_hil_model::case::Case;
use pump_hil_rig::host_time;
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use terminal::Terminal;

pub(super) fn review(args: &Review, project: &Project) -> Result<Exit, CliError> {
    let Ok((meant, is_broken)) = meant(&args.select, project)? else {
        return Ok(Exit::Usage);
    };
    let by = By::this_person(host_time::utc(), args.reason.clone()).map_err(CliError::usage)?;
    let colour = colour::wanted(std::io::stdout().is_terminal());
    let terminal = if args.all {
        None
    } else {
        Terminal::open().map_err(CliError::rig)?
    };
    let reviewed = match terminal {
        Some(terminal) => {
            let mut person = AtTerminal::new(terminal, colour);
            let reviewed = snapshot::review(&meant, None, &mut person, &by);
            // A terminal that was closed cannot be told how it ended.
            if person.stopped {
                return Ok(Exit::Interrupted);
            }
            reviewed
        }
        None => {
            let mut person = Lines::new(std::io::stdin().lock(), std::io::stdout().lock(), colour);
            snapshot::review(&meant, args.all.then_some(Choice::Accept), &mut person, &by)
        }
    };
    let reviewed = reviewed.map_err(CliError::usage)?;
    Ok(
        match (reviewed.wrong.is_empty() && !is_broken, reviewed.waiting.is_empty()) {
            (false, _) => Exit::Usage,
            (true, false) => Exit::Failed,
            (true, true) => Exit::Passed,
        },
    )
}

/// Whether dose logs lie in a folder, whatever it is called.
fn holds_logs(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .into_iter()
        .any(|name| name.ends_with(".snap") || name.ends_with(".snap.new"))
}

/// What is meant where nothing is named: the project's scenarios, and those beside which logs of the last run wait.
fn all_of(project: &Project) -> Vec<PathBuf> {
    let own = project.scenarios(&[]);
    let real = |path: &PathBuf| path.canonicalize().ok();
    let known: Vec<PathBuf> = own.iter().filter_map(real).collect();
    let of_last_run = again::folders_that_wait(project).into_iter();
    let mut all: Vec<PathBuf> = of_last_run.filter(|folder| !known.contains(folder)).collect();
    // Where there is none at all, it is told which one is missing.
    let there = own.iter().filter(|path| path.exists()).cloned();
    all.splice(0..0, there);
    if all.is_empty() { own } else { all }
}

/// What was named, sorted by what it is.
#[derive(Default)]
struct Named {
    /// Folders of dose logs.
    logs: Vec<PathBuf>,
    /// Folders of runs.
    runs: Vec<PathBuf>,
    /// Scenarios, by name, file or folder.
    scenarios: Vec<PathBuf>,
    /// Logs that wait.
    waiting: Vec<PathBuf>,
}

impl Named {
    fn add(&mut self, what: PathBuf, filtered: bool) {
        if found::is_run(&what) {
            return self.runs.push(what);
        }
        if what.is_file() && snapshot::waits(&what) {
            return self.waiting.push(what);
        }
        if what.is_dir() && (what.ends_with("snapshots") || holds_logs(&what)) {
            return self.logs.push(what);
        }
        // A log may wait whose scenario is wrong by now, or gone: of a whole folder none needs to be read.
        let root = files::folder_of(&what).ok();
        let is_whole = root.is_some_and(|root| what.canonicalize().is_ok_and(|real| real == root));
        if filtered || !is_whole {
            return self.scenarios.push(what);
        }
        let (runs, mut logs): (Vec<_>, Vec<_>) = found::below(&what)
            .into_iter()
            .partition(|folder| found::is_run(folder));
        if logs.is_empty() && runs.is_empty() {
            logs.push(what.join("snapshots"));
        }
        self.runs.extend(runs);
        self.logs.extend(logs);
    }
}

/// The folders of what was named, and whether a run is not as it was left, which was told. `Err`: something is wrong with the scenarios, and was told.
fn meant(select: &Select, project: &Project) -> Result<Result<(Vec<Meant>, bool), ()>, CliError> {
    // The top of a project stands for all that is in it.
    let (tops, mut what): (Vec<PathBuf>, Vec<PathBuf>) =
        select.what.iter().cloned().partition(|what| project.is_top(what));
    let all = select.what.is_empty() || !tops.is_empty();
    if all {
        what.extend(all_of(project));
    }
    let mut named = Named::default();
    for what in what {
        named.add(what, select.filter.is_some());
    }
    let mut meant: Vec<Meant> = named.logs.into_iter().map(Meant::all_in).collect();
    // An expression asks for the cases of a run's folder, too.
    let of_run_alone = named.scenarios.is_empty() && !named.runs.is_empty() && select.filter.is_some();
    let what = match of_run_alone {
        true => project.scenarios(&[]),
        false => named.scenarios,
    };
    let mut only = None;
    if !what.is_empty() {
        let filter = select.filter.clone();
        let chosen = Chosen::of(&Select { what, filter }, project)?;
        let groups = match chosen.load(&project.shelf(&chosen.paths)?, &[])? {
            Ok(groups) => groups,
            Err(diagnostics) => {
                eprint_styled(&diagnostics);
                return Ok(Err(()));
            }
        };
        let names = |group: &Group| group.cases.iter().map(Case::name).collect::<BTreeSet<_>>();
        only = Some(groups.iter().flat_map(names).collect());
        let of = |group: &Group| Meant {
            only: Some(names(group)),
            ..Meant::all_in(group.folder.join("snapshots"))
        };
        meant.extend(groups.iter().filter(|_| !of_run_alone).map(of));
    }
    let last = project.runs().join("latest");
    let is_meant = all || (only.is_some() && !of_run_alone);
    if is_meant && found::is_run(&last) && !named.runs.contains(&last) {
        named.runs.push(last);
    }
    let mut is_broken = false;
    for run in &named.runs {
        meant.extend(found::in_run(run, project, only.as_ref(), &mut is_broken)?);
    }
    for file in &named.waiting {
        meant.extend(found::one(file, project, &mut is_broken)?);
    }
    meant.iter_mut().for_each(found::compare_scenarios);
    let waits = |run: &PathBuf| snapshot::waiting(run).map_or(true, |waiting| !waiting.is_empty());
    match (
        meant.is_empty(),
        !named.waiting.is_empty() || named.runs.iter().any(waits),
    ) {
        (false, _) => Ok(Ok((meant, is_broken))),
        (true, false) => Ok(Ok((named.runs.into_iter().map(Meant::all_in).collect(), is_broken))),
        (true, true) => Err(CliError::usage(
            "of what was named, no dose log of this project waits for review",
        )),
    }
}
