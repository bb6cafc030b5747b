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
            "{number} without a scenario, compared with nothing: {}; was the scenario renamed or deleted? Accept the log of its new name, and delete the old one",
            some(&found)
        )
    }))
}

fn some(paths: &[PathBuf]) -> String {
    let mut named: Vec<String> = paths.iter().take(NAMED).map(safe_path).collect();
    if paths.len() > NAMED {
        named.push(format!("and {} more", paths.len() - NAMED));
    }
    named.join(", ")
}
