//! `pump-hil run`: the main job.

use super::args::Run;
use super::progress::Reporter;
use super::{CliError, Exit, eprint, inputs, print};
use crate::interrupt;
use crate::report;
use crate::rig::RigFile;
use crate::select::{Filter, Shard};
use crate::snapshot;
use crate::suite::{self, CaseResult, Settings};
use crate::verdict::Verdict;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &Run, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let filter = args.filter.as_deref().map(str::parse::<Filter>).transpose().map_err(CliError::usage)?;
    let shard = args.shard.as_deref().map(str::parse::<Shard>).transpose().map_err(CliError::usage)?;
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
        return Err(CliError::usage("no scenario is selected; `pump-hil list` shows what there is"));
    }
    let rigs = rigs(args, &fixtures)?;
    let out = args.out.clone().unwrap_or_else(inputs::new_run_folder);
    std::fs::create_dir_all(&out)
        .map_err(|e| CliError::usage(format!("cannot make the output folder `{}`: {e}", out.display())))?;
    let snapshots = snapshot::Policy::new(&inputs::snapshot_folder(&args.paths.paths), args.accept).map_err(CliError::usage)?;

    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    let mut results = Vec::new();
    let mut reporter = Reporter::new(args.progress, cases.len() * rigs.len());
    for rig in rigs {
        let jobs = args.jobs.unwrap_or_else(|| if rig.is_simulated() { inputs::processors() } else { 1 });
        let settings = Settings {
            rig,
            out: out.clone(),
            snapshots: Some(snapshots.clone()),
            jobs,
            #[cfg(feature = "seeded-defects")]
            defect: args.defect.clone(),
            #[cfg(not(feature = "seeded-defects"))]
            defect: None,
        };
        results.extend(suite::run(&cases, &settings, &interrupt, |progress| reporter.tell(&progress)));
    }
    reporter.end();
    write_reports(&out, &results)?;
    print(&report::summary(&results, &out));
    Ok(exit(&results, interrupt.by().is_some()))
}

fn rigs(args: &Run, fixtures: &Path) -> Result<Vec<RigFile>, CliError> {
    let files: Vec<PathBuf> = if args.rig.is_empty() { vec![fixtures.join("rigs/sim.yaml")] } else { args.rig.clone() };
    files.iter().map(|file| RigFile::load(file).map_err(CliError::usage)).collect()
}

/// The worst that happened: an interrupt, then a pump that failed, then a rig that broke.
fn exit(results: &[CaseResult], interrupted: bool) -> Exit {
    if interrupted {
        return Exit::Interrupted;
    }
    let any = |is: fn(&Verdict) -> bool| results.iter().any(|result| is(&result.verdict));
    if any(|v| matches!(v, Verdict::Failed { .. })) {
        Exit::Failed
    } else if any(|v| matches!(v, Verdict::Inconclusive { .. })) {
        Exit::Rig
    } else {
        Exit::Passed
    }
}

fn write_reports(out: &Path, results: &[CaseResult]) -> Result<(), CliError> {
    let write = |name: &str, text: String| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|e| CliError::rig(format!("cannot write `{}`: {e}", path.display())))
    };
    write("results.json", report::json(results))?;
    write("junit.xml", report::junit(results))
}
