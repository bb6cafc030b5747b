//! `pump-hil run`: the main job.

use super::args::Run;
use super::exit::{CliError, Exit};
use super::inputs;
use super::inputs::Group;
use super::out::OutFolder;
use super::print::{eprint, print};
use super::progress;
use super::summary::Summary;
use crate::interrupt;
use crate::report::{Asked, Tally, counted};
use crate::reporter::{ReportFile, Reporter, Reporters};
use crate::snapshot;
use crate::suite::{self, Batch, Settings, Snapshots};
use pump_hil_language::select::{Filter, Shard};
use pump_hil_rig::{RigFile, host_time};
use std::path::Path;

pub(super) fn run(args: &Run, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let update = if args.accept {
        snapshot::Update::accept(host_time::utc()).map_err(CliError::usage)?
    } else {
        snapshot::Update::from_env()
    };
    let work = match work(args, fixtures)? {
        Ok(work) => work,
        Err(diagnostics) => {
            eprint(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    let out = OutFolder::open(args.out.as_deref())?;
    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    let reporters: Vec<Box<dyn Reporter>> = vec![
        progress::reporter(args.progress),
        Box::new(ReportFile::json(out.path())),
        Box::new(ReportFile::junit(out.path())),
        Box::new(Summary),
    ];
    let mut reporters = Reporters::new(reporters);
    let ended = suite::run(&batches(args, &work, &update, out.path()), &interrupt, &mut reporters);
    let where_it_is = format!("Journals, results.json and junit.xml are in {}\n", out.path().display());
    let told = reporters.finish().and_then(|()| print(&where_it_is));
    if ended.interrupted.is_some() {
        // It may have been broken off by closing the terminal, on which nothing can be told any more.
        if let Err(error) = told {
            eprint(&format!("error: {error}\n"));
        }
        return Ok(Exit::Interrupted);
    }
    told?;
    Ok(Exit::of(Tally::of(
        ended.results.iter().map(|result| &result.outcome.verdict),
    )))
}

/// What is to be run: every selected case on every rig.
struct Work {
    rigs: Vec<RigFile>,
    groups: Vec<Group>,
    /// The fixtures that were named.
    fixtures: Option<String>,
}

/// Loads what is to be run; or everything that is wrong with it, rendered.
fn work(args: &Run, fixtures: Option<&Path>) -> Result<Result<Work, String>, CliError> {
    let filter = args.filter.as_deref().map(str::parse::<Filter>).transpose();
    let shard = args.shard.as_deref().map(str::parse::<Shard>).transpose();
    let (filter, shard) = (filter.map_err(CliError::usage)?, shard.map_err(CliError::usage)?);
    let folder = inputs::fixtures(fixtures, &args.paths.paths)?;
    let simulated = [folder.join("rigs/sim.yaml")];
    let files = if args.rig.is_empty() { &simulated[..] } else { &args.rig };
    let rigs = match inputs::rigs(files, args.flash.as_deref())? {
        Ok(rigs) => rigs,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let mut groups = match inputs::load(&args.paths.paths, &folder, &rigs)? {
        Ok(groups) => groups,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let found = count(&groups);
    select(&mut groups, filter.as_ref(), shard);
    if count(&groups) == 0 {
        return Err(nothing_selected(args, found));
    }
    Ok(Ok(Work {
        rigs,
        groups,
        fixtures: fixtures.map(|folder| folder.display().to_string()),
    }))
}

/// One rig after the other, each with every group.
fn batches<'a>(args: &Run, work: &'a Work, update: &snapshot::Update, out: &Path) -> Vec<Batch<'a>> {
    let mut batches = Vec::new();
    for (at, rig) in work.rigs.iter().enumerate() {
        // There is one board, and one line to it.
        let jobs_max = if rig.is_simulated() { usize::MAX } else { 1 };
        for group in &work.groups {
            let settings = Settings {
                rig: rig.clone(),
                asked: Asked {
                    folder: group.folder.display().to_string(),
                    rig_file: args.rig.get(at).map(|file| file.display().to_string()),
                    flash: args.flash.as_ref().map(|elf| elf.display().to_string()),
                    fixtures: work.fixtures.clone(),
                },
                out: out.to_owned(),
                snapshots: Some(Snapshots {
                    folder: group.folder.join("snapshots"),
                    update: update.clone(),
                }),
                jobs: args.jobs.map_or_else(inputs::processors, usize::from).min(jobs_max),
                defect: args.defect.name(),
                exe: None,
            };
            batches.push(Batch {
                cases: &group.cases,
                settings,
            });
        }
    }
    batches
}

fn count(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.cases.len()).sum()
}

/// Keeps the cases that the filter selects and that are in the shard.
fn select(groups: &mut [Group], filter: Option<&Filter>, shard: Option<Shard>) {
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
}

fn nothing_selected(args: &Run, found: usize) -> CliError {
    let found = counted(found, "case");
    CliError::usage(match (&args.filter, &args.shard) {
        (Some(filter), _) => {
            format!("--filter '{filter}' selects none of {found}; `pump-hil list` shows their names")
        }
        (None, Some(shard)) => format!("--shard {shard} holds none of {found}"),
        (None, None) => "there is no scenario in what was named".to_owned(),
    })
}
