//! `pump-hil run`: the main job.

use super::args::Run;
use super::progress::Reporter;
use super::{CliError, Exit, eprint, inputs, print};
use crate::interrupt;
use crate::report::{self, ScenarioResult, Tally};
use crate::rig::{RigFile, host_time};
use crate::select::{Filter, Shard};
use crate::snapshot;
use crate::suite::{self, Settings, Snapshots};
use std::path::{Path, PathBuf};

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
    let fixtures = inputs::fixtures(fixtures, &args.paths.paths)?;
    let mut cases = match inputs::cases(&args.paths.paths, &fixtures)? {
        Ok(cases) => cases,
        Err(diagnostics) => {
            eprint(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    if let Some(filter) = &filter {
        cases.retain(|case| filter.selects(case));
    }
    if let Some(shard) = shard {
        let mut at = 0;
        cases.retain(|_| {
            at += 1;
            shard.selects(at - 1)
        });
    }
    if cases.is_empty() {
        return Err(CliError::usage(
            "no scenario is selected; `pump-hil list` shows what there is",
        ));
    }
    let rigs = rigs(args, &fixtures)?;
    let out = args.out.clone().unwrap_or_else(inputs::new_run_folder);
    std::fs::create_dir_all(&out)
        .map_err(|e| CliError::usage(format!("cannot make the output folder `{}`: {e}", out.display())))?;
    let update = if args.accept {
        snapshot::Update::accept(host_time::utc()).map_err(CliError::usage)?
    } else {
        snapshot::Update::from_env()
    };
    let snapshots = Snapshots {
        folder: inputs::snapshot_folder(&args.paths.paths),
        update,
    };

    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    let mut results = Vec::new();
    let mut reporter = Reporter::new(args.progress, cases.len() * rigs.len());
    for (rig, rig_file) in rigs {
        let jobs = args
            .jobs
            .unwrap_or_else(|| if rig.is_simulated() { inputs::processors() } else { 1 });
        let settings = Settings {
            rig,
            rig_file,
            out: out.clone(),
            snapshots: Some(snapshots.clone()),
            jobs,
            defect: args.defect.name(),
        };
        results.extend(suite::run(&cases, &settings, &interrupt, |progress| {
            reporter.tell(progress)
        }));
    }
    reporter.end();
    write_reports(&out, &results)?;
    print(&report::terminal::table(&results));
    print(&format!(
        "Journals, results.json and junit.xml are in {}\n",
        out.display()
    ));
    let interrupted = interrupt.by().is_some();
    Ok(if interrupted { Exit::Interrupted } else { exit(&results) })
}

/// The rigs, each with its file as it was typed; without any the default one.
fn rigs(args: &Run, fixtures: &Path) -> Result<Vec<(RigFile, Option<String>)>, CliError> {
    if args.rig.is_empty() {
        let default = RigFile::load(&fixtures.join("rigs/sim.yaml")).map_err(CliError::usage)?;
        return Ok(vec![(default, None)]);
    }
    let load = |file: &PathBuf| {
        Ok((
            RigFile::load(file).map_err(CliError::usage)?,
            Some(file.display().to_string()),
        ))
    };
    args.rig.iter().map(load).collect()
}

fn exit(results: &[ScenarioResult]) -> Exit {
    match Tally::of(results.iter().map(|result| &result.outcome.verdict)).exit_code() {
        0 => Exit::Passed,
        1 => Exit::Failed,
        _ => Exit::Rig,
    }
}

fn write_reports(out: &Path, results: &[ScenarioResult]) -> Result<(), CliError> {
    let write = |name: &str, text: String| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|e| CliError::rig(format!("cannot write `{}`: {e}", path.display())))
    };
    write("results.json", report::json::report(results).map_err(CliError::rig)?)?;
    write("junit.xml", report::junit::report(results).map_err(CliError::rig)?)
}
