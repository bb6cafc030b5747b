//! `pump-hil run`: the main job.

use super::args::Run;
use super::check::counted;
use super::inputs::Group;
use super::progress::Reporter;
use super::{CliError, Exit, eprint, inputs, print};
use crate::interrupt;
use crate::report::{self, Asked, ScenarioResult, Tally};
use crate::rig::{RigError, RigFile, host_time};
use crate::select::{Filter, Shard};
use crate::snapshot;
use crate::suite::{self, Settings, Snapshots};
use std::path::Path;

pub(super) fn run(args: &Run, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let filter = args
        .filter
        .as_deref()
        .map(str::parse::<Filter>)
        .transpose()
        .map_err(CliError::usage)?;
    let shard = args
        .shard
        .as_deref()
        .map(str::parse::<Shard>)
        .transpose()
        .map_err(CliError::usage)?;
    let update = if args.accept {
        snapshot::Update::accept(host_time::utc()).map_err(CliError::usage)?
    } else {
        snapshot::Update::from_env()
    };
    let asked_fixtures = fixtures.map(|folder| folder.display().to_string());
    let fixtures = inputs::fixtures(fixtures, &args.paths.paths)?;
    let rigs = match rigs(args, &fixtures)? {
        Ok(rigs) => rigs,
        Err(diagnostics) => {
            eprint(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    let files: Vec<RigFile> = rigs.iter().map(|(rig, _)| rig.clone()).collect();
    let loaded = match inputs::catalog(&fixtures, &files)? {
        Ok(catalog) => inputs::cases(&args.paths.paths, &catalog)?,
        Err(diagnostics) => Err(diagnostics),
    };
    let mut groups = match loaded {
        Ok(groups) => groups,
        Err(diagnostics) => {
            eprint(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    let found = count(&groups);
    select(&mut groups, filter.as_ref(), shard);
    let selected = count(&groups);
    if selected == 0 {
        return Err(nothing_selected(args, found));
    }
    let out = args.out.clone().unwrap_or_else(inputs::new_run_folder);
    std::fs::create_dir_all(&out)
        .map_err(|e| CliError::usage(format!("cannot make the output folder `{}`: {e}", out.display())))?;
    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    let mut results = Vec::new();
    let mut reporter = Reporter::new(args.progress, selected * rigs.len());
    for (rig, rig_file) in rigs {
        let jobs = args
            .jobs
            .unwrap_or_else(|| if rig.is_simulated() { inputs::processors() } else { 1 });
        for group in &groups {
            let settings = Settings {
                rig: rig.clone(),
                asked: Asked {
                    folder: group.folder.display().to_string(),
                    rig_file: rig_file.clone(),
                    fixtures: asked_fixtures.clone(),
                },
                out: out.clone(),
                snapshots: Some(Snapshots {
                    folder: group.folder.join("snapshots"),
                    update: update.clone(),
                }),
                jobs,
                defect: args.defect.name(),
                exe: None,
            };
            results.extend(suite::run(&group.cases, &settings, &interrupt, |progress| {
                reporter.tell(progress)
            }));
        }
    }
    reporter.end();
    let written = write_reports(&out, &results);
    print(&report::terminal::table(&results));
    let interrupted = interrupt.by();
    if let Some(by) = interrupted {
        let left = selected * files.len() - results.len();
        print(&format!("Interrupted by {by}: {} not run\n", counted(left, "case")));
    }
    // Last, so that nobody overlooks it.
    eprint(&report::terminal::not_safe(&results));
    written?;
    print(&format!(
        "Journals, results.json and junit.xml are in {}\n",
        out.display()
    ));
    Ok(match interrupted {
        Some(_) => Exit::Interrupted,
        None => Exit::of(Tally::of(results.iter().map(|result| &result.outcome.verdict))),
    })
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
        (None, Some(shard)) => format!("--shard {shard} is empty: there are only {found}"),
        (None, None) => "there is no scenario in what was named".to_owned(),
    })
}

/// The rigs, each with its file as it was typed; without any the default one.
/// The rigs that were named, with their files, or the simulated one; or everything that is wrong with them, rendered.
fn rigs(args: &Run, fixtures: &Path) -> Result<Result<Vec<Named>, String>, CliError> {
    let default = (fixtures.join("rigs/sim.yaml"), None);
    let named = args
        .rig
        .iter()
        .map(|file| (file.clone(), Some(file.display().to_string())));
    let files: Vec<_> = named.collect();
    let files = if files.is_empty() { vec![default] } else { files };
    let (mut rigs, mut wrong) = (Vec::new(), Vec::new());
    for (file, name) in files {
        match RigFile::load(&file) {
            Ok(rig) => rigs.push((rig, name)),
            Err(RigError::Wrong(file)) => wrong.extend(file.0),
            Err(error) => return Err(CliError::usage(error)),
        }
    }
    Ok(if wrong.is_empty() {
        Ok(rigs)
    } else {
        Err(inputs::render(&wrong))
    })
}

/// A rig, and its file where one was named.
type Named = (RigFile, Option<String>);

fn write_reports(out: &Path, results: &[ScenarioResult]) -> Result<(), CliError> {
    let write = |name: &str, text: String| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|e| CliError::rig(format!("cannot write `{}`: {e}", path.display())))
    };
    write("results.json", report::json::report(results).map_err(CliError::rig)?)?;
    write("junit.xml", report::junit::report(results).map_err(CliError::rig)?)
}
