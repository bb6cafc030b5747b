//! `pump-hil check`: everything that is wrong with scenarios, without running them.

use super::args::Check;
use super::chosen::Chosen;
use super::exit::{CliError, Exit};
use super::feasible;
use super::inputs;
use super::print::{eprint, eprint_styled, print, print_fitted};
use super::project::Project;
use super::snapshots;
use crate::report::counted;
use pump_hil_rig::Given;
use std::collections::BTreeSet;

pub(super) fn check(args: &Check, project: &Project) -> Result<Exit, CliError> {
    let chosen = Chosen::of(&args.select, project)?;
    let shelf = project.shelf(&chosen.paths)?;
    let files = project.rigs(&args.rig, &shelf)?;
    let rigs = match inputs::rigs(&shelf, &files, &Given::default())? {
        Ok(rigs) => rigs,
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    match chosen.load(&shelf, &rigs)? {
        Ok(groups) => {
            let wrong = snapshots::wrong(&groups)?;
            if !wrong.is_empty() {
                wrong.iter().for_each(|what| eprint(&format!("error: {what}\n")));
                eprint(&format!("{}\n", counted(wrong.len(), "error")));
                return Ok(Exit::Usage);
            }
            let cases = groups.iter().map(|group| group.cases.len()).sum();
            let files =
                |group: &inputs::Group| group.cases.iter().map(|case| &case.file).collect::<BTreeSet<_>>().len();
            let files = groups.iter().map(files).sum();
            print(&format!(
                "{} with {}: nothing wrong\n",
                counted(files, "file"),
                counted(cases, "case")
            ))?;
            for rig in &rigs {
                print_fitted(&feasible::sums(&groups, rig))?;
            }
            Ok(Exit::Passed)
        }
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            Ok(Exit::Usage)
        }
    }
}
