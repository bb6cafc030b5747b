//! `pump-hil review`: dose logs that wait for a person.

mod at_terminal;
mod pager;
mod terminal;

pub(super) use terminal::leave as leave_terminal;

use super::again;
use super::args::{Review, Select};
use super::chosen::Chosen;
use super::colour;
use super::exit::{CliError, Exit};
use super::print::eprint_styled;
use super::project::Project;
use crate::files;
use crate::manifest;
use crate::snapshot::{self, By, Choice, Lines, Meant};
use at_terminal::AtTerminal;
use pump_hil_model::case::Case;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::host_time;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use terminal::Terminal;

pub(super) fn review(args: &Review, project: &Project) -> Result<Exit, CliError> {
    let Ok(meant) = meant(&args.select, project)? else {
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
    Ok(match (reviewed.wrong.is_empty(), reviewed.waiting.is_empty()) {
        (false, _) => Exit::Usage,
        (true, false) => Exit::Failed,
        (true, true) => Exit::Passed,
    })
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

/// The folders of what was named. `Err`: something is wrong with the scenarios, and was told.
fn meant(select: &Select, project: &Project) -> Result<Result<Vec<Meant>, ()>, CliError> {
    let own = |what: &PathBuf| what.is_dir() && (what.ends_with("snapshots") || holds_logs(what));
    let whole = |what: &PathBuf| {
        // A log may wait whose scenario is wrong by now, or gone: of a whole folder none needs to be read.
        let root = files::folder_of(what).ok()?;
        let is_whole = what.canonicalize().is_ok_and(|real| real == root);
        (select.filter.is_none() && is_whole).then(|| what.join("snapshots"))
    };
    // The top of a project stands for all that is in it.
    let (tops, mut named): (Vec<PathBuf>, Vec<PathBuf>) =
        select.what.iter().cloned().partition(|what| project.is_top(what));
    if select.what.is_empty() || !tops.is_empty() {
        named.extend(all_of(project));
    }
    let (mut meant, mut others) = (Vec::new(), Vec::new());
    for what in named {
        if what.join(manifest::NAME).is_file() {
            return Err(CliError::usage(format!(
                "`{}` is the folder of a run: copy the dose logs in it (*.snap.new) into the folder `snapshots` beside their scenarios, then `pump-hil review`",
                safe_path(&what)
            )));
        }
        let folder = if own(&what) { Some(what.clone()) } else { whole(&what) };
        match folder {
            Some(folder) => meant.push(Meant { folder, only: None }),
            None => others.push(what),
        }
    }
    if !others.is_empty() {
        let select = Select {
            what: others,
            filter: select.filter.clone(),
        };
        let chosen = Chosen::of(&select, project)?;
        match chosen.load(&project.shelf(&chosen.paths)?, &[])? {
            Ok(groups) => meant.extend(groups.into_iter().map(|group| Meant {
                folder: group.folder.join("snapshots"),
                only: Some(group.cases.iter().map(Case::name).collect()),
            })),
            Err(diagnostics) => {
                eprint_styled(&diagnostics);
                return Ok(Err(()));
            }
        }
    }
    Ok(Ok(meant))
}
