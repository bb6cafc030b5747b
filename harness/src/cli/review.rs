//! `pump-hil review`: dose logs that wait for a person.

use super::args::{Review, Select};
use super::chosen::Chosen;
use super::exit::{CliError, Exit};
use super::print::eprint_styled;
use super::project::Project;
use crate::files;
use crate::snapshot::{self, By, Choice};
use pump_hil_model::case::Case;
use pump_hil_rig::host_time;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) fn review(args: &Review, project: &Project) -> Result<Exit, CliError> {
    let Ok(meant) = meant(&args.select, project)? else {
        return Ok(Exit::Usage);
    };
    let all = args.all.then_some(Choice::Accept);
    let by = By::this_person(host_time::utc(), args.reason.clone()).map_err(CliError::usage)?;
    let (mut wrong, mut waiting) = (false, false);
    for (folder, only) in meant {
        let (input, output) = (&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
        let reviewed = snapshot::review(&folder, only.as_ref(), all, input, output, &by).map_err(CliError::usage)?;
        wrong |= !reviewed.wrong.is_empty();
        waiting |= !reviewed.waiting.is_empty();
    }
    Ok(match (wrong, waiting) {
        (true, _) => Exit::Usage,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Passed,
    })
}

/// A folder of dose logs, and the names of the cases whose logs are meant; `None`: all.
type Meant = (PathBuf, Option<BTreeSet<String>>);

/// Whether dose logs lie in a folder, whatever it is called.
fn holds_logs(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .into_iter()
        .any(|name| name.ends_with(".snap") || name.ends_with(".snap.new"))
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
    let (mut meant, mut others): (Vec<Meant>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for what in &project.scenarios(&select.what) {
        match (own(what), whole(what)) {
            (true, _) => meant.push((what.clone(), None)),
            (false, Some(folder)) => meant.push((folder, None)),
            (false, None) => others.push(what.clone()),
        }
    }
    if !others.is_empty() {
        let select = Select {
            what: others,
            filter: select.filter.clone(),
        };
        let chosen = Chosen::of(&select, project)?;
        match chosen.load(&project.shelf(&chosen.paths)?, &[])? {
            Ok(groups) => meant.extend(groups.into_iter().map(|group| {
                let names = group.cases.iter().map(Case::name).collect();
                (group.folder.join("snapshots"), Some(names))
            })),
            Err(diagnostics) => {
                eprint_styled(&diagnostics);
                return Ok(Err(()));
            }
        }
    }
    Ok(Ok(meant))
}
