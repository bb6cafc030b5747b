//! `pump-hil review`: dose logs that wait for a person.

use super::args::Review;
use super::exit::{CliError, Exit};
use super::project::Project;
use crate::snapshot::{self, By, Choice};
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::host_time;

pub(super) fn review(args: &Review, project: &Project) -> Result<Exit, CliError> {
    let of_scenarios = || project.scenarios(&[]).swap_remove(0).join("snapshots");
    let folder = args.folder.clone().unwrap_or_else(of_scenarios);
    if !folder.is_dir() {
        return Err(CliError::usage(format!(
            "there is no folder `{}`; name the one with the snapshots",
            safe_path(&folder)
        )));
    }
    let all = args.all.then_some(Choice::Accept);
    let by = By::this_person(host_time::utc(), args.reason.clone()).map_err(CliError::usage)?;
    let reviewed = snapshot::review(
        &folder,
        all,
        &mut std::io::stdin().lock(),
        &mut std::io::stdout().lock(),
        &by,
    )
    .map_err(CliError::usage)?;
    Ok(match (reviewed.wrong.is_empty(), reviewed.waiting.is_empty()) {
        (false, _) => Exit::Usage,
        (true, false) => Exit::Failed,
        (true, true) => Exit::Passed,
    })
}
