//! `pump-hil run`: the main job.

use super::again::Failed;
use super::args::Run;
use super::chosen::Chosen;
use super::estimate::estimate;
use super::exit::{Came, CliError, Exit};
use super::feasible;
use super::inputs;
use super::inputs::{Fixtures, Group};
use super::out::{self, OutFolder};
use super::print::{eprint, eprint_styled, print, print_fitted, print_painted};
use super::progress;
use super::project::Project;
use super::snapshots;
use super::summary::Summary;
use super::waits;
use super::watch::Watched;
use crate::descriptors;
use crate::files;
use crate::interrupt::{self, Interrupt};
use crate::report::{Asked, ScenarioResult, counted, quoted, terminal};
use crate::reporter::{Ended, ManifestFile, ReportFile, Reporter, Reporters};
use crate::safety::{Kept, guarded_by, state_folder};
use crate::snapshot::{Snapshots, Update};
use crate::suite::{self, Batch, Settings};
use pump_hil_language::select::Shard;
use pump_hil_model::case::Case;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{Given, RigFile, host_time};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(super) fn run(args: &Run, project: &Project) -> Result<Exit, CliError> {
    let update = if args.accept {
        Update::accept(host_time::utc(), args.reason.clone()).map_err(CliError::usage)?
    } else {
        Update::from_env()
    };
    if let Ok(program) = std::env::current_exe() {
        guarded_by(program);
    }
    if args.watch {
        return watch(args, project, &update);
    }
    // Before the folder is cleared that may hold them.
    let failed = args
        .rerun_failed
        .then(|| Failed::read(args.out.as_deref(), project))
        .transpose()?;
    if let Some(failed) = failed.as_ref().filter(|failed| failed.count() == 0) {
        let report = safe_path(&failed.report);
        eprint(&format!(
            "error: nothing was tested: by `{report}` every case of the run before passed\n"
        ));
        return Ok(Exit::Untested);
    }
    // Before anything else: also where the files turn out to be wrong, what an earlier run left there must not be taken for this one's.
    let taken = args.out.as_deref().filter(|folder| !args.dry_run && folder.is_dir());
    let taken = taken.map(|folder| OutFolder::open(folder.to_owned())).transpose()?;
    let work = match work(args, project, &update, failed.as_ref())? {
        Ok(work) => work,
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    if args.dry_run {
        let tables: Vec<String> = work.rigs.iter().map(|rig| feasible::table(&work.groups, rig)).collect();
        print_painted(&tables.join("\n"))?;
        return Ok(Exit::Passed);
    }
    tell_length(args, &work)?;
    let out = taken.map_or_else(|| OutFolder::open(out_of(args, project)), Ok)?;
    play(args, &work, out.path(), &listen()?)
}

/// Tells how long the run takes where a pump keeps its own time. On a terminal what takes longer than an hour must be wanted.
fn tell_length(args: &Run, work: &Work) -> Result<(), CliError> {
    let estimate = estimate(&work.groups, &work.rigs, args.repeat.unwrap_or(1));
    estimate.told.iter().for_each(|line| eprint(&format!("{line}\n")));
    let Some(long) = estimate.long.filter(|_| !args.yes) else {
        return Ok(());
    };
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return Err(CliError::usage(format!(
            "{long}: add `--yes` to play it all the same, or choose other cases"
        )));
    }
    eprint(&format!("warning: {long}\n"));
    Ok(())
}

/// The folder that a run writes into: the one that was named, else a new one.
fn out_of(args: &Run, project: &Project) -> PathBuf {
    args.out.clone().unwrap_or_else(|| out::new_run_folder(&project.runs()))
}

/// Hears signals from now on.
fn listen() -> Result<Interrupt, CliError> {
    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    Ok(interrupt)
}

