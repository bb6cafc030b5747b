//! The folders of accepted dose logs, as `run` and `check` find them: beside the cases, what lies there that no case is compared with.

use super::exit::CliError;
use super::inputs::Group;
use crate::report::counted;
use crate::snapshot::{self, Snapshots, Update};
use pump_hil_model::safe_text::safe_path;
use std::path::PathBuf;

/// Files that are named in one message.
const NAMED: usize = 8;

/// The snapshots of a group's folder.
pub(super) fn of(group: &Group, update: &Update) -> Result<Snapshots, CliError> {
    Snapshots::open(group.folder.join("snapshots"), update.clone()).map_err(CliError::usage)
}

/// Everything that is wrong with the snapshots of these groups, a message each: damaged ones, those that nobody accepted, and those of no case.
pub(super) fn wrong(groups: &[Group]) -> Result<Vec<String>, CliError> {
    let mut wrong = Vec::new();
    for group in groups {
        let snapshots = of(group, &Update::Never)?;
        let errors = group.cases.iter().filter_map(|case| snapshots.accepted(case).err());
        wrong.extend(errors.map(|error| error.to_string()));
        wrong.extend(orphans(group)?);
    }
    Ok(wrong)
}

/// That accepted logs belong to no case; nothing where none does, or where only a part of the folder of scenarios was read.
pub(super) fn orphans(group: &Group) -> Result<Option<String>, CliError> {
    if !group.whole {
        return Ok(None);
    }
    let found = snapshot::orphans(&group.folder.join("snapshots"), &group.cases).map_err(CliError::usage)?;
    let number = counted(found.len(), "accepted dose log");
    Ok((!found.is_empty()).then(|| {
        format!(
            "{number} of no case, so that nothing is compared with it: {}; was a scenario renamed or deleted? Accept the log of its new name, and delete the old one",
            some(&found)
        )
    }))
}

/// That nobody can say who accepted the logs in a folder; nothing where there is a record, or no log.
pub(super) fn without_record(group: &Group, snapshots: &Snapshots) -> Option<String> {
    let kept = group.cases.iter().filter(|case| case.snapshot.is_some());
    let mut found = kept.map(|case| snapshot::snapshot_path(snapshots.folder(), &case.name()));
    let is_there = !snapshots.has_record() && found.any(|path| path.exists());
    is_there.then(|| {
        format!(
            "there is no record of who accepted the dose logs in {} (ACCEPTED.jsonl): a change by hand is not seen",
            safe_path(snapshots.folder())
        )
    })
}

fn some(paths: &[PathBuf]) -> String {
    let mut named: Vec<String> = paths.iter().take(NAMED).map(safe_path).collect();
    if paths.len() > NAMED {
        named.push(format!("and {} more", paths.len() - NAMED));
    }
    named.join(", ")
}
