//! `pump-hil run`: the main job.

use super::args::Run;
use super::exit::{Came, CliError, Exit};
use super::feasible;
use super::inputs;
use super::inputs::Group;
use super::out::{self, OutFolder};
use super::print::{eprint, eprint_styled, print};
use super::progress;
use super::project::Project;
use super::snapshots;
use super::summary::Summary;
use crate::descriptors;
use crate::interrupt;
use crate::report::{Asked, ScenarioResult, counted, terminal};
use crate::reporter::{Ended, ManifestFile, ReportFile, Reporter, Reporters};
use crate::safety::{guarded_by, state_folder};
use crate::snapshot::{Snapshots, Update};
use crate::suite::{self, Batch, Settings};
use pump_hil_language::select::{Filter, Shard};
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{RigFile, host_time};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) fn run(args: &Run, project: &Project) -> Result<Exit, CliError> {
    let update = if args.accept {
        Update::accept(host_time::utc(), args.reason.clone()).map_err(CliError::usage)?
    } else {
        Update::from_env()
    };
    // Before anything else: also where the files turn out to be wrong, what an earlier run left there must not be taken for this one's.
    let taken = args.out.as_deref().filter(|folder| !args.dry_run && folder.is_dir());
    let taken = taken.map(|folder| OutFolder::open(folder.to_owned())).transpose()?;
    let work = match work(args, project, &update)? {
        Ok(work) => work,
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    if args.dry_run {
        let tables: Vec<String> = work.rigs.iter().map(|rig| feasible::table(&work.groups, rig)).collect();
        print(&tables.join("\n"))?;
        return Ok(Exit::Passed);
    }
    let out = || args.out.clone().unwrap_or_else(|| out::new_run_folder(&project.runs()));
    let out = taken.map_or_else(|| OutFolder::open(out()), Ok)?;
    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    if let Ok(program) = std::env::current_exe() {
        guarded_by(program);
    }
    let reporters: Vec<Box<dyn Reporter>> = vec![
        progress::reporter(args.progress),
        Box::new(ReportFile::json(out.path())),
        Box::new(ReportFile::junit(out.path())),
        Box::new(ManifestFile::new(out.path())),
        Box::new(Summary::new(args.verbose)),
    ];
    let mut reporters = Reporters::new(reporters);
    let ended = suite::run(&batches(args, &work, out.path()), &interrupt, &mut reporters);
    let mut came = Came::new(ended.interrupted.is_some());
    ended.results.iter().for_each(|result| came.count(result));
    let told = reporters.finish().and_then(|()| print(&last_line(&ended, out.path())));
    if let Err(error) = told {
        // It may be that there is nobody any more who hears it: what the pumps did decides all the same.
        eprint(&format!("error: {error}\n"));
        came.untold(&error);
    }
    work.notes.iter().for_each(|note| eprint(&format!("warning: {note}\n")));
    let exit = came.exit();
    if exit == Exit::Untested {
        let skipped = terminal::skipped(&ended.results).join("; ");
        eprint(&format!(
            "error: no case was played, so nothing was tested: {skipped}\n"
        ));
    }
    Ok(exit)
}

/// Where everything is, and what was not tried.
fn last_line(ended: &Ended, out: &Path) -> String {
    let skipped = |result: &&Arc<ScenarioResult>| matches!(result.outcome.verdict, Verdict::Skipped { .. });
    let skipped = match ended.results.iter().filter(skipped).count() {
        0 => String::new(),
        count => format!("; {} skipped", counted(count, "case")),
    };
    format!(
        "Journals, results.json and junit.xml are in {}{skipped}\n",
        safe_path(out)
    )
}

/// What is to be run: every selected case on every rig.
struct Work {
    rigs: Vec<RigFile>,
    groups: Vec<Group>,
    /// Where the accepted dose logs of each group are.
    snapshots: Vec<Snapshots>,
    /// What is to be said of them when the run is over.
    notes: Vec<String>,
    /// The fixtures that were named.
    fixtures: Option<String>,
}

/// Loads what is to be run; or everything that is wrong with it, rendered.
fn work(args: &Run, project: &Project, update: &Update) -> Result<Result<Work, String>, CliError> {
    let filter = args.filter.as_deref().map(str::parse::<Filter>).transpose();
    let shard = args.shard.as_deref().map(str::parse::<Shard>).transpose();
    let (filter, shard) = (filter.map_err(CliError::usage)?, shard.map_err(CliError::usage)?);
    let paths = project.scenarios(&args.paths.paths);
    let shelf = project.shelf(&paths)?;
    let mut files = project.rigs(&args.rig);
    if files.is_empty() {
        files.push(PathBuf::from("sim"));
    }
    let rigs = match inputs::rigs(&shelf, &files, args.flash.as_deref())? {
        Ok(rigs) => rigs,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let mut groups = match inputs::load(&paths, &shelf, &rigs)? {
        Ok(groups) => groups,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let found = count(&groups);
    let snapshots: Vec<Snapshots> = groups
        .iter()
        .map(|group| snapshots::of(group, update))
        .collect::<Result<_, _>>()?;
    let mut notes = Vec::new();
    if filter.is_none() && shard.is_none() {
        for group in &groups {
            notes.extend(snapshots::orphans(group)?);
        }
    }
    let selected = select(&mut groups, filter.as_ref(), shard);
    if selected == 0 {
        return Err(nothing_selected(args, found));
    }
    if let (0, Some(shard)) = (count(&groups), &args.shard) {
        // Nothing is wrong with it: there are more machines than cases.
        let selected = counted(selected, "case");
        eprint(&format!(
            "of {selected}, `--shard {}` holds none: nothing to do here\n",
            safe(shard)
        ));
    }
    let of_all = groups.iter().zip(&snapshots);
    notes.extend(of_all.filter_map(|(group, snapshots)| snapshots::without_record(group, snapshots)));
    Ok(Ok(Work {
        rigs,
        groups,
        snapshots,
        notes,
        fixtures: project.given().map(named),
    }))
}

/// Cases at the same time, as asked for and as there are descriptors for; where those are fewer, it is told.
fn jobs(args: &Run, work: &Work) -> usize {
    let asked = args.jobs.map_or_else(inputs::processors, usize::from);
    // Neither are more of them than the largest group has cases.
    let most = work.groups.iter().map(|group| group.cases.len()).max().unwrap_or(0);
    let wanted = asked.min(most).max(1);
    let (room, allowed) = descriptors::room(wanted);
    if room < wanted {
        eprint(&format!(
            "{} at a time instead of {wanted}: only {allowed} open files are allowed (`ulimit -n`)\n",
            counted(room, "case")
        ));
    }
    room
}

/// One rig after the other, each with every group.
fn batches<'a>(args: &Run, work: &'a Work, out: &Path) -> Vec<Batch<'a>> {
    let jobs = jobs(args, work);
    let mut batches = Vec::new();
    for (at, rig) in work.rigs.iter().enumerate() {
        // There is one board, and one line to it.
        let jobs_max = if rig.is_simulated() { usize::MAX } else { 1 };
        for (group, snapshots) in work.groups.iter().zip(&work.snapshots) {
            let settings = Settings {
                rig: rig.clone(),
                asked: Asked {
                    folder: named(&group.folder),
                    rig_file: args.rig.get(at).map(|file| named(file)),
                    flash: args.flash.as_deref().map(named),
                    fixtures: work.fixtures.clone(),
                },
                out: out.to_owned(),
                snapshots: Some(snapshots.clone()),
                jobs: jobs.min(jobs_max),
                defect: args.defect.name(),
                exe: None,
                state: state_folder(),
            };
            batches.push(Batch {
                cases: &group.cases,
                settings,
            });
        }
    }
    batches
}

/// A path as the user named it, for a command that is pasted: made harmless only where it is shown.
fn named(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn count(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.cases.len()).sum()
}

/// Keeps the cases that the filter selects and that are in the shard; gives how many the filter selects.
fn select(groups: &mut [Group], filter: Option<&Filter>, shard: Option<Shard>) -> usize {
    let mut at = 0;
    for group in groups {
        group.cases.retain(|case| {
            if filter.is_some_and(|filter| !filter.selects(case)) {
                return false;
            }
            // Behind the filter: a shard is a share of what is selected.
            at += 1;
            shard.is_none_or(|shard| shard.selects(at - 1))
        });
    }
    at
}

fn nothing_selected(args: &Run, found: usize) -> CliError {
    let found = counted(found, "case");
    CliError::usage(match &args.filter {
        Some(filter) => {
            let filter = safe(filter);
            format!("--filter '{filter}' selects none of {found}; `pump-hil list` shows their names")
        }
        None => "there is no scenario in what was named".to_owned(),
    })
}