/// Plays until somebody asks to stop: all at first, then what a saved file is part of.
fn watch(args: &Run, project: &Project, update: &Update) -> Result<Exit, CliError> {
    let mut interrupt = listen()?;
    let out = OutFolder::open(out_of(args, project))?;
    // By its name each case's hash and file.
    let (mut played, mut exit): (BTreeMap<String, (String, String)>, _) = (BTreeMap::new(), Exit::Usage);
    loop {
        let watched = watched(args, project)?;
        let before = watched.stamps();
        match work(args, project, update, None) {
            Ok(Ok(mut work)) => {
                for group in &mut work.groups {
                    let same = |case: &Case| played.get(&case.name()).is_some_and(|(hash, _)| *hash == case.sha256);
                    let all = std::mem::take(&mut group.cases);
                    group.cases = all.iter().filter(|case| !same(case)).cloned().collect();
                    played.extend(all.into_iter().map(|case| (case.name(), (case.sha256, case.file))));
                }
                if count(&work.groups) > 0 {
                    out.clear()?;
                    exit = play(args, &work, out.path(), &interrupt)?;
                }
            }
            Ok(Err(diagnostics)) => eprint_styled(&diagnostics),
            Err(error) => eprint(&format!("error: {error}\n")),
        }
        if interrupt.by().is_some() {
            return Ok(exit);
        }
        print("Waiting for a file to be saved; Ctrl-C ends it\n")?;
        let Some(changed) = watched.wait(&before, &mut interrupt).map_err(CliError::rig)? else {
            print("\n")?;
            return Ok(exit);
        };
        // A file that was saved is played, also where it says the same again. Of what it includes its hash says whether it changed. All else is part of every case.
        played.retain(|_, (_, file)| !changed.iter().any(|path| path.ends_with(file.as_str())));
        let of_scenarios = |path: &PathBuf| watched.scenarios.iter().any(|folder| path.starts_with(folder));
        if !changed.iter().all(of_scenarios) {
            played.clear();
        }
    }
}

/// What a run reads.
fn watched(args: &Run, project: &Project) -> Result<Watched, CliError> {
    let chosen = Chosen::of(&args.select, project)?;
    let folders = chosen.paths.iter().filter_map(|path| files::folder_of(path).ok());
    let scenarios: Vec<PathBuf> = folders.collect();
    let own = project.shelf(&chosen.paths)?;
    let mut others: Vec<PathBuf> = own.own().map(Path::to_owned).into_iter().collect();
    others.extend(args.rig.iter().chain(&args.flash).cloned());
    Ok(Watched { scenarios, others })
}

/// Plays the cases, tells of them, and gives how the process ends for them.
fn play(args: &Run, work: &Work, out: &Path, interrupt: &Interrupt) -> Result<Exit, CliError> {
    let reporters: Vec<Box<dyn Reporter>> = vec![
        progress::reporter(args.progress),
        Box::new(ReportFile::json(out)),
        Box::new(ReportFile::junit(out)),
        Box::new(ManifestFile::new(out)),
        Box::new(Summary::new(args.verbose)),
    ];
    let mut reporters = Reporters::new(reporters);
    let ended = suite::run(&batches(args, work, out), interrupt, &mut reporters);
    let mut came = Came::new(ended.interrupted.is_some());
    ended.results.iter().for_each(|result| came.count(result));
    let told = reporters.finish().and_then(|()| print_fitted(&last_line(&ended, out)));
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
    let mut text = format!(
        "Journals, results.json and junit.xml are in {}{skipped}\n",
        safe_path(out)
    );
    if ended.results.iter().any(|result| result.waits_in.is_some()) {
        text.push_str(&format!(
            "Dose logs that wait for a review are there too (*.snap.new), because nothing is written beside the scenarios here.\nAt a desk: pump-hil review {}\n",
            quoted(&out.to_string_lossy())
        ));
    }
    text
}

/// What is to be run: every selected case on every rig.
struct Work {
    rigs: Vec<RigFile>,
    /// The guard of each rig's pump.
    guards: Vec<Kept>,
    groups: Vec<Group>,
    /// Where the accepted dose logs of each group are.
    snapshots: Vec<Snapshots>,
    /// What is to be said of them when the run is over.
    notes: Vec<String>,
    /// The fixtures that were named.
    fixtures: Option<String>,
    /// The top of the project.
    top: Option<PathBuf>,
}

/// Loads what is to be run; or everything that is wrong with it, rendered.
fn work(
    args: &Run,
    project: &Project,
    update: &Update,
    failed: Option<&Failed>,
) -> Result<Result<Work, String>, CliError> {
    let shard = args.shard.as_deref().map(str::parse::<Shard>).transpose();
    let shard = shard.map_err(CliError::usage)?;
    let mut chosen = Chosen::of(&args.select, project)?;
    if let Some(failed) = failed.filter(|_| args.select.what.is_empty()) {
        chosen.paths = failed.files();
    }
    let shelf = project.shelf(&chosen.paths)?;
    let mut files = project.rigs(&args.rig, &shelf)?;
    if files.is_empty() {
        files.push(PathBuf::from("sim"));
    }
    let fixtures = Fixtures::of(&shelf);
    let mut rigs = match inputs::rigs(&shelf, &files, &given(args))? {
        Ok(rigs) => rigs,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let mut guards = Vec::new();
    if !args.dry_run {
        inputs::are_trusted(&rigs)?;
        guards.extend(rigs.iter().map(Kept::ahead));
    }
    let catalog = match fixtures.catalog(&shelf, &rigs)? {
        Ok(catalog) => catalog,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    inputs::tell_drugs(&mut rigs, &catalog);
    let mut groups = match chosen.cases(&catalog)? {
        Ok(groups) => groups,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    if args.yes {
        rigs.iter_mut().for_each(|rig| waits::allow(&groups, rig));
    }
    if let Some(failed) = failed {
        failed.keep(&mut groups)?;
    }
    let snapshots: Vec<Snapshots> = groups
        .iter()
        .map(|group| snapshots::of(group, update))
        .collect::<Result<_, _>>()?;
    let mut notes = Vec::new();
    if shard.is_none() {
        for group in &groups {
            notes.extend(snapshots::orphans(group)?);
        }
    }
    if let Some(shard) = shard {
        share(&mut groups, shard, args.shard.as_deref().unwrap_or_default());
    }
    Ok(Ok(Work {
        rigs,
        guards,
        groups,
        snapshots,
        notes,
        fixtures: project.given().map(named),
        top: project.top(),
    }))
}

/// What is said here of the rig.
fn given(args: &Run) -> Given {
    Given {
        flash: args.flash.clone(),
        port: args.port.clone(),
        trusted: args.trust_rig,
    }
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
        let absent = Arc::new(AtomicBool::new(false));
        let rounds = (1..=args.repeat.unwrap_or(1)).flat_map(|round| {
            let groups = work.groups.iter().zip(&work.snapshots);
            groups.map(move |group| (round, group))
        });
        for (round, (group, snapshots)) in rounds {
            let settings = Settings {
                rig: rig.clone(),
                asked: Asked {
                    folder: named(&group.folder),
                    top: work.top.as_deref().and_then(|top| from_top(top, &group.folder)),
                    is_latest: args.out.is_none(),
                    rig_file: args.rig.get(at).map(|file| named(file)),
                    flash: args.flash.as_deref().map(named),
                    port: args.port.clone(),
                    trusts_rig: args.trust_rig,
                    fixtures: work.fixtures.clone(),
                },
                out: out.to_owned(),
                snapshots: Some(snapshots.clone().aside(out)),
                jobs: jobs.min(jobs_max),
                round: args.repeat.map(|_| round),
                fail_fast: args.fail_fast,
                defect: args.defect.name(),
                exe: None,
                state: state_folder(),
                guard: work.guards.get(at).cloned().unwrap_or_default(),
                absent: Arc::clone(&absent),
            };
            batches.push(Batch {
                cases: &group.cases,
                settings,
            });
        }
    }
    batches
}

/// A folder as it is named from the top of the project that it lies in.
fn from_top(top: &Path, folder: &Path) -> Option<String> {
    let folder = std::path::absolute(Path::new(".").join(folder))
        .and_then(|folder| folder.canonicalize())
        .ok()?;
    folder.strip_prefix(top).ok().map(named)
}

/// A path as the user named it, for a command that is pasted: made harmless only where it is shown.
fn named(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn count(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.cases.len()).sum()
}

/// Keeps the cases that are in the shard. `asked` is how it was asked for: one without a case is told.
fn share(groups: &mut [Group], shard: Shard, asked: &str) {
    let selected = count(groups);
    let mut at = 0;
    for group in groups.iter_mut() {
        group.cases.retain(|_| {
            at += 1;
            shard.selects(at - 1)
        });
    }
    if count(groups) == 0 {
        // Nothing is wrong with it: there are more machines than cases.
        let (selected, asked) = (counted(selected, "case"), safe(asked));
        eprint(&format!(
            "of {selected}, `--shard {asked}` holds none: nothing to do here\n"
        ));
    }
}
